"""A table in a file, with a column to predict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xor_sweep.config.spec import DataSpec
from xor_sweep.data.content import require_file
from xor_sweep.data.csv_file import read_text_table
from xor_sweep.data.errors import DataError, listed
from xor_sweep.data.parquet_file import is_parquet, read_parquet
from xor_sweep.data.read_columns import read_columns
from xor_sweep.data.rules import Rules
from xor_sweep.data.table import Table, check_names, require_column
from xor_sweep.data.task import read_target

if TYPE_CHECKING:
    import pandas as pd


def read_table(data: DataSpec) -> Table:
    """The rows of a file, with the target's column apart.

    Raises:
        DataError: if the file cannot be read, has no such target, or has a column that can be read in several ways.
    """
    path, rules = require_file(data), Rules.of(data)
    where = Path(data.path).name
    notes: tuple[str, ...] = ()
    marks = {"float_decimal": ".", "usual_decimal": "."}
    if is_parquet(path):
        frame, notes = read_parquet(path)
    else:
        text = read_text_table(path, rules, [*(n for n, kind in data.dtype if kind == "category"), *dict(data.order)])
        frame, notes = text.frame, text.notes
        if data.target in text.repeated:
            raise DataError(f"data.target={data.target}: several columns of {where} are called so; rename all but one")
        # Values between commas have decimal points, unless a column shows something else.
        usual = "." if text.dialect.separator == "," else ""
        marks = {"float_decimal": text.dialect.decimal, "usual_decimal": usual}
    _check(frame, data, where)
    columns = read_columns(frame, rules, where, data.target, **marks)
    y = read_target(columns.frame[data.target], f"the target {data.target}", where)
    x = columns.frame.drop(columns=[data.target])
    return Table(where, x, y, data.target, readings=columns.readings, notes=notes)


def _check(frame: pd.DataFrame, data: DataSpec, where: str) -> None:
    """Refuse names that the table does not have, and a table without rows."""
    if not data.target:
        raise DataError(f"data.target: which column of {where} is to be predicted? It has {listed(frame.columns)}")
    if len(frame.columns) == 1 and data.target not in frame.columns:
        what = f"has one column only, {frame.columns[0]}"
        raise DataError(f"{where}: {what}; name what stands between values with data.separator=space, say")
    require_column(frame, data.target, f"data.target={data.target}", where)
    check_names(frame, data, where)
    if data.target in data.ignore:
        raise DataError(f"data.ignore: holds {data.target}, which is data.target; ignore other columns")
    if not len(frame):
        raise DataError(f"{where}: no rows; give at least 2")
