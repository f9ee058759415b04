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
import tensorflow as tf
from numpy.typing import NDArray

from xor_sweep.checkpoint import Checkpoint
from xor_sweep.compile_cache import compile_cache
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
        self._until: Ints | None = None
        self._group: Ints = np.array([], np.int64)
        self._steps: Ints = np.array([], np.int64)
        self._parts: list[tuple[Ints, Ending]] = []
        self._parked: list[NDArray[Any]] | None = None
        self._shared: dict[int, tuple[NDArray[Any], ...]] = {}
        self._length = 1

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
        checkpoint: Checkpoint | None = None,
        until: Ints | None = None,
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
            checkpoint: of these lanes, from which they go on; None is their start.
            until: `(lanes,)`, the step at which each lane ends, with the weights that it has there; None is the
                structure's last step, or where it stops early, with the weights that early stopping keeps.

        Yields:
            The segments, in order for each lane; each says which lanes its arrays hold. Each is whole when it is
            yielded, and a caller that stops asking stops the training.

        Raises:
            ValueError: where the checkpoint is of another program.
        """
        looks = self._looks(record, snapshots if until is None else np.union1d(snapshots, until), train_scores)
        self._begin(len(lanes), checkpoint, until)
        self._length = self._first_length()
        self._loop.feed.take(data, class_weight)
        stretches = self._stretches(len(lanes))
        while len(open_lanes := self._open):
            # The next stretch's end for those that are furthest behind; lanes under way come before those of its start.
            if until is None:
                stop = int(stretches[stretches > self._steps[open_lanes].min()][0])
            else:
                stop = int(until[open_lanes].min())
            behind = open_lanes[self._steps[open_lanes] < stop]
            if until is not None and stop == 0:
                behind = open_lanes[until[open_lanes] == 0]
            done = int(self._steps[behind].max())
            self._group = behind[self._steps[behind] == done][: self.structure.width]
            self._bring_in(lanes, done)
            for segment in self._stretch(looks, done, stop):
                self._steps[self._group] = segment.done
                if segment.done == stop or self._stopped().all():
                    self._settle(stop)
                yield segment

    def _begin(self, lanes: int, checkpoint: Checkpoint | None, until: Ints | None) -> None:
        self._last, self._order, self._until = None, None, until
        self._steps, self._parts, self._parked, self._shared = np.zeros(lanes, np.int64), [], None, {}
        if checkpoint is not None:
            self._steps = checkpoint.steps.copy()
            self._parked = [array.copy() for array in checkpoint.parked] or None
            self._shared = dict(checkpoint.shared)
            self._parts = [] if checkpoint.ending is None else [(checkpoint.ended, checkpoint.ending)]

    @property
    def _open(self) -> Ints:
        """The lanes that have not ended."""
        ended = np.concatenate([[], *(places for places, _ in self._parts)])
        return np.setdiff1d(np.arange(len(self._steps)), ended)

    def _bring_in(self, lanes: Sequence[Lane], done: int) -> None:
        """Have the group's lanes in the program's variables, as they are after `done` steps."""
        structure = self.structure
        if structure.batch_size is not None:
            seeds = [lanes[place].seed for place in np.resize(self._group, structure.width).tolist()]
            self._order = Order(seeds, structure.data.train, structure.batch, structure.steps)
        if done == 0:
            self._restart([lanes[place] for place in self._group])
            return
        assert self._parked is not None
        self._loop.resume(self._parked, np.resize(self._group, structure.width), self._shared[done])

    def checkpoint(self) -> Checkpoint | None:
        """Where training stands after the segment that was given last; None where it has come to its end."""
        if not len(open_lanes := self._open):
            return None
        steps, shared = self._steps.copy(), dict(self._shared)
        parked = None if self._parked is None else [array.copy() for array in self._parked]
        done = int(steps[self._group[0]])
        if np.isin(self._group, open_lanes).all() and done not in shared:  # it is under way
            parked, shared[done] = self._loop.park(parked, self._group, len(steps)), self._loop.shared()
        needed = set(steps[open_lanes].tolist())
        places, ending = joined(self._parts) if self._parts else (np.array([], np.int64), None)
        return Checkpoint(
            steps=steps,
            parked=tuple(parked or ()),
            shared={step: values for step, values in shared.items() if step in needed},
            ended=places,
            ending=ending,
        )

    def _looks(self, record: Ints, snapshots: Ints, train_scores: Ints | None) -> Looks:
        steps, checks = self.structure.steps, self.structure.checks
        snapshots = np.union1d(snapshots, [steps]).astype(np.int64)
        wanted = np.union1d(np.union1d(record, snapshots), checks).astype(np.int64)
        scored = wanted if train_scores is None else np.union1d(train_scores, [steps]).astype(np.int64)
        if self.structure.stops_early:
            scored = np.union1d(scored, checks)
        return Looks(wanted, snapshots, checks, scored)

    def _stretches(self, lanes: int) -> Ints:
        """The steps to which all groups train before lanes that have stopped make room."""
        if lanes <= self.structure.width:
            return np.array([self.structure.steps])
        return np.union1d(spread_over(self.structure.checks, STRETCHES), [self.structure.steps]).astype(np.int64)

    def _stretch(self, looks: Looks, start: int, stop: int) -> Iterator[Segment]:
        """The segments of one group from one step to another, or until all of its lanes have ended."""
        wanted = looks.wanted[(looks.wanted <= stop) & ((looks.wanted > start) | (start == 0))]
        done = start
        while len(wanted):
            reach = min(stop, done + self._length, self._reach(done, stop))
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
            if self._stopped().all():
                return

    def _first_length(self) -> int:
        work = self.structure.work * self.structure.width
        return max(1, min(FIRST_SEGMENT_STEPS, FIRST_SEGMENT_WORK // work))

    def _reach(self, step: int, stop: int) -> int:
        """Return the last step, at most `stop`, that the loop has batches for, after it was given those from `step` on.

        Each lane of the group has batches in its own order.
        """
        if self._order is None:
            return stop
        contents = self._order.moved_to(step, stop)
        if contents is not None:
            self._loop.feed.order.assign(contents)
        return self._order.end

    def _stopped(self) -> NDArray[np.bool_]:
        """Which lanes of the group train no further though steps are left, `(group,)`."""
        if not self.structure.stops_early:
            return np.zeros(len(self._group), bool)
        loop = self._loop
        stopped: NDArray[np.bool_] = (loop.stopped_at.numpy() >= 0) | (loop.diverged_at.numpy() >= 0)
        return stopped[: len(self._group)]

    def ending(self) -> Ending:
        """What the lanes ended with.

        Raises:
            RuntimeError: where training has not come to its end.
        """
        if not len(self._steps) or len(self._open):
            raise RuntimeError("ask for the ending after the last segment")
        return joined(self._parts)[1]

    def _settle(self, stop: int) -> None:
        """Put down what the group's lanes that have ended ended with, and park the others."""
        ends = self._stopped() | (stop == self.structure.steps)
        ended = ends if self._until is None else self._until[self._group] == stop
        if ended.any():
            self._parts.append((self._group[ended], self._group_ending().of(np.flatnonzero(ended))))
        if not ended.all():
            self._parked = self._loop.park(self._parked, self._group, len(self._steps))
            self._shared[stop] = self._loop.shared()

    def _group_ending(self) -> Ending:
        """What the lanes of the group have come to."""
        last, loop, lanes = self._last, self._loop, len(self._group)
        assert last is not None
        best_cost, diverged_at, stopped_at = (
            variable.numpy()[:lanes] for variable in (loop.best_cost, loop.diverged_at, loop.stopped_at)
        )
        keeps = self.structure.stops_early and self._until is None
        weights, state, rows, kept_at = loop.kept() if keeps else (*loop.trained(), None, None)
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
    """Return the program of a structure, ready to train, compiled with the compile cache if XLA can use it."""
    cache = compile_cache()
    if cache is None:
        return _compiled(structure)
    because = ""
    if cache.usable:
        try:
            program = _compiled(structure)
        except tf.errors.OpError as error:
            because = str(error).partition(" [Op:")[0].rpartition("; ")[2]  # without the operation and the path
        else:
            cache.seal()
            return program
    with cache.bypassed(because):
        return _compiled(structure)


def _compiled(structure: Structure) -> Program:
    # Apart: what TensorFlow makes once a process, with the first variables, would shift the names of what is traced.
    with names_of(f"variables of {structure}"):
        program = Program(structure)
    with names_of(repr(structure)):
        program.compile()
    return program
