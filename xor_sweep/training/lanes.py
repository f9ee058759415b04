"""The lane axis, which is last in every stacked variable and first where an operation is vectorised."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf


def lanes_first(tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """`(…, lanes)` to `(lanes, …)`, each."""
    return [tf.transpose(t, [len(t.shape) - 1, *range(len(t.shape) - 1)]) for t in tensors]


def lanes_last(tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """`(lanes, …)` to `(…, lanes)`, each."""
    return [tf.transpose(t, [*range(1, len(t.shape)), 0]) for t in tensors]
