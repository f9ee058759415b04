"""What a single value may be, checked and said in words.

A structured config checks types; it lets `lr=nan` and `hidden=[0]` pass. The limits here are attached to the
schema's fields as dataclass metadata, so that a key's type, default and range stand in one line.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from xor_sweep.errors import ConfigError

NO_TEXT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Limits:
    """The values that a key takes: a closed or open interval of finite numbers, or a list of words.

    Attributes:
        above, at_least, at_most, below: bounds of a number, or of each number in a list.
        choices: the words that the key takes.
        special: for a key that no plain type describes, says why a value is refused, or None.
        spelt: in words what such a key takes.
        example: a value that works, shown with every refusal.
    """

    above: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()
    special: Callable[[Any], str | None] | None = None
    spelt: str = ""
    example: str = ""

    def refusal(self, value: Any) -> str | None:
        """Why `value` is outside these limits, or None when it is inside."""
        if self.special:
            return self.special(value)
        if isinstance(value, list | tuple):
            return next((f"{reason} in the list" for reason in map(self.refusal, value) if reason), None)
        if value is None or isinstance(value, bool):
            return None
        if self.choices:
            return None if value in self.choices else f"got {shown(value)}{did_you_mean(str(value), self.choices)}"
        if not isinstance(value, int | float):
            return None
        if not math.isfinite(value):
            return f"got {shown(value)}, which is not a finite number"
        inside = (
            (self.above is None or value > self.above)
            and (self.at_least is None or value >= self.at_least)
            and (self.at_most is None or value <= self.at_most)
            and (self.below is None or value < self.below)
        )
        return None if inside else f"got {shown(value)}"

    def words(self) -> str:
        """The range in words, such as `above 0` or `from 0 to below 1`; empty where there is none."""
        if self.spelt:
            return self.spelt
        if self.choices:
            return "one of " + ", ".join(self.choices)
        low = f"above {self.above:g}" if self.above is not None else ""
        low = f"from {self.at_least:g}" if self.at_least is not None else low
        high = f"to {self.at_most:,.0f}" if self.at_most is not None and self.at_most > 1e5 else ""
        high = f"to {self.at_most:g}" if self.at_most is not None and not high else high
        high = f"to below {self.below:g}" if self.below is not None else high
        return " ".join(part for part in (low, high) if part)


def limited(default: Any, *, lane: bool = False, **limits: Any) -> Any:
    """A dataclass field with a default and `Limits`.

    Args:
        default: the value where a config gives none; a list is copied for each config.
        lane: whether a program takes this number per lane, so that it is no part of the structure.
        **limits: the arguments of `Limits`.
    """
    metadata = {"limits": Limits(**limits), "lane": lane}
    if isinstance(default, list):
        return dataclasses.field(default_factory=lambda: list(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


VALUES = {"null": "None", "true": "True", "false": "False"}
"""Words that stand for a value where they have no quotes, and what Python writes for it."""


def is_text(word: str) -> bool:
    """Whether a word can be written down and be part of a path: its bytes are UTF-8, none of them zero."""
    return NO_TEXT.search(word) is None


def shown(value: Any) -> str:
    """A value as a person would type it: `1` for 1.0, no quotes round words, `null` for None."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(shown, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean adam?` where a known word is close to `word`, else nothing."""
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def check(key: str, value: Any, kind: str, limits: Limits) -> None:
    """Hold one value against its limits.

    Args:
        key: the key's dotted name, as typed.
        value: the value, of the schema's type already.
        kind: what the schema takes in words, such as `a number`.
        limits: the key's limits.

    Raises:
        ConfigError: where the value is outside; the line names the key, what it got and what it takes.
    """
    if reason := limits.refusal(value):
        raise refused(key, value, reason, kind, limits)


def refused(key: str, value: Any, reason: str, kind: str, limits: Limits) -> ConfigError:
    """The one line for a value that a key does not take."""
    if isinstance(value, str) and value.lower() in VALUES:
        python = VALUES[value.lower()]
        what, remedy = f"got {value} as a word", f"leave out its quotes, or write {python} in Python"
        return ConfigError(f"{key}={shown(value)}: takes {_takes(kind, limits)}; {what}; {remedy}")
    remedy = f"; write {key}={limits.example}, say" if limits.example and "did you mean" not in reason else ""
    return ConfigError(f"{key}={shown(value)}: takes {_takes(kind, limits)}; {reason}{remedy}")


def _takes(kind: str, limits: Limits) -> str:
    return limits.words() if limits.choices or limits.spelt else f"{kind} {limits.words()}".strip()
