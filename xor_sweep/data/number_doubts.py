"""Why numbers of a column cannot be read without asking."""

from __future__ import annotations

import re
from collections.abc import Iterable

from xor_sweep.data.doubts import Doubt
from xor_sweep.data.number_text import Cell, NumberCells, NumberForm
from xor_sweep.data.text_column import TextColumn

WITH_UNIT = re.compile(r"[-+]?\d[\d.,]*\s*[^\W\d_]{1,6}(?:/[^\W\d_]{1,6})?")
"""A number with a unit, such as `12.3 kg`, `1.5k` and `80 km/h`."""

MOSTLY = 0.8
FEW_LEVELS = 20
"""Up to so many different texts are taken for categories, such as `4wd`."""


def why_no_form(column: TextColumn) -> Doubt:
    """What is in the way of a column whose values are all numbers, but not of one form."""
    cells, name = column.number_cells, column.name
    if not cells.one_amount:
        first, second = (_with_amount(column, amount) for amount in sorted(cells.amounts, reverse=True)[:2])
        what = f"holds numbers of several units, such as {first} and {second}"
    elif not cells.marks:
        what = _several_marks(column.cells.items())
    else:
        return two_numbers(column, ",")
    return Doubt(name, what, {"ignore": [name]}, {"dtype": {name: "category"}})


def two_numbers(column: TextColumn, mark: str) -> Doubt:
    """Say that a mark may be the decimal mark or stand between thousands."""
    text = next(text for text in column.cells if mark in text)
    amount = "".join(column.number_cells.amounts)
    point, comma = ((".", ","), (",", "")) if mark == "," else ((".", ""), (",", "."))
    one, two = (NumberForm(*marks, amount).number(text) for marks in (point, comma))
    what = f"holds {text}, which is {one:.15g} or {two:.15g}"
    return Doubt(column.name, what, {"decimal": "point"}, {"decimal": "comma"})


def with_units(column: TextColumn) -> Doubt | None:
    """Say that numbers have words beside them, as in `12.3 kg`, unless they are few and may be names of categories."""
    found = [text for text in column.values if WITH_UNIT.fullmatch(text)]
    if len(column.values) <= FEW_LEVELS or len(found) < MOSTLY * len(column.values):
        return None
    what = f"holds numbers with words beside them, such as {found[0]}; write plain numbers to learn from them"
    return Doubt(column.name, what, {"ignore": [column.name]}, {"dtype": {column.name: "category"}})


def _with_amount(column: TextColumn, amount: str) -> str:
    return next(text for text, cell in column.cells.items() if cell.amount == amount)


def _several_marks(cells: Iterable[tuple[str, Cell]]) -> str:
    """What tells that there is no form for all cells: two that no form fits."""
    left, before = NumberCells([]).marks, ""
    for text, cell in cells:
        left = tuple(marks for marks in left if marks in NumberCells([cell]).marks)
        if not left:
            return f"holds numbers of several forms, such as {before} and {text}"
        before = text if not cell.body.isdigit() else before
    return "holds numbers in another form than the keys say"
