"""Whether a swept number reads best on a logarithmic axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DECADES = 1.999
"""Values that span so many decades have a logarithmic axis; a bit under two, for the rounding of 0.1 / 0.001."""


def logarithmic(distinct: NDArray[np.float64]) -> bool:
    """Whether values are wide apart, or were chosen evenly by ratio.

    Args:
        distinct: `(distinct,)`, in ascending order.
    """
    if distinct.size < 2 or distinct[0] <= 0 or _even(distinct):
        return False
    decades = np.log10(distinct)
    return bool(decades[-1] - decades[0] >= DECADES or _even(decades))


def _even(values: NDArray[np.float64]) -> bool:
    """Whether three or more ascending values have equal gaps, give or take what 1, 3, 10, 30 have."""
    gaps = np.diff(values)
    return values.size >= 3 and bool(gaps.max() <= 1.1 * gaps.min())
