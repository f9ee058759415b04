"""How a column of a table is read: as numbers, categories, dates, times, or not at all."""

from __future__ import annotations

from dataclasses import dataclass

from xor_sweep.data.doubts import Doubt, Keys
from xor_sweep.data.forms import Form

NUMBER, TRUTH, CATEGORY, DATE, TIME = "number", "truth", "category", "date", "time"
INDEX, IDENTIFIER, EMPTY, IGNORED = "index", "identifier", "empty", "ignored"
USUAL = frozenset({"NA", "N/A", "n/a", "NaN", "nan", "-NaN", "-nan", "null", "NULL", "None", "#N/A", "#NA", "<NA>"})
"""Texts that release 0.2.0 took for missing values too."""

LEFT_OUT = (INDEX, IDENTIFIER, EMPTY, IGNORED)


@dataclass(frozen=True, slots=True)
class Reading:
    """How one column is read.

    Attributes:
        name: of the column.
        kind: `number`, `truth` (true and false), `category`, `date` (days since 1970-01-01) or `time` (hours); of a
            column that is left out `index`, `identifier`, `empty` or `ignored`.
        form: how its text becomes numbers; None if it does not, or is written as programs write numbers.
        rows: the number of rows.
        missing: the number of rows without a value.
        missing_as: the texts, beside the empty one, that stand for a missing value.
        repaired: the number of rows whose text had blanks around it.
        levels: of a category, the number of different words.
        examples: the most frequent words of a category; the first and the last text of dates and times.
        single: the words of a category that one row has, the first few of them.
        notes: what else is unusual, each as a short phrase.
        otherwise: the keys that read the column in another way.
        doubt: why the column cannot be read without asking; None if it can.
    """

    name: str
    kind: str
    form: Form | None = None
    rows: int = 0
    missing: int = 0
    missing_as: tuple[str, ...] = ()
    repaired: int = 0
    levels: int = 0
    examples: tuple[str, ...] = ()
    single: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    otherwise: Keys | None = None
    doubt: Doubt | None = None

    def is_new(self, levels: int) -> bool:
        """Whether release 0.2.0 read such a column otherwise.

        Args:
            levels: the number of words that have a feature each.
        """
        if self.kind == IGNORED:
            return False
        if self.left_out or self.form or set(self.missing_as) - USUAL:
            return True
        return self.kind == CATEGORY and (self.levels > levels or self.repaired > 0 or bool(self.otherwise))

    @property
    def left_out(self) -> bool:
        """Whether nothing is learnt from the column."""
        return self.kind in LEFT_OUT
