"""A few chosen evenly from many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Each = TypeVar("Each")


def spread(steps: int, most: int | None) -> NDArray[np.int64]:
    """At most `most` of the steps 0..steps, both ends included, as evenly as whole numbers allow.

    Gaps differ by at most 1. `None` means every step, 0 none, and 1 the last step alone, whose values are the result's.

    Raises:
      ValueError: `steps` or `most` is negative.
    """
    if steps < 0 or (most is not None and most < 0):
        raise ValueError(f"spread needs steps >= 0 and most >= 0; got steps={steps}, most={most}")
    if most is None or most > steps:
        return np.arange(steps + 1, dtype=np.int64)
    if most < 2:
        return np.full(most, steps, dtype=np.int64)
    # Whole numbers throughout: a rounded float linspace loses the last step's neighbours past 2**53. The quotient and
    # the remainder are multiplied apart so that the product stays within int64.
    index = np.arange(most, dtype=np.int64)
    gap, rest = divmod(steps, most - 1)
    return index * gap + (2 * index * rest + most - 1) // (2 * (most - 1))


def evenly(items: Sequence[Each], most: int) -> list[Each]:
    """At most `most` of the items, evenly spread over their order; the first and the last among them of two or more."""
    return [items[index] for index in spread(len(items) - 1, most)] if items else []
