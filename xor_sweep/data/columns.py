"""Columns of a frame to features: numbers as they are or standardised, words as one feature each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.amounts import count
from xor_sweep.data.date_text import DateForm, TimeForm, part_of
from xor_sweep.data.errors import DataError
from xor_sweep.data.forms import Form, form_from_json, form_to_json
from xor_sweep.data.numbers import number_marks, refuse_infinite
from xor_sweep.data.read_typed import typed_numbers
from xor_sweep.data.rules import Rules
from xor_sweep.data.text_column import TextColumn, text_of

if TYPE_CHECKING:
    import pandas as pd

    Series = pd.Series[Any]

TRUTHS = {"true": 1.0, "false": 0.0}
PARTS = ("year", "month", "weekday")
"""What `data.dates=parts` makes of a date."""


@dataclass(frozen=True, slots=True)
class Column:
    """How one column becomes features.

    Attributes:
        name: the column's name.
        words: None for numbers; otherwise a feature for each, in this order, which is 1 where the word stands and 0
            elsewhere. A word that is none of them, and a missing one, is 0 in all.
        fill: what a missing number is replaced with; None refuses it.
        mean, scale: what is subtracted from a number, and what it is then divided by; None leaves it as it is.
        other: whether there is one more feature, which is 1 for a word that is none of `words`.
        ordered: whether a word is a number instead, its place among `words`.
        form: how the column's text becomes numbers; None if it is written as programs write numbers.
        part: of a date `year`, `month` or `weekday`; empty for the whole.
        na_values: the texts that are missing values beside the empty one; None for the usual ones.
    """

    name: str
    words: tuple[str, ...] | None = None
    fill: float | None = None
    mean: float | None = None
    scale: float | None = None
    other: bool = False
    ordered: bool = False
    form: Form | None = None
    part: str = ""
    na_values: tuple[str, ...] | None = None

    @property
    def input_name(self) -> str:
        """What tells the column's values from those of other parts of the same date."""
        return f"{self.name} {self.part}" if self.part else self.name

    def values(self, raw: Series, where: str) -> NDArray[Any]:
        """What is learnt of raw values, `(rows,)`: numbers, NaN if one is missing, or words, None if one is missing.

        Args:
            raw: text as a file has it, or typed values.
            where: what messages call the rows.

        Raises:
            DataError: if a value is none of what the column holds.
        """
        if self.words is not None and not self.part:
            return self._words(raw)
        numbers = self._numbers(raw, where)
        return part_of(numbers, self.part) if self.part else numbers

    def features(self, raw: Series, where: str) -> NDArray[np.float64]:
        """The features of raw values, `(rows, features)`.

        Raises:
            DataError: where a number is a word, missing with nothing to fill it, or infinite.
        """
        values = self.values(raw, where)
        if self.words is not None and not self.ordered:
            return self._indicators(values)
        numbers = self._ranks(values, where) if self.words is not None else values.astype(np.float64)
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

    def unknown(self, raw: Series) -> str | None:
        """What there is to say of words that have no feature; None if there is nothing.

        Args:
            raw: text as a file has it, or typed values.
        """
        if self.words is None or self.part or self.ordered:
            return None
        found = self._words(raw)
        missing = sum(word is None for word in found)
        known = {*self.words, None}
        strange = [] if self.other else [word for word in found if word not in known]
        parts = [f"{count(missing, 'row')} without a word"] if missing else []
        if strange:
            parts.append(f"{count(len(strange), 'row')} with words that training did not have, such as {strange[0]}")
        return f"{' and '.join(parts)}: no feature of it is set there" if parts else None

    def _indicators(self, words: NDArray[Any]) -> NDArray[np.float64]:
        known = {word: place for place, word in enumerate(self.words or ())}
        width = len(known) + self.other
        elsewhere = len(known) if self.other else -1
        places = np.array([-1 if word is None else known.get(word, elsewhere) for word in words], np.int64)
        found: NDArray[np.float64] = (places[:, None] == np.arange(width)).astype(np.float64)
        return found

    def _ranks(self, words: NDArray[Any], where: str) -> NDArray[np.float64]:
        known = {word: float(place) for place, word in enumerate(self.words or ())}
        if odd := next((word for word in words if word is not None and word not in known), None):
            raise DataError(f"data.order: column {self.name} of {where} holds {odd}, which is not in its list; add it")
        return np.array([np.nan if word is None else known[word] for word in words], np.float64)

    def _words(self, raw: Series) -> NDArray[Any]:
        text = TextColumn.of(text_of(raw), Rules(na_values=self.na_values))
        found = text.by_row(text.words, np.array(text.words, object))
        found[found != found] = None  # NaN differs from itself
        return found

    def _numbers(self, raw: Series, where: str) -> NDArray[np.float64]:
        if (numbers := typed_numbers(raw)) is not None:
            if self.na_values and raw.dtype.kind != "b":
                numbers = np.where(np.isin(numbers, number_marks(self.na_values)), np.nan, numbers)
            return self.form.of_numbers(numbers) if isinstance(self.form, DateForm) else numbers
        text = TextColumn.of(raw, Rules(na_values=self.na_values))
        found = self.form.numbers(text.values) if self.form else text.plain_numbers.astype(np.float64)
        found = np.array([TRUTHS.get(t.lower(), n) for t, n in zip(text.values, found, strict=True)], np.float64)
        if np.isnan(found).any():
            odd = text.values[int(np.isnan(found).argmax())]
            what = "words" if self.form is None else "other text than in training"
            raise DataError(f"{where}: column {self.name} holds {what}, such as {odd}; it takes {self._taken()}")
        return np.asarray(text.by_row(text.values, found))

    def _taken(self) -> str:
        kind = {DateForm: "dates", TimeForm: "times"}.get(type(self.form), "numbers")
        form = f" such as {self.form.example}" if self.form else ""
        return kind + form

    def to_json(self) -> dict[str, Any]:
        """The column as JSON's own types; what release 0.2.0 did not know is left out at its default."""
        made = {key.name: getattr(self, key.name) for key in fields(self)}
        made["form"] = None if self.form is None else form_to_json(self.form)
        new = {key.name: key.default for key in fields(self)[FIRST_NEW:]}
        kept = {key: value for key, value in made.items() if key not in new or value != new[key]}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in kept.items()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Column:
        """What `to_json` wrote."""
        made: dict[str, Any] = {key: tuple(item) if isinstance(item, list) else item for key, item in value.items()}
        made["form"] = form_from_json(value["form"]) if "form" in value else None
        return cls(**made)


FIRST_NEW = 5
"""The fields before this place are those of release 0.2.0."""
