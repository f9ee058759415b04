"""Numbers as a reader sees them: counted things, sizes, and the digits of tables."""

from __future__ import annotations

from collections.abc import Sequence

NAMED = 3
"""Names of a list that are said; the others are counted."""

DIGITS, FEW = 6, 3
"""Significant digits of a number, and of one where a line has no room for more."""


def count(number: int, noun: str) -> str:
    """`1 run`, `3 runs`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str], between: str = ", ") -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return between.join(names[:NAMED]) + more


def megabytes(size: int) -> str:
    """Bytes for a reader."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size} bytes"


def number(value: float | None, digits: int = DIGITS) -> str:
    """A number; nothing where there is none."""
    return "" if value is None else f"{value:.{digits}g}"


def pair(first: float | None, between: str, second: float | None, digits: int = DIGITS) -> str:
    """Two numbers that belong together; one that is not known is a question mark, and nothing stands for both."""
    if first is None and second is None:
        return ""
    return f"{number(first, digits) or '?'}{between}{number(second, digits) or '?'}"
