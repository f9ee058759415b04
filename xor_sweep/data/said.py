"""How a target was read, in one line that says what would change it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.data.errors import listed
from xor_sweep.data.task import Target, is_few, repeats

CLASSES_NAMED, LONGEST = 10, 40

SKEWED = 2.0
"""The skewness from which on a few targets outweigh all others; that of an exponential distribution is 2."""


def about_target(target: Target, name: str) -> str:
    """Return the line that says what task a target makes."""
    if target.task != "regression":
        return f"the target {name} is {_about_classes(target)}"
    if target.values.shape[1] > 1:
        return f"the target {name} is {target.values.shape[1]} numbers in each row: a regression"
    return f"the target {name} is {_about_numbers(target.values[:, 0])}"


def _about_classes(target: Target) -> str:
    labels = target.classes
    counts = np.bincount(target.values, minlength=len(labels))
    names = [_short(str(label)) for label in labels]
    alone = [name for name, count in zip(names, counts, strict=True) if count == 1]
    said = f"one of {len(labels)} classes, {listed(names, CLASSES_NAMED)}"
    said += f"; with one row only: {listed(alone, CLASSES_NAMED)}" if alone else ""
    numbers = all(isinstance(label, int | float) and not isinstance(label, bool) for label in labels)
    return said + ("; data.task=regression makes it a number" if numbers else "")


def _short(label: str) -> str:
    return label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…"


def _about_numbers(values: NDArray[Any]) -> str:
    least, most = values.min(), values.max()
    said = f"a number from {_shown(least)} to {_shown(most)}: a regression"
    centered = values - values.mean()
    spread = values.std()
    if spread > 0 and abs(np.mean((centered / spread) ** 3)) > SKEWED:
        said += f"; it is skewed: half of them are below {_shown(np.median(values))}"
    return said + ("; data.task=multiclass makes it classes" if is_few(values) or _counts(values) else "")


def _counts(values: NDArray[Any]) -> bool:
    return repeats(values) and bool((values == np.trunc(values)).all())


def _shown(value: Any) -> str:
    return f"{int(value)}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:.6g}"
