"""Tables in text files: CSV, TSV, and what else separates values."""

from __future__ import annotations

import warnings
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from lzma import LZMAError
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from xor_sweep.config.schema.tables import MARKS
from xor_sweep.data.errors import DataError
from xor_sweep.data.plain_columns import thousands_columns, whole_columns
from xor_sweep.data.rules import Rules
from xor_sweep.data.sniff import (
    COMMA,
    Dialect,
    dialect_of,
    has_leading_zeros,
    is_compressed,
    is_text,
    opened,
    usual_separator,
)

if TYPE_CHECKING:
    import pandas as pd

    Series = pd.Series[Any]

FALLBACK = "cp1252"
"""What text that is not UTF-8 is read as: the encoding of Windows in Western Europe and America."""

UNNAMED = "Unnamed: {}"
"""What pandas calls a column without a name, by its place."""

LONGER = "Expected "
"""What pandas says of a line that has more values than those before, as the first one below a title has."""


@dataclass(frozen=True, slots=True, eq=False)
class TextTable:
    """A table as its file holds it.

    Attributes:
        frame: columns that hold plain numbers, or true and false, as such; the others as text.
        dialect: how the file separates values.
        notes: what is unusual about the file, each as a short phrase.
        repeated: names that several columns have.
    """

    frame: pd.DataFrame
    dialect: Dialect
    notes: tuple[str, ...]
    repeated: frozenset[str]


def read_text_table(path: Path, rules: Rules, as_text: Iterable[str] = ()) -> TextTable:
    """All columns of a file.

    Args:
        path: of the file.
        rules: what keys say.
        as_text: columns that are to stay text.

    Raises:
        DataError: if it cannot be read.
    """
    import pandas as pd  # late: it takes long to import

    try:
        dialect = dialect_of(path, rules.encoding, rules.separator, rules.float_decimal)
        try:
            return _read(path, dialect, rules, as_text)
        except UnicodeDecodeError:
            if rules.encoding or not is_text(path, FALLBACK):
                raise
            return _read(path, replace(dialect, encoding=FALLBACK), rules, as_text)
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{path}: the file is empty; its first line has to name the columns") from error
    except pd.errors.ParserWarning as error:
        remedy = "name every column, and take out lines above the names"
        raise DataError(f"{path}: rows have more values than the header has names; {remedy}") from error
    except UnicodeError as error:
        what = f"it is not text in {rules.encoding or 'UTF-8'}"
        remedy = "save it as CSV in UTF-8, or name its encoding with data.encoding"
        raise DataError(f"{path}: not readable as CSV: {what}; {remedy}") from error
    except (pd.errors.ParserError, ValueError, OSError, EOFError, LZMAError, BadZipFile, zlib.error) as error:
        reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        remedy = "save it as CSV in UTF-8"
        if LONGER in reason:
            remedy = "take out lines above the names of the columns, or name its data.separator"
        raise DataError(f"{path}: not readable as CSV: {reason}; {remedy}") from error


def _read(path: Path, dialect: Dialect, rules: Rules, as_text: Iterable[str]) -> TextTable:
    names, notes, repeated = _names(path, dialect)
    words = {name for name in as_text if name in names}
    frame = _parsed(path, dialect, rules, names, words)
    if not rules.float_decimal and dialect.decimal == "." and dialect.separator != "," and _has_commas(frame):
        dialect = replace(dialect, decimal=",")
        frame = _parsed(path, dialect, rules, names, words)
    if not rules.float_decimal and dialect.decimal == "." and dialect.separator != ",":
        frame = _with_text(frame, thousands_columns(frame), path, dialect, rules, names)
    # Their text may have had leading zeros.
    whole = [name for name in whole_columns(frame) if name not in words]
    if whole and has_leading_zeros(path, dialect):
        frame = _with_text(frame, whole, path, dialect, rules, names)
    frame = frame.copy()  # in one block: pandas' parser makes a block of each column, and slicing thousands takes long
    return TextTable(frame, dialect, (*_about_file(path, dialect, frame), *notes), repeated)


