"""Columns whose values have types already: numbers, true and false, dates, categories."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from xor_sweep.data.columns import as_numbers
from xor_sweep.data.date_text import COMPACT, DateForm, TimeForm, compact_dates, days
from xor_sweep.data.doubts import Keys
from xor_sweep.data.errors import DataError
from xor_sweep.data.read_text import read_text
from xor_sweep.data.reading import DATE, EMPTY, NUMBER, TIME, TRUTH, Form, Reading
from xor_sweep.data.rules import Rules
from xor_sweep.data.text_column import TextColumn, text_of

if TYPE_CHECKING:
    import pandas as pd

    Series = pd.Series[Any]

NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal")


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
    if kind in NUMBERS:
        return _numbers(values, wanted)
    if kind == "empty":
        return values, _reading(values, EMPTY)
    if kind == "boolean":
        return values, _reading(values, TRUTH)
    form: Form
    if kind in ("datetime64", "datetime", "date"):
        found, kind, form = days(pd.to_datetime(values, utc=True)), DATE, DateForm()
    elif kind in ("timedelta64", "timedelta"):
        hour = pd.Timedelta(hours=1)
        found, kind, form = as_numbers(pd.to_timedelta(values) / hour), TIME, TimeForm()
    elif kind == "time":
        return read_text(TextColumn.of(values.map(str, na_action="ignore"), rules), ".")
    else:
        kind = "mixed" if kind.startswith("mixed") else kind
        raise DataError(f"{where}: column {name} holds {kind} values; give numbers or words, or data.ignore=[{name}]")
    return pd.Series(found, values.index, name=name), _reading(values, kind, form)


def _numbers(values: Series, wanted: str) -> tuple[Series, Reading]:
    """Numbers as they are, or as days if they are dates such as 20240131."""
    numbers = as_numbers(values)
    if len(numbers) and np.isnan(numbers).all():
        return values, _reading(values, EMPTY)
    if wanted.startswith("date") or (not wanted and compact_dates(numbers)):
        import pandas as pd  # late: it takes long to import

        otherwise: Keys = {"dtype": {str(values.name): "number"}}
        form = DateForm(COMPACT)
        found = pd.Series(form.of_numbers(numbers), values.index, name=values.name)
        return found, replace(_reading(values, DATE, form), otherwise=otherwise)
    return values, _reading(values, NUMBER)


def _reading(values: Series, kind: str, form: Form | None = None) -> Reading:
    missing = 0 if values.dtype.kind in "biu" else int(values.isna().sum())
    return Reading(str(values.name), kind, form, rows=len(values), missing=missing)
