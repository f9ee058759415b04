"""Keras's own optimizer, unchanged, for the variables of all lanes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from xor_sweep.structure import Structure
from xor_sweep.training.lanes import Lanes
from xor_sweep.training.network import build_optimizer
from xor_sweep.training.schedule import LaneRates

Gradient = Any
"""A `tf.Tensor`, or `tf.IndexedSlices`."""


class Optimizers:
    """The optimizer of a structure: one Keras object for each height that a variable has a lane.

    A variable has one row a lane, unless the optimizer gets its gradient row by row: then it has as many as the weight,
    so that Keras's `IndexedSlices` address them. Numbers of a lane broadcast over variables of one height only.

    Args:
        structure: what trains.
        lanes: how lanes lie side by side.
        weights: the trainable variables of all lanes.
    """

    def __init__(self, structure: Structure, lanes: Lanes, weights: Sequence[Any]) -> None:
        heights: dict[int, list[int]] = {}
        for position, variable in enumerate(weights):
            heights.setdefault(lanes.height(variable.shape), []).append(position)
        self._groups = [
            _Group(structure, lanes, height, {position: weights[position] for position in positions})
            for height, positions in heights.items()
        ]
        self._start = [variable.numpy() for variable in self.variables]

    @property
    def variables(self) -> list[Any]:
        """What the optimizer keeps, first of all how many updates it has made."""
        return [variable for group in self._groups for variable in group.optimizer.variables]

    def restart(self) -> None:
        """Forget all updates."""
        for variable, start in zip(self.variables, self._start, strict=True):
            variable.assign(start)

    def scale_loss(self, loss: tf.Tensor) -> tf.Tensor:
        """What gradients are taken of."""
        return self._groups[0].optimizer.scale_loss(loss)

    def apply(self, gradients: Mapping[int, Gradient], numbers: Mapping[str, tf.Tensor]) -> None:
        """Update the variables.

        Args:
            gradients: by the weight's position, those that there are; each of the variable's shape.
            numbers: the lanes' numbers, `(lanes,)` each.
        """
        for group in self._groups:
            group.apply(gradients, numbers)

    def finalize(self) -> None:
        """Keras's last act after `fit`: with `use_ema`, the averages take the weights' place."""
        for group in self._groups:
            group.optimizer.finalize_variable_values(list(group.weights.values()))


class _Group:
    """The weights of one height, and the Keras object that trains them."""

    def __init__(self, structure: Structure, lanes: Lanes, height: int, weights: Mapping[int, Any]) -> None:
        self._structure, self._lanes, self._height = structure, lanes, height
        self._rates = LaneRates(structure, lanes.column(tf.zeros([structure.width]), height))
        self.weights = weights
        self.optimizer = build_optimizer(structure, self._rates)
        self.optimizer.build(list(weights.values()))

    def apply(self, gradients: Mapping[int, Gradient], numbers: Mapping[str, tf.Tensor]) -> None:
        columns = {key: self._lanes.column(value, self._height) for key, value in numbers.items()}
        self._rates.take(columns)
        for name in self._structure.lane_arguments:
            setattr(self.optimizer, name, columns[f"optimizer.{name}"])
        present = [position for position in self.weights if position in gradients]
        self.optimizer.apply([gradients[k] for k in present], [self.weights[k] for k in present])


def rows_of_lanes(values: tf.Tensor, indices: tf.Tensor, variable: Any, lanes: Lanes) -> tf.IndexedSlices:
    """The rows of gradients that a batch has looked up, with one index for each time, as Keras's optimizers take them.

    Args:
        values, indices: of each lane, `(lanes, rows, …)` and `(lanes, rows)`; of a lane alone without the first axis.
        variable: the weight's.
        lanes: how lanes lie side by side.
    """
    shape, kind = tuple(variable.shape), indices.dtype
    first = lanes.height(shape) * np.arange(lanes.width)[:, None]
    flat = tf.reshape(indices, [lanes.width, -1]) + tf.constant(first, kind)
    values = tf.reshape(values, [-1, *shape[1:]])
    return tf.IndexedSlices(values, tf.reshape(flat, [-1]), tf.constant(shape, kind))
