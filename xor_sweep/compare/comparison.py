"""Two sweeps side by side: the configurations that both have, and the best of the one against the best of the other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from xor_sweep.compare import comparable
from xor_sweep.compare.medians import Difference, Group, difference
from xor_sweep.compare.settings import (
    KeyDifference,
    Spread,
    changed_keys,
    changed_sources,
    changed_versions,
    swept_values,
)
from xor_sweep.compare.side import Key, Side
from xor_sweep.results import RunResult, left_out
from xor_sweep.summary.columns import varied_keys
from xor_sweep.summary.eligible import Bar


@dataclass(frozen=True)
class Pair:
    """A configuration that both sweeps have.

    Attributes:
        name: its values of the swept keys, apart from seed and folds: `lr=0.1`; `all` where no key was swept.
        difference: what its runs in b are beside those in a.
    """

    name: str
    difference: Difference


@dataclass(frozen=True)
class Comparison:
    """What two sweeps are beside each other.

    Attributes:
        a, b: the sweeps.
        objective, direction: what ranks their runs.
        pairs: the configurations that both have, the best first, by the better median of the two.
        only_a, only_b: how many configurations one of them has alone.
        best_a, best_b: the configurations with the best medians.
        best: what the second of these is beside the first.
        keys: what is set to different values where runs are compared.
        swept: the swept values that are not in both.
        versions: of packages and processors that are not in both.
        sources: functions whose source changed.
        notes: what a reader has to mind, a line each.
    """

    a: Side
    b: Side
    objective: str
    direction: str
    pairs: tuple[Pair, ...]
    only_a: int
    only_b: int
    best_a: str
    best_b: str
    best: Difference
    keys: tuple[KeyDifference, ...]
    swept: tuple[Spread, ...]
    versions: tuple[Spread, ...]
    sources: tuple[str, ...]
    notes: tuple[str, ...]


def compare(first: Path, second: Path, objective: str | None = None, direction: str | None = None) -> Comparison:
    """Compare two sweep directories; nothing is written.

    Args:
        first, second: the directories.
        objective, direction: what ranks the runs, in place of what both manifests say.

    Raises:
        SweepError: where one is missing or has no finished run, or where they cannot be compared.
    """
    a, b = Side(first), Side(second)
    objective, direction = comparable.common_ranking(a, b, objective, direction)
    narrowed = [note for side in (a, b) if (note := side.keep_first_ranking(objective, direction))]
    keys = list(dict.fromkeys([*a.keys, *b.keys]))
    varied = varied_keys(keys)
    configurations = [side.configurations(keys) for side in (a, b)]
    apart = {values for found in configurations for values, variant in found if variant}
    mine, theirs = (
        side.groups(found, keys, objective, direction, apart)
        for side, found in zip((a, b), configurations, strict=True)
    )
    best_a, best_b = best(mine), best(theirs)
    examples = [(mine[key][1][0], theirs[key][1][0]) for key in mine if key in theirs]
    bests = mine[best_a][1][0], theirs[best_b][1][0]
    notes = comparable.check(a, bests[0], b, bests[1], objective)
    notes += narrowed
    notes += [left_out(side.damaged) for side in (a, b) if side.damaged]
    if len(mine) != len(theirs):
        notes.append(MORE_LUCK.format(len(mine), len(theirs)))
    pairs = [Pair(_named(varied, key), difference(mine[key][0], theirs[key][0])) for key in mine if key in theirs]
    return Comparison(
        a,
        b,
        objective,
        direction,
        tuple(sorted(pairs, key=lambda pair: min(pair.difference.a.median, pair.difference.b.median))),
        len(mine) - len(pairs),
        len(theirs) - len(pairs),
        _named(varied, best_a),
        _named(varied, best_b),
        difference(mine[best_a][0], theirs[best_b][0]),
        changed_keys(a, b, examples or [bests], keys),
        swept_values(a, b, keys),
        changed_versions(a, b),
        changed_sources(a, b),
        tuple(notes),
    )


MORE_LUCK = (
    "the best of {} configurations stands against the best of {}: the best of more has more luck; give both "
    "sweeps the same"
)


def best(groups: Mapping[Key, tuple[Group, list[RunResult]]]) -> Key:
    """The best median among configurations with enough runs; ties by all runs, then by the values."""
    losses = {key: group.losses for key, (group, _) in groups.items()}
    medians = {key: group.median for key, (group, _) in groups.items()}
    bar = Bar.of([len(losses[key]) for key in groups if math.isfinite(medians[key])])

    def place(key: Key) -> tuple[bool, bool, float, list[float], Key]:
        few = not bar.clears(len(losses[key]))
        return math.isinf(medians[key]), few, medians[key], sorted(losses[key]), key

    return min(groups, key=place)


def _named(keys: list[str], key: Key) -> str:
    values, variant = key
    named = ",".join(f"{name}={value}" for name, value in zip(keys, values, strict=True)) or "all"
    return f"{named}~{variant}" if variant else named
