"""Columns of a frame to features: numbers as they are or standardised, words as one feature each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.data.errors import DataError, listed
from xor_sweep.data.numbers import center_and_scale, refuse_infinite

if TYPE_CHECKING:
    import pandas as pd

    Series = pd.Series[Any]

FEW_WORDS = 10
"""So many different words are a category, whatever they look like."""

MOST_WORDS, MOST_OF_ALL = 100, 0.5
"""A column with more different words than this, or one for each second row, is a name or a text, not a category."""

NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal", "boolean", "empty")
WORDS = ("string", "categorical", "mixed-integer")
"""What pandas calls the columns that are read as numbers, and as words."""


@dataclass(frozen=True, slots=True)
class Column:
    """How one column becomes features.

    Attributes:
        name: the column's name.
        words: None for numbers; otherwise a feature for each, in this order, which is 1 where the word stands and 0
            elsewhere. A word that is none of them, and a missing one, is 0 in all.
        fill: what a missing number is replaced with; None refuses it.
        mean, scale: what is subtracted from a number, and what it is then divided by; None leaves it as it is.
    """

    name: str
    words: tuple[str, ...] | None = None
    fill: float | None = None
    mean: float | None = None
    scale: float | None = None

    def features(self, values: Series, where: str) -> NDArray[np.float64]:
        """The features of raw values, `(rows, features)`.

        Raises:
            DataError: where a number is a word, missing with nothing to fill it, or infinite.
        """
        if self.words is not None:
            places = {word: place for place, word in enumerate(self.words)}
            places_of_rows = np.array([places.get(word, -1) for word in as_words(values)], np.int64)
            features: NDArray[np.float64] = (places_of_rows[:, None] == np.arange(len(places))).astype(np.float64)
            return features
        if is_words(values, self.name, where):
            raise DataError(f"{where}: column {self.name} holds words, such as {_first(values)}; it takes numbers")
        numbers = as_numbers(values)
        missing = np.isnan(numbers)
        if missing.any() and self.fill is None:
            count = int(missing.sum())
            what = f"column {self.name} has {count} missing value{'s' * (count != 1)}"
            raise DataError(f"{where}: {what}, and training had none to fill; fill or drop them")
        numbers = np.where(missing, 0.0 if self.fill is None else self.fill, numbers)
        refuse_infinite(numbers, f"column {self.name}", where)
        if self.mean is not None and self.scale is not None:
            numbers = (numbers - self.mean) / self.scale
        return numbers[:, None]


def is_words(values: Series, name: str, where: str) -> bool:
    """Whether a column is words; otherwise it is numbers, true and false among them.

    Raises:
        DataError: where it is neither, such as dates.
    """
    import pandas as pd  # late: it takes long to import

    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind in NUMBERS:
        return False
    if kind in WORDS:
        return True
    kind = "mixed" if kind.startswith("mixed") else kind
    raise DataError(f"{where}: column {name} holds {kind} values; give numbers or words, or data.ignore=[{name}]")


def fit_columns(frame: pd.DataFrame, words: Mapping[str, bool], standardize: bool, impute: bool) -> tuple[Column, ...]:
    """How each column becomes features, from the training part's rows.

    Args:
        frame: the rows of the training part.
        words: by column, whether it is words.
        standardize: whether numbers get mean 0 and deviation 1.
        impute: whether missing numbers are filled with the mean.
    """
    return tuple(
        Column(name, words=tuple(sorted({word for word in as_words(frame[name]) if word is not None})))
        if words[name]
        else _number_column(name, as_numbers(frame[name]), standardize, impute)
        for name in frame.columns
    )


def _number_column(name: str, values: NDArray[np.float64], standardize: bool, impute: bool) -> Column:
    known = values[~np.isnan(values)]
    fill = (float(known.mean()) if len(known) else 0.0) if impute else None
    if not standardize:
        return Column(name, fill=fill)
    filled = np.where(np.isnan(values), 0.0 if fill is None else fill, values)
    mean, scale = center_and_scale(filled)
    return Column(name, fill=fill, mean=float(mean), scale=float(scale))


def check_columns(frame: pd.DataFrame, missing: str, policies: bool, where: str) -> dict[str, bool]:
    """By column, whether it is words; every column is held against what can be learnt from.

    Args:
        frame: all rows.
        missing: `error`, `drop` or `impute`.
        policies: whether a person can set the key data.missing for data of this kind.
        where: what messages call the data.

    Raises:
        DataError: where a column is neither numbers nor words, has too many words, is infinite or, unless a policy
            says what then, has missing values.
    """
    words = {name: is_words(frame[name], name, where) for name in frame.columns}
    for name, worded in words.items():
        column = frame[name]
        count = int(column.isna().sum())
        if count and missing == "error":
            remedy = "data.missing=drop or data.missing=impute" if policies else "rows or columns without them"
            what = f"column {name} has {count} missing value{'s' * (count != 1)} of {len(column)}"
            raise DataError(f"{where}: {what}; use {remedy}")
        if count == len(column):
            raise DataError(f"{where}: column {name} has no values at all; use data.ignore=[{name}]")
        if worded:
            _refuse_many_words(column, name, where)
        else:
            refuse_infinite(as_numbers(column), f"column {name}", where)
    return words


def _refuse_many_words(column: Series, name: str, where: str) -> None:
    found = sorted({word for word in as_words(column) if word is not None})
    if len(found) <= FEW_WORDS:
        return
    import pandas as pd  # late: it takes long to import

    odd = [
        word
        for word, value in zip(found, pd.to_numeric(pd.Series(found), errors="coerce"), strict=True)
        if value != value
    ]
    if len(odd) * 2 < len(found):
        remedy = f"correct that, or leave it out with data.ignore=[{name}]"
        raise DataError(f"{where}: column {name} holds numbers but for {listed(odd, 3)}; {remedy}")
    if len(found) > MOST_WORDS or len(found) > MOST_OF_ALL * len(column):
        what = f"column {name} has {len(found)} different words in {len(column)} rows"
        raise DataError(f"{where}: {what}, and is no category; leave it out with data.ignore=[{name}]")


def as_numbers(values: Series) -> NDArray[np.float64]:
    """A column of numbers as float64, NaN where one is missing."""
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def as_words(values: Series) -> NDArray[np.object_]:
    """A column's values as text, None where one is missing."""
    words = np.empty(len(values), object)
    words[:] = [None if missing else str(value) for value, missing in zip(values, values.isna(), strict=True)]
    return words


def _first(values: Series) -> str:
    return str(next(value for value in values if isinstance(value, str)))
