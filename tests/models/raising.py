"""A function that builds networks of at least one unit, and says so where it is asked for fewer."""

from __future__ import annotations

import keras

CALLS: list[int] = []
"""The units that it was asked for, in their order."""


def build(units: int, input_shape: tuple[int, ...], outputs: int) -> keras.Model:
    CALLS.append(units)
    if units < 1:
        raise ValueError(f"no layer of {units} units")
    start = keras.Input(input_shape)
    last = "softmax" if outputs > 1 else "sigmoid"
    hidden = keras.layers.Dense(units, activation="relu")(start)
    return keras.Model(start, keras.layers.Dense(outputs, activation=last)(hidden))
