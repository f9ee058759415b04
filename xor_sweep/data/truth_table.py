"""Truth tables: all inputs of so many bits."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from xor_sweep.config.spec import DataSpec


def points(data: DataSpec) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A truth table: inputs `(points, bits)` in binary counting order, targets `(points, 1)`, all 0 or 1."""
    inputs = np.array(list(itertools.product((0, 1), repeat=data.bits)), np.float32)
    return inputs, (inputs.sum(1, keepdims=True) % 2).astype(np.float32)
