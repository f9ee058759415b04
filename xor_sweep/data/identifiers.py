"""Columns that number or name the rows, and say nothing about them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

COUNTS = re.compile(
    r"|unnamed: \d+(_level_\d+)?|index|level_0|#|no\.?|nr\.?|num|number|row|obs|observation|case|sample|"
    r"rownames?|row[ _.-]?(id|ids|index|nr|no|num|number|names?)",
    re.IGNORECASE,
)
"""Names of a column that only counts rows, if it does; the empty one among them."""

ROWS = re.compile(r"|unnamed: \d+(_level_\d+)?|index|level_0|rownames?|row[ _.-]?(id|ids|index|names?)", re.IGNORECASE)
"""Names that pandas and R give to the labels of rows, in whatever order these are."""

NAMES = re.compile(r"(.*[^a-z])?(id|ids|uuid|guid|key|identifier)|.*(?-i:[a-z]I[dD])", re.IGNORECASE)
"""Names of a column of identifiers, if its values are nearly unique."""

MOMENTS = re.compile(r"(.*[^a-z])?(t|time|timestamp|date|datetime|ts|epoch|at|on)([^a-z].*)?", re.IGNORECASE)
"""Names of moments, which may be counted in seconds."""

LONG = 10**9
"""Whole numbers from here on, each of which is there once, number things rather than measure them."""

UNIQUE, UNIQUE_WORDS = 0.99, 0.9
"""The share of rows with a number, or a word, of their own that makes them identifiers."""

FEW = 10
"""So few rows or words say nothing, whatever they look like."""


def numbering(name: str, numbers: NDArray[Any]) -> str:
    """Whether whole numbers count or name the rows.

    Args:
        name: of the column.
        numbers: those of the rows that have one.

    Returns:
        `index`, `identifier`, or nothing.
    """
    if len(numbers) <= FEW or (
        numbers.dtype.kind == "f" and (np.isinf(numbers) | (numbers != np.trunc(numbers))).any()
    ):
        return ""
    called = name.strip()
    named = NAMES.fullmatch(called)
    unique = len(np.unique(numbers)) >= UNIQUE * len(numbers)
    if ROWS.fullmatch(called) and (unique or counts_again(numbers)):
        return "index"
    if (COUNTS.fullmatch(called) and rises(numbers)) or (named and counts_up(numbers)):
        return "index"
    long = bool((np.abs(numbers) >= LONG).all()) and not MOMENTS.fullmatch(called)
    if (named or long) and unique:
        return "identifier"
    return ""


def counts_up(numbers: NDArray[Any]) -> bool:
    """Whether each number is one more than the one before."""
    return bool((np.diff(numbers) == 1).all())


def counts_again(numbers: NDArray[Any]) -> bool:
    """Whether numbers count up from the first one, again and again: tables that were put one below the other."""
    return bool(((np.diff(numbers) == 1) | (numbers[1:] == numbers[0])).all())


def may_number(name: str) -> bool:
    """Whether a column has a name that those have which count or name the rows."""
    called = name.strip()
    return any(pattern.fullmatch(called) for pattern in (ROWS, COUNTS, NAMES))


def rises(numbers: NDArray[Any]) -> bool:
    """Whether whole numbers are each larger than the one before."""
    if len(numbers) <= FEW or numbers.dtype.kind == "b":
        return False
    return bool((numbers[1:] > numbers[:-1]).all()) and not (numbers % 1).any()


def names_rows(name: str, words: int, rows: int) -> bool:
    """Whether a column has about as many different words as rows: names, texts or codes.

    Args:
        name: of the column.
        words: the number of different ones.
        rows: the number of rows that have one.
    """
    share = 0.5 if NAMES.fullmatch(name.strip()) else UNIQUE_WORDS
    return words > FEW and words >= share * rows
