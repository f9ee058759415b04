"""What a call asks for: override strings, a grid, or points; all as keys and plain values."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hydra.core.override_parser.types import ChoiceSweep, Override, OverrideType, ValueType

from xor_sweep.api.spelling import KEY, key_of, plain
from xor_sweep.config.identity import OUTSIDE
from xor_sweep.errors import ConfigError
from xor_sweep.spelling import spelled

Point = dict[str, Any]
"""Values by key, a key with its `+` where it has one."""

SHOWN = 3
"""How many of a key's values a message names."""

TYPES = {"": OverrideType.CHANGE, "+": OverrideType.ADD, "++": OverrideType.FORCE_ADD}


@dataclass(frozen=True)
class Asked:
    """The runs of a call: each of the points, with the words.

    Attributes:
        words: overrides as on a command line, which may hold several values.
        axes: the values of each key of a grid; {} where points are given.
        given: the points, where they are; None for a grid.
        swept: the keys that were given as lists, even of one value, or in points: they tell the runs apart.
    """

    words: tuple[str, ...]
    axes: dict[str, list[Any]]
    given: tuple[Point, ...] | None = None
    swept: tuple[str, ...] = ()

    @property
    def points(self) -> Iterator[Point]:
        """The points in their order, the last key of a grid changing first."""
        if self.given is not None:
            yield from self.given
            return
        for values in itertools.product(*self.axes.values()):
            yield dict(zip(self.axes, values, strict=True))

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key, in the order of first appearance."""
        worded = [word.partition("=")[0] for word in self.words]
        if self.given is None:
            return tuple(dict.fromkeys([*worded, *self.axes]))
        return tuple(dict.fromkeys([*worded, *(key for point in self.given for key in point)]))

    def renamed(self, new: Callable[[str], str]) -> Asked:
        """The same with other names of keys."""
        words = [f"{new(key)}{equals}{value}" for key, equals, value in (word.partition("=") for word in self.words)]
        axes = {new(key): values for key, values in self.axes.items()}
        given = None if self.given is None else tuple({new(k): v for k, v in point.items()} for point in self.given)
        return Asked(tuple(words), axes, given, tuple(map(new, self.swept)))

    def settled(self) -> Asked:
        """The same with every key that has one value among the words.

        Raises:
            ConfigError: where points differ in a key that is one for a whole call.
        """
        if self.given is None:
            single = {key: values[0] for key, values in self.axes.items() if len(values) == 1}
            axes = {key: values for key, values in self.axes.items() if key not in single}
            return replace(self, words=(*self.words, *map(word, single, single.values())), axes=axes)
        first = self.given[0]
        same = {k: v for k, v in first.items() if all(k in p and alike(p[k], v) for p in self.given)}
        for key in self.keys:
            values = [point.get(key) for point in self.given]
            if key not in same and outside(key) and any(key in point for point in self.given):
                raise ConfigError(
                    f"{column(key, values).input_line}: only keys that change a run can be swept; give one value"
                )
        given = tuple({key: value for key, value in point.items() if key not in same} for point in self.given)
        return replace(self, words=(*self.words, *map(word, same, same.values())), given=given)

    def groups(self, is_group: Callable[[str], bool]) -> Iterator[dict[str, list[Any]]]:
        """The distinct values of keys that stand together: of a grid all, of points those of the same keys and choices.

        Args:
            is_group: whether a key chooses an option of a config group.
        """
        if self.given is None:
            yield self.axes
            return
        together: dict[tuple[Any, ...], dict[str, list[Any]]] = {}
        seen: set[tuple[Any, ...]] = set()
        for point in self.given:
            choices = tuple((key, spelled(value)) for key, value in point.items() if is_group(key))
            kind = (frozenset(point), choices)
            columns = together.setdefault(kind, {key: [] for key in point})
            for key, value in point.items():
                mark = (kind, key, spelled(value))
                if mark not in seen:
                    seen.add(mark)
                    columns[key].append(value)
        yield from together.values()


def asked(what: Any) -> Asked:
    """Read what a call was given.

    Raises:
        ConfigError: where it is nothing that says which runs.
    """
    if isinstance(what, str):
        return Asked((what,), {})
    if isinstance(what, Mapping):
        axes = {key_of(key): axis(key, values) for key, values in what.items()}
        return Asked((), axes, swept=tuple(key for key, values in what.items() if several(values)))
    if not isinstance(what, Iterable):
        raise ConfigError(f"{what!r}: takes {FORMS}; got {type(what).__name__}")
    items = list(what)
    if not items:
        raise ConfigError("no point at all: give one or more, or {} for one run as it is configured")
    if all(isinstance(item, str) for item in items):
        return Asked(tuple(items), {})
    for item in items:
        if not isinstance(item, Mapping):
            raise ConfigError(f"{item!r}: takes {FORMS}; got {type(item).__name__} in the list")
    points = tuple({key_of(key): plain(key, value) for key, value in item.items()} for item in items)
    return Asked((), {}, points, tuple(dict.fromkeys(key for point in points for key in point)))


FORMS = "overrides ('lr=0.1,0.01'), a dict of lists ({'lr': [0.1, 0.01]}), or a list of dicts ([{'lr': 0.1}, …])"


def axis(key: str, values: Any) -> list[Any]:
    """The values of a key of a grid: those of anything that is a list of values, and a single one otherwise."""
    return [plain(key, value) for value in values] if several(values) else [plain(key, values)]


def several(values: Any) -> bool:
    """Whether something is a list of values, of whatever type and number."""
    one = isinstance(values, str | bytes | Mapping) or getattr(values, "ndim", 1) == 0
    return isinstance(values, Iterable) and not one


def alike(one: Any, other: Any) -> bool:
    """Whether two values are one, `true` and 1 being two."""
    return spelled(one) == spelled(other)


def outside(key: str) -> bool:
    """Whether a key changes no run's numbers, and so is one for a whole call."""
    return re.split(r"[./@]", key.lstrip("+"))[0] in OUTSIDE


def word(key: str, value: Any) -> str:
    """An override that gives a key one value."""
    return f"{key}={spelled(value)}"


def column(key: str, values: list[Any]) -> Override:
    """An override that gives a key several values, as the parser would make it, whatever their number."""
    found = KEY.fullmatch(key)
    assert found is not None
    more = ",…" if len(values) > SHOWN else ""
    line = f"{key}={','.join(map(spelled, values[:SHOWN])) or '[]'}{more}"
    choices = ChoiceSweep(list=values, simple_form=True)
    return Override(TYPES[found[1]], found[2], ValueType.SIMPLE_CHOICE_SWEEP, choices, input_line=line)
