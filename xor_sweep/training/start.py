"""Start weights: each lane's own, drawn from its own seed by Keras's initializers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

UNIT: dict[str, dict[str, float]] = {
    "random_normal": {"stddev": 1.0},
    "random_uniform": {"minval": -1.0, "maxval": 1.0},
    "truncated_normal": {"stddev": 1.0},
}
"""Keras's plain distributions at unit scale; `init_scale` multiplies whatever was drawn."""

_building = RLock()
"""Held while Keras's layers are patched."""

Initializers = dict[int, Any]
"""The initializer of each variable, by the variable's `id`; None where it was given values of its own."""

Draw = Callable[[tf.Tensor, tf.Tensor], list[tf.Tensor]]
"""From seeds, int32 `(lanes,)`, and scales, float32 `(lanes,)`, to the start values of some variables, `(lanes, …)`."""


class UnseededError(ValueError):
    """A weight's start value is drawn by something that takes no seed."""


class LaneSeed(keras.random.SeedGenerator):  # type: ignore[misc]  # keras has no types
    """A seed that is a tensor, so that one traced function draws for every lane."""

    def __init__(self, seed: tf.Tensor) -> None:
        self.lane_seed = seed  # without super().__init__, which would make a variable for each lane

    def next(self, ordered: bool = True) -> tf.Tensor:
        """The seed pair itself; each tensor of a lane is drawn once."""
        del ordered
        return self.lane_seed


def initializer(name: str) -> Any:
    """Keras's initializer of that name, at unit scale where it has one."""
    return keras.initializers.get({"class_name": name, "config": UNIT.get(name, {})})


@contextmanager
def noted_initializers() -> Iterator[Initializers]:
    """While a model is built in the block, note what each weight is drawn by: Keras forgets it once it has drawn.

    A weight that is given other values afterwards, such as those of an earlier training, is noted as drawn by nothing:
    it starts with what it was given.
    """
    with _building:
        yield from _noted()


def _noted() -> Iterator[Initializers]:
    noted: Initializers = {}
    born: list[tuple[Any, NDArray[Any]]] = []
    add_weight, specialise = keras.layers.Layer.add_weight, keras.layers.EinsumDense._update_kernel_initializer

    def noting(layer: Any, shape: Any = None, initializer: Any = None, *args: Any, **rest: Any) -> Any:
        variable = add_weight(layer, shape, initializer, *args, **rest)
        noted[id(variable)] = keras.initializers.get(initializer or _keras_default(variable))
        if isinstance(variable._value, tf.Variable):  # Keras also builds layers to learn their shapes alone
            born.append((variable, variable.numpy()))
        return variable

    def unseeded(layer: Any, *axes: Any) -> Any:
        # Such a layer, as in MultiHeadAttention, clones its initializer with the seed that Keras drew for it.
        asked, made = layer.kernel_initializer, specialise(layer, *axes)
        if asked.get_config().get("seed") is None:
            made._init_seed = None
        return made

    keras.layers.Layer.add_weight = noting
    keras.layers.EinsumDense._update_kernel_initializer = unseeded
    try:
        yield noted
    finally:
        keras.layers.Layer.add_weight = add_weight
        keras.layers.EinsumDense._update_kernel_initializer = specialise
    for variable, value in born:
        if not np.array_equal(variable.numpy(), value, equal_nan=True):
            noted[id(variable)] = None


def _keras_default(variable: Any) -> str:
    return "glorot_uniform" if "float" in variable.dtype else "zeros"


def start_weights(model: keras.Model, noted: Initializers, scaled: set[int] | None = None) -> Draw:
    """A function that draws the trainable variables of a model: `draw(seeds, scales)`, int32 and float32 `(lanes,)`.

    It returns tensors in the model's order, each `(lanes, …)`. A lane's draw depends on its own seed alone: variable
    number k draws from the pair (seed, k). What draws nothing, as zeros, or has a seed of its own in the model gives
    every lane the same.

    Args:
        model: built.
        noted: what `noted_initializers` noted while it was.
        scaled: the `id`s of the variables that the scales multiply; None for none.

    Raises:
        UnseededError: where a variable is drawn by something that takes no seed.
    """
    return _drawer(model.trainable_variables, noted, scaled or set(), 0)


def start_state(model: keras.Model, noted: Initializers) -> tuple[list[int], Draw]:
    """Which of a model's other variables start from a draw, such as a layer's that is not trained, and their `draw`.

    Raises:
        UnseededError: where a variable is drawn by something that takes no seed.
    """
    others = model.non_trainable_variables
    positions = [k for k, variable in enumerate(others) if id(variable) in noted and "float" in variable.dtype]
    first = len(model.trainable_variables)
    return positions, _drawer([others[k] for k in positions], noted, set(), first)


def _drawer(variables: list[Any], noted: Initializers, scaled: set[int], first: int) -> Draw:
    """The draw of some variables, whose numbers begin at `first`."""
    draws = [_drawing(variable, noted.get(id(variable))) for variable in variables]
    scales_it = [id(variable) in scaled for variable in variables]

    def one_lane(lane: tuple[tf.Tensor, tf.Tensor]) -> list[tf.Tensor]:
        seed, scale = lane
        drawn = [draw(tf.stack([seed, number])) for number, draw in enumerate(draws, first)]
        return [value * scale if scales else value for value, scales in zip(drawn, scales_it, strict=True)]

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]  # tensorflow has no types
    def draw(seeds: tf.Tensor, scales: tf.Tensor) -> list[tf.Tensor]:
        return tf.map_fn(one_lane, (seeds, scales), fn_output_signature=[tf.float32] * len(draws))  # type: ignore[no-any-return]

    return draw  # type: ignore[no-any-return]


def _drawing(variable: Any, drawn_by: Any) -> Callable[[tf.Tensor], tf.Tensor]:
    """A function from a lane's seed pair to a start value of one variable."""
    shape = tuple(variable.shape)
    if isinstance(drawn_by, keras.initializers.Initializer):
        if not hasattr(drawn_by, "seed"):
            return lambda _: drawn_by(shape, "float32")
        if drawn_by.get_config().get("seed") is None:
            return lambda seed: _seeded(drawn_by, seed)(shape, "float32")
    elif callable(drawn_by):
        first, second = (np.asarray(drawn_by(shape, "float32")) for _ in range(2))
        if not np.array_equal(first, second):
            raise UnseededError(f"{variable.path}: its start values are drawn by {drawn_by!r}, which takes no seed")
    # The model's own values: what it was built with does not depend on a seed.
    fixed = tf.constant(np.asarray(variable))
    return lambda _: tf.identity(fixed)


def _seeded(drawn_by: Any, seed: tf.Tensor) -> Any:
    own = copy.copy(drawn_by)  # a configuration may lack what the user's class holds
    own.seed = LaneSeed(seed)
    return own
