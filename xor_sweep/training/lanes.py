"""The lane axis, which is first wherever there is one.

A stacked variable holds one row a lane, `(lanes, size)`, so that a learning rate a lane, `(lanes, 1)`, broadcasts over
each of them and Keras's own optimizer updates all lanes at once. A program of one lane has no such axis: its variables
have the shapes that Keras gives them, as optimizers that take norms or factors of whole variables need them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

Array = NDArray[Any]
Function = Callable[[Any], Any]


class Fused:
    """Lanes side by side.

    Attributes:
        width: how many.
    """

    def __init__(self, width: int) -> None:
        self.width = width

    def variable(self, shape: Sequence[int]) -> list[int]:
        """The shape of the variable that stands for one of Keras's of that shape."""
        return [self.width, int(np.prod(shape, dtype=int))]

    def rows(self, shape: Sequence[int]) -> list[int]:
        """The shape of the variable that stands for one of Keras's whose rows an optimizer gets one by one."""
        return [self.width * shape[0], int(np.prod(shape[1:], dtype=int))]

    def height(self, shape: Sequence[int]) -> int:
        """The rows that a variable of that shape has for each lane."""
        return shape[0] // self.width

    def shape(self, shape: Sequence[int]) -> list[int]:
        """The shape of what has that shape in each lane."""
        return [self.width, *shape]

    def unpacked(self, values: Any, shape: Sequence[int]) -> Any:
        """What a variable holds as `(lanes, …)`."""
        return tf.reshape(values, [self.width, *shape])

    def recorded(self, array: Array, shape: Sequence[int]) -> Array:
        """The array of a variable as `(lanes, …)`."""
        return array.reshape(self.width, *shape)

    def numbers(self, values: tf.Tensor) -> tf.Tensor:
        """Return what has a row for each lane, `(lanes, …)`, as `each` takes it: as it is."""
        return values

    def column(self, values: tf.Tensor, height: int = 1) -> tf.Tensor:
        """A number a lane, `(lanes,)`, as it broadcasts over a variable of so many rows a lane."""
        return (values if height == 1 else tf.repeat(values, height))[:, None]

    def first(self, values: tf.Tensor, points: int) -> tf.Tensor:
        """The first points of `(lanes, points, …)`."""
        return values[:, :points]

    def joined(self, blocks: tf.Tensor, points: int) -> tf.Tensor:
        """Blocks of points, `(blocks, lanes, block, …)`, in a row without padding, `(lanes, points, …)`."""
        count, width, block, *rest = blocks.shape
        lanes_first = tf.transpose(blocks, [1, 0, *range(2, blocks.shape.rank)])
        return tf.reshape(lanes_first, [width, count * block, *rest])[:, :points]

    def each(self, function: Function, arguments: Any) -> Any:
        """`function` for every lane.

        Args:
            function: of one lane's tensors; it returns a nest of tensors.
            arguments: a nest of `(lanes, …)`.

        Returns:
            the nest that `function` returns, each `(lanes, …)`.
        """
        return tf.vectorized_map(function, arguments, fallback_to_while_loop=False)

    def one_by_one(self, function: Callable[[tf.Tensor], list[tf.Tensor]], values: tf.Tensor) -> list[tf.Tensor]:
        """`function`, which returns scalars, for one lane after the other: for what does not vectorise."""
        count = len(function(values[0]))  # traced once to know how many there are; XLA leaves it out
        found: list[tf.Tensor] = tf.map_fn(function, values, fn_output_signature=[tf.float32] * count)
        return found

    def each_on(self, inputs: tf.Tensor, function: Callable[[Any, tf.Tensor], Any], arguments: Any) -> Any:
        """`function` for every lane on inputs that all lanes share, its second argument; otherwise as `each`.

        Inputs to multiply are repeated for every lane: XLA would do that for each multiplication anew, and a step of
        64-256-10 takes a quarter longer so. Those that are looked up in an embedding stay one.
        """
        if not inputs.dtype.is_floating:
            return self.each(lambda lane: function(lane, inputs), arguments)
        repeated = tf.tile(inputs[None], [self.width, *[1] * len(inputs.shape)])
        return self.each(lambda pair: function(*pair), (arguments, repeated))


class Alone:
    """One lane: what a variable holds has no lane axis, what is recorded has one of length 1."""

    width = 1

    def variable(self, shape: Sequence[int]) -> list[int]:
        """The shape of a variable: as Keras has it."""
        return list(shape)

    rows = variable

    def height(self, shape: Sequence[int]) -> int:
        """1: all variables are of the one lane."""
        del shape
        return 1

    def shape(self, shape: Sequence[int]) -> list[int]:
        """The shape of what has that shape in the lane."""
        return list(shape)

    def unpacked(self, values: Any, shape: Sequence[int]) -> Any:
        """What a variable holds, as it is."""
        del shape
        return values

    def recorded(self, array: Array, shape: Sequence[int]) -> Array:
        """The array of a variable with a lane axis."""
        del shape
        return array[None]

    def numbers(self, values: tf.Tensor) -> tf.Tensor:
        """Return the row of the one lane."""
        return values[0]

    def column(self, values: tf.Tensor, height: int = 1) -> tf.Tensor:
        """The number of the one lane."""
        del height
        return values[0]

    def first(self, values: tf.Tensor, points: int) -> tf.Tensor:
        """The first points of `(points, …)`."""
        return values[:points]

    def joined(self, blocks: tf.Tensor, points: int) -> tf.Tensor:
        """Blocks of points, `(blocks, block, …)`, in a row without padding."""
        count, block, *rest = blocks.shape
        return tf.reshape(blocks, [count * block, *rest])[:points]

    def each(self, function: Function, arguments: Any) -> Any:
        """`function` itself."""
        return function(arguments)

    def one_by_one(self, function: Callable[[tf.Tensor], list[tf.Tensor]], values: tf.Tensor) -> list[tf.Tensor]:
        """`function` itself."""
        return function(values)

    def each_on(self, inputs: tf.Tensor, function: Callable[[Any, tf.Tensor], Any], arguments: Any) -> Any:
        """`function` itself."""
        return function(arguments, inputs)


Lanes = Fused | Alone


def lanes_of(width: int, alone: bool) -> Lanes:
    """The lanes of a program."""
    return Alone() if alone else Fused(width)
