"""One update of all lanes, and what their weights are worth."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from xor_sweep.config.spec import NetworkSpec
from xor_sweep.plan import Structure
from xor_sweep.training.feed import Feed, Points
from xor_sweep.training.lanes import lanes_of
from xor_sweep.training.network import build_optimizer, network_of
from xor_sweep.training.noise import draw_for_lanes, dropouts, is_generator, lane_noise
from xor_sweep.training.schedule import LaneRates
from xor_sweep.training.scores import Scores
from xor_sweep.training.start import start_state, start_weights

OF_THE_NETWORK = ("network.dropout", "network.l1", "network.l2")
"""Numbers that take part in the forward pass, and not in the optimizer."""


class Step:
    """The network, the loss and the optimizer of a structure, with a place for each lane's variables.

    Attributes:
        weights: Keras variables, the trainable ones of all lanes: `(…, lanes)`, without that axis in a program of one.
        state: what a call of the network changes beside them, such as the statistics of a batch normalisation.
    """

    def __init__(self, structure: Structure, feed: Feed) -> None:
        self._structure, self._feed = structure, feed
        alone = bool(structure.alone_because)
        self._lanes = lanes_of(structure.width, alone)
        network = network_of(structure)
        self._model: Any = network.model
        draw_for_lanes(self._model)
        self._scores = Scores(structure)
        self._draw_start: Any = start_weights(self._model, network.initializers, set(network.scaled))
        self._drawn, self._draw_state = start_state(self._model, network.initializers)
        self._kernels = [position for position, v in enumerate(self._model.trainable_variables) if len(v.shape) > 1]
        others = self._model.non_trainable_variables
        self._generators = [is_generator(variable) for variable in others]
        self._state_start = [variable.numpy() for variable in others]
        if not alone:
            refuse_unfused(self._model)
        if alone:
            self.weights, self.state = list(self._model.trainable_variables), list(others)
        else:
            self.weights = [
                keras.Variable(tf.zeros(self._lanes.shape(v.shape))) for v in self._model.trainable_variables
            ]
            kept = (v for v, generator in zip(others, self._generators, strict=True) if not generator)
            self.state = [keras.Variable(tf.zeros(self._lanes.shape(v.shape)), trainable=False) for v in kept]
        self._numbers = tf.Variable(tf.zeros([len(structure.numbers), structure.width]), trainable=False)
        self._seeds = tf.Variable(tf.zeros([structure.width], tf.int32), trainable=False)
        self._rates = LaneRates(structure, tf.zeros(self._lanes.shape([])))
        self._optimizer = build_optimizer(structure, self._rates)
        self._optimizer.build(self.weights)
        self._optimizer_start = [variable.numpy() for variable in self._optimizer.variables]

    def trace(self) -> None:
        """Trace the drawing of start weights."""
        lanes = [self._structure.width]
        for draw in (self._draw_start, *([self._draw_state] if self._drawn else [])):
            draw.get_concrete_function(tf.TensorSpec(lanes, tf.int32), tf.TensorSpec(lanes, tf.float32))

    def restart(self, seeds: NDArray[np.int32], scales: NDArray[np.float32], numbers: NDArray[np.float32]) -> None:
        """Bring all lanes to their start.

        Args:
            seeds, scales: `(lanes,)`.
            numbers: `(numbers, lanes)`, in the order of the structure's.
        """
        drawn = self._draw_start(tf.constant(seeds), tf.constant(scales))
        for variable, value in zip(self.weights, drawn, strict=True):
            variable.assign(self._lanes.stacked(value))
        for variable, start in zip(self._optimizer.variables, self._optimizer_start, strict=True):
            variable.assign(start)
        self._restart_state(seeds, scales)
        self._numbers.assign(numbers)
        self._seeds.assign(seeds)

    def _restart_state(self, seeds: NDArray[np.int32], scales: NDArray[np.float32]) -> None:
        first, width = len(self.weights), len(seeds)
        starts = [np.repeat(start[..., None], width, -1) for start in self._state_start]
        for position in (k for k, generator in enumerate(self._generators) if generator):
            kind = self._state_start[position].dtype
            starts[position] = np.array([seeds, np.full(width, first + position)], kind)
        if self._drawn:
            drawn = self._draw_state(tf.constant(seeds), tf.constant(scales))
            for position, value in zip(self._drawn, drawn, strict=True):
                starts[position] = value.numpy()
        for variable, start in zip(self.state, self._live_state(starts), strict=True):
            variable.assign(start[..., 0] if self._structure.alone_because else start)

    def update(self, step: tf.Tensor, place: tf.Tensor) -> tf.Tensor:
        """One update of all lanes.

        Args:
            step: int32 scalar, updates that are behind them.
            place: int32 scalar, where in the feed's order the batch begins.

        Returns:
            the cost of the batch before it, without penalties, `(lanes,)`.
        """
        inputs, targets, point_weights = self._feed.batch(place)
        numbers = self._own_numbers()
        present: list[int] = []

        def one_lane(lane: Any) -> Any:
            weights, state, seed, own = lane
            with tf.GradientTape() as tape:
                tape.watch(weights)
                with lane_noise(seed, step, own.get("network.dropout")):
                    outputs, new_state, losses = self._model.stateless_call(
                        weights, self._whole_state(state), inputs, training=True, return_losses=True
                    )
                costs = self._scores.costs(targets, tf.nest.flatten(outputs)[-1])
                cost = tf.reduce_mean(costs if point_weights is None else costs * point_weights)
                objective = cost + self._penalty(weights, own, losses) if losses or len(own) > 0 else cost
                scaled = self._optimizer.scale_loss(objective)
            gradients = tape.gradient(scaled, weights)
            present[:] = [position for position, gradient in enumerate(gradients) if gradient is not None]
            dense = [tf.convert_to_tensor(gradients[position]) for position in present]
            return cost, dense, self._live_state(new_state)

        own = {key: numbers[key] for key in OF_THE_NETWORK if key in numbers}
        seeds = self._lanes.stacked(tf.convert_to_tensor(self._seeds))
        cost, gradients, state = self._lanes.each(one_lane, (*self._variables(), seeds, own))
        self._rates.take(numbers)
        for name in self._structure.lane_arguments:
            setattr(self._optimizer, name, numbers[f"optimizer.{name}"])
        self._optimizer.apply(gradients, [self.weights[position] for position in present])
        for variable, value in zip(self.state, state, strict=True):
            variable.assign(value)
        return tf.reshape(cost, [self._structure.width])

    def number(self, key: str) -> tf.Tensor:
        """One of the structure's numbers, `(lanes,)`."""
        return self._numbers[self._structure.numbers.index(key)]

    def finalize(self) -> None:
        """Keras's last act after `fit`: with `use_ema`, the averages take the weights' place."""
        self._optimizer.finalize_variable_values(self.weights)

    def evaluate(self) -> tuple[list[tf.Tensor], tf.Tensor]:
        """What the weights are worth now.

        Returns:
            the activations of the watched points, `(points, units, lanes)` each, the prediction last; and the scalars
            in the order of `tags.scalar_tags`, `(scalars, lanes)`.
        """
        structure, feed = self._structure, self._feed
        parts = [feed.ranking, *([feed.train] if feed.validation else [])]
        activations: list[tf.Tensor] | None = None
        rows = []
        for part in parts:
            outputs, scores = self._scored(part)
            rows += scores
            if part is feed.train and structure.watched == part.count and part.blocks == 1:
                activations = outputs
        if activations is None:
            activations = self._outputs(feed.train.inputs[: structure.watched])
        lanes = structure.width
        shaped = [
            tf.reshape(a, [structure.watched, int(np.prod(a.shape[1:])) // lanes, lanes])
            for a in self._ending(activations)
        ]
        return shaped, tf.stack([tf.reshape(row, [lanes]) for row in rows])

    def _ending(self, tensors: list[tf.Tensor]) -> list[tf.Tensor]:
        """With their lane axis."""
        return [t[..., None] for t in tensors] if self._structure.alone_because else tensors

    def _outputs(self, inputs: tf.Tensor) -> list[tf.Tensor]:
        """The outputs of the model, `(points, …, lanes)` each."""
        found: list[tf.Tensor] = self._lanes.each(lambda lane: self._predicted(lane, inputs), self._variables())
        return found

    def _scored(self, part: Points) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        """The outputs of a whole part, of all layers where it is one block and otherwise none; and its scores.

        The costs are computed where the outputs are: Keras's crossentropies take the logits that a sigmoid or a softmax
        was given, which outputs that have left a vectorised function no longer tell.
        """
        if part.blocks == 1:

            def whole(lane: Any) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
                outputs = self._predicted(lane, part.whole(part.inputs))
                targets = part.whole(part.targets)
                costs = self._scores.costs(targets, outputs[-1])
                return outputs, self._scores.of_a_part(targets, outputs[-1], costs)

            found: tuple[list[tf.Tensor], list[tf.Tensor]] = self._lanes.each(whole, self._variables())
            return found
        predictions, costs = self._in_blocks(part)
        targets = part.whole(part.targets)
        scores = self._lanes.each(lambda values: self._scores.of_a_part(targets, *values), (predictions, costs))
        return [], scores

    def _in_blocks(self, part: Points) -> tuple[tf.Tensor, tf.Tensor]:
        """The predictions `(points, outputs, lanes)` and costs `(points, lanes)` of a part, block by block."""
        shapes = [self._lanes.shape([part.block, *rest]) for rest in ([self._structure.data.outputs], [])]
        arrays = [tf.TensorArray(tf.float32, size=part.blocks, element_shape=shape) for shape in shapes]

        def one_block(number: tf.Tensor, arrays: list[tf.TensorArray]) -> tuple[tf.Tensor, list[tf.TensorArray]]:
            inputs, targets = part.of_block(part.inputs, number), part.of_block(part.targets, number)

            def one_lane(lane: Any) -> tuple[tf.Tensor, tf.Tensor]:
                prediction = self._predicted(lane, inputs)[-1]
                # A loss of a whole batch is the same for each of its points.
                return prediction, self._scores.costs(targets, prediction) + tf.zeros([part.block])

            values = self._lanes.each(one_lane, self._variables())
            return number + 1, [array.write(number, value) for array, value in zip(arrays, values, strict=True)]

        _, arrays = tf.while_loop(lambda number, *_: number < part.blocks, one_block, (0, arrays))
        stacked = (
            tf.reshape(array.stack(), [part.blocks * s[0], *s[1:]]) for array, s in zip(arrays, shapes, strict=True)
        )
        predictions, costs = (values[: part.count] for values in stacked)
        return predictions, costs

    def _variables(self) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        return _values(self.weights), _values(self.state)

    def _predicted(self, lane: tuple[list[tf.Tensor], list[tf.Tensor]], inputs: tf.Tensor) -> list[tf.Tensor]:
        """The outputs of the model with one lane's weights and state, outside training."""
        weights, state = lane
        outputs, _ = self._model.stateless_call(weights, self._whole_state(state), inputs, training=False)
        return list(tf.nest.flatten(outputs))

    def _own_numbers(self) -> dict[str, tf.Tensor]:
        values = tf.unstack(tf.convert_to_tensor(self._numbers))
        return {key: self._lanes.stacked(v) for key, v in zip(self._structure.numbers, values, strict=True)}

    def _penalty(self, weights: list[tf.Tensor], own: dict[str, tf.Tensor], losses: list[tf.Tensor]) -> tf.Tensor:
        """What is added to the cost that is trained, and to no cost that is shown."""
        penalty = tf.add_n(losses) if losses else tf.constant(0.0)
        if not isinstance(self._structure.network, NetworkSpec):
            return penalty
        kernels = [weights[position] for position in self._kernels]
        if "network.l1" in own:
            penalty += own["network.l1"] * tf.add_n([tf.reduce_sum(tf.abs(kernel)) for kernel in kernels])
        if "network.l2" in own:
            penalty += own["network.l2"] * tf.add_n([tf.reduce_sum(tf.square(kernel)) for kernel in kernels])
        return penalty

    def _whole_state(self, state: list[tf.Tensor]) -> list[tf.Tensor]:
        """The state as the model has it: with the generators of layers that draw for lanes, which nothing reads."""
        if self._structure.alone_because:
            return state
        kept = iter(state)
        pairs = zip(self._state_start, self._generators, strict=True)
        return [tf.constant(start) if generator else next(kept) for start, generator in pairs]

    def _live_state(self, state: list[Any]) -> list[Any]:
        if self._structure.alone_because:
            return list(state)
        return [value for value, generator in zip(state, self._generators, strict=True) if not generator]


def refuse_unfused(model: Any) -> None:
    """Hold a model against what lanes side by side leave out of Keras: planning has it train alone before.

    Raises:
        ValueError: where a weight has a constraint, or a layer draws noise that is not the lane's own.
    """
    constrained = [v.path for v in model.trainable_variables if v.constraint is not None]
    ours = {id(layer.seed_generator.state) for layer in dropouts(model) if layer.rate > 0}
    noisy = [v.path for v in model.non_trainable_variables if is_generator(v) and id(v) not in ours]
    if constrained or noisy:
        raise ValueError(
            f"{', '.join([*constrained, *noisy])}: a constraint or noise of Keras's trains one lane at a time"
        )


def _values(variables: list[Any]) -> list[tf.Tensor]:
    return [tf.convert_to_tensor(variable.value) for variable in variables]
