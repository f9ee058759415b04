"""One training step of a network without an optimizer, to be looked at before anything is trained."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from xor_sweep.structure import Structure
from xor_sweep.training.lanes import Fused
from xor_sweep.training.network import told
from xor_sweep.training.noise import is_generator, lane_noise
from xor_sweep.training.scores import Scores


class Trial:
    """The step that a program takes for each lane: forward, loss, gradient, state.

    Args:
        structure: of the network.
        model: built, its dropout layers drawing for lanes.
        points: prepared points to try it with, as many as there are; they are repeated to make a batch.

    Attributes:
        looked_up: known once the step was traced: the positions of the weights of which it looks up rows, so that
            TensorFlow gives their gradients row by row.
    """

    looked_up: tuple[int, ...] = ()

    def __init__(self, structure: Structure, model: Any, points: NDArray[Any] | None = None) -> None:
        self._structure, self._model = structure, model
        self._scores = Scores(structure)
        self._points = points
        self._weights = [variable.numpy() for variable in model.trainable_variables]
        self._others = [variable.numpy() for variable in model.non_trainable_variables]
        self._generator = [is_generator(variable) for variable in model.non_trainable_variables]

    def specs(self, lanes: int | None = None) -> Any:
        """The shapes of what `step` takes, with a first axis of lanes for those of `fused_step`."""
        return tf.nest.map_structure(tf.TensorSpec.from_tensor, self.examples(lanes))

    def examples(self, lanes: int | None = None) -> Any:
        """Return values that `step` takes: weights, state, seed; inputs and targets.

        Lanes share the inputs and targets of a whole training part. In batches each lane has its own.
        """
        generator = np.random.default_rng(0)

        def of_lanes(value: NDArray[Any], *, moved: bool = False) -> tf.Tensor:
            if lanes is None:
                return tf.constant(value)
            each = [
                value * (1 - 0.1 * lane) + moved * lane * generator.normal(0, 0.05, value.shape)
                for lane in range(lanes)
            ]
            return tf.constant(np.stack(each), value.dtype)

        weights = [of_lanes(value, moved=True) for value in self._weights]
        live = zip(self._others, self._generator, strict=True)
        state = [of_lanes(value) for value, draws in live if not draws]
        seed = tf.constant(3) if lanes is None else tf.range(lanes)
        points = self._inputs(generator), self._targets(generator)
        if lanes is not None and self._own_batches:
            points = tuple(tf.stack([tf.roll(values, lane, 0) for lane in range(lanes)]) for values in points)
        return (weights, state, seed), points

    def lane_of(self, examples: Any, lane: int) -> Any:
        """Return one lane of `examples`, as `step` takes it."""
        of_lanes, points = examples
        if not self._own_batches:
            return tf.nest.map_structure(lambda value: value[lane], of_lanes), points
        return tf.nest.map_structure(lambda value: value[lane], examples)

    @property
    def _own_batches(self) -> bool:
        return self._structure.batch_size is not None

    def _inputs(self, generator: np.random.Generator) -> tf.Tensor:
        data, batch = self._structure.data, self._structure.batch
        if self._points is not None:
            return tf.constant(np.resize(self._points, (batch, *data.inputs)))
        if data.whole:
            return tf.zeros([batch, *data.inputs], tf.int32)
        return tf.constant(generator.normal(size=(batch, *data.inputs)), tf.float32)

    def _targets(self, generator: np.random.Generator) -> tf.Tensor:
        data, batch = self._structure.data, self._structure.batch
        if data.task == "multiclass":
            return tf.constant(generator.integers(0, data.outputs, (batch, 1)), tf.int32)
        if data.task == "binary":
            return tf.constant(generator.integers(0, 2, (batch, 1)), tf.float32)
        return tf.constant(generator.normal(size=(batch, data.outputs)), tf.float32)

    def step(self, values: Any) -> Any:
        """Cost, gradients and new state of one lane."""
        lane, (inputs, targets) = values
        return self._one_lane(lane, inputs, lambda outputs: tf.reduce_mean(self._scores.costs(targets, outputs)))

    def fused_step(self, values: Any) -> Any:
        """The same of lanes side by side."""
        lanes, (inputs, targets) = values
        if self._own_batches:
            return _beside(lanes).each(self.step, values)
        return _beside(lanes).each_on(inputs, lambda lane, points: self.step((lane, (points, targets))), lanes)

    def network_alone(self, values: Any) -> Any:
        """The same with a loss that always vectorises."""
        lanes, (inputs, _) = values
        if self._own_batches:
            return _beside(lanes).each(lambda both: self._one_lane(both[0], both[1], tf.reduce_sum), (lanes, inputs))
        return _beside(lanes).each_on(inputs, lambda lane, points: self._one_lane(lane, points, tf.reduce_sum), lanes)

    def _one_lane(self, lane: Any, inputs: tf.Tensor, cost_of: Any) -> Any:
        weights, state, seed = lane
        with tf.GradientTape() as tape:
            tape.watch(weights)
            with lane_noise(seed, tf.constant(1)):
                outputs, new_state, losses = self._model.stateless_call(
                    weights, self._whole(state), inputs, return_losses=True, **told(self._model, training=True)
                )
            cost = cost_of(tf.nest.flatten(outputs)[-1])
            objective = tf.add_n([cost, *losses])
        every = tape.gradient(objective, weights)
        self.looked_up = tuple(k for k, gradient in enumerate(every) if isinstance(gradient, tf.IndexedSlices))
        gradients = [g for g in every if g is not None]
        live = zip(new_state, self._generator, strict=True)
        return cost, [tf.convert_to_tensor(g) for g in gradients], [value for value, draws in live if not draws]

    def _whole(self, state: list[tf.Tensor]) -> list[tf.Tensor]:
        kept = iter(state)
        pairs = zip(self._others, self._generator, strict=True)
        return [tf.constant(value) if draws else next(kept) for value, draws in pairs]

    def score_specs(self, lanes: int | None = None) -> Any:
        """The shapes of what `scores` takes, with a first axis of lanes for the outputs of `fused_scores`."""
        _, targets = self.examples()[1]
        axis = [] if lanes is None else [lanes]
        outputs = tf.TensorSpec([*axis, self._structure.batch, self._structure.data.outputs], tf.float32)
        return outputs, tf.TensorSpec.from_tensor(targets)

    def scores(self, values: Any) -> Any:
        """What a part's predictions are worth."""
        outputs, targets = values
        return self._scores.of_a_part(targets, outputs, self._scores.costs(targets, outputs))

    def fused_scores(self, values: Any) -> Any:
        """The same of lanes side by side."""
        outputs, targets = values
        return _beside(outputs).each(lambda of_lane: self.scores((of_lane, targets)), outputs)


def _beside(values: Any) -> Fused:
    return Fused(tf.nest.flatten(values)[0].shape[0])
