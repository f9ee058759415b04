"""What the keys take that no plain type describes: each function says why a value is refused, or None."""

from __future__ import annotations

import math
from typing import Any

from xor_sweep.config.limits import did_you_mean, shown
from xor_sweep.config.schema import words

BATCH_SIZE = "auto, null for all points, or a whole number from 1"
CLASS_WEIGHT = "null, balanced, or a list of numbers above 0, one a class"
LOSS = "null, a loss of Keras's, or a node with _target_"
METRICS = "a list of metrics of Keras's, or of nodes with _target_"


def batch_size(value: Any) -> str | None:
    """`auto`, null or a whole number from 1."""
    fits = value is None or value == "auto" or (type(value) is int and value >= 1)
    return None if fits else f"got {shown(value)}{near(value, ('auto',))}"


def class_weight(value: Any) -> str | None:
    """Null, `balanced` or a list of positive numbers."""
    if value is None or value == "balanced":
        return None
    if isinstance(value, list) and value and all(map(positive, value)):
        return None
    return f"got {shown(value)}{near(value, ('balanced',))}"


def positive(value: Any) -> bool:
    """Whether a value is a finite number above 0."""
    return type(value) in (int, float) and math.isfinite(value) and value > 0


def loss(value: Any) -> str | None:
    """Null, one of Keras's names, or a node whose function is checked elsewhere."""
    return None if value is None else named(value, words.LOSSES)


def metrics(value: Any) -> str | None:
    """A list of Keras's names and of such nodes, none of them twice."""
    if not isinstance(value, list):
        return f"got {shown(value)}"
    for item in value:
        if isinstance(item, str) and item in words.WITH_ARGUMENTS:
            node = f"{{_target_:keras.metrics.{item},{words.WITH_ARGUMENTS[item]}}}"
            return f"got {item}, which needs arguments, as in {node}"
        if reason := named(item, words.METRICS):
            return reason
    twice = next((item for k, item in enumerate(value) if item in value[:k]), None)
    return None if twice is None else f"got {shown(twice)} twice"


def named(value: Any, known: tuple[str, ...]) -> str | None:
    """Why a value is neither a known word nor a node with `_target_`."""
    if isinstance(value, dict):
        return None if "_target_" in value else "got a node without _target_"
    return None if value in known else f"got {shown(value)}{near(value, known)}"


def near(value: Any, known: tuple[str, ...]) -> str:
    """`; did you mean mse?` where a value is a word close to a known one."""
    return did_you_mean(value, known) if isinstance(value, str) else ""
