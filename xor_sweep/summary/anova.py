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
"""A share counts if it is larger than in each of so many shuffles of the values: one of 100 would be by chance."""


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


class Grid:
    """A grid of which each combination of values has at least one run.

    Args:
        codes: by run and key the place of the run's value among the key's, `(runs, keys)`.

    Raises:
        ValueError: if a combination has no run.
    """

    def __init__(self, codes: Codes) -> None:
        self._shape = tuple(codes.max(axis=0) + 1)
        self._cells = np.ravel_multi_index(tuple(codes.T), self._shape)
        self._counts = np.bincount(self._cells, minlength=int(np.prod(self._shape)))
        if not self._counts.all():
            raise ValueError("a combination of values has no run")

    def shares(self, values: Floats) -> Shares:
        """Divide the variance of values, one a run, by the analysis of variance of a full factorial design.

        Every combination has the same weight, however many replicates it has. The variance over combinations is the sum
        of main effects, of pairs and of what is left for three keys and more; the mean of the variances within
        combinations is luck (Fisher 1925, "Statistical Methods for Research Workers").
        """
        means = np.bincount(self._cells, values) / self._counts
        deviations = values - means[self._cells]
        within = float(np.mean(np.bincount(self._cells, deviations**2) / self._counts))
        cells = means.reshape(self._shape)
        total = float(cells.var()) + within
        if total == 0:
            return Shares((0.0,) * cells.ndim, {}, None)
        mains = [self._variance(cells, (key,)) for key in range(cells.ndim)]
        pairs = {
            pair: max(0.0, self._variance(cells, pair) - mains[pair[0]] - mains[pair[1]]) / total
            for pair in itertools.combinations(range(cells.ndim), 2)
            if cells.ndim > 2 or self._replicated
        }
        return Shares(tuple(main / total for main in mains), pairs, within / total if self._replicated else None)

    @property
    def _replicated(self) -> bool:
        return bool((self._counts > 1).any())

    @staticmethod
    def _variance(cells: Floats, keys: Sequence[int]) -> float:
        """The variance of the means over all keys but these."""
        others = tuple(axis for axis in range(cells.ndim) if axis not in keys)
        return float(cells.mean(axis=others).var())


def above_chance(codes: Codes, values: Floats) -> Shares | None:
    """Divide the variance of values over a full grid; shares that a shuffle of the values reaches are 0.

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
    found, generator = grid.shares(values), np.random.default_rng(0)
    shuffled = [grid.shares(generator.permutation(values)) for _ in range(SHUFFLES)]
    keys = np.max([each.keys for each in shuffled], axis=0)
    pairs = {pair: max(each.pairs[pair] for each in shuffled) for pair in found.pairs}
    return Shares(
        tuple(share if share > floor else 0.0 for share, floor in zip(found.keys, keys, strict=True)),
        {pair: share if share > pairs[pair] else 0.0 for pair, share in found.pairs.items()},
        found.luck,
    )
