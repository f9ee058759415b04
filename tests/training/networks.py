"""Networks of a user's own, as a module that a configuration names: each layer type in a small model."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

Shape = tuple[int, ...]


def _model(inputs: Any, tensor: Any, outputs: int) -> keras.Model:
    return keras.Model(inputs, layers.Dense(outputs, "sigmoid", name="last")(tensor))


def dense(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    return _model(start, layers.Dense(5, "tanh")(start), outputs)


def dropout(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    tensor = layers.Dropout(0.4)(layers.Dense(8, "tanh")(start))
    return _model(start, layers.Dropout(0.25)(layers.Dense(6, "tanh")(tensor)), outputs)


def batch_normalization(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    tensor = layers.BatchNormalization(momentum=0.9)(layers.Dense(5)(start))
    return _model(start, layers.Activation("tanh")(tensor), outputs)


def layer_normalization(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    return _model(start, layers.LayerNormalization()(layers.Dense(5, "tanh")(start)), outputs)


def embedding(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape, dtype="int32")
    return _model(start, layers.Flatten()(layers.Embedding(9, 3)(start)), outputs)


def embedded(input_shape: Shape, outputs: int, kinds: list[str]) -> keras.Model:
    """Rows of a weight looked up in several ways, side by side."""
    start = keras.Input(input_shape, dtype="int32")
    found = []
    for kind in kinds:
        table = Gathered(9, 3) if kind == "gathered" else layers.Embedding(9, 3, mask_zero=kind == "masked")
        tensor = table(start) + table(8 - start) if kind == "shared" else table(start)
        found.append(layers.GlobalAveragePooling1D()(tensor))
    return _model(start, layers.concatenate(found) if len(found) > 1 else found[0], outputs)


class Gathered(layers.Layer):
    """An embedding of the user's own."""

    def __init__(self, words: int, size: int) -> None:
        super().__init__()
        self.size = (words, size)

    def build(self, _shape: Any) -> None:
        self.table = self.add_weight(self.size, "uniform", name="table")

    def call(self, inputs: Any) -> Any:
        return tf.gather(self.table, inputs)


def conv1d(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    tensor = layers.GlobalAveragePooling1D()(layers.Conv1D(4, 2, activation="tanh")(start))
    return _model(start, tensor, outputs)


def conv2d(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    tensor = layers.MaxPooling2D()(layers.Conv2D(3, 2, padding="same", activation="tanh")(start))
    return _model(start, layers.Flatten()(tensor), outputs)


def lstm(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    return _model(start, layers.LSTM(4)(start), outputs)


def gru(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    return _model(start, layers.GRU(4)(start), outputs)


def attention(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    tensor = layers.MultiHeadAttention(2, 3, dropout=0.2)(start, start)
    return _model(start, layers.GlobalAveragePooling1D()(layers.LayerNormalization()(start + tensor)), outputs)


def regularized(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    tensor = layers.Dense(5, "tanh", kernel_regularizer="l2", activity_regularizer=keras.regularizers.L1(0.01))(start)
    return _model(start, tensor, outputs)


def constrained(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    tensor = layers.Dense(5, "tanh", kernel_constraint=keras.constraints.MaxNorm(0.8))(start)
    return _model(start, tensor, outputs)


def frozen(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    return _model(start, layers.Dense(5, "tanh", trainable=False)(start), outputs)


def shared(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    twice = layers.Dense(input_shape[0], "tanh")
    dropped = layers.Dropout(0.3)
    return _model(start, dropped(twice(dropped(twice(start)))), outputs)


def trained_before(input_shape: Shape, outputs: int) -> keras.Model:
    """A model whose first layer has values of its own, as of a file."""
    model = dense(input_shape, outputs)
    model.layers[1].set_weights([np.linspace(-1, 1, w.size).reshape(w.shape) for w in model.layers[1].get_weights()])
    return model


class Unused(layers.Layer):
    """A layer that has a weight which its output does not depend on."""

    def build(self, _shape: Any) -> None:
        self.unused = self.add_weight((3,), "ones", name="unused")

    def call(self, inputs: Any) -> Any:
        return inputs


def without_gradient(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    return _model(start, Unused()(layers.Dense(5, "tanh")(start)), outputs)


@keras.saving.register_keras_serializable("tests")
class Subclassed(keras.Model):
    """A model in the other style of Keras's."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.first = layers.Dense(6, "tanh")
        self.dropped = layers.Dropout(0.3)
        self.normalized = layers.BatchNormalization()
        self.last = layers.Dense(outputs, "sigmoid")

    def call(self, inputs: Any, training: bool = False) -> Any:
        tensor = self.dropped(self.first(inputs), training=training)
        return self.last(self.normalized(tensor, training=training))


def subclassed(outputs: int) -> keras.Model:
    return Subclassed(outputs)


class Untold(keras.Model):
    """A subclassed model whose `call` does not ask whether it is trained."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.first = layers.Dense(6, "tanh")
        self.last = layers.Dense(outputs, "sigmoid")

    def call(self, inputs: Any) -> Any:
        return self.last(self.first(inputs))


def untold(outputs: int) -> keras.Model:
    return Untold(outputs)


def noisy(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    return _model(start, layers.GaussianNoise(0.1)(layers.Dense(5, "tanh")(start)), outputs)
