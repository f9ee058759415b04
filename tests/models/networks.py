"""Networks that a person might write."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

L = keras.layers
LAST = {1: "sigmoid"}

Shape = tuple[int, ...]


def _last(outputs: int, activation: str | None = None) -> Any:
    return L.Dense(outputs, activation=activation or LAST.get(outputs, "softmax"))


def functional(
    input_shape: Shape,
    outputs: int,
    units: int = 8,
    rate: float = 0.0,
    normalized: bool = False,
    activation: str | None = None,
) -> keras.Model:
    start = keras.Input(input_shape)
    x = L.Dense(units)(start)
    if normalized:
        x = L.BatchNormalization()(x)
    x = L.Activation("relu")(x)
    if rate:
        x = L.Dropout(rate)(x)
    return keras.Model(start, _last(outputs, activation)(x))


@keras.saving.register_keras_serializable(package="tests")
class TwoLayers(keras.Model):  # type: ignore[misc]  # keras has no types
    """A subclassed model that can be saved."""

    def __init__(self, units: int, outputs: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.units, self.outputs_ = units, outputs
        self.first = L.Dense(units, activation="tanh")
        self.drop = L.Dropout(0.25)
        self.second = _last(outputs)

    def call(self, inputs: Any, training: bool = False) -> Any:
        return self.second(self.drop(self.first(inputs), training=training))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units, "outputs": self.outputs_}


def subclassed(outputs: int, units: int = 8) -> keras.Model:
    return TwoLayers(units, outputs)


def compiled(input_shape: Shape, outputs: int) -> keras.Model:
    model = functional(input_shape, outputs)
    model.compile("adam", "mse", metrics=["mae"])
    return model


def embedded(input_shape: Shape, outputs: int, words: int = 20) -> keras.Model:
    return keras.Sequential(
        [keras.Input(input_shape), L.Embedding(words, 4), L.GlobalAveragePooling1D(), _last(outputs)]
    )


def layers(input_shape: Shape, outputs: int, kind: str) -> keras.Model:
    """One layer of a kind between a dense layer and the output."""
    start = keras.Input(input_shape)
    x = L.Dense(12)(start)
    if kind == "attention":
        x = L.Reshape((3, 4))(x)
        x = L.MultiHeadAttention(2, 3, dropout=0.1)(x, x)
    elif kind == "conv2d":
        x = L.Conv2D(2, 2)(L.Reshape((3, 2, 2))(x))
    elif kind in ("Conv1D",):
        x = L.Conv1D(3, 2)(L.Reshape((4, 3))(x))
    elif kind in ("LSTM", "GRU"):
        x = getattr(L, kind)(4)(L.Reshape((4, 3))(x))
    elif kind == "noise":
        x = L.GaussianNoise(0.1)(x)
    elif kind == "constraint":
        x = L.Dense(4, kernel_constraint="unit_norm")(x)
    else:
        x = getattr(L, kind)()(x)
    return keras.Model(start, _last(outputs)(L.Flatten()(x)))


class Sharing(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    """A layer that does what cannot be trained beside others, or at all."""

    def __init__(self, what: str) -> None:
        super().__init__()
        import tensorflow as tf

        self.what = what
        self.hidden = tf.Variable(2.0, name="hidden")

    def call(self, inputs: Any) -> Any:
        import tensorflow as tf

        if self.what == "variable":
            return inputs * self.hidden
        if self.what == "random":
            return inputs + tf.random.normal(tf.shape(inputs))
        if self.what == "keras_random":
            return inputs + keras.random.normal(keras.ops.shape(inputs))
        if self.what == "python":
            return tf.ensure_shape(tf.numpy_function(lambda x: x, [inputs], tf.float32), inputs.shape)
        if self.what == "conv":
            return tf.nn.conv1d(inputs[..., None], self.kernel, 1, "SAME")[..., 0]
        if self.what == "loop":
            return tf.while_loop(lambda i, _: i < 3, lambda i, x: (i + 1, x * 0.9), (0, inputs))[1]
        raise ValueError("what the layer raises")

    def build(self, shape: Any) -> None:
        del shape
        if self.what == "conv":
            self.kernel = self.add_weight((3, 1, 1))


def sharing(input_shape: Shape, outputs: int, what: str) -> keras.Model:
    return keras.Sequential([keras.Input(input_shape), L.Dense(6), Sharing(what), _last(outputs)])


def two_outputs(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    return keras.Model(start, [_last(outputs)(start), _last(outputs)(start)])


def two_inputs(input_shape: Shape, outputs: int) -> keras.Model:
    starts = [keras.Input(input_shape), keras.Input(input_shape)]
    return keras.Model(starts, _last(outputs)(L.Add()(starts)))


def of_shape(shape: Shape, outputs: int) -> keras.Model:
    return functional(tuple(shape), outputs)


def mixed(input_shape: Shape, outputs: int) -> keras.Model:
    return keras.Sequential([keras.Input(input_shape), L.Dense(4, dtype="mixed_float16"), _last(outputs)])


class OwnStep(TwoLayers):
    """A model that trains itself in its own way."""

    def train_step(self, data: Any) -> Any:
        raise AssertionError(data)


def own_step(outputs: int) -> keras.Model:
    return OwnStep(8, outputs)


class OwnLoss(TwoLayers):
    """A model with a loss of its own."""

    def compute_loss(self, *given: Any, **named: Any) -> Any:
        raise AssertionError(given, named)


def own_loss(outputs: int) -> keras.Model:
    return OwnLoss(8, outputs)


def lambdas(input_shape: Shape, outputs: int) -> keras.Model:
    return keras.Sequential([keras.Input(input_shape), L.Lambda(lambda x: x * 2), _last(outputs)])


def weightless() -> keras.Model:
    return keras.Sequential([L.Flatten()])


def no_model() -> Any:
    return "no model"


def failing() -> keras.Model:
    raise RuntimeError("my own mistake")


def frozen(input_shape: Shape, outputs: int) -> keras.Model:
    first = L.Dense(6, trainable=False)
    return keras.Sequential([keras.Input(input_shape), first, _last(outputs)])


@keras.saving.register_keras_serializable(package="tests")
class Last(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    """A last layer of a kind."""

    def __init__(self, kind: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.kind = kind

    def call(self, inputs: Any) -> Any:
        if self.kind == "odd":
            return inputs / (1 + keras.ops.abs(inputs))
        if self.kind == "own_sigmoid":
            return 1 / (1 + keras.ops.exp(-inputs))
        return keras.activations.get(self.kind)(inputs)


def ending(input_shape: Shape, outputs: int, kind: str, where: str = "last", scale: float = 1e-11) -> keras.Model:
    """A frozen network whose outputs hardly differ from what its last activation makes of 0.

    Args:
        kind: the last activation, or what `Last` makes.
        where: `dense` has the activation in the last layer, `last` in a layer of its own, `moved` before others that
            change no value, `inside` in a model within.
        scale: of the frozen weights.
    """
    start = keras.Input(input_shape)
    x = L.Dense(4, trainable=False, kernel_initializer=keras.initializers.RandomNormal(stddev=scale))(start)
    if where == "dense":
        return keras.Model(start, L.Dense(outputs, activation=kind)(x))
    x = L.Dense(outputs)(x)
    if where == "moved":
        return keras.Model(start, L.Dropout(0.1)(L.Flatten()(L.Reshape((outputs, 1))(Last(kind)(x)))))
    if where == "inside":
        inner = keras.Input((outputs,))
        return keras.Model(start, keras.Model(inner, Last(kind)(inner))(x))
    return keras.Model(start, Last(kind)(x))


_ONE: list[keras.Model] = []


def the_same(input_shape: Shape, outputs: int) -> keras.Model:
    if not _ONE:
        _ONE.append(functional(input_shape, outputs))
    return _ONE[0]


_LAYER = L.Dense(4, name="dense")


def of_a_layer_of_the_module(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    return keras.Model(start, L.Dense(outputs, activation="sigmoid")(_LAYER(start)))


@keras.saving.register_keras_serializable(package="tests")
def my_loss(targets: Any, outputs: Any) -> Any:
    return keras.ops.mean(keras.ops.square(targets - outputs), axis=-1)


def sequential_loss(targets: Any, outputs: Any) -> Any:
    import tensorflow as tf

    return tf.scan(lambda a, b: 0.5 * a + b, (targets - outputs)[:, 0] ** 2)


def failing_loss(targets: Any, outputs: Any) -> Any:
    del targets, outputs
    return 1 / 0


def loaded(input_shape: Shape, outputs: int) -> keras.Model:
    """A model whose first layer was trained before."""
    model = functional(input_shape, outputs)
    first = model.layers[1]
    first.set_weights([0.25 + 0 * value for value in first.get_weights()])
    return model


def set_at_random(input_shape: Shape, outputs: int) -> keras.Model:
    """A model whose first layer holds what no seed reaches."""
    model = functional(input_shape, outputs)
    first = model.layers[1]
    first.set_weights([np.random.default_rng().normal(size=value.shape) for value in first.get_weights()])
    return model


def softmax_over_the_batch(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    return keras.Model(start, keras.ops.softmax(L.Dense(outputs)(start), axis=0))


def out_of_reach(input_shape: Shape, outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    last = L.Dense(outputs, activation="sigmoid", trainable=False)
    return keras.Model(start, last(keras.ops.stop_gradient(L.Dense(3)(start))))
