"""The lane axis, which is last in every stacked variable and first where an operation is vectorised.

A program of one lane has no such axis: its variables have the shapes that Keras gives them, as optimizers that take
norms or factors of whole variables need them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

Function = Callable[[Any], Any]


class Fused:
    """Lanes side by side: `(…, lanes)`."""

    def __init__(self, width: int) -> None:
        self.width = width

    def shape(self, shape: Sequence[int]) -> list[int]:
        """The shape of a stacked variable."""
        return [*shape, self.width]

    def stacked(self, values: tf.Tensor) -> tf.Tensor:
        """A value a lane, `(…, lanes)`, as a variable holds it: as it is."""
        return values

    def each(self, function: Function, arguments: Any) -> Any:
        """`function` for every lane.

        Args:
            function: of one lane's tensors; it returns a nest of tensors.
            arguments: a nest of `(…, lanes)`.

        Returns:
            the nest that `function` returns, each `(…, lanes)`.
        """
        first = tf.nest.map_structure(_lanes_first, arguments)
        results = tf.vectorized_map(function, first, fallback_to_while_loop=False)
        return tf.nest.map_structure(_lanes_last, results)


class Alone:
    """One lane: what a variable holds has no lane axis, what is recorded has one of length 1."""

    width = 1

    def shape(self, shape: Sequence[int]) -> list[int]:
        """The shape of a variable: as Keras has it."""
        return list(shape)

    def stacked(self, values: tf.Tensor) -> tf.Tensor:
        """`(…, 1)` without its lane axis."""
        return values[..., 0]

    def each(self, function: Function, arguments: Any) -> Any:
        """`function` itself."""
        return function(arguments)


Lanes = Fused | Alone


def lanes_of(width: int, alone: bool) -> Lanes:
    """The lanes of a program."""
    return Alone() if alone else Fused(width)


def _lanes_first(tensor: tf.Tensor) -> tf.Tensor:
    return tf.transpose(tensor, [len(tensor.shape) - 1, *range(len(tensor.shape) - 1)])


def _lanes_last(tensor: tf.Tensor) -> tf.Tensor:
    return tf.transpose(tensor, [*range(1, len(tensor.shape)), 0])


def with_lanes(array: np.ndarray[Any, Any], alone: bool) -> np.ndarray[Any, Any]:
    """What a variable or a record held, with its lane axis last."""
    return array[..., None] if alone else array
