"""How the variance of some values divides between keys, pairs of keys and luck, on a full grid: closed forms."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

SHUFFLES = 99
"""A part counts if it is larger than in each of so many shuffles of the errors: one of 100 would be by chance."""


ROUNDING = 1e-12
"""A part is 0 if it is smaller than this share of the whole."""


@dataclass(frozen=True)
class Shares:
    """Shares of a variance.

    Attributes:
        keys: of each key's main effect.
        pairs: of what two keys do together beyond their main effects, by the keys' places.
        luck: of what replicates of one configuration differ in; None without replicates.
    """

    keys: tuple[float, ...]
    pairs: dict[tuple[int, int], float]
    luck: float | None


@dataclass(frozen=True)
class Parts:
    """Variances that add up to a whole, but for what three keys and more do together.

    Attributes:
        keys, pairs, luck: as of `Shares`, not divided by the whole.
        whole: the variance of all values.
    """

    keys: tuple[float, ...]
    pairs: dict[tuple[int, int], float]
    luck: float
    whole: float


class Grid:
    """A grid of which each combination of values has at least one run.

    Args:
        codes: by run and key the place of the run's value among the key's, `(runs, keys)`.

    Raises:
        ValueError: if a combination has no run.
    """

    def __init__(self, codes: Codes) -> None:
        self._shape = tuple(int(size) for size in codes.max(axis=0) + 1)
        self._cells = np.ravel_multi_index(tuple(codes.T), self._shape)
        self._counts = np.bincount(self._cells, minlength=int(np.prod(self._shape)))
        if not self._counts.all():
            raise ValueError("a combination of values has no run")

    @property
    def replicated(self) -> bool:
        """Whether a combination has several runs."""
        return bool((self._counts > 1).any())

    def parts(self, values: Floats) -> Parts:
        """Divide the variance of values, one a run, by the analysis of variance of a full factorial design.

        Every combination has the same weight, however many replicates it has. The variance over combinations is the sum
        of main effects, of pairs and of what is left for three keys and more; the mean of the variances within
        combinations is luck (Fisher 1925, "Statistical Methods for Research Workers").

        If combinations have different numbers of replicates, the parts are those that are expected of the largest
        number for all: luck is known from those that have several, and the larger luck in the means of the others is
        taken off the effects that it is in, which may leave less than nothing of them.
        """
        means = np.bincount(self._cells, values) / self._counts
        squares = float(np.sum((values - means[self._cells]) ** 2))
        most = int(self._counts.max())
        of_one_run = squares / float(np.sum(self._counts - 1)) if self.replicated else 0.0
        luck = of_one_run * (1 - 1 / most)
        excess = of_one_run * (float(np.mean(1 / self._counts)) - 1 / most)
        cells = means.reshape(self._shape)
        keys = range(cells.ndim)

        def free(*some: int) -> int:
            return int(np.prod([self._shape[key] - 1 for key in some]))

        raw = [_variance(cells, (key,)) for key in keys]
        pairs = {
            (one, other): _variance(cells, (one, other))
            - raw[one]
            - raw[other]
            - excess * free(one, other) / cells.size
            for one, other in itertools.combinations(keys, 2)
            if cells.ndim > 2 or self.replicated
        }
        mains = tuple(raw[key] - excess * free(key) / cells.size for key in keys)
        return Parts(mains, pairs, luck, float(cells.var()) - excess * (cells.size - 1) / cells.size + luck)

    def chance(self, values: Floats) -> Floats:
        """Return what values differ in beside the effects: errors of the size that one run has.

        Without replicates these are the effects of the most keys together.
        """
        means = np.bincount(self._cells, values) / self._counts
        if self.replicated:
            several = self._counts[self._cells] > 1
            counts = self._counts[self._cells][several]
            found: Floats = (values - means[self._cells])[several] * np.sqrt(counts / (counts - 1))
            return found
        cells = means.reshape(self._shape)
        rest, free = cells - cells.mean(), cells.size - 1
        for size in range(1, min(cells.ndim, 3)):
            for keys in itertools.combinations(range(cells.ndim), size):
                others = tuple(axis for axis in range(cells.ndim) if axis not in keys)
                rest = rest - rest.mean(axis=others, keepdims=True)
                free -= int(np.prod([self._shape[key] - 1 for key in keys]))
        errors: Floats = rest.ravel() * np.sqrt(cells.size / free)
        return errors


def _variance(cells: Floats, keys: Sequence[int]) -> float:
    """The variance of the means over all keys but these."""
    others = tuple(axis for axis in range(cells.ndim) if axis not in keys)
    return float(cells.mean(axis=others).var())


def above_chance(codes: Codes, values: Floats) -> Shares | None:
    """Divide the variance of values over a full grid; parts that chance alone reaches are 0.

    Chance is what the runs differ in beside the effects, shuffled over all runs (Freedman and Lane 1983, "A
    nonstochastic interpretation of reported significance levels"): a small effect counts if luck is smaller still.

    Args:
        codes: as for `Grid`.
        values: one a run.

    Returns:
        None if the grid is not full or all values are equal.
    """
    try:
        grid = Grid(codes)
    except ValueError:
        return None
    if np.ptp(values) == 0:
        return None
    found, errors, generator = grid.parts(values), grid.chance(values), np.random.default_rng(0)
    short = len(errors) < len(values)
    shuffled = [grid.parts(generator.choice(errors, len(values), replace=short)) for _ in range(SHUFFLES)]
    rounding = ROUNDING * found.whole
    keys = np.max([each.keys for each in shuffled], axis=0) + rounding
    pairs = {pair: max(each.pairs[pair] for each in shuffled) + rounding for pair in found.pairs}
    return Shares(
        tuple(part / found.whole if part > least else 0.0 for part, least in zip(found.keys, keys, strict=True)),
        {pair: part / found.whole if part > pairs[pair] else 0.0 for pair, part in found.pairs.items()},
        found.luck / found.whole if grid.replicated else None,
    )
