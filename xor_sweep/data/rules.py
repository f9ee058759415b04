"""How the text of a table is to be read, as far as keys say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from xor_sweep.config.spec import DataSpec

MISSING = frozenset({"na", "n/a", "#n/a", "#na", "<na>", "nan", "-nan", "null", "#n/a n/a", "1.#ind", "1.#qnan", "nat"})
"""Texts that are missing values in any column unless `data.na_values` says otherwise, in lower case."""

NONE = "none"
"""A missing value among numbers, and a word among words."""


@dataclass(frozen=True)
class Rules:
    """What keys say about the text of a table.

    Attributes:
        decimal: `.` or `,`; empty finds it.
        thousands: what separates groups of three digits; empty finds it.
        na_values: the texts that are missing values beside the empty one; None for the usual ones.
        kinds: what a column holds, by name.
        orders: words in their order, by the name of a column whose words become a number.
        ignore: columns that are left out.
        separator, encoding: of a file; empty finds them.
        answerable: whether the data has keys that can settle how it is read.
    """

    decimal: str = ""
    thousands: str = ""
    na_values: tuple[str, ...] | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    separator: str = ""
    encoding: str = ""
    answerable: bool = True

    @property
    def float_decimal(self) -> str:
        """The decimal mark that follows from the keys; empty if none does."""
        return self.decimal or {".": ",", ",": "."}.get(self.thousands, "")

    @classmethod
    def of(cls, data: DataSpec) -> Rules:
        """What the keys of a spec say."""
        kinds = dict(data.dtype)
        return cls(
            data.decimal,
            data.thousands,
            data.na_values,
            kinds,
            dict(data.order),
            (*data.ignore, *(name for name, kind in kinds.items() if kind == "ignore")),
            data.separator,
            data.encoding,
            answerable=data.kind != "python",
        )

    def with_kind(self, name: str, kind: str) -> Rules:
        """The same rules, with what one column holds."""
        return replace(self, kinds={**self.kinds, name: kind})

    def is_missing(self, text: str, *, word: bool) -> bool:
        """Whether a text without blanks around it is a missing value.

        Args:
            text: of a cell.
            word: whether the column holds words; `None` is then one of them.
        """
        if not text:
            return True
        if self.na_values is not None:
            return text in self.na_values
        lower = text.lower()
        return lower in MISSING or (lower == NONE and not word)
