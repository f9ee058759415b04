"""What stands in the report's tables: short to read, and whole where a pointer rests on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from xor_sweep import amounts
from xor_sweep.summary.frame import fits_numbers, text
from xor_sweep.visible import visible

SHORT, WHOLE = 120, 2_000
"""Characters of a text that are shown, and that are there when a pointer rests on it."""

ONE_LINE = 36
"""Characters of a text that is not broken."""


class Cell(NamedTuple):
    """A value.

    Attributes:
        words: as it is shown: floats to 6 significant digits.
        whole: all of it, a float's shortest form that reads back as the same number; empty where the words are.
        number: whether it is, or begins with, a number.
    """

    words: str
    whole: str = ""
    number: bool = False

    @property
    def long(self) -> bool:
        """Whether the words may be broken anywhere, to leave others room."""
        return len(self.words) > ONE_LINE

    @property
    def hint(self) -> str:
        """What appears where a pointer rests on it: all of it where that may not be seen."""
        return self.whole or (self.words if self.long else "")


@dataclass(frozen=True)
class Table:
    """Rows under heads.

    Attributes:
        heads: the columns' names, and whether each holds numbers alone.
        rows: cells, in the order of the heads.
        total: how many rows there are; more than are here where the table would be too long.
    """

    heads: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int


def table_of(names: Sequence[str], rows: Iterable[Sequence[Any]], total: int | None = None) -> Table:
    """A table of plain values and of cells."""
    values = list(rows)
    numeric = [all(_numeric(row[place]) for row in values) for place in range(len(names))]
    heads = tuple((cell(name).words, right) for name, right in zip(names, numeric, strict=True))
    cells = tuple(tuple(each if isinstance(each, Cell) else cell(each) for each in row) for row in values)
    return Table(heads, cells, len(cells) if total is None else total)


def cell(value: Any) -> Cell:
    """A value, in one line, of a bounded length, without hidden characters."""
    if isinstance(value, float):
        words, whole = amounts.number(value), repr(value)
        return Cell(words, "" if words == whole else whole, number=True)
    words = visible(" ".join(text(value).split()))
    return Cell(words) if len(words) <= SHORT else Cell(_cut(words, SHORT), _cut(words, WHOLE))


def share(value: float | None) -> Cell:
    """A share as a percentage."""
    return Cell("", number=True) if value is None else Cell(f"{value:.0%}", f"{value!r}", number=True)


def pair(first: float | None, between: str, second: float | None) -> Cell:
    """Two numbers that belong together; one that is not known is a question mark."""
    known = first is not None or second is not None
    whole = [f"{each!r}" if each is not None else "?" for each in (first, second)]
    return Cell(amounts.pair(first, between, second), between.join(whole) if known else "", number=True)


def _numeric(value: Any) -> bool:
    if isinstance(value, Cell):
        return value.number
    return fits_numbers(value)


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"
