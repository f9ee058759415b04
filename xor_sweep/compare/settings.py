"""What differs between two sweeps beside their results: keys, swept values, functions, versions, processors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xor_sweep.compare.side import Side, shown, top
from xor_sweep.results import RunResult
from xor_sweep.spread import evenly

MOST_PAIRS = 50
"""Of more configurations that both sweeps have so many are looked at, evenly spread: reading their records costs."""

HEADS = {"optimizer": "optimizer.name", "schedule": "schedule.name", "data": "data.kind", "network": "network._target_"}
"""The key of a group that says which of its options it is; keys below differ with it."""

OTHERWISE_COMPARED = ("data.path", "data.sha256")
"""Keys of the data's content, which is compared itself."""


@dataclass(frozen=True)
class KeyDifference:
    """A key that has one value in a and another in b where they are compared.

    Attributes:
        key: the key, or a group.
        a, b: the values as a person would type them; None where there is no such key.
        configurations: how many of those that were compared differ so.
    """

    key: str
    a: str | None
    b: str | None
    configurations: int


@dataclass(frozen=True)
class Spread:
    """The values of something in each sweep, where they are not the same; a key's, or the version of a package.

    Attributes:
        name: of what.
        both, only_a, only_b: values in both sweeps, and in one alone.
    """

    name: str
    both: tuple[str, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]


def changed_keys(
    a: Side, b: Side, pairs: Sequence[tuple[RunResult, RunResult]], keys: Sequence[str]
) -> tuple[KeyDifference, ...]:
    """What differs between the configurations of runs that are compared, apart from the keys that are swept.

    Args:
        a, b: the sweeps.
        pairs: a run of each for every configuration that is compared.
        keys: the swept keys.
    """
    found: dict[tuple[str, str | None, str | None], int] = {}
    for first, second in evenly(pairs, MOST_PAIRS):
        mine, others = _leaves(a, first, keys), _leaves(b, second, keys)
        for key in dict.fromkeys([*mine, *others]):
            values = _value(a, first, key), _value(b, second, key)
            if values[0] == values[1] or (None in values and not _one_option(a, first, b, second, key)):
                continue
            at = (next((group for group, head in HEADS.items() if key == head), key), *values)
            found[at] = found.get(at, 0) + 1
        orders = a.batch_order(first), b.batch_order(second)
        if None not in orders and orders[0] != orders[1]:
            found["batch_order", *orders] = found.get(("batch_order", *orders), 0) + 1
    return tuple(KeyDifference(*at, count) for at, count in found.items())


def _leaves(side: Side, result: RunResult, keys: Iterable[str]) -> list[str]:
    from xor_sweep.config.identity import OUTSIDE  # late: it brings Hydra

    swept = {*keys, *(HEADS.get(key, key) for key in keys)}
    inside = [key for key in side.recorded(result) if top(key) not in OUTSIDE and key not in swept]
    # What data are called changes no number, but where the name says which they are.
    named = side.kind(result.run) == "sklearn"
    return [key for key in inside if key not in OTHERWISE_COMPARED and (named or key != "data.name")]


def _value(side: Side, result: RunResult, key: str) -> str | None:
    return shown(side.kind(result.run)) if key == "data.kind" else side.setting(result, key)


def _one_option(a: Side, first: RunResult, b: Side, second: RunResult, key: str) -> bool:
    """Whether both runs have the same option of a key's group, so that a key of one alone is a difference."""
    head = HEADS.get(top(key))
    if head is None or not (a.recorded_at_all(first.run) and b.recorded_at_all(second.run)):
        return head is None
    return a.text(first, head) == b.text(second, head)


def swept_values(a: Side, b: Side, keys: Sequence[str]) -> tuple[Spread, ...]:
    """The swept keys whose values are not the same ones in both sweeps."""
    values = ((key, [{side.text(result, key) for result in side.results} for side in (a, b)]) for key in keys)
    return tuple(_spread(key, *of_sides) for key, of_sides in values if of_sides[0] != of_sides[1])


def changed_versions(a: Side, b: Side) -> tuple[Spread, ...]:
    """Versions and processors that are not the same in both sweeps."""
    first, second = a.versions(), b.versions()
    names = dict.fromkeys([*first, *second])
    found = ((name, set(first.get(name, ())), set(second.get(name, ()))) for name in names)
    return tuple(_spread(*each) for each in found if each[1] != each[2])


def changed_sources(a: Side, b: Side) -> tuple[str, ...]:
    """The functions whose source is not the same in both sweeps."""
    mine, others = a.manifest.sources, b.manifest.sources
    return tuple(name for name in mine if name in others and mine[name] != others[name] and "/" not in name)


def _spread(name: str, a: set[str], b: set[str]) -> Spread:
    return Spread(name, *(tuple(sorted(values, key=_order)) for values in (a & b, a - b, b - a)))


def _order(value: str) -> tuple[bool, float, str]:
    try:
        return False, float(value), value
    except ValueError:
        return True, 0.0, value
