"""Why numbers of a column cannot be read without asking."""

from __future__ import annotations

from collections.abc import Iterable

from xor_sweep.data.doubts import Doubt
from xor_sweep.data.number_text import Cell, NumberCells, NumberForm
from xor_sweep.data.text_column import TextColumn


def why_no_form(column: TextColumn) -> Doubt:
    """What is in the way of a column whose values are all numbers, but not of one form."""
    cells, name = column.number_cells, column.name
    if not cells.one_amount:
        first, second = (_with_amount(column, amount) for amount in sorted(cells.amounts, reverse=True)[:2])
        what = f"holds numbers of several units, such as {first} and {second}"
    elif not cells.marks:
        what = _several_marks(column.cells.items())
    else:
        text = next(text for text in column.cells if "," in text)
        one, two = (NumberForm(*marks, "".join(cells.amounts)).number(text) for marks in ((".", ","), (",", "")))
        return Doubt(
            name, f"holds {text}, which is {one:.15g} or {two:.15g}", {"decimal": "point"}, {"decimal": "comma"}
        )
    return Doubt(name, what, {"ignore": [name]}, {"dtype": {name: "category"}})


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
