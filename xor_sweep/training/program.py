"""A structure compiled: all lanes of a chunk train side by side in one XLA program.

Lanes are the last axis of every variable, so that a rate of shape `(lanes,)` broadcasts over each of them and
Keras's own optimizer updates all lanes at once. Gradients are those of the unmodified Keras model, vectorised.

One executable serves every way of logging and every stop: the points that a call records are fed to it as numbers.
A run's bits therefore depend on its spec alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from xor_sweep.data import points
from xor_sweep.plan import Lane, Structure
from xor_sweep.training.lanes import lanes_first, lanes_last
from xor_sweep.training.network import LaneRates, activation_tags, build_model, build_optimizer, weight_tags
from xor_sweep.training.start import start_weights

POINTS_OF_A_CALL = 128
"""Points that one call of the program records at most."""

SNAPSHOTS_OF_A_CALL = 16
"""How many of them may hold weights and activations too."""

SEGMENT_SECONDS = 0.5
"""What a segment should take, so that progress shows and a signal takes effect soon."""

FIRST_SEGMENT_STEPS = 1_000
FIRST_SEGMENT_WORK = 10**9
"""The first segment has at most so many steps and floating-point operations, before it is known what a step takes."""

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Segment:
    """What was recorded between two returns to Python.

    Attributes:
        done: steps that are behind all lanes now.
        steps: where cost and accuracy were recorded, `(points,)`: after so many updates.
        cost: float32 `(points, lanes)`, nats.
        accuracy: float32 `(points, lanes)`, share of the data's points predicted right.
        snapshot_steps: where weights and activations were recorded, `(snapshots,)`, some of `steps`.
        snapshots: by tag, float32 `(snapshots, lanes, size)`, flattened.
        began, ended: seconds since the epoch.
    """

    done: int
    steps: Ints
    cost: Floats
    accuracy: Floats
    snapshot_steps: Ints
    snapshots: dict[str, Floats]
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Ending:
    """What the lanes ended with, each array's last axis being the lanes.

    Attributes:
        cost, accuracy, best_cost: float32 `(lanes,)`: after the last update; the lowest cost of all steps.
        diverged_at: int64 `(lanes,)`, the first step whose cost was NaN or infinite, -1 where none was.
        hypothesis: float32 `(points, lanes)`, the network's output for each point of the data.
    """

    cost: Floats
    accuracy: Floats
    best_cost: Floats
    diverged_at: Ints
    hypothesis: Floats


class Program:
    """The compiled training loop of a structure and the variables that it works on. Not for two threads at once."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        lanes = structure.width
        inputs, targets = points(structure.data)
        self._inputs, self._targets = tf.constant(inputs), tf.constant(targets)
        self._model = build_model(structure)
        self._cost_of = keras.losses.BinaryCrossentropy()
        self._weights = [keras.Variable(tf.zeros([*v.shape, lanes])) for v in self._model.trainable_variables]
        self._numbers = tf.Variable(tf.zeros([1 + len(structure.lane_arguments), lanes]), trainable=False)
        self._best_cost = tf.Variable(tf.zeros([lanes]), trainable=False)
        self._diverged_at = tf.Variable(tf.zeros([lanes], tf.int32), trainable=False)
        self._step = tf.Variable(0, trainable=False)
        self._rates = LaneRates(tf.zeros([lanes]))
        self._optimizer = build_optimizer(structure, self._rates)
        self._optimizer.build(self._weights)
        self._draw_start = start_weights(structure)
        self._last: Segment | None = None
        self._optimizer_start = [variable.numpy() for variable in self._optimizer.variables]

    def train(self, lanes: Sequence[Lane], record: Ints, snapshots: Ints) -> Iterator[Segment]:
        """Train lanes from their start weights to the structure's last step.

        Args:
            lanes: at most the structure's width; idle lanes repeat the first.
            record: steps at which cost and accuracy are recorded, sorted; 0 is before the first update. The last
                step is always recorded, with a snapshot.
            snapshots: steps at which weights and activations are recorded too, sorted.

        Yields:
            The segments in order; their arrays hold the given lanes only. Each is whole when it is yielded, and a
            caller that stops asking stops the training.
        """
        self._restart(lanes)
        steps = self.structure.steps
        snapshots = np.union1d(snapshots, [steps]).astype(np.int64)
        wanted = np.union1d(record, snapshots)
        length, done = self._first_length(), 0
        while len(wanted):
            stop = min(steps, done + length)
            ahead = wanted[wanted <= stop][:POINTS_OF_A_CALL]
            full = np.flatnonzero(np.isin(ahead, snapshots))[SNAPSHOTS_OF_A_CALL : SNAPSHOTS_OF_A_CALL + 1]
            ahead = ahead[: full[0]] if len(full) else ahead
            reached_all = len(ahead) == np.count_nonzero(wanted <= stop)
            began = time.time()
            done = stop if reached_all else int(ahead[-1])
            segment = self._advance(ahead, snapshots, done, len(lanes), began)
            wanted = wanted[len(ahead) :]
            self._last = segment
            seconds = segment.ended - began
            wished = length * SEGMENT_SECONDS / max(seconds, 1e-3)
            length = max(1, min(int(max(wished, length / 2)), length * 2, steps))
            yield segment

    def _first_length(self) -> int:
        work = self.structure.work * self.structure.width
        return max(1, min(FIRST_SEGMENT_STEPS, FIRST_SEGMENT_WORK // work))

    def ending(self, lanes: int) -> Ending:
        """What the first `lanes` lanes ended with.

        Raises:
            RuntimeError: where training has not come to its last step.
        """
        last = self._last
        if last is None or last.done < self.structure.steps:
            raise RuntimeError("ask for the ending after the last segment")
        cost = last.cost[-1]
        best_cost, diverged_at = (variable.numpy()[:lanes] for variable in (self._best_cost, self._diverged_at))
        ended_badly = ~np.isfinite(cost) & (diverged_at < 0)
        return Ending(
            cost=cost,
            accuracy=last.accuracy[-1],
            best_cost=np.where(np.isfinite(cost), np.minimum(best_cost, cost), best_cost),
            diverged_at=np.where(ended_badly, self.structure.steps, diverged_at).astype(np.int64),
            hypothesis=last.snapshots[activation_tags(self.structure)[-1]][-1].T,
        )

    def _restart(self, lanes: Sequence[Lane]) -> None:
        padded = [*lanes, *[lanes[0]] * (self.structure.width - len(lanes))]
        scales = tf.constant([lane.init_scale for lane in padded], tf.float32)
        seeds = tf.constant([lane.seed for lane in padded], tf.int32)
        for variable, value in zip(self._weights, self._draw_start(seeds, scales), strict=True):
            variable.assign(value)
        for variable, value in zip(self._optimizer.variables, self._optimizer_start, strict=True):
            variable.assign(value)
        self._numbers.assign(np.array([[lane.learning_rate, *lane.arguments] for lane in padded], np.float32).T)
        self._best_cost.assign(np.full(len(padded), np.inf, np.float32))
        self._diverged_at.assign(np.full(len(padded), -1, np.int32))
        self._step.assign(0)

    def _advance(self, steps: Ints, snapshots: Ints, done: int, lanes: int, began: float) -> Segment:
        taken = np.isin(steps, snapshots)
        stops = np.full(POINTS_OF_A_CALL, done, np.int32)
        stops[: len(steps)] = steps
        slots = np.full(POINTS_OF_A_CALL, SNAPSHOTS_OF_A_CALL, np.int32)
        slots[: len(steps)][taken] = np.arange(np.count_nonzero(taken))
        cost, accuracy, *arrays = (np.asarray(t) for t in self._compiled(tf.constant(stops), tf.constant(slots)))
        tags = [*weight_tags(self.structure), *activation_tags(self.structure)]
        count = int(np.count_nonzero(taken))
        return Segment(
            done=done,
            steps=steps,
            cost=cost[: len(steps), :lanes],
            accuracy=accuracy[: len(steps), :lanes],
            snapshot_steps=steps[taken],
            snapshots={tag: array[:count, :, :lanes].swapaxes(1, 2) for tag, array in zip(tags, arrays, strict=True)},
            began=began,
            ended=time.time(),
        )

    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]  # tensorflow has no types
    def _compiled(self, stops: tf.Tensor, slots: tf.Tensor) -> list[tf.Tensor]:
        """Advance to each stop in turn and record there.

        Args:
            stops: int32 `(POINTS_OF_A_CALL,)`, ascending, the last one repeated as padding.
            slots: int32 `(POINTS_OF_A_CALL,)`, where each stop's snapshot goes; the last slot is thrown away.
        """
        width = self.structure.width
        sizes = [int(np.prod(v.shape[:-1])) for v in self._weights]
        sizes += [self.structure.points * units for units in self.structure.units[1:]]
        rows = tf.TensorArray(tf.float32, size=POINTS_OF_A_CALL, element_shape=[2, width])
        shots = [tf.TensorArray(tf.float32, size=SNAPSHOTS_OF_A_CALL + 1, element_shape=[s, width]) for s in sizes]

        def at_stop(
            i: tf.Tensor, step: tf.Tensor, rows: tf.TensorArray, shots: list[tf.TensorArray]
        ) -> tuple[object, ...]:
            (step,) = tf.while_loop(lambda step: step < stops[i], self._train_one_step, [step])
            self._finalize_at_the_end(step)
            weights = [tf.convert_to_tensor(w.value) for w in self._weights]
            activations, cost, accuracy = self._evaluate(weights)
            values = [*weights, *activations]
            shots = [
                shot.write(slots[i], tf.reshape(value, [size, width]))
                for shot, value, size in zip(shots, values, sizes, strict=True)
            ]
            return i + 1, step, rows.write(i, tf.stack([cost, accuracy])), shots

        start = (0, self._step.read_value(), rows, shots)
        _, step, rows, shots = tf.while_loop(lambda i, *_: i < POINTS_OF_A_CALL, at_stop, start)
        self._step.assign(step)
        recorded = rows.stack()
        return [recorded[:, 0], recorded[:, 1], *(shot.stack() for shot in shots)]

    def _train_one_step(self, step: tf.Tensor) -> list[tf.Tensor]:
        cost, gradients = self._gradients([tf.convert_to_tensor(w.value) for w in self._weights])
        self._note(cost, step)
        self._rates.rates, *arguments = tf.unstack(self._numbers)
        for name, values in zip(self.structure.lane_arguments, arguments, strict=True):
            setattr(self._optimizer, name, values)
        self._optimizer.apply(gradients, self._weights)
        return [step + 1]

    def _finalize_at_the_end(self, step: tf.Tensor) -> None:
        """Keras's last act after `fit`: with `use_ema`, the averages take the weights' place."""
        if dict(self.structure.fixed)["use_ema"]:
            tf.cond(
                step >= self.structure.steps,
                lambda: self._optimizer.finalize_variable_values(self._weights),
                lambda: None,
            )

    def _note(self, cost: tf.Tensor, step: tf.Tensor) -> None:
        finite = tf.math.is_finite(cost)
        self._best_cost.assign(tf.where(finite, tf.minimum(self._best_cost, cost), self._best_cost))
        first = ~finite & (self._diverged_at < 0)
        self._diverged_at.assign(tf.where(first, step, self._diverged_at))

    def _gradients(self, weights: list[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Cost `(lanes,)` and its gradients `(…, lanes)`."""

        def one_lane(weights: list[tf.Tensor]) -> tuple[tf.Tensor, list[tf.Tensor]]:
            with tf.GradientTape() as tape:
                tape.watch(weights)
                cost = self._cost_of(self._targets, self._outputs(weights, training=True)[-1])
                scaled = self._optimizer.scale_loss(cost)
            return cost, tape.gradient(scaled, weights)

        cost, gradients = tf.vectorized_map(one_lane, lanes_first(weights), fallback_to_while_loop=False)
        return cost, lanes_last(gradients)

    def _outputs(self, weights: list[tf.Tensor], *, training: bool) -> list[tf.Tensor]:
        """The activations of all layers of one lane; Keras gives a single one without its list."""
        outputs, _ = self._model.stateless_call(weights, [], self._inputs, training=training)
        return list(tf.nest.flatten(outputs))

    def _evaluate(self, weights: list[tf.Tensor]) -> tuple[list[tf.Tensor], tf.Tensor, tf.Tensor]:
        """Activations `(points, units, lanes)` of all layers, cost `(lanes,)`, accuracy `(lanes,)`."""

        def one_lane(weights: list[tf.Tensor]) -> tuple[list[tf.Tensor], tf.Tensor, tf.Tensor]:
            outputs = self._outputs(weights, training=False)
            right = tf.equal(outputs[-1] > 0.5, self._targets > 0.5)
            return outputs, self._cost_of(self._targets, outputs[-1]), tf.reduce_mean(tf.cast(right, tf.float32))

        outputs, cost, accuracy = tf.vectorized_map(one_lane, lanes_first(weights), fallback_to_while_loop=False)
        return lanes_last(outputs), cost, accuracy


@lru_cache(maxsize=8)
def compile_program(structure: Structure) -> Program:
    """The program of a structure; it is traced and compiled when it first trains."""
    return Program(structure)
