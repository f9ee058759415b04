"""What the keys of tables take: each function says why a value is refused, or None; and what it stands for."""

from __future__ import annotations

import codecs
from typing import Any

from xor_sweep.config.limits import did_you_mean, shown

MARKS = {"comma": ",", "point": ".", "space": " ", "apostrophe": "'", "semicolon": ";", "tab": "\t", "pipe": "|"}
"""Words for marks, which need no quotes in a shell."""

SEPARATORS = ("comma", "semicolon", "tab", "pipe", "space")
DECIMALS, THOUSANDS_MARKS = ("point", "comma"), ("comma", "point", "space", "apostrophe")
KINDS = ("number", "category", "date", "date_day_first", "date_month_first", "time", "ignore")
"""What a column may hold."""

SEPARATOR = "null, one of comma, semicolon, tab, pipe, space, or one character in quotes"
ENCODING = "null, or the name of an encoding of text that Python knows"
DECIMAL = "null, point or comma"
THOUSANDS = "null, comma, point, space or apostrophe"
NA_VALUES = "null, or a list of texts"
DTYPE = f"null, or by column one of {', '.join(KINDS)}; {{name:kind}}, or [[name,kind]] for a name that needs quotes"
ORDER = "null, or by column its words in their order; {name:[word,word]}, or [[name,word,word]]"


def mark(value: Any) -> str:
    """The character that a value of a key stands for; empty for null."""
    return MARKS.get(value, value) or ""


def separator(value: Any) -> str | None:
    """Null, a word for a mark, or a single character."""
    if value is None or value in SEPARATORS:
        return None
    if isinstance(value, str) and len(value) == 1 and value.isascii() and not value.isalnum() and value not in '\r\n"':
        return None
    return f"got {shown(value)}{_near(value, SEPARATORS)}"


def encoding(value: Any) -> str | None:
    """Null, or an encoding of text."""
    if value is None:
        return None
    try:
        known = codecs.lookup(value)._is_text_encoding if isinstance(value, str) else False
    except (LookupError, ValueError):
        known = False
    return None if known else f"got {shown(value)}"


def decimal(value: Any) -> str | None:
    """Null, or a decimal mark."""
    return _one_of(value, DECIMALS)


def thousands(value: Any) -> str | None:
    """Null, or a separator of groups of three digits."""
    return _one_of(value, THOUSANDS_MARKS)


def na_values(value: Any) -> str | None:
    """Null, or a list of texts and numbers."""
    if value is None:
        return None
    if not isinstance(value, list):
        return f"got {shown(value)}"
    odd = next((item for item in value if isinstance(item, bool) or not isinstance(item, str | int | float)), ...)
    return None if odd is ... else f"got {shown(odd)} without quotes in the list"


def dtype(value: Any) -> str | None:
    """Null, or a kind by column."""
    if value is None:
        return None
    if (entries := _entries(value)) is None:
        return f"got {shown(value)}"
    for _, rest in entries:
        if len(rest) != 1 or rest[0] not in KINDS:
            return f"got {shown(rest[0] if len(rest) == 1 else rest)}{_near(rest[0] if rest else None, KINDS)}"
    return None


def order(value: Any) -> str | None:
    """Null, or a list of different words by column."""
    if value is None:
        return None
    if (entries := _entries(value)) is None:
        return f"got {shown(value)}"
    for name, words in entries:
        if len(words) < 2 or any(isinstance(word, dict | list | None) for word in words):
            return f"got {shown(list(words))} for {name}"
        if len(set(map(shown, words))) < len(words):
            return f"got a word of {name} twice"
    return None


def by_column(value: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What a mapping, or a list of lists that each begin with a name, says of columns, in the order of their names."""
    return tuple(sorted((name, tuple(map(shown, rest))) for name, rest in _entries(value) or ()))


def _entries(value: Any) -> list[tuple[str, list[Any]]] | None:
    """Names with what is said of them; None for what is no such thing, or says something of one name twice."""
    if isinstance(value, dict):
        found = [(shown(name), item if isinstance(item, list) else [item]) for name, item in value.items()]
    elif isinstance(value, list) and all(isinstance(item, list) and item for item in value):
        found = [(shown(name), rest) for name, *rest in value]
    else:
        return None
    return found if len({name for name, _ in found}) == len(found) else None


def _one_of(value: Any, words: tuple[str, ...]) -> str | None:
    known = {*words, *(MARKS[word] for word in words)}
    return None if value is None or value in known else f"got {shown(value)}{_near(value, words)}"


def _near(value: Any, known: tuple[str, ...]) -> str:
    return did_you_mean(value, known) if isinstance(value, str) else ""
