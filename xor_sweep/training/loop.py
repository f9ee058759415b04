"""The training loop: updates up to a stop, what is recorded there, and the lanes that stop early."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from xor_sweep.structure import Structure
from xor_sweep.tags import histogram_sizes, scalar_tags
from xor_sweep.training.feed import Feed
from xor_sweep.training.step import Step

POINTS_OF_A_CALL = 128
"""Points that one call of the program records at most."""

SNAPSHOTS_OF_A_CALL = 16
"""How many of them may hold weights and activations too."""

Floats = NDArray[np.float32]


class Loop:
    """The compiled loop of a structure.

    Attributes:
        feed: the data.
        best_cost, diverged_at, stopped_at: `(lanes,)`, as in `program.Ending`.
    """

    def __init__(self, structure: Structure, feed: Feed) -> None:
        self._structure = structure
        self.feed = feed
        self._step = Step(structure, feed)
        lanes = structure.width
        self.best_cost = tf.Variable(tf.zeros([lanes]), trainable=False)
        self.diverged_at = tf.Variable(tf.zeros([lanes], tf.int32), trainable=False)
        self.stopped_at = tf.Variable(tf.zeros([lanes], tf.int32), trainable=False)
        self._sizes = list(histogram_sizes(structure).values())
        if structure.stops_early:
            self._best_value = tf.Variable(tf.zeros([lanes]), trainable=False)
            self._waited = tf.Variable(tf.zeros([lanes]), trainable=False)
            self._kept_at = tf.Variable(tf.zeros([lanes], tf.int32), trainable=False)
            self._kept_rows = tf.Variable(tf.zeros([len(scalar_tags(structure)), lanes]), trainable=False)
            self._kept = [tf.Variable(v.value, trainable=False) for v in (*self.weights, *self.state)]

    @property
    def weights(self) -> list[Any]:
        """The trainable variables of all lanes."""
        return self._step.weights

    @property
    def state(self) -> list[Any]:
        """The other variables of all lanes."""
        return self._step.state

    def trained(self) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
        """The weights and the state as they are now, each `(lanes, …)`."""
        return self._step.arrays(self.weights, self.state)

    def kept(self) -> tuple[list[NDArray[Any]], list[NDArray[Any]], tf.Variable, tf.Variable]:
        """The weights and the state that early stopping keeps, their scalars, and the step that they are of."""
        count = len(self.weights)
        weights, state = self._step.arrays(self._kept[:count], self._kept[count:])
        return weights, state, self._kept_rows, self._kept_at

    def restart(self, seeds: NDArray[np.int32], scales: Floats, numbers: Floats) -> None:
        """Bring all lanes to their start; the arguments are those of `Step.restart`."""
        self._step.restart(seeds, scales, numbers)
        lanes = len(seeds)
        self.best_cost.assign(np.full(lanes, np.inf, np.float32))
        self.diverged_at.assign(np.full(lanes, -1, np.int32))
        self.stopped_at.assign(np.full(lanes, -1, np.int32))
        if self._structure.stops_early:
            worst = -np.inf if self._structure.stops_early == "accuracy" else np.inf
            self._best_value.assign(np.full(lanes, worst, np.float32))
            self._waited.assign(np.zeros(lanes, np.float32))
            self._kept_at.assign(np.zeros(lanes, np.int32))
            self._kept_rows.assign(np.full(self._kept_rows.shape, np.nan, np.float32))
            for kept, variable in zip(self._kept, (*self.weights, *self.state), strict=True):
                kept.assign(variable.value)

    def park(self, parked: list[NDArray[Any]] | None, places: NDArray[np.int64], lanes: int) -> list[NDArray[Any]]:
        """All that the lanes are, put down at their places among `lanes`, in what was parked of others before."""
        now = [array_of(variable, axis, self._structure.width) for variable, axis in self._of_lanes()]
        if parked is None:
            parked = [np.zeros((lanes, *array.shape[1:]), array.dtype) for array in now]
        for array, values in zip(parked, now, strict=True):
            array[places] = values[: len(places)]
        return parked

    def shared(self) -> tuple[NDArray[Any], ...]:
        """What all lanes of one step share: how many updates the optimizer has made."""
        return tuple(variable.numpy() for variable in self._step.optimizer_variables(of_lanes=False))

    def resume(self, parked: Sequence[NDArray[Any]], places: NDArray[np.int64], shared: Sequence[NDArray[Any]]) -> None:
        """Bring lanes back from where they were parked, `(width,)`, with what they shared then.

        Raises:
            ValueError: where what was parked is of another program.
        """
        for variable, value in zip(self._step.optimizer_variables(of_lanes=False), shared, strict=True):
            variable.assign(value)
        for array, (variable, axis) in zip(parked, self._of_lanes(), strict=True):
            values = array[places]
            variable.assign(np.reshape(values if axis is None else np.moveaxis(values, 0, axis), variable.shape))

    def _of_lanes(self) -> list[tuple[Any, int | None]]:
        """The variables that hold something of each lane, and the axis of lanes; None where there is none."""
        packed = [*self.weights, *self.state, *self._step.optimizer_variables(of_lanes=True)]
        first, last = [self._step.seeds, self.best_cost, self.diverged_at, self.stopped_at], [self._step.numbers]
        if self._structure.stops_early:
            packed += self._kept
            first += [self._best_value, self._waited, self._kept_at]
            last.append(self._kept_rows)
        axis = None if self._structure.alone_because else 0
        return [*((v, axis) for v in packed), *((v, 0) for v in first), *((v, 1) for v in last)]

    def trace(self) -> None:
        """Trace the loop and the drawing of start weights for the arguments that they are called with."""
        self._step.trace()
        points, number = tf.TensorSpec([POINTS_OF_A_CALL + 1], tf.int32), tf.TensorSpec([], tf.int32)
        flags = tf.TensorSpec([POINTS_OF_A_CALL + 1], tf.bool)
        self._compiled.get_concrete_function(points, points, flags, flags, number, number, number)

    def advance(
        self,
        stops: NDArray[np.int64],
        snapshots: NDArray[np.bool_],
        checks: NDArray[np.bool_],
        train_too: NDArray[np.bool_],
        start: int,
        done: int,
        place: int,
    ) -> tuple[Floats, list[Floats]]:
        """Train from step `start` to step `done` and record on the way.

        Args:
            stops: at most `POINTS_OF_A_CALL` steps, ascending, `(stops,)`.
            snapshots: at which of them weights and activations are recorded, at most `SNAPSHOTS_OF_A_CALL`.
            checks: which of them decide on the lowest cost and on early stopping.
            train_too: at which of them the training part is scored beside the validation part.
            start, done: steps.
            place: the place of step `start` in the window of the feed's order.

        Returns:
            the scalars `(stops, scalars, lanes)`, and of each variable and activation `(snapshots, lanes, size)`.
        """
        count = len(stops)
        padded = np.full(POINTS_OF_A_CALL + 1, done, np.int32)
        padded[:count] = stops
        slots = np.full(POINTS_OF_A_CALL + 1, SNAPSHOTS_OF_A_CALL, np.int32)
        slots[:count][snapshots] = np.arange(np.count_nonzero(snapshots))
        flags = np.zeros([2, POINTS_OF_A_CALL + 1], bool)
        flags[:, :count] = checks, train_too
        rows, *shots = self._compiled(
            *map(tf.constant, (padded, slots, *flags)), *(tf.constant(n, tf.int32) for n in (count, start, place))
        )
        taken = np.count_nonzero(snapshots)
        return rows.numpy()[:count], [shot.numpy()[:taken] for shot in shots]

    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]  # tensorflow has no types
    def _compiled(
        self,
        stops: tf.Tensor,
        slots: tf.Tensor,
        checks: tf.Tensor,
        train_too: tf.Tensor,
        count: tf.Tensor,
        start: tf.Tensor,
        place: tf.Tensor,
    ) -> list[tf.Tensor]:
        """Advance to each stop in turn and record there, then to the stop after the last one that is recorded."""
        width, tags = self._structure.width, scalar_tags(self._structure)
        rows = tf.TensorArray(tf.float32, size=POINTS_OF_A_CALL + 1, element_shape=[len(tags), width])
        shots = [
            tf.TensorArray(tf.float32, size=SNAPSHOTS_OF_A_CALL + 1, element_shape=[width, s]) for s in self._sizes
        ]

        def train(step: tf.Tensor) -> list[tf.Tensor]:
            cost = self._step.update(step, place + (step - start))
            self._note(cost, step)
            return [step + 1]

        def look(step: tf.Tensor, check: tf.Tensor, of_train: tf.Tensor) -> list[tf.Tensor]:
            activations, scalars = self._step.evaluate(of_train)
            self._check(scalars, step, check)
            weights = [tf.convert_to_tensor(variable.value) for variable in self.weights]
            return [scalars, *(tf.reshape(v, [width, -1]) for v in (*weights, *activations))]

        def nothing() -> list[tf.Tensor]:
            return [tf.zeros([len(tags), width]), *(tf.zeros([width, size]) for size in self._sizes)]

        def at_stop(i: tf.Tensor, step: tf.Tensor, rows: Any, shots: list[Any]) -> tuple[object, ...]:
            (step,) = tf.while_loop(lambda step: step < stops[i], train, [step])
            self._finalize_at_the_end(step)
            row, *values = tf.cond(i < count, lambda: look(step, checks[i], train_too[i]), nothing)
            shots = [shot.write(slots[i], value) for shot, value in zip(shots, values, strict=True)]
            return i + 1, step, rows.write(i, row), shots

        _, _, rows, shots = tf.while_loop(lambda i, *_: i <= count, at_stop, (0, start, rows, shots))
        return [rows.stack(), *(shot.stack() for shot in shots)]

    def _finalize_at_the_end(self, step: tf.Tensor) -> None:
        if dict(self._structure.fixed).get("use_ema"):
            tf.cond(step >= self._structure.steps, self._step.finalize, lambda: None)

    def _note(self, cost: tf.Tensor, step: tf.Tensor) -> None:
        """What every update says: whether a lane diverged, and for a truth table the lowest cost."""
        finite = tf.math.is_finite(cost)
        if self._structure.data.truth_table:
            self._note_best(cost)
        first = ~finite & (self.diverged_at < 0) & (self.stopped_at < 0)
        self.diverged_at.assign(tf.where(first, step, self.diverged_at))

    def _note_best(self, cost: tf.Tensor) -> None:
        better = tf.math.is_finite(cost) & (self.stopped_at < 0)
        self.best_cost.assign(tf.where(better, tf.minimum(self.best_cost, cost), self.best_cost))

    def _check(self, scalars: tf.Tensor, step: tf.Tensor, check: tf.Tensor) -> None:
        """What a check says: the lowest cost, and whether a lane stops."""
        if self._structure.data.truth_table:
            return
        tf.cond(check, lambda: self._note_best(scalars[0]), lambda: None)
        if self._structure.stops_early:
            tf.cond(check, lambda: self._stop_early(scalars, step), lambda: None)

    def _stop_early(self, scalars: tf.Tensor, step: tf.Tensor) -> None:
        """Keras's EarlyStopping with its best weights restored, for each lane by itself."""
        structure = self._structure
        value = scalars[0 if structure.stops_early == "cost" else 1]
        running = (self.stopped_at < 0) & (self.diverged_at < 0)
        least = self._step.number("early_stopping.min_delta")
        if structure.stops_early == "accuracy":
            better = running & (value > self._best_value + least)
        else:
            better = running & (value < self._best_value - least)
        self._best_value.assign(tf.where(better, value, self._best_value))
        self._waited.assign(tf.where(better, 0.0, self._waited + 1.0))
        self._kept_at.assign(tf.where(better, step, self._kept_at))
        self._kept_rows.assign(tf.where(better, scalars, self._kept_rows))
        for kept, variable in zip(self._kept, (*self.weights, *self.state), strict=True):
            lanes = self._step.lanes
            kept.assign(tf.where(lanes.column(better, lanes.height(variable.shape)), variable.value, kept))
        tired = running & (self._waited >= self._step.number("early_stopping.patience"))
        self.stopped_at.assign(tf.where(tired, step, self.stopped_at))


def array_of(variable: Any, axis: int | None, lanes: int) -> NDArray[Any]:
    """A variable's values with the axis of lanes first; `axis` is where it has one.

    A variable with several rows a lane has a row a lane here.
    """
    values: NDArray[Any] = variable.numpy()
    if axis is None:
        return values[None]
    return values.reshape(lanes, -1) if axis == 0 and len(values) > lanes else np.moveaxis(values, axis, 0)
