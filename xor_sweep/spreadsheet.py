"""Texts in CSV files that people open in a spreadsheet: none of them runs as a formula."""

from __future__ import annotations

import re

FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""How a text begins that spreadsheets take for a formula, after any apostrophes; the wide forms of the marks too."""

HARMLESS = re.compile(r"[+-]?(\d+([.,' ]\d+)*[.,]?|[.,]\d+)([eE][+-]?\d+)? ?%?|[+-]+", re.ASCII)
"""A number, whatever its sign and its marks, and dashes, which are no formula."""


def without_formula(text: str) -> str:
    """Return a text as a cell that no spreadsheet runs: an apostrophe stands before a formula.

    A text that has an apostrophe there already gets one more, so that every text can be brought back: if a cell begins
    with apostrophes before such a mark, one of them is taken off.
    """
    return f"'{text}" if FORMULA.match(text) and not HARMLESS.fullmatch(text) else text
