"""Numbers as people write them: `1,163.74`, `1 100`, `12%`, `€16.5`, `0,5`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SPACES = " \u00a0\u202f\u2009"
"""Blanks that separate groups of three digits: plain, no-break, narrow no-break and thin."""

APOSTROPHES = "'\u2019"
SYMBOLS = "$€£¥₹₽₩₪₺₴₫฿₱₦₡₲₵₸₼"
CODES = ("US$", "R$", "USD", "EUR", "GBP", "CHF", "JPY", "CNY", "INR", "AUD", "CAD", "SEK", "NOK", "DKK", "PLN", "BRL")
CURRENCY = "|".join([*map(re.escape, CODES), f"[{re.escape(SYMBOLS)}]"])

CELL = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[-+\u2212]?)\s*(?P<before>{CURRENCY})?\s*(?P<inner>[-+\u2212]?)"
    rf"(?P<body>[\d.,](?:[\d.,{SPACES}{APOSTROPHES}]*[\d.,])?(?:[eE][-+]?\d+)?)"
    rf"\s*(?P<after>{CURRENCY}|%)?\s*(?P<last>[-\u2212])?(?P<close>\))?",
    re.ASCII,
)
"""A number with what stands around it. In parentheses, as accountants write it, or before a minus, it is negative."""

MARKS = ((".", ""), (".", ","), (",", ""), (",", "."), (".", " "), (",", " "), (".", "'"), (",", "'"))
"""Every decimal mark with every separator of thousands, the usual ones first."""

SAMPLE = 200
"""Cells that decide which marks are worth trying on all cells."""


class Cell(NamedTuple):
    """A cell with a number, taken apart.

    Attributes:
        body: the digits and the marks between them.
        amount: `%`, a currency, or nothing.
        negative: whether the number is below zero.
    """

    body: str
    amount: str
    negative: bool


def cell_of(text: str) -> Cell | None:
    """The parts of a text that is a number in some form; None for other texts."""
    found = CELL.fullmatch(text)
    if found is None:
        return None
    opened, sign, before, inner, body, after, last, closed = found.groups()
    signs = [mark for mark in (sign, inner, last, opened) if mark]
    if (opened is None) != (closed is None) or len(signs) > 1 or (before and after):
        return None
    if not (body.isdigit() or any(pattern(*marks).fullmatch(body) for marks in MARKS)):
        return None
    return Cell(body, before or after or "", any(mark != "+" for mark in signs))


@dataclass(frozen=True, slots=True)
class NumberForm:
    """How the numbers of one column are written.

    Attributes:
        decimal: the decimal mark, `.` or `,`.
        thousands: what separates groups of three digits: `,`, `.`, a blank, an apostrophe, or nothing.
        amount: `%` or the currency that stands beside each number; `12%` is 12. Empty if nothing does.
    """

    decimal: str = "."
    thousands: str = ""
    amount: str = ""

    @property
    def example(self) -> str:
        """A number in this form."""
        unit = " " * (self.amount not in ("", "%")) + self.amount
        return f"1{self.thousands}234{self.decimal}5{unit}"

    def number(self, text: str) -> float:
        """The number that a text is in this form; NaN if it is none. The percent sign or currency may be left out."""
        cell = cell_of(text)
        if cell is None or cell.amount not in ("", self.amount):
            return np.nan
        return self.of_cell(cell)

    def of_cell(self, cell: Cell) -> float:
        """The number that a cell is; NaN if its marks are not those of this form."""
        if not pattern(self.decimal, self.thousands).fullmatch(cell.body):
            return np.nan
        digits = cell.body
        for mark in separators(self.thousands):
            digits = digits.replace(mark, "")
        number = float(digits.replace(",", "."))
        return -number if cell.negative else number

    def numbers(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The numbers that texts are, `(texts,)`; NaN if one is none."""
        return np.fromiter(map(self.number, texts), np.float64, len(texts))


@dataclass(frozen=True)
class NumberCells:
    """The different cells of a column that are numbers in some form.

    Attributes:
        cells: taken apart.
        decimal, thousands: what the keys say; None if the cells decide.
    """

    cells: Sequence[Cell]
    decimal: str | None = None
    thousands: str | None = None

    @cached_property
    def marks(self) -> tuple[tuple[str, str], ...]:
        """The pairs of decimal mark and separator of thousands in which every cell is a number."""
        wanted = [
            (decimal, thousands)
            for decimal, thousands in MARKS
            if self.decimal in (None, decimal) and self.thousands in (None, thousands)
        ]
        if self.decimal is not None and self.thousands is not None:
            wanted = [(self.decimal, self.thousands)]
        for most in (SAMPLE, None):
            wanted = [marks for marks in wanted if _all_match(pattern(*marks), islice(self.cells, most))]
        return tuple(wanted)

    @cached_property
    def amounts(self) -> frozenset[str]:
        """The percent sign and the currencies beside the numbers; an empty text if a number has none."""
        return frozenset(cell.amount for cell in self.cells)

    @cached_property
    def used(self) -> frozenset[str]:
        """Which of the marks `.` and `,` the cells have."""
        return frozenset(mark for mark in ".," if any(mark in cell.body for cell in self.cells))

    @property
    def certain_decimal(self) -> str:
        """The decimal mark, if the cells have one and tell it from a separator of thousands; otherwise empty."""
        decimals = {decimal for decimal, _ in self.marks}
        return decimals.pop() if len(decimals) == 1 and self.used else ""

    @property
    def one_amount(self) -> bool:
        """Whether the numbers are all of one unit: of one currency, or all of them percentages, or none."""
        if "%" in self.amounts and len(self.amounts) == 2:
            return all(cell.amount or not cell.body.strip("0.,") for cell in self.cells)  # 0 is 0%
        return len(self.amounts) == 1 or (len(self.amounts) == 2 and "" in self.amounts)

    def form(self, file_decimal: str) -> NumberForm | None:
        """How the cells are written.

        Args:
            file_decimal: the decimal mark of the file's other columns; empty if they do not tell.

        Returns:
            None if no form fits all cells, or two do that give other numbers.
        """
        decimals = {decimal for decimal, _ in self.marks}
        if not decimals or not self.one_amount:
            return None
        if file_decimal in decimals:
            decimals = {file_decimal}
        elif self.used <= {"."}:
            decimals &= {"."}  # as programs write it
        if len(decimals) > 1:
            return None
        decimal, thousands = next(marks for marks in self.marks if marks[0] in decimals)
        return NumberForm(decimal, thousands, "".join(self.amounts))


def _all_match(wanted: re.Pattern[str], cells: Iterable[Cell]) -> bool:
    return all(wanted.fullmatch(cell.body) for cell in cells)


@cache
def pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    """What the digits of a number look like with these marks."""
    point = re.escape(decimal)
    whole = rf"(?:\d+(?:{point}\d*)?|{point}\d+)(?:[eE][-+]?\d+)?"
    if not thousands:
        return re.compile(whole, re.ASCII)
    groups = rf"[1-9]\d{{0,2}}(?:[{re.escape(separators(thousands))}]\d{{3}})+"
    if thousands == ",":
        groups += r"|[1-9]\d?(?:,\d\d)+,\d{3}"  # lakhs and crores
    return re.compile(rf"(?:{groups})(?:{point}\d*)?|{whole}", re.ASCII)


def separators(thousands: str) -> str:
    """Every character that a separator of thousands stands for."""
    return {" ": SPACES, "'": APOSTROPHES}.get(thousands, thousands)
