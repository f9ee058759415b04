"""The text of a column, each different one once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.data.number_text import Cell, NumberCells, cell_of
from xor_sweep.data.rules import Rules

if TYPE_CHECKING:
    import pandas as pd

    Series = pd.Series[Any]


@dataclass(frozen=True)
class TextColumn:
    """The text of a column, each different one once.

    Attributes:
        name: of the column.
        rules: what keys say.
        codes: which text a row has, `(rows,)`; -1 if it has none.
        texts: the different texts, as they are in the table.
    """

    name: str
    rules: Rules
    codes: NDArray[np.intp]
    texts: tuple[str, ...]

    @classmethod
    def of(cls, values: Series, rules: Rules) -> TextColumn:
        """The text of a column of strings, or of objects, which are turned into strings."""
        import pandas as pd  # late: it takes long to import

        codes, found = pd.factorize(values)
        return cls(str(values.name), rules, codes, tuple(map(str, found)))

    @cached_property
    def stripped(self) -> tuple[str, ...]:
        """The texts without blanks around them."""
        return tuple(text.strip() for text in self.texts)

    @cached_property
    def counts(self) -> NDArray[np.intp]:
        """The number of rows of each text."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.texts))

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The different texts, without blanks around them, that are no missing values among numbers."""
        return self._known(word=False)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The different texts, without blanks around them, that are no missing values among words."""
        return self._known(word=True)

    def _known(self, *, word: bool) -> tuple[str, ...]:
        return tuple(dict.fromkeys(t for t in self.stripped if not self.rules.is_missing(t, word=word)))

    @cached_property
    def plain_numbers(self) -> NDArray[Any]:
        """The values as numbers; NaN if one is not written as programs write numbers."""
        import pandas as pd  # late: it takes long to import

        return pd.to_numeric(pd.Series(self.values, dtype=object), errors="coerce").to_numpy()

    @cached_property
    def cells(self) -> dict[str, Cell]:
        """The values that are numbers in some form, taken apart."""
        return {text: cell for text in self.values if (cell := cell_of(text))}

    @cached_property
    def number_cells(self) -> NumberCells:
        """The values that are numbers in some form, as one."""
        return NumberCells([*self.cells.values()], self.rules.decimal or None, self.rules.thousands or None)

    @property
    def certain_decimal(self) -> str:
        """The decimal mark, if all values are numbers and they tell it; otherwise empty."""
        return self.number_cells.certain_decimal if self.values and len(self.cells) == len(self.values) else ""

    def by_row(self, values: Sequence[str], found: NDArray[Any]) -> NDArray[Any]:
        """What was found of different values, by row, `(rows,)`; NaN for a row with another text or none."""
        places = {text: place for place, text in enumerate(values)}
        of_text = np.array([*(places.get(text, -1) for text in self.stripped), -1])
        of_row = of_text[self.codes]
        padded = found if (of_row >= 0).all() else np.append(found, np.nan)
        return np.asarray(padded[of_row])

    def rows_of(self, texts: Sequence[str]) -> int:
        """The number of rows that have one of some texts, blanks around it or not."""
        wanted = set(texts)
        return int(sum(count for text, count in zip(self.stripped, self.counts, strict=True) if text in wanted))

    def first_row(self, wanted: str) -> int:
        """The first row that has a text."""
        places = [place for place, text in enumerate(self.stripped) if text == wanted]
        return int(np.flatnonzero(np.isin(self.codes, places))[0])

    @property
    def repaired(self) -> int:
        """The number of rows whose text has blanks around it."""
        pairs = zip(self.texts, self.stripped, self.counts, strict=True)
        return int(sum(count for text, stripped, count in pairs if stripped and text != stripped))

    def missing_as(self, values: Sequence[str]) -> tuple[str, ...]:
        """The texts, beside the empty one, of rows that have none of some values."""
        return tuple(sorted(set(self.stripped) - {"", *values}))


def text_of(values: Series) -> Series:
    """Values as text; whole numbers without a decimal point, as a column with missing values has them."""
    import pandas as pd  # late: it takes long to import

    if values.dtype.kind == "f" and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")
    text: Series = values.astype(object).map(str, na_action="ignore")
    return pd.Series(text, dtype=object, name=values.name)
