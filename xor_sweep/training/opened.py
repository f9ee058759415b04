"""A kept model opened again, and asked for predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

BLOCK = 10_000
"""Rows that are predicted at once."""


class Opened:
    """A kept model.

    Attributes:
        inputs: the names of its inputs; None where it takes one array.
        shape: of one row of that array; () where it takes several.

    Raises:
        TypeError, ValueError, KeyError, OSError: where Keras does not open it in safe mode.
    """

    def __init__(self, path: Path) -> None:
        self._model: Any = keras.saving.load_model(path, compile=False, safe_mode=True)
        several = isinstance(self._model.input, dict)
        self.inputs: tuple[str, ...] | None = tuple(self._model.input) if several else None
        self.shape: tuple[int, ...] = () if several else tuple(self._model.input_shape[1:])

    def predict(self, rows: NDArray[Any] | dict[str, NDArray[Any]]) -> NDArray[Any]:
        """The outputs of raw rows, `(rows, outputs)`.

        Args:
            rows: `(rows, *shape)`, or `(rows, 1)` by input.
        """
        if isinstance(rows, dict):
            rows = {name: rows[name] for name in self.inputs or ()}
        blocks = []
        for first in range(0, len(tf.nest.flatten(rows)[0]), BLOCK):
            block = tf.nest.map_structure(lambda values, first=first: tf.constant(values[first : first + BLOCK]), rows)
            blocks.append(np.asarray(self._model(block, training=False)))
        return np.concatenate(blocks)
