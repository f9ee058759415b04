"""Dropout that draws its own noise in each lane and step.

Keras draws masks with operations that do not vectorise over seeds. Here a mask is a function of the lane's seed, the
layer, the step and the place in the tensor alone: the counter-based generator Threefry-2x32 with 20 rounds (Salmon,
Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011), in plain integer arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA
"""Of Threefry-2x32, as published."""

LEVELS = 1 << 16
"""A mask compares 16 bits a value, four values a draw: a rate is met to 1 in 65,536."""


@dataclass
class _Lane:
    """What the dropout layers of the lane that is being traced draw from."""

    seed: tf.Tensor
    step: tf.Tensor
    rate: tf.Tensor | None
    drawn: int = 0


_lane: ContextVar[_Lane | None] = ContextVar("_lane", default=None)
"""Keras calls the layers, and has no way to hand them anything."""


@contextmanager
def lane_noise(seed: tf.Tensor, step: tf.Tensor, rate: tf.Tensor | None = None) -> Iterator[None]:
    """While a model is called in the block, its dropout layers draw for one lane and step.

    Args:
        seed: int32 scalar, the lane's.
        step: int32 scalar, updates that are behind the lane.
        rate: float32 scalar, the lane's own dropout rate; None leaves each layer its own.
    """
    token = _lane.set(_Lane(seed, step, rate))
    try:
        yield
    finally:
        _lane.reset(token)


def threefry(key: tuple[tf.Tensor, tf.Tensor], counter: tuple[tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
    """Threefry-2x32 of uint32 tensors that broadcast: two random words for each counter."""
    keys = (*key, tf.bitwise.bitwise_xor(tf.bitwise.bitwise_xor(*key), tf.constant(PARITY, tf.uint32)))
    low, high = counter[0] + keys[0], counter[1] + keys[1]
    for group in range(5):
        for rotation in ROTATIONS[group % 2]:
            low += high
            left = tf.bitwise.left_shift(high, tf.constant(rotation, tf.uint32))
            right = tf.bitwise.right_shift(high, tf.constant(32 - rotation, tf.uint32))
            high = tf.bitwise.bitwise_xor(tf.bitwise.bitwise_or(left, right), low)
        low += keys[(group + 1) % 3]
        high += keys[(group + 2) % 3] + tf.constant(group + 1, tf.uint32)
    return low, high


def mask(seed: tf.Tensor, number: int, step: tf.Tensor, shape: tuple[int, ...], rate: tf.Tensor) -> tf.Tensor:
    """A dropout mask: float32 of `shape`, 0 with probability `rate` and 1 / (1 - rate) otherwise.

    Args:
        seed, step: int32 scalars.
        number: which mask of the model's call it is, from 0: a layer that is called twice draws twice.
        shape: static.
        rate: float32 scalar from 0 to below 1.
    """
    size = 1
    for length in shape:
        size *= length
    draws = -(-size // 4)
    key = (tf.cast(seed, tf.uint32), tf.constant(number, tf.uint32))
    place = tf.range(draws, dtype=tf.int32)
    words = threefry(key, (tf.cast(step, tf.uint32) * tf.ones([draws], tf.uint32), tf.cast(place, tf.uint32)))
    half, low = tf.constant(16, tf.uint32), tf.constant(LEVELS - 1, tf.uint32)
    parts = [part for word in words for part in (tf.bitwise.right_shift(word, half), tf.bitwise.bitwise_and(word, low))]
    # int32 on the way: XLA turns signed numbers into floats faster.
    uniform = tf.cast(tf.cast(tf.concat(parts, 0), tf.int32), tf.float32)[:size]
    kept = tf.cast(uniform >= rate * LEVELS, tf.float32) / (1.0 - rate)
    return tf.reshape(kept, shape)


def is_generator(variable: Any) -> bool:
    """Whether a variable is the state of one of Keras's random generators."""
    return str(variable.path).endswith("seed_generator_state")


def dropouts(model: keras.Model) -> list[keras.layers.Layer]:
    """The dropout layers of a model, in its order."""
    kinds = (keras.layers.Dropout, keras.layers.SpatialDropout1D, keras.layers.SpatialDropout2D)
    return [layer for layer in model._flatten_layers() if type(layer) in kinds]


def draw_for_lanes(model: keras.Model) -> None:
    """Have a model's dropout layers draw for the lane of `lane_noise`."""
    for layer in dropouts(model):
        layer.call = _Call(layer)


class _Call:
    """A dropout layer's `call`, drawing for the lane that is being traced."""

    def __init__(self, layer: Any) -> None:
        self._layer = layer

    def __call__(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training or self._layer.rate == 0:
            return inputs
        lane = _lane.get()
        assert lane is not None, "a dropout layer was called outside lane_noise"
        rate = tf.constant(self._layer.rate, tf.float32) if lane.rate is None else lane.rate
        number, lane.drawn = lane.drawn, lane.drawn + 1
        return inputs * mask(lane.seed, number, lane.step, _noise_shape(self._layer, inputs), rate)


def _noise_shape(layer: Any, inputs: tf.Tensor) -> tuple[int, ...]:
    """The shape of a layer's mask: that of its inputs, 1 where whole channels are dropped together."""
    whole = tuple(inputs.shape)
    if isinstance(layer, keras.layers.SpatialDropout1D):
        return (whole[0], 1, whole[2])
    if isinstance(layer, keras.layers.SpatialDropout2D):
        first = layer.data_format == "channels_first"
        return (*whole[:2], 1, 1) if first else (whole[0], 1, 1, whole[3])
    given = layer.noise_shape
    return whole if given is None else tuple(n or size for n, size in zip(given, whole, strict=True))
