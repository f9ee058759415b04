"""Whether one group of runs is better than another: the difference of their medians, and how far it may be luck.

The interval is the percentile bootstrap of the difference (Efron 1979; Efron and Tibshirani 1993, "An introduction to
the bootstrap", chapter 13). Runs of equal seeds are pairs, and pairs are drawn together. Of two groups of one
distribution the second is called worse in about 2.5% of cases or fewer, as `docs/comparing.md` has measured, where
there is enough to draw from:

- Fewer than `FEWEST` runs on a side hold nearly no other samples than themselves, and a bootstrap of them is too
  certain. There the interval is that of the extremes, from the best of the second less the worst of the first to the
  opposite: it excludes 0 only where every run of the one side is better than each of the other, which luck does, either
  way, in 1 of C(n + m, n) cases (the permutation test's least p; Pitman 1937).
- Fewer than `FEWEST_PAIRS` pairs are taken as what they would be without their seeds: all of n pairs point one way by
  luck in 1 of 2^n cases, and of eight pairs drawn together b was called worse in up to 2.8%.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from xor_sweep.summary.bootstrap import Floats, interval, medians, medians_of_pairs
from xor_sweep.summary.median_interval import LEVEL

FEWEST = 5
FEWEST_PAIRS = 10

Verdict = Literal["better", "worse", "unclear", "equal"]

Replicate = tuple[str, ...]
"""Which repetition a run is: its seed and folds, as far as they were swept."""


@dataclass(frozen=True)
class Group:
    """The runs of one configuration in one sweep.

    Attributes:
        losses: of each run, the smaller the better, infinite where it did not complete; at least one.
        replicates: which repetition each of them is, in the same order.
    """

    losses: tuple[float, ...]
    replicates: tuple[Replicate, ...]

    @property
    def median(self) -> float:
        """The mean of the two in the middle, of an even number; infinite where one of them did not complete."""
        return statistics.median(self.losses)

    @property
    def completed(self) -> int:
        """How many runs completed."""
        return sum(map(math.isfinite, self.losses))

    def paired(self, other: Group) -> tuple[Sequence[float], Sequence[float]] | None:
        """Both groups' losses in one order of seeds and folds; None where these are not the same on both sides."""
        mine, others = (dict(zip(each.replicates, each.losses, strict=True)) for each in (self, other))
        if mine.keys() != others.keys() or not len(mine) == len(self.losses) == len(other.losses):
            return None
        return list(mine.values()), [others[replicate] for replicate in mine]


@dataclass(frozen=True)
class Difference:
    """How the losses of a second group, b, differ from those of a first, a.

    Attributes:
        a, b: the groups.
        median: b's median less a's; 0 where neither has one, infinite where one has none.
        low, high: the 95% interval of that difference; None of single runs, of which there is none.
        probability: that b is better, as the share of bootstrap samples, ties counted half; None where a side has
            fewer than `FEWEST` runs.
        paired: whether runs of one seed were drawn together.
        equal: whether both have the same numbers, for the same seeds where these are known.
    """

    a: Group
    b: Group
    median: float
    low: float | None
    high: float | None
    probability: float | None
    paired: bool
    equal: bool

    @property
    def single(self) -> bool:
        """Whether there is one run a side, which says nothing of what luck does."""
        return self.low is None

    @property
    def few(self) -> bool:
        """Whether the interval is that of the extremes."""
        return min(len(self.a.losses), len(self.b.losses)) < FEWEST

    @property
    def verdict(self) -> Verdict:
        """What is known of b, by an interval that excludes 0; of single runs by their numbers alone."""
        if self.equal:
            return "equal"
        low, high = self._ends
        return "worse" if low > 0 else "better" if high < 0 else "unclear"

    @property
    def luck(self) -> float | None:
        """How often luck alone would call b worse, where that is more often than in 2.5% of cases; None of others."""
        sizes = len(self.a.losses), len(self.b.losses)
        chance = 1 / math.comb(sum(sizes), sizes[0])
        return chance if chance > (1 - LEVEL) / 2 else None

    def worse_by(self, tolerance: float) -> bool:
        """Whether b is worse by more than the tolerance, with 95% confidence, or of single runs by their numbers."""
        return not self.equal and self._ends[0] > tolerance

    @property
    def _ends(self) -> tuple[float, float]:
        return (self.median if self.low is None else self.low, self.median if self.high is None else self.high)


def difference(a: Group, b: Group) -> Difference:
    """What two groups of runs say of each other."""
    sizes = len(a.losses), len(b.losses)
    pairs = a.paired(b)
    equal = pairs[0] == pairs[1] if pairs else sorted(a.losses) == sorted(b.losses)
    paired = pairs is not None and sizes[0] >= FEWEST_PAIRS
    low = high = probability = None
    if min(sizes) >= FEWEST:
        first, second = medians_of_pairs(*pairs) if pairs and paired else (medians(a.losses), medians(b.losses, 1))
        drawn = less(second, first)
        probability = float(np.mean(drawn < 0) + np.mean(drawn == 0) / 2)
        low, high = interval(drawn)
    elif max(sizes) > 1:
        of_b, of_a = np.array([min(b.losses), max(b.losses)]), np.array([max(a.losses), min(a.losses)])
        low, high = map(float, less(of_b, of_a))
    median = float(less(np.array(b.median), np.array(a.median)))
    return Difference(a, b, median, low, high, probability, paired, equal)


def less(second: Floats, first: Floats) -> Floats:
    """`second - first`, where two that are infinite are equal: neither completed."""
    with np.errstate(invalid="ignore"):
        return np.where(second == first, 0.0, second - first)
