"""Numbers as every table of a summary writes them, in a terminal, on a page and in the report."""

from __future__ import annotations

DIGITS, FEW = 6, 3
"""Significant digits of a number, and of one where a line has no room for more."""


def number(value: float | None, digits: int = DIGITS) -> str:
    """A number; nothing where there is none."""
    return "" if value is None else f"{value:.{digits}g}"


def pair(first: float | None, between: str, second: float | None, digits: int = DIGITS) -> str:
    """Two numbers that belong together; one that is not known is a question mark, and nothing stands for both."""
    if first is None and second is None:
        return ""
    return f"{number(first, digits) or '?'}{between}{number(second, digits) or '?'}"
