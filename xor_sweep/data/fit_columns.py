"""How each column becomes features, measured on the rows of the training part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.config.spec import DataSpec
from xor_sweep.data.columns import PARTS, Column
from xor_sweep.data.date_text import MONTHS, WEEKDAYS
from xor_sweep.data.errors import DataError
from xor_sweep.data.numbers import as_numbers, center_and_scale, refuse_infinite
from xor_sweep.data.reading import CATEGORY, DATE, Reading

if TYPE_CHECKING:
    import pandas as pd

    Series = pd.Series[Any]

CALENDAR = {"month": MONTHS, "weekday": WEEKDAYS}


def check_columns(
    frame: pd.DataFrame, readings: Mapping[str, Reading], data: DataSpec, policies: bool, where: str
) -> None:
    """Hold every column against what can be learnt from.

    Args:
        frame: typed values of all rows.
        readings: how each column was read, by name.
        data: says what missing values are, and the order of words.
        policies: whether a person can set the key data.missing for data of this kind.
        where: what messages call the data.

    Raises:
        DataError: where a column is infinite, has a word that its order lacks or, unless a policy says what then, has
            missing values.
    """
    orders = dict(data.order)
    for name in frame.columns:
        column, reading = frame[name], readings[name]
        if reading.missing and data.missing == "error":
            remedy = "data.missing=drop or data.missing=impute" if policies else "rows or columns without them"
            what = f"column {name} has {reading.missing} missing value{'s' * (reading.missing != 1)} of {len(column)}"
            raise DataError(f"{where}: {what}; use {remedy}")
        if reading.kind != CATEGORY:
            refuse_infinite(as_numbers(column), f"column {name}", where)
        elif name in orders:
            Column(name, orders[name], fill=0.0, ordered=True, na_values=data.na_values).features(column, where)


def fit_columns(frame: pd.DataFrame, readings: Mapping[str, Reading], data: DataSpec) -> tuple[Column, ...]:
    """How each column becomes features.

    Args:
        frame: typed values of the training part's rows.
        readings: how each column was read, by name.
        data: says what is standardised, imputed, left together and ordered.
    """
    return tuple(fitted for name in frame.columns for fitted in _fitted(frame[name], readings[name], data))


def _fitted(values: Series, reading: Reading, data: DataSpec) -> Iterator[Column]:
    column = Column(reading.name, form=reading.form, na_values=data.na_values)
    if reading.kind == CATEGORY and (order := dict(data.order).get(reading.name)):
        column = replace(column, words=order, ordered=True)
        ranks = replace(column, fill=np.nan).features(values, "")[:, 0]
        yield _scaled(column, ranks, data)
    elif reading.kind == CATEGORY:
        words, other = most_frequent(column, values, data.levels)
        yield replace(column, words=words, other=other)
    elif reading.kind == DATE and data.dates == "parts":
        for part in PARTS:
            yield _fitted_part(replace(column, part=part), values, data)
    else:
        yield _scaled(column, as_numbers(values), data)


def _fitted_part(column: Column, values: Series, data: DataSpec) -> Column:
    found = column.values(values, "")
    if column.part not in CALENDAR:
        return _scaled(column, found, data)
    return replace(column, words=tuple(word for word in CALENDAR[column.part] if word in set(found)))


def most_frequent(column: Column, values: Series, most: int) -> tuple[tuple[str, ...], bool]:
    """The words of a column that have a feature each, sorted, and whether there are more of them."""
    column = replace(column, words=())
    count = Counter(word for word in column.values(values, "") if word is not None)
    frequent = sorted(count, key=lambda word: (-count[word], word))
    return tuple(sorted(frequent[:most])), len(frequent) > most


def _scaled(column: Column, values: NDArray[np.float64], data: DataSpec) -> Column:
    """A column of numbers with what fills and scales it."""
    known = values[~np.isnan(values)]
    fill = (float(known.mean()) if len(known) else 0.0) if data.missing == "impute" else None
    if not data.standardize:
        return replace(column, fill=fill)
    filled = np.where(np.isnan(values), 0.0 if fill is None else fill, values)
    mean, scale = center_and_scale(filled)
    return replace(column, fill=fill, mean=float(mean), scale=float(scale))
