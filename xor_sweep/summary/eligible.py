"""Which configurations may be called the best: few runs do not beat many. Pure.

Of configurations with one run each and others with twenty, the best median is nearly always that of a lucky single
run. A configuration is therefore eligible only if it has at least half as many runs as the one with the most, or at
least `ENOUGH`. Compare FocusedILS and SMAC, whose challengers need at least as many runs as the incumbent (Hutter,
Hoos, Leyton-Brown and Stützle 2009, "ParamILS", section 3.3); the share leaves room for runs that are still to come.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xor_sweep.amounts import DIGITS, count, listed, number, pair
from xor_sweep.summary.median_interval import LEAST_FOR_INTERVAL, LEVEL
from xor_sweep.summary.ranking import sign_of

if TYPE_CHECKING:
    from xor_sweep.summary.configurations import Configuration

ENOUGH = 5
"""With so many runs the worst of them is an upper bound of the true median at 95% (1 - 2**-5), whatever their
distribution; with fewer there is no such bound. The comparison of two sweeps has the same least number."""

LEVEL_HEAD = f"{LEVEL:.0%} interval"


@dataclass(frozen=True)
class Bar:
    """How many runs a configuration needs to be called the best.

    Attributes:
        least: that many.
        most: what the configuration with the most has.
    """

    least: int
    most: int

    @classmethod
    def of(cls, runs: Sequence[int]) -> Bar:
        """The bar for configurations with these numbers of runs; give only those that have a median."""
        most = max(runs, default=0)
        return cls(min(-(-most // 2), ENOUGH), most)

    def clears(self, runs: int) -> bool:
        """Whether a configuration with that many runs is eligible."""
        return runs >= self.least


def bar_of(found: Iterable[Configuration]) -> Bar:
    """How many runs one of some configurations needs to be called the best."""
    return Bar.of([each.n for each in found if each.median is not None])


def runs_of(each: Configuration, bar: Bar) -> str:
    """How many runs a configuration has: `20`; `1 of 20` if these are too few to be called the best."""
    return f"{each.n:,}" if each.eligible else f"{each.n:,} of {bar.most:,}"


def too_few(found: Sequence[Configuration], direction: str) -> str | None:
    """Why a configuration with a better median than the first is not the best; None if there is no such one."""
    first = found[0].median if found else None
    if first is None:
        return None
    sign = sign_of(direction)
    passed = [(each, each.median) for each in found if not each.eligible and each.median is not None]
    better = [each for each, median in passed if sign * median < sign * first]
    if not better:
        return None
    bar, others = bar_of(found), count(len(better) - 1, "more configuration")
    name = f"{better[0].name} and {others} have" if len(better) > 1 else f"{better[0].name} has"
    what = f"{name} a better median ({number(better[0].median)}) of too few runs ({better[0].n})"
    return f"{what}: the best needs at least {bar.least}, because another configuration has {bar.most:,}"


def tied(found: Sequence[Configuration]) -> str | None:
    """Say that several configurations are the best, since all of their runs are equal; None if one alone is."""
    first = [each.name for each in found if each.place == 1]
    if len(first) < 2 or found[0].median is None:
        return None
    return f"{count(len(first), 'configuration')} tie for the best, equal in every run: {listed(first)}"


def interval_head(found: Sequence[Configuration]) -> str:
    """The head of a column of `interval_of`."""
    return LEVEL_HEAD if any(each.n >= LEAST_FOR_INTERVAL for each in found) else "range"


def interval_of(each: Configuration, head: str, digits: int = DIGITS) -> str:
    """The interval of a configuration's median; named a range if its runs are too few for an interval."""
    ends = pair(each.low, " to ", each.high, digits)
    few = ends and head == LEVEL_HEAD and each.n < LEAST_FOR_INTERVAL
    return f"{ends} (range of {each.n})" if few else ends
