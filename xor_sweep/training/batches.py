"""The order in which a run sees the points of its training part: its seed's, and another one in each epoch.

Batches are cut from one epoch after the other, as from a data set that is shuffled and repeated before it is batched:
each has its full size, and each point is seen once an epoch. The order depends on the run's seed, the epoch and the
number of points alone. Configurations of one seed share it, whatever their learning rate, batch size or network.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

WINDOW = 4_000_000
"""Places of the orders of all its lanes that a program holds at once: 16 MB."""

KEPT = 32_000_000
"""Places of epochs that a process keeps for the next window, group of lanes or chunk: 128 MB."""

Rows = NDArray[np.int32]


def permutation(seed: int, epoch: int, points: int) -> Rows:
    """Return the order of one epoch, `(points,)`, from the counter-based generator Philox, keyed by seed and epoch."""
    rows = np.arange(points, dtype=np.int32)
    np.random.Generator(np.random.Philox(key=np.array([seed, epoch], np.uint64))).shuffle(rows)
    return rows


class Epochs:
    """The latest orders of epochs, at most `most` places of them. Safe for several threads."""

    def __init__(self, most: int = KEPT) -> None:
        self._most, self._places = most, 0
        self._lock = Lock()
        self._orders: OrderedDict[tuple[int, int, int], Rows] = OrderedDict()

    def order(self, seed: int, epoch: int, points: int) -> Rows:
        """Return what `permutation` returns, which the caller must not change."""
        key = (seed, epoch, points)
        with self._lock:
            if key in self._orders:
                self._orders.move_to_end(key)
                return self._orders[key]
        rows = permutation(*key)
        with self._lock:
            if key not in self._orders:
                self._places += points
            self._orders[key] = rows
            while self._places > self._most:
                self._places -= len(self._orders.popitem(last=False)[1])
        return rows


_epochs = Epochs()
"""Chunks of one sweep have seeds in common: drawing an order takes about 25 ns a place."""


class Order:
    """The window of the lanes' orders that a program reads: the batches of some steps.

    Args:
        seeds: of the lanes, `(lanes,)`.
        points: of the training part.
        batch: points of an update.
        steps: updates of a run.
    """

    def __init__(self, seeds: Sequence[int], points: int, batch: int, steps: int) -> None:
        self._seeds, self._lane_rows = np.unique(np.asarray(seeds, np.int64), return_inverse=True)
        self._points, self._batch = points, batch
        self._steps = window_steps(len(seeds), batch, steps)
        self._first = self.end = 0

    def moved_to(self, step: int, stop: int) -> Rows | None:
        """Return the contents of the window if it has to move for the batch of a step; otherwise None.

        Args:
            step: updates that are behind the lanes.
            stop: the step before which the window is used up; batches of later steps are left 0.

        Returns:
            `(window_steps, lanes, batch)`; the window holds the batches of the steps before `end`.
        """
        if self._first <= step < self.end:
            return None
        self._first, self.end = step, min(stop, step + self._steps)
        count = self.end - step
        window = np.zeros((self._steps, len(self._lane_rows), self._batch), np.int32)
        rows = np.stack([batches(seed, self._points, self._batch, step, count) for seed in self._seeds.tolist()], 1)
        window[:count] = rows[:, self._lane_rows]
        return window

    def place(self, step: int) -> int:
        """Return the place of a step's batches in the window."""
        return step - self._first


def window_steps(lanes: int, batch: int, steps: int) -> int:
    """Return how many steps the window holds: all of a run's, or as many as `WINDOW` places are enough for."""
    return min(steps, max(1, WINDOW // (lanes * batch)))


def batches(seed: int, points: int, batch: int, step: int, count: int) -> Rows:
    """Return the points of the updates from a step on, `(count, batch)`."""
    start, stop = step * batch, (step + count) * batch
    first, last = start // points, (stop - 1) // points
    order = np.concatenate([_epochs.order(seed, epoch, points) for epoch in range(first, last + 1)])
    return order[start - first * points : stop - first * points].reshape(count, batch)


def batch_rows(seed: int, points: int, batch: int, step: int) -> Rows:
    """Return the points of one update, `(batch,)`: what a program gathers for a lane of that seed."""
    rows: Rows = batches(seed, points, batch, step, 1)[0]
    return rows
