"""A structure compiled: all lanes of a chunk train side by side in one XLA program.

Keras's own optimizer updates all lanes at once, as `lanes` says. Gradients are those of the unmodified Keras model,
vectorised.

One executable serves every way of logging and every stop: the points that a call records are fed to it as numbers.
A run's bits therefore depend on its spec alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.data import Dataset
from xor_sweep.plan import Lane
from xor_sweep.segment import Ending, Segment, joined
from xor_sweep.structure import Structure, spread_over
from xor_sweep.tags import activation_tags, scalar_tags, weight_tags
from xor_sweep.training.batches import Order
from xor_sweep.training.feed import Feed
from xor_sweep.training.loop import POINTS_OF_A_CALL, SNAPSHOTS_OF_A_CALL, Loop
from xor_sweep.training.names import names_of

STRETCHES = 8
"""How often, at most, lanes that have stopped early make room for others."""

SEGMENT_SECONDS = 0.5
"""What a segment should take, so that progress shows and a signal takes effect soon."""

FIRST_SEGMENT_STEPS = 1_000
FIRST_SEGMENT_WORK = 5 * 10**9
"""The first segment has at most so many steps and floating-point operations, before it is known what a step takes."""

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Looks:
    """The steps at which lanes are looked at.

    Attributes:
        wanted: where scalars are recorded; the others are some of them.
        snapshots: where weights and activations are recorded too.
        checks: what decides on the lowest cost and on early stopping.
        train_scores: where the training part is scored beside the validation part.
    """

    wanted: Ints
    snapshots: Ints
    checks: Ints
    train_scores: Ints


class Program:
    """The compiled training loop of a structure and the variables that it works on. Not for two threads at once."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self._loop = Loop(structure, Feed(structure))
        self._order: Order | None = None
        self._last: Segment | None = None
        self._group: Ints = np.array([], np.int64)
        self._parts: list[tuple[Ints, Ending]] = []
        self._parked: list[NDArray[Any]] | None = None
        self._shared: list[NDArray[Any]] = []
        self._shared_next: list[NDArray[Any]] = []
        self._length, self._complete = 1, False

    def compile(self) -> None:
        """Trace what training calls, and have XLA compile it."""
        self._loop.trace()
        never = np.array([], bool)
        self._loop.advance(np.array([], np.int64), never, never, never, 0, 0, 0)

    def train(
        self,
        lanes: Sequence[Lane],
        data: Dataset,
        record: Ints,
        snapshots: Ints,
        class_weight: str | tuple[float, ...] | None = None,
        train_scores: Ints | None = None,
    ) -> Iterator[Segment]:
        """Train lanes from their start weights to the structure's last step, or until all of them have stopped early.

        Lanes beyond the structure's width train one group after the other, in stretches: those that have stopped leave
        room, so that ever fewer groups hold the others.

        Args:
            lanes: the runs; places that a group leaves idle repeat its first.
            data: of the structure's shape.
            record: steps at which scalars are recorded, sorted; 0 is before the first update. Checks and the last step
                are always recorded, the last step with a snapshot.
            snapshots: steps at which weights and activations are recorded too, sorted.
            class_weight: as in the spec.
            train_scores: steps, some of `record`, at which the training part is scored beside the validation part; the
                last step and, with early stopping, the checks are always among them. None is all.

        Yields:
            The segments, in order for each lane; each says which lanes its arrays hold. Each is whole when it is
            yielded, and a caller that stops asking stops the training.
        """
        looks = self._looks(record, snapshots, train_scores)
        groups = self._groups(np.arange(len(lanes)))
        self._parts, self._parked, self._complete = [], None, False
        self._length = self._first_length()
        self._loop.feed.take(data, class_weight)
        structure, start = self.structure, 0

        def order() -> Order:
            return Order(data.spec.seed, structure.data.train, structure.batch, structure.steps)

        for stop in self._stretches(len(groups)):
            running = []
            for group in groups:
                self._last, self._group = None, group
                if structure.batch_size is not None:
                    self._order = order()
                if start:
                    self._resume(group)
                else:
                    self._restart([lanes[place] for place in group])
                yield from self._stretch(looks, start, stop)
                running.append(self._settle(stop, len(lanes)))
            self._shared = self._shared_next
            groups, start = self._groups(np.concatenate(running)), stop
            if not groups:
                self._complete = True
                return

    def _looks(self, record: Ints, snapshots: Ints, train_scores: Ints | None) -> Looks:
        steps, checks = self.structure.steps, self.structure.checks
        snapshots = np.union1d(snapshots, [steps]).astype(np.int64)
        wanted = np.union1d(np.union1d(record, snapshots), checks).astype(np.int64)
        scored = wanted if train_scores is None else np.union1d(train_scores, [steps]).astype(np.int64)
        if self.structure.stops_early:
            scored = np.union1d(scored, checks)
        return Looks(wanted, snapshots, checks, scored)

    def _groups(self, places: Ints) -> list[Ints]:
        width = self.structure.width
        return [places[first : first + width] for first in range(0, len(places), width)]

    def _stretches(self, groups: int) -> Ints:
        """The steps to which all groups train before lanes that have stopped make room."""
        if groups == 1:
            return np.array([self.structure.steps])
        return np.union1d(spread_over(self.structure.checks, STRETCHES), [self.structure.steps]).astype(np.int64)

    def _stretch(self, looks: Looks, start: int, stop: int) -> Iterator[Segment]:
        """The segments of one group from one step to another, or until all of its lanes have ended."""
        wanted = looks.wanted[(looks.wanted <= stop) & ((looks.wanted > start) | (start == 0))]
        done = start
        while len(wanted):
            reach = min(stop, done + self._length, self._reach(done))
            ahead = wanted[wanted <= reach][:POINTS_OF_A_CALL]
            full = np.flatnonzero(np.isin(ahead, looks.snapshots))[SNAPSHOTS_OF_A_CALL : SNAPSHOTS_OF_A_CALL + 1]
            ahead = ahead[: full[0]] if len(full) else ahead
            reached_all = len(ahead) == np.count_nonzero(wanted <= reach)
            began = time.time()
            before, done = done, reach if reached_all else int(ahead[-1])
            segment = self._advance(ahead, looks, before, done, began)
            wanted = wanted[len(ahead) :]
            self._last = segment
            seconds, length = segment.ended - began, self._length
            wished = length * SEGMENT_SECONDS / max(seconds, 1e-3)
            self._length = max(1, min(int(max(wished, length / 2)), length * 2, self.structure.steps))
            yield segment
            if self._ended().all():
                return

    def _first_length(self) -> int:
        work = self.structure.work * self.structure.width
        return max(1, min(FIRST_SEGMENT_STEPS, FIRST_SEGMENT_WORK // work))

    def _reach(self, step: int) -> int:
        """The last step that the loop has batches for, after it was given those that come now."""
        if self._order is None:
            return self.structure.steps
        contents = self._order.moved_to(step)
        if contents is not None:
            self._loop.feed.order.assign(contents)
        return self._order.end

    def _ended(self) -> NDArray[np.bool_]:
        """Which lanes of the group train no further, `(group,)`."""
        if not self.structure.stops_early:
            return np.zeros(len(self._group), bool)
        loop = self._loop
        ended: NDArray[np.bool_] = (loop.stopped_at.numpy() >= 0) | (loop.diverged_at.numpy() >= 0)
        return ended[: len(self._group)]

    def ending(self) -> Ending:
        """What the lanes ended with.

        Raises:
            RuntimeError: where training has not come to its end.
        """
        if not self._complete:
            raise RuntimeError("ask for the ending after the last segment")
        return joined(self._parts)

    def _settle(self, stop: int, lanes: int) -> Ints:
        """Put down what the lanes that have ended ended with, and park the others; returns those, by their places."""
        ended = self._ended() | (stop == self.structure.steps)
        if ended.any():
            self._parts.append((self._group[ended], self._group_ending().of(np.flatnonzero(ended))))
        if not ended.all():
            self._parked = self._loop.parked(self._parked, self._group, lanes)
            self._shared_next = self._loop.shared()
        return self._group[~ended]

    def _resume(self, group: Ints) -> None:
        assert self._parked is not None
        self._loop.resume(self._parked, np.resize(group, self.structure.width), self._shared)

    def _group_ending(self) -> Ending:
        """What the lanes of the group have come to."""
        last, loop, lanes = self._last, self._loop, len(self._group)
        assert last is not None
        best_cost, diverged_at, stopped_at = (
            variable.numpy()[:lanes] for variable in (loop.best_cost, loop.diverged_at, loop.stopped_at)
        )
        weights, state, rows, kept_at = loop.kept() if self.structure.stops_early else (*loop.trained(), None, None)
        if rows is None:
            scalars = {tag: values[-1] for tag, values in last.scalars.items()}
        else:
            scalars = dict(zip(scalar_tags(self.structure), rows.numpy()[:, :lanes], strict=True))
        cost = next(iter(scalars.values()))
        ended_badly = ~np.isfinite(cost) & (diverged_at < 0)
        hypothesis = None
        if self.structure.data.truth_table:
            flat = last.snapshots[activation_tags(self.structure)[-1]][-1]
            hypothesis = flat.reshape(lanes, self.structure.data.train, -1)[..., 0].T
        return Ending(
            scalars=scalars,
            best_cost=np.where(np.isfinite(cost), np.minimum(best_cost, cost), best_cost),
            diverged_at=np.where(ended_badly, last.done, diverged_at).astype(np.int64),
            stopped_at=stopped_at.astype(np.int64),
            kept_at=(np.full(lanes, last.done) if kept_at is None else kept_at.numpy()[:lanes]).astype(np.int64),
            hypothesis=hypothesis,
            weights=tuple(values[:lanes] for values in weights),
            state=tuple(values[:lanes] for values in state),
        )

    def _restart(self, lanes: Sequence[Lane]) -> None:
        padded = [*lanes, *[lanes[0]] * (self.structure.width - len(lanes))]
        self._loop.restart(
            seeds=np.array([lane.seed for lane in padded], np.int32),
            scales=np.array([lane.init_scale for lane in padded], np.float32),
            numbers=np.array([lane.numbers for lane in padded], np.float32).T,
        )

    def _advance(self, stops: Ints, looks: Looks, start: int, done: int, began: float) -> Segment:
        """Go on from step `start` to step `done`, recording at `stops` on the way.

        Args:
            stops: where scalars are recorded.
            looks: what is looked at when.
            start, done: steps.
            began: when, in seconds since the epoch.
        """
        shot, check, scored = (np.isin(stops, some) for some in (looks.snapshots, looks.checks, looks.train_scores))
        place = 0 if self._order is None else self._order.place(start)
        rows, shots = self._loop.advance(stops, shot, check, scored, start, done, place)
        stopped = self._stopped_before(stops)
        scalars = {
            tag: np.where(stopped, np.float32(np.nan), rows[:, number, : len(self._group)])
            for number, tag in enumerate(scalar_tags(self.structure))
        }
        tags = (*weight_tags(self.structure), *activation_tags(self.structure))
        pictures = {}
        for tag, values in zip(tags, shots, strict=True):
            taken = values[:, : len(self._group)]
            pictures[tag] = np.where(stopped[shot][..., None], np.float32(np.nan), taken) if stopped.any() else taken
        return Segment(done, self._group, stops, scalars, stops[shot], pictures, began, time.time())

    def _stopped_before(self, stops: Ints) -> NDArray[np.bool_]:
        """Which of the lanes had stopped early before each stop, `(stops, lanes)`."""
        stopped_at = self._loop.stopped_at.numpy()[: len(self._group)]
        before: NDArray[np.bool_] = (stopped_at >= 0) & (stops[:, None] > stopped_at)
        return before


def compile_program(structure: Structure) -> Program:
    """The program of a structure, ready to train."""
    # Apart: what TensorFlow makes once a process, with the first variables, would shift the names of what is traced.
    with names_of(f"variables of {structure}"):
        program = Program(structure)
    with names_of(repr(structure)):
        program.compile()
    return program
