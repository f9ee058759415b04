"""All columns of a table as typed values, with how each was read, and one question about all that is doubtful."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from xor_sweep.data.doubts import MOST_NAMED, Doubt, Keys, question
from xor_sweep.data.errors import DataError
from xor_sweep.data.identifiers import names_rows, numbering, rises
from xor_sweep.data.number_text import NumberForm
from xor_sweep.data.numbers import as_numbers
from xor_sweep.data.plain_columns import plain_columns
from xor_sweep.data.read_text import read_text
from xor_sweep.data.read_typed import is_text, read_typed
from xor_sweep.data.reading import CATEGORY, IDENTIFIER, IGNORED, NUMBER, Reading
from xor_sweep.data.rules import Rules
from xor_sweep.data.text_column import TextColumn

if TYPE_CHECKING:
    import pandas as pd

    Series = pd.Series[Any]

MOST_TEXT_COLUMNS = 2_000
"""Columns of text take a millisecond each to read, and a kept model has an input for each."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The columns of a table.

    Attributes:
        frame: typed values of the columns that are not left out, in the table's order, the target among them.
        readings: how each column was read, in the table's order.
    """

    frame: pd.DataFrame
    readings: tuple[Reading, ...]


def read_columns(
    frame: pd.DataFrame,
    rules: Rules,
    where: str,
    target: str = "",
    *,
    float_decimal: str = ".",
    usual_decimal: str = ".",
) -> Columns:
    """Read every column of a table.

    Args:
        frame: text, or values that are typed already, under names that are unique.
        rules: what keys say.
        where: what messages call the table.
        target: the column to predict, which is not left out; empty if the frame has none.
        float_decimal: the decimal mark of numbers that are typed already.
        usual_decimal: the decimal mark if no column tells it; empty asks about a column that is doubtful then.

    Raises:
        DataError: if a column can be read in several ways, or in none.
    """
    plain = plain_columns(frame, rules)
    left = [name for name in frame.columns if name not in rules.ignore and name not in plain]
    worded = [name for name in left if is_text(frame[name])]
    if len(worded) > MOST_TEXT_COLUMNS:
        what = f"has {len(worded):,} columns of text, and at most {MOST_TEXT_COLUMNS:,} are read"
        raise DataError(f"{where}: {what}; keep fewer of them, or write their values as plain numbers")
    texts = {name: TextColumn.of(frame[name], rules) for name in worded}
    floats = {float_decimal} if any(kind.kind == "f" for kind in frame.dtypes) else set()
    decimal = rules.float_decimal or file_decimal(floats, texts.values()) or usual_decimal
    changed: dict[str, Series] = {}
    read: list[Reading] = []
    for name in frame.columns:
        if name in plain:
            read.append(_in_form(plain[name], float_decimal))
        elif name in rules.ignore:
            read.append(Reading(name, IGNORED, rows=len(frame)))
        else:
            given = frame[name]
            values, reading = read_text(texts[name], decimal) if name in texts else read_typed(given, rules, where)
            reading = reading if name in texts else _in_form(reading, float_decimal)
            read.append(reading if name == target else _constant(values, _numbering(values, reading, rules)))
            changed |= {} if values is given else {name: values}
    readings = tuple(read)
    _ask(readings, rules, where, target)
    kept = [reading.name for reading in readings if reading.name == target or not reading.left_out]
    found = frame[kept]
    for name in kept:
        if name in changed:
            found[name] = changed[name]
    if not rules.answerable:  # such data has no keys to name
        return Columns(found, tuple(replace(reading, otherwise=None) for reading in readings))
    return Columns(found, tuple(_with_usual(reading, readings) for reading in readings))


def _in_form(reading: Reading, float_decimal: str) -> Reading:
    """A column of numbers from a file with decimal commas: other files with them are read in the same way."""
    comma = reading.kind == NUMBER and float_decimal == ","
    return replace(reading, form=NumberForm(",", ".")) if comma else reading


def file_decimal(floats: set[str], texts: Iterable[TextColumn]) -> str:
    """The decimal mark of a table, if its numbers and its text tell one and no other; otherwise empty."""
    found = floats | {text.certain_decimal for text in texts} - {""}
    return found.pop() if len(found) == 1 else ""


def _numbering(values: Series, reading: Reading, rules: Rules) -> Reading:
    """The reading of a column that may count or name the rows."""
    name = reading.name
    if reading.doubt or reading.left_out or name in rules.kinds or name in rules.orders:
        return reading
    if reading.kind == CATEGORY:
        named = names_rows(name, reading.levels, reading.rows - reading.missing)
        kind, keep = IDENTIFIER if named else "", "category"
    elif reading.kind == NUMBER and not reading.examples:
        known = _known(values)
        kind, keep = numbering(name, known), "number"
        if not kind and rises(known):
            notes = (*reading.notes, "rises from row to row, as an index does")
            return replace(reading, notes=notes, otherwise={"ignore": [name]})
    else:
        return reading
    if kind and not rules.answerable:
        return replace(reading, notes=(*reading.notes, f"looks like an {kind}, which is better left out"))
    return replace(reading, kind=kind, otherwise={"dtype": {name: keep}}) if kind else reading


def _known(values: Series) -> NDArray[Any]:
    """The numbers of the rows that have one; integers that no type of NumPy holds stay Python's own."""
    known = values.dropna()
    integers = known.dtype == object and all(type(value) is int for value in known)
    return known.to_numpy() if integers or known.dtype != object else as_numbers(known)


def _constant(values: Series, reading: Reading) -> Reading:
    """The reading of a column that may hold one value everywhere."""
    if reading.doubt or reading.left_out or reading.missing or not reading.rows:
        return reading
    if reading.kind == CATEGORY:
        same = reading.levels == 1
    else:
        numbers = as_numbers(values)
        same = bool(numbers[0] == numbers[-1] and (numbers == numbers[0]).all())
    if not same:
        return reading
    name = reading.name
    return replace(reading, notes=(*reading.notes, "the same in every row"), otherwise={"ignore": [name]})


def _with_usual(reading: Reading, readings: Sequence[Reading]) -> Reading:
    """A reading whose key `na_values` names what is missing in other columns too, as it replaces the usual texts."""
    if not reading.otherwise or not reading.otherwise.get("na_values"):
        return reading
    usual = {text for other in readings for text in other.missing_as}
    return replace(reading, otherwise={"na_values": [*reading.otherwise["na_values"], *sorted(usual)]})


def _ask(readings: Sequence[Reading], rules: Rules, where: str, target: str) -> None:
    """Raise a DataError about all doubtful columns, with command lines that keep what the keys say already."""
    doubts = [reading.doubt for reading in readings if reading.doubt]
    if not doubts:
        return
    if not rules.answerable:
        named = "; ".join(f"column {doubt.name} {doubt.what}" for doubt in doubts[:MOST_NAMED])
        raise DataError(f"{where}: {named}; return numbers, dates or words of one form")
    said = rules.na_values
    usual = sorted({text for reading in readings for text in reading.missing_as}) if said is None else said
    known: dict[str, Any] = {"na_values": [*usual], "dtype": rules.kinds, "ignore": [*rules.ignore]}
    raise DataError(f"{where}: {question([_answerable(doubt, target) for doubt in doubts], known)}")


def _answerable(doubt: Doubt, target: str) -> Doubt:
    """The doubt without leaving out the target as an answer."""
    if doubt.name != target:
        return doubt
    answers: list[Keys] = [keys for keys in (doubt.first, doubt.second) if "ignore" not in keys]
    return replace(doubt, first=answers[0], second=answers[-1])
