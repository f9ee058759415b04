"""The order in which the points of the training part are seen: anew in each epoch, the same for all lanes.

Batches are cut from one epoch after the other, as from a data set that is shuffled and repeated before it is batched:
each has its full size, and each point is seen once an epoch.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WINDOW = 4_000_000
"""Places of the order that are in memory at once, but always those of two epochs."""


def permutation(seed: int, epoch: int, points: int) -> NDArray[np.int32]:
    """The order of one epoch, `(points,)`: from the counter-based generator Philox, keyed by seed and epoch."""
    generator = np.random.Generator(np.random.Philox(key=np.array([seed, epoch], np.uint64)))
    return generator.permutation(points).astype(np.int32)


class Order:
    """The window of the order that a program reads.

    Args:
        seed: the data's.
        points: of the training part.
        batch: points of an update.
        steps: updates of a run.
    """

    def __init__(self, seed: int, points: int, batch: int, steps: int) -> None:
        self._seed, self._points, self._batch = seed, points, batch
        self._first = -1
        self.epochs = window_epochs(points, batch, steps)

    @property
    def end(self) -> int:
        """The last step that the window has batches for."""
        return (self._first + self.epochs) * self._points // self._batch

    def moved_to(self, step: int) -> NDArray[np.int32] | None:
        """The window's contents, `(epochs * points,)`, where it has to move for the batch of a step; else None."""
        epoch = step * self._batch // self._points
        if self._first >= 0 and step < self.end and epoch >= self._first:
            return None
        self._first = epoch
        return np.concatenate([permutation(self._seed, epoch + k, self._points) for k in range(self.epochs)])

    def place(self, step: int) -> int:
        """Where in the window the batch of a step begins."""
        return step * self._batch - self._first * self._points


def window_epochs(points: int, batch: int, steps: int) -> int:
    """How many epochs the window holds."""
    whole_run = -(-steps * batch // points)
    return min(whole_run, max(2, WINDOW // points))


def batch_rows(seed: int, points: int, batch: int, step: int) -> NDArray[np.int32]:
    """The points of one update, `(batch,)`: what a program gathers, for whoever wants to follow a run."""
    first, last = step * batch // points, ((step + 1) * batch - 1) // points
    order = np.concatenate([permutation(seed, epoch, points) for epoch in range(first, last + 1)])
    start = step * batch - first * points
    return order[start : start + batch]
