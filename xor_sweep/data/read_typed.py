"""Columns whose values have types already: numbers, true and false, dates, categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.data.date_text import COMPACT, DateForm, TimeForm, compact_dates, days
from xor_sweep.data.doubts import command_line
from xor_sweep.data.errors import DataError
from xor_sweep.data.forms import Form
from xor_sweep.data.numbers import as_numbers, number_marks
from xor_sweep.data.read_text import read_text
from xor_sweep.data.reading import DATE, EMPTY, NUMBER, TIME, TRUTH, Reading
from xor_sweep.data.rules import Rules
from xor_sweep.data.text_column import TextColumn, text_of

if TYPE_CHECKING:
    import pandas as pd

    Series = pd.Series[Any]

NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal", "boolean", "empty")
MOMENTS = ("datetime64", "datetime", "date")
SPANS = ("timedelta64", "timedelta")
"""What pandas calls columns of numbers, of dates and of durations."""


def is_text(values: Series) -> bool:
    """Whether a column holds text, or objects that are to be read as text."""
    import pandas as pd  # late: it takes long to import

    if values.dtype.kind in "biufMm":
        return False
    return pd.api.types.infer_dtype(values, skipna=True) in ("string", "mixed-integer")


def read_typed(values: Series, rules: Rules, where: str) -> tuple[Series, Reading]:
    """A column of typed values as it is learnt, and how it was read.

    Raises:
        DataError: if its values are of no type that can be learnt from.
    """
    import pandas as pd  # late: it takes long to import

    name = str(values.name)
    kind = pd.api.types.infer_dtype(values, skipna=True)
    wanted = rules.kinds.get(name, "")
    if wanted == "category" or name in rules.orders or kind == "categorical":
        as_category = rules if wanted or name in rules.orders else rules.with_kind(name, "category")
        return read_text(TextColumn.of(text_of(values), as_category), ".")
    if kind == "time":
        return read_text(TextColumn.of(values.map(str, na_action="ignore"), rules), ".")
    numbers = typed_numbers(values)
    if numbers is None:
        kind = "mixed" if kind.startswith("mixed") else kind
        without = f", or leave it out with {command_line({'ignore': [name]})}" if rules.answerable else ""
        raise DataError(f"{where}: column {name} holds {kind} values; give numbers, dates or words{without}")
    if kind != "boolean" and rules.na_values and (marks := np.isin(numbers, _marks(rules.na_values, kind))).any():
        numbers = np.where(marks, np.nan, numbers)
        values = pd.Series(numbers, values.index, name=name) if kind in NUMBERS else values.mask(marks)
    if len(numbers) and np.isnan(numbers).all():
        return values, _reading(values, EMPTY)
    if kind == "boolean":
        return values, _reading(values, TRUTH)
    if kind in MOMENTS or kind in SPANS:
        kind, form = (DATE, DateForm()) if kind in MOMENTS else (TIME, TimeForm())
        return pd.Series(numbers, values.index, name=name), _reading(values, kind, form)
    if wanted.startswith("date") and not compact_dates(numbers, fewest=1):
        remedy = command_line({"dtype": {name: "number"}})
        raise DataError(f"{where}: column {name} holds numbers that are no dates such as 20240131; write {remedy}")
    if wanted.startswith("date") or (not wanted and compact_dates(numbers)):
        compact, otherwise = DateForm(COMPACT), {"dtype": {name: "number"}}
        found = pd.Series(compact.of_numbers(numbers), values.index, name=name)
        return found, replace(_reading(values, DATE, compact), otherwise=otherwise)
    return values, _reading(values, NUMBER)


def _marks(texts: Sequence[str], kind: str) -> NDArray[np.float64]:
    """What texts are among values of a type: numbers, days or hours; NaN for one that is none."""
    form: Form | None = DateForm() if kind in MOMENTS else TimeForm() if kind in SPANS else None
    return number_marks(texts) if form is None else form.numbers(texts)


def typed_numbers(values: Series) -> NDArray[np.float64] | None:
    """Numbers, true and false, dates as days and durations as hours, NaN if one is missing; None for anything else."""
    import pandas as pd  # late: it takes long to import

    if values.dtype.kind in "biuf":
        return as_numbers(values)
    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind in NUMBERS:
        return as_numbers(values)
    if kind in MOMENTS:
        return days(pd.to_datetime(values, utc=True))
    return as_numbers(pd.to_timedelta(values) / pd.Timedelta(hours=1)) if kind in SPANS else None


def _reading(values: Series, kind: str, form: Form | None = None) -> Reading:
    missing = 0 if values.dtype.kind in "biu" else int(values.isna().sum())
    return Reading(str(values.name), kind, form, rows=len(values), missing=missing)
