"""A column of text as typed values: numbers in any form, dates, times, true and false, or words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.data.date_text import DateForm, TimeForm, date_forms
from xor_sweep.data.doubts import Doubt, Keys
from xor_sweep.data.errors import listed
from xor_sweep.data.forms import Form
from xor_sweep.data.number_doubts import two_numbers, why_no_form, with_units
from xor_sweep.data.number_text import NumberForm
from xor_sweep.data.reading import CATEGORY, DATE, EMPTY, NUMBER, TIME, TRUTH, Reading
from xor_sweep.data.rules import NONE
from xor_sweep.data.text_column import TextColumn

if TYPE_CHECKING:
    import pandas as pd

    Series = pd.Series[Any]

Read = tuple["Series", Reading]

ZERO_LED, DIGITS = re.compile(r"0\d+", re.ASCII), re.compile(r"\d+", re.ASCII)
HEX = re.compile(r"0[xX][0-9a-fA-F]+", re.ASCII)

MOSTLY = 0.8
"""A column with this share of numbers, dates or times holds them, though not everywhere."""

HALF, FEW_MARKS = 0.5, 2
"""With at most two different texts that are no numbers, half of the rows make a column of numbers."""

MOST_MARKS = 10
"""More different texts than this are no marks for missing values."""

SHOWN = 3


def read_text(column: TextColumn, file_decimal: str) -> Read:
    """The values of a column as they are learnt, and how they were read.

    Numbers are float64, or int64 if all are whole and none is missing; dates are days since 1970-01-01 and times hours;
    true and false are booleans; words are text without blanks around it. A missing value is NaN.

    Args:
        column: its text.
        file_decimal: the decimal mark of the file's other columns; empty if they do not tell.
    """
    wanted = column.rules.kinds.get(column.name, "")
    if wanted == "category" or column.name in column.rules.orders:
        return _category(column)
    if wanted:
        return _as_asked(column, wanted, file_decimal)
    values = column.values
    if not values:
        return _typed(column, np.empty(0), EMPTY)
    if all(text.lower() in ("true", "false") for text in values):
        return _truth(column)
    if all(map(DIGITS.fullmatch, values)) and any(map(ZERO_LED.fullmatch, values)):
        return _category(column, "codes with leading zeros", _dtype(column, "number"))
    if all(map(HEX.fullmatch, values)):
        return _category(column, "hexadecimal codes", _dtype(column, "number"))
    return (
        _numbers(column, file_decimal)
        or _times(column)
        or _dates(column)
        or _numbers_but_for_marks(column)
        or _numbers_with_units(column)
        or _category(column)
    )


def _numbers(column: TextColumn, file_decimal: str) -> Read | None:
    plain = column.plain_numbers
    pointed = any("." in text for text in column.values)
    if not np.isnan(plain).any() and not (pointed and "," in (file_decimal, column.rules.decimal)):
        ambiguous = pointed and not file_decimal and (",", ".") in column.number_cells.marks
        return _doubtful(column, two_numbers(column, ".")) if ambiguous else _typed(column, plain, NUMBER)
    if len(column.cells) < len(column.values):
        return None
    form = column.number_cells.form(file_decimal)
    if form is None:
        return _doubtful(column, why_no_form(column))
    values, reading = _typed(column, form.numbers(column.values), NUMBER, form)
    if "," in column.number_cells.used and not column.number_cells.certain_decimal:
        reading = replace(reading, otherwise={"decimal": "point" if form.decimal == "," else "comma"})
    return values, reading


def _times(column: TextColumn) -> Read | None:
    return _typed_or_doubtful(column, TimeForm().numbers(column.values), TIME, TimeForm())


def _dates(column: TextColumn, first: str = "") -> Read | None:
    forms = date_forms(column.values, first)
    if not forms:
        return None
    found = [form.numbers(column.values) for form in forms]
    other = next((each for each in found[1:] if not np.array_equal(each, found[0], equal_nan=True)), None)
    if other is not None:
        text = next(t for t, one, two in zip(column.values, found[0], other, strict=True) if one != two)
        what = f"holds dates such as {text}, with the day or the month first"
        keys = [_dtype(column, f"date_{each}_first") for each in ("day", "month")]
        return _doubtful(column, Doubt(column.name, what, keys[0], keys[1]))
    return _typed_or_doubtful(column, found[0], DATE, forms[0])


def _typed_or_doubtful(column: TextColumn, found: NDArray[Any], kind: str, form: Form) -> Read | None:
    """Numbers that texts are; a doubt if a few are none; None if most are none."""
    bad = np.isnan(found)
    if not bad.any():
        return _typed(column, found, kind, form)
    return _marked(column, bad, f"{kind}s")


def _numbers_but_for_marks(column: TextColumn) -> Read | None:
    return _marked(column, np.array([text not in column.cells for text in column.values]), "numbers")


def _numbers_with_units(column: TextColumn) -> Read | None:
    doubt = with_units(column)
    return None if doubt is None else _doubtful(column, doubt)


def _marked(column: TextColumn, bad: NDArray[np.bool_], what: str) -> Read | None:
    """A doubt about the texts that are none of what a column holds; None if it mostly holds such texts."""
    odd = [text for text, is_bad in zip(column.values, bad, strict=True) if is_bad]
    share = 1 - column.rows_of(odd) / column.rows_of(column.values)
    few = share >= MOSTLY or (share >= HALF and len(odd) <= FEW_MARKS)
    return _doubtful(column, _doubt_about(column, what, odd)) if few else None


def _doubt_about(column: TextColumn, what: str, odd: Sequence[str]) -> Doubt:
    others = column.rows_of(odd) - 1
    more = "" if not others else f" and {others} other row{'s' * (others != 1)}"
    row = column.first_row(odd[0])
    last = ", the last one" * (row == len(column.codes) - 1)
    says = f"holds {what} except {listed(odd, SHOWN)}, in row {row}{last} (counted from 0){more}"
    words: Keys = _dtype(column, "category")
    if len(odd) > MOST_MARKS:
        return Doubt(column.name, says, words, {"ignore": [column.name]})
    return Doubt(column.name, says, {"na_values": list(odd)}, words)


def _as_asked(column: TextColumn, wanted: str, file_decimal: str) -> Read:
    """The values as `data.dtype` says."""
    form: Form
    if not column.values:
        return _typed(column, np.empty(0), EMPTY)
    if wanted == "number":
        form, kind = column.number_cells.form(file_decimal) or NumberForm(), NUMBER
        found = np.array([int(text, 16) if HEX.fullmatch(text) else np.nan for text in column.values], np.float64)
        found = np.where(np.isnan(found), form.numbers(column.values), found)
    elif wanted == "time":
        form, kind = TimeForm(), TIME
        found = form.numbers(column.values)
    elif read := _dates(column, {"date_day_first": "day", "date_month_first": "month"}.get(wanted, "")):
        return read
    else:
        form, kind, found = DateForm(), DATE, np.full(len(column.values), np.nan)
    odd = [text for text, number in zip(column.values, found, strict=True) if number != number]
    if odd:
        return _doubtful(column, _doubt_about(column, f"{kind}s, as data.dtype says,", odd))
    return _typed(column, found, kind, None if form == NumberForm() else form)


def _truth(column: TextColumn) -> Read:
    found = np.array([text.lower() == "true" for text in column.values], object)
    values = column.by_row(column.values, found)
    missing = len(column.missing_as(column.values)) or (column.codes < 0).any() or "" in column.stripped
    return _read(column, values if missing else values.astype(np.bool_), TRUTH, column.values)


def _category(column: TextColumn, note: str = "", otherwise: Keys | None = None) -> Read:
    words = column.words
    count: Counter[str] = Counter()
    for text, rows in zip(column.stripped, column.counts, strict=True):
        count[text] += int(rows)
    frequent = sorted(words, key=lambda word: (-count[word], word))
    notes = [note] if note else []
    if column.rules.na_values is None and (nones := [word for word in words if word.lower() == NONE]):
        notes.append(f"{nones[0]} is a word")
        otherwise = otherwise or {"na_values": nones}
    if column.rules.na_values is None and (gone := column.missing_as(words)):
        notes.append(f"{listed(gone, SHOWN)} taken as missing")
        otherwise = otherwise or {"na_values": []}
    if alike := _alike(words):
        notes.append(f"{alike[0]} and {alike[1]} differ in case only")
    more: dict[str, Any] = {
        "levels": len(words),
        "examples": tuple(frequent[:SHOWN]),
        "single": tuple(word for word in frequent if count[word] == 1)[:SHOWN],
        "notes": tuple(notes),
        "otherwise": otherwise,
    }
    return _read(column, column.by_row(words, np.array(words, object)), CATEGORY, words, **more)


def _alike(words: Sequence[str]) -> tuple[str, str] | None:
    """Two words that differ in upper and lower case only."""
    seen: dict[str, str] = {}
    for word in words:
        if (other := seen.setdefault(word.casefold(), word)) != word:
            return other, word
    return None


def _typed(column: TextColumn, found: NDArray[Any], kind: str, form: Form | None = None) -> Read:
    """A column of numbers that were found of its different values."""
    texts = [column.values[found.argmin()], column.values[found.argmax()]] if len(found) and form else []
    return _read(column, column.by_row(column.values, found), kind, column.values, form=form, examples=tuple(texts))


def _doubtful(column: TextColumn, doubt: Doubt) -> Read:
    return _read(
        column, column.by_row(column.words, np.array(column.words, object)), CATEGORY, column.values, doubt=doubt
    )


def _read(column: TextColumn, values: NDArray[Any], kind: str, known: Sequence[str], **more: Any) -> Read:
    import pandas as pd  # late: it takes long to import

    series = pd.Series(values, name=column.name)
    missing = int(pd.isna(values).sum())
    found = Reading(
        column.name,
        kind,
        rows=len(values),
        missing=missing,
        missing_as=column.missing_as(known),
        repaired=column.repaired,
        **more,
    )
    return series, found


def _dtype(column: TextColumn, kind: str) -> Keys:
    return {"dtype": {column.name: kind}}