def _with_text(
    frame: pd.DataFrame, columns: list[str], path: Path, dialect: Dialect, rules: Rules, names: list[str]
) -> pd.DataFrame:
    """The frame with some columns as the text that the file has."""
    if not columns:
        return frame
    text = _parsed(path, dialect, rules, names, set(columns), only=columns)
    return frame.assign(**{name: text[name] for name in columns})


def _names(path: Path, dialect: Dialect) -> tuple[list[str], list[str], frozenset[str]]:
    """The columns' names, each of its own; what had to be done for that; and the names that several columns have."""
    import pandas as pd  # late: it takes long to import

    with _source(path) as source:
        header = pd.read_csv(source, header=None, nrows=1, dtype=str, keep_default_na=False, **_options(dialect))
    found = [str(name).strip() for name in header.iloc[0]]
    times, names = Counter(found), dict[str, None]()
    notes = []
    for place, name in enumerate(found):
        own = name or UNNAMED.format(place)
        number = 0
        while own in names or (number and own in times):
            number += 1
            own = f"{name}.{number}"
        if number:
            notes.append(f"{times[name]} columns are called {name}: one of them is {own} here")
        names[own] = None
    return [*names], notes, frozenset(name for name, columns in times.items() if name and columns > 1)


def _parsed(
    path: Path, dialect: Dialect, rules: Rules, names: list[str], words: set[str], only: list[str] | None = None
) -> pd.DataFrame:
    """The columns as pandas' parser reads them; it makes numbers of plain ones only."""
    import pandas as pd  # late: it takes long to import

    with _source(path) as source, warnings.catch_warnings():
        # Rows that are longer than the header: pandas would drop values, and only warn.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        frame: pd.DataFrame = pd.read_csv(
            source,
            header=0,
            names=names,
            index_col=False,
            usecols=only,
            dtype=dict.fromkeys(words, str),
            decimal=dialect.decimal,
            low_memory=False,
            keep_default_na=False,
            na_values=["", *(rules.na_values or ())],
            **_options(dialect),
        )
    return frame


def _options(dialect: Dialect) -> dict[str, Any]:
    spaces = dialect.separator == " "
    separator = r"\s+" if spaces else dialect.separator
    return {"sep": separator, "encoding": dialect.encoding, "skipinitialspace": dialect.blanks or spaces}


@contextmanager
def _source(path: Path) -> Iterator[Any]:
    """What pandas reads: the path if it is plain text, otherwise its bytes."""
    if not is_compressed(path):
        yield path
        return
    with opened(path) as file:
        yield file


def _has_commas(frame: pd.DataFrame) -> bool:
    """Whether a column of text has decimal commas, beside columns of numbers with a point."""
    if not any(kind.kind == "f" for kind in frame.dtypes):
        return False
    texts = (frame[name].dropna() for name in frame.columns if frame[name].dtype.kind not in "biuf")
    return any(COMMA.fullmatch(str(text)) for texts_of_column in texts for text in texts_of_column.unique())


def _about_file(path: Path, dialect: Dialect, frame: pd.DataFrame) -> Iterator[str]:
    """What is unusual about a file."""
    if dialect.separator != usual_separator(path):
        names = {mark: f"{name}s" for name, mark in MARKS.items()}
        yield f"separated by {names.get(dialect.separator, dialect.separator)}"
    if dialect.decimal == ",":
        yield "decimal commas"
    if dialect.encoding not in ("utf-8", "utf-8-sig"):
        example = next(filter(None, map(_not_ascii, _texts(frame))), "")
        yield f"read as {dialect.encoding}{f', such as {example}' * bool(example)}"


def _texts(frame: pd.DataFrame) -> Iterator[str]:
    yield from frame.columns
    for name in frame.columns:
        if frame[name].dtype.kind not in "biuf":
            yield from map(str, frame[name].unique())


def _not_ascii(text: str) -> str:
    return "" if text.isascii() else text
