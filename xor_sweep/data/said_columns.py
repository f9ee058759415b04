"""How the columns of a table were read, in lines for a console."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from xor_sweep.amounts import count
from xor_sweep.config.spec import DataSpec
from xor_sweep.data.columns import Column
from xor_sweep.data.date_text import DateForm
from xor_sweep.data.doubts import command_line
from xor_sweep.data.errors import listed
from xor_sweep.data.number_text import NumberForm
from xor_sweep.data.reading import CATEGORY, DATE, EMPTY, IDENTIFIER, INDEX, NUMBER, TIME, TRUTH, Reading
from xor_sweep.data.table import Table
from xor_sweep.visible import one_line

MOST_LINES = 16
"""Columns that have a line each; further ones are counted."""

WIDEST = 24
"""Names are cut to so many characters, so that the lines are aligned."""

NOUNS = {NUMBER: "number", TRUTH: "number", CATEGORY: "category", DATE: "date", TIME: "time"}
LEFT_OUT = {INDEX: "an index: left out", IDENTIFIER: "an identifier: left out", EMPTY: "no value: left out"}


def about_columns(data: DataSpec, table: Table, columns: Sequence[Column]) -> list[str]:
    """How the columns of a table were read: a line about all of them, and one about each that is no plain number.

    Args:
        data: says what is made of them.
        table: plain arrays have no such lines.
        columns: how its columns become features.
    """
    if not table.readings:
        return []
    learnt = {column.name: column for column in columns}
    told = [(reading, text) for reading in table.readings if (text := _about(reading, data, learnt.get(reading.name)))]
    chosen = told
    if len(told) > MOST_LINES:  # what may surprise comes first
        surprising = [pair for pair in told if pair[0].otherwise or pair[0].left_out]
        names = {pair[0].name for pair in [*surprising, *told][:MOST_LINES]}
        chosen = [pair for pair in told if pair[0].name in names]
    width = max((len(_cut(reading.name)) for reading, _ in chosen), default=0)
    lines = [f"  {_cut(reading.name):<{width}}  {text}" for reading, text in chosen]
    if len(told) > len(chosen):
        lines.append(f"  … and {count(len(told) - len(chosen), 'more column')}")
    return [_about_all(data, table), *lines]


def _about_all(data: DataSpec, table: Table) -> str:
    inputs = [reading for reading in table.readings if not reading.left_out and reading.name != data.target]
    kinds = Counter(NOUNS[reading.kind] for reading in inputs)
    columns = [f"{number:,} {noun if number == 1 else _plural(noun)}" for noun, number in kinds.items()]
    file = ", ".join([count(len(table.y), "row"), *table.notes])
    return f"{table.where}: {file}; {', '.join(columns)}"


def _plural(noun: str) -> str:
    return "categories" if noun == "category" else f"{noun}s"


def _about(reading: Reading, data: DataSpec, column: Column | None) -> str:
    """What there is to say about a column; empty for plain numbers and for what the user leaves out."""
    if reading.left_out:
        parts = [LEFT_OUT[reading.kind]] if reading.kind in LEFT_OUT else []
    else:
        parts = [*_kind(reading, data, column), *reading.notes]
        if reading.missing_as and reading.kind != CATEGORY:
            parts.append(f"{listed(reading.missing_as, 3)} taken as missing")
        if reading.repaired and reading.kind == CATEGORY:
            parts.append(f"blanks around the text of {count(reading.repaired, 'row')} ignored")
    otherwise = f"; otherwise {command_line(reading.otherwise)}" if reading.otherwise else ""
    return f"{', '.join(parts)}{otherwise}"


def _kind(reading: Reading, data: DataSpec, column: Column | None) -> list[str]:
    """What a column holds; nothing for plain numbers, and for the words of a target, which are its classes."""
    ends = " to ".join(dict.fromkeys(reading.examples))
    if reading.kind == CATEGORY:
        return [] if reading.name == data.target else [_levels(reading, data, column)]
    if reading.kind == DATE:
        form = f", {reading.form.format}" if isinstance(reading.form, DateForm) and not reading.form.iso else ""
        parts = "year, month and weekday" if data.dates == "parts" else "days since 1970-01-01"
        return [f"dates{form} as {parts}" + f" ({ends})" * bool(ends)]
    if reading.kind == TIME:
        return ["times as hours" + f" ({ends})" * bool(ends)]
    if reading.kind == TRUTH:
        return [] if reading.name == data.target else ["true and false as 1 and 0"]
    if isinstance(reading.form, NumberForm) and reading.examples:
        longest = max(reading.examples, key=len)
        return [f"numbers: {longest} is {reading.form.number(longest):.15g}"]
    return []


def _levels(reading: Reading, data: DataSpec, column: Column | None) -> str:
    """The words of a category."""
    if order := dict(data.order).get(reading.name):
        return f"{count(len(order), 'word')} in their order, as numbers: {listed(order, 5)}"
    examples = listed(reading.examples, 3) + f" and {reading.levels - 3} more" * (reading.levels > 3)
    found = f"{count(reading.levels, 'level')}: {examples}"
    if column is not None and column.words is not None and column.other:
        # Of the training part, whose most frequent words need not be those of the whole table.
        known = [word for word in reading.examples if word in column.words]
        words = [*known, *(word for word in column.words if word not in known)]
        examples = listed(words[:3], 3) + f" and {len(words) - 3} more" * (len(words) > 3)
        found = f"{count(reading.levels, 'level')}: the {len(words)} most frequent ({examples}), and other"
    if reading.single:
        found += f", {listed(reading.single, 3)} in one row" + " each" * (len(reading.single) > 1)
    return found


def _cut(name: str) -> str:
    name = one_line(name)
    return name if len(name) <= WIDEST else name[: WIDEST - 1] + "…"
