"""One update of all lanes, and what their weights are worth."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from xor_sweep.config.spec import NetworkSpec
from xor_sweep.structure import Structure
from xor_sweep.training.feed import Feed, Points
from xor_sweep.training.lanes import lanes_of
from xor_sweep.training.network import network_of, told
from xor_sweep.training.noise import draw_for_lanes, dropouts, is_generator, lane_noise
from xor_sweep.training.optimizers import Optimizers, rows_of_lanes
from xor_sweep.training.scores import Scores
from xor_sweep.training.start import start_state, start_weights

OF_THE_NETWORK = ("network.dropout", "network.l1", "network.l2")
"""Numbers that take part in the forward pass, and not in the optimizer."""


class Step:
    """The network, the loss and the optimizer of a structure, with a place for each lane's variables.

    Attributes:
        lanes: how they lie side by side.
        weights: Keras variables, the trainable ones of all lanes, as `lanes` holds them.
        state: what a call of the network changes beside them, such as the statistics of a batch normalisation.
        numbers, seeds: the structure's numbers, `(numbers, lanes)`, and the lanes' seeds.
    """

    def __init__(self, structure: Structure, feed: Feed) -> None:
        self._structure, self._feed = structure, feed
        alone = bool(structure.alone_because)
        self.lanes = lanes_of(structure.width, alone)
        network = network_of(structure)
        self._model: Any = network.model
        draw_for_lanes(self._model)
        self._scores = Scores(structure, feed.units)
        self._draw_start: Any = start_weights(self._model, network.initializers, set(network.scaled))
        self._drawn, self._draw_state = start_state(self._model, network.initializers)
        self._kernels = [position for position, v in enumerate(self._model.trainable_variables) if len(v.shape) > 1]
        others = self._model.non_trainable_variables
        self._generators = [is_generator(variable) for variable in others]
        self._state_start = [variable.numpy() for variable in others]
        if not alone:
            refuse_unfused(self._model)
        self._shapes = [tuple(variable.shape) for variable in self._model.trainable_variables]
        live = [v for v, generator in zip(others, self._generators, strict=True) if alone or not generator]
        self._state_shapes = [tuple(variable.shape) for variable in live]
        if alone:
            self.weights, self.state = list(self._model.trainable_variables), live
        else:
            self.weights = [
                keras.Variable(tf.zeros(self.lanes.rows(s) if k in structure.rows_apart else self.lanes.variable(s)))
                for k, s in enumerate(self._shapes)
            ]
            self.state = [
                keras.Variable(tf.zeros(self.lanes.variable(shape)), trainable=False) for shape in self._state_shapes
            ]
        self.numbers = tf.Variable(tf.zeros([len(structure.numbers), structure.width]), trainable=False)
        self.seeds = tf.Variable(tf.zeros([structure.width], tf.int32), trainable=False)
        self._optimizers = Optimizers(structure, self.lanes, self.weights)

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
            variable.assign(tf.reshape(value, variable.shape))
        self._optimizers.restart()
        self._restart_state(seeds, scales)
        self.numbers.assign(numbers)
        self.seeds.assign(seeds)

    def _restart_state(self, seeds: NDArray[np.int32], scales: NDArray[np.float32]) -> None:
        first, width = len(self.weights), len(seeds)
        starts = [np.repeat(start[None], width, 0) for start in self._state_start]
        for position in (k for k, generator in enumerate(self._generators) if generator):
            kind = self._state_start[position].dtype
            starts[position] = np.stack([seeds, np.full(width, first + position)], 1).astype(kind)
        if self._drawn:
            drawn = self._draw_state(tf.constant(seeds), tf.constant(scales))
            for position, value in zip(self._drawn, drawn, strict=True):
                starts[position] = value.numpy()
        for variable, start in zip(self.state, self._live_state(starts), strict=True):
            variable.assign(np.reshape(start, variable.shape))

    def update(self, step: tf.Tensor, place: tf.Tensor) -> tf.Tensor:
        """One update of all lanes.

        Args:
            step: int32 scalar, updates that are behind them.
            place: int32 scalar, the place of the step in the window of the feed's order.

        Returns:
            the cost of the batch before it, without penalties, `(lanes,)`.
        """
        values = tf.unstack(tf.convert_to_tensor(self.numbers))
        of_lanes = dict(zip(self._structure.numbers, values, strict=True))
        present: list[int] = []

        def one_lane(lane: Any, points: list[tf.Tensor]) -> Any:
            weights, state, seed, own = lane
            inputs, targets, *point_weights = points
            with tf.GradientTape() as tape:
                tape.watch(weights)
                with lane_noise(seed, step, own.get("network.dropout")):
                    outputs, new_state, losses = self._model.stateless_call(
                        weights,
                        self._whole_state(state),
                        inputs,
                        return_losses=True,
                        **told(self._model, training=True),
                    )
                costs = self._scores.costs(targets, tf.nest.flatten(outputs)[-1])
                cost = tf.reduce_mean(costs * point_weights[0] if point_weights else costs)
                objective = cost + self._penalty(weights, own, losses) if losses or len(own) > 0 else cost
                scaled = self._optimizers.scale_loss(objective)
            gradients = tape.gradient(scaled, weights)
            present[:] = [position for position, gradient in enumerate(gradients) if gradient is not None]
            return cost, [self._handed(k, gradients[k]) for k in present], self._live_state(new_state)

        own = {key: self.lanes.numbers(of_lanes[key]) for key in OF_THE_NETWORK if key in of_lanes}
        seeds = self.lanes.numbers(tf.convert_to_tensor(self.seeds))
        lanes = (*self._variables(), seeds, own)
        if self._structure.batch_size is None:
            inputs, *rest = self._feed.all_points()
            found = self.lanes.each_on(inputs, lambda lane, points: one_lane(lane, [points, *rest]), lanes)
        else:
            batches = [self.lanes.numbers(values) for values in self._feed.batches(place)]
            found = self.lanes.each(lambda both: one_lane(*both), (lanes, batches))
        cost, gradients, state = found
        if not present:
            raise ValueError(
                "no gradient reaches a weight of the network; leave out what stops it, such as stop_gradient"
            )
        self._optimizers.apply({k: self._shaped(k, g) for k, g in zip(present, gradients, strict=True)}, of_lanes)
        for variable, value in zip(self.state, state, strict=True):
            variable.assign(tf.reshape(value, variable.shape))
        return tf.reshape(cost, [self._structure.width])

    def _handed(self, position: int, gradient: Any) -> Any:
        """A weight's gradient as tensors: whole, or row by row where the optimizer is to get it so."""
        if position in self._structure.rows_apart:
            return gradient.values, gradient.indices
        return tf.convert_to_tensor(gradient)

    def _shaped(self, position: int, gradient: Any) -> Any:
        """What `_handed` made of each lane's gradient, as one of the variable's shape."""
        variable = self.weights[position]
        if position in self._structure.rows_apart:
            values, indices = gradient
            return rows_of_lanes(values, indices, variable, self.lanes)
        return tf.reshape(gradient, variable.shape)

    def arrays(self, weights: list[Any], state: list[Any]) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
        """What variables of the weights' and the state's shapes hold now, each `(lanes, …)`."""
        pairs = ((weights, self._shapes), (state, self._state_shapes))
        of_weights, of_state = (
            [self.lanes.recorded(v.numpy(), shape) for v, shape in zip(variables, shapes, strict=True)]
            for variables, shapes in pairs
        )
        return of_weights, of_state

    def optimizer_variables(self, *, of_lanes: bool) -> list[Any]:
        """The optimizer's variables: those that hold something of each lane, or those that lanes share."""
        return [variable for variable in self._optimizers.variables if (len(variable.shape) > 0) is of_lanes]

    def number(self, key: str) -> tf.Tensor:
        """One of the structure's numbers, `(lanes,)`."""
        return self.numbers[self._structure.numbers.index(key)]

    def finalize(self) -> None:
        """Keras's last act after `fit`: with `use_ema`, the averages take the weights' place."""
        self._optimizers.finalize()

    def evaluate(self, train_too: tf.Tensor) -> tuple[list[tf.Tensor], tf.Tensor]:
        """What the weights are worth now.

        Args:
            train_too: bool scalar, whether the training part is scored where there is a validation part.

        Returns:
            the activations of the watched points, `(lanes, points * units)` each, the prediction last; and the scalars
            in the order of `tags.scalar_tags`, `(scalars, lanes)`, NaN where they were not asked for.
        """
        structure, feed = self._structure, self._feed
        outputs, scalars = self._scored(feed.ranking)
        if feed.validation:
            nothing = tf.fill(scalars.shape, float("nan"))
            of_train = tf.cond(train_too, lambda: self._scored(feed.train)[1], lambda: nothing)
            outputs, scalars = [], tf.concat([scalars, of_train], 0)
        if outputs:
            watched = [self.lanes.first(values, structure.watched) for values in outputs]
        else:
            watched = self._outputs(feed.train.inputs[: structure.watched])
        return [tf.reshape(values, [structure.width, -1]) for values in watched], scalars

    def _outputs(self, inputs: tf.Tensor) -> list[tf.Tensor]:
        """The outputs of the model, `(lanes, points, …)` each."""
        found: list[tf.Tensor] = self.lanes.each_on(inputs, self._predicted, self._variables())
        return found

    def _scored(self, part: Points) -> tuple[list[tf.Tensor], tf.Tensor]:
        """The outputs of a whole part, of all layers where it is one block and otherwise none; `(scores, lanes)`.

        The costs are computed where the outputs are: Keras's crossentropies take the logits that a sigmoid or a softmax
        was given, which outputs that have left a vectorised function no longer tell.
        """
        if part.blocks == 1:

            def whole(lane: Any, points: tf.Tensor) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
                outputs = self._predicted(lane, points)
                targets = part.whole(part.targets)
                costs = self._scores.costs(targets, outputs[-1])
                return outputs, self._scores.of_a_part(targets, outputs[-1], costs)

            outputs, scores = self.lanes.each_on(part.whole(part.inputs), whole, self._variables())
            predictions = outputs[-1]
        else:
            targets = part.whole(part.targets)
            outputs, (predictions, costs) = [], self._in_blocks(part)
            scores = self.lanes.each(lambda values: self._scores.of_a_part(targets, *values), (predictions, costs))
        if self._scores.one_by_one:
            targets = part.whole(part.targets)
            looped = self.lanes.one_by_one(lambda values: self._scores.of_one(targets, values), predictions)
            scores = self._scores.in_order(scores, looped)
        return outputs, tf.stack([tf.reshape(score, [self._structure.width]) for score in scores])

    def _in_blocks(self, part: Points) -> tuple[tf.Tensor, tf.Tensor]:
        """The predictions `(lanes, points, outputs)` and costs `(lanes, points)` of a part, block by block."""
        shapes = [self.lanes.shape([part.block, *rest]) for rest in ([self._structure.data.outputs], [])]
        arrays = [tf.TensorArray(tf.float32, size=part.blocks, element_shape=shape) for shape in shapes]

        def one_block(number: tf.Tensor, arrays: list[tf.TensorArray]) -> tuple[tf.Tensor, list[tf.TensorArray]]:
            inputs, targets = part.of_block(part.inputs, number), part.of_block(part.targets, number)

            def one_lane(lane: Any, points: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
                prediction = self._predicted(lane, points)[-1]
                # A loss of a whole batch is the same for each of its points.
                return prediction, self._scores.costs(targets, prediction) + tf.zeros([part.block])

            values = self.lanes.each_on(inputs, one_lane, self._variables())
            return number + 1, [array.write(number, value) for array, value in zip(arrays, values, strict=True)]

        _, arrays = tf.while_loop(lambda number, *_: number < part.blocks, one_block, (0, arrays))
        predictions, costs = (self.lanes.joined(array.stack(), part.count) for array in arrays)
        return predictions, costs

    def _variables(self) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        """Weights and state as `each` takes them."""
        pairs = ((self.weights, self._shapes), (self.state, self._state_shapes))
        weights, state = (
            [self.lanes.unpacked(v.value, shape) for v, shape in zip(variables, shapes, strict=True)]
            for variables, shapes in pairs
        )
        return weights, state

    def _predicted(self, lane: tuple[list[tf.Tensor], list[tf.Tensor]], inputs: tf.Tensor) -> list[tf.Tensor]:
        """The outputs of the model with one lane's weights and state, outside training."""
        weights, state = lane
        outputs, _ = self._model.stateless_call(
            weights, self._whole_state(state), inputs, **told(self._model, training=False)
        )
        return list(tf.nest.flatten(outputs))

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
