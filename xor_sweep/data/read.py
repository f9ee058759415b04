"""Data of each kind, read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from xor_sweep.config.spec import DataSpec
from xor_sweep.data.bundled import read_bundled
from xor_sweep.data.content import arrays_hash, file_hash, require_file
from xor_sweep.data.doubts import command_line, merged
from xor_sweep.data.errors import DataError
from xor_sweep.data.function import content_of_function, read_function
from xor_sweep.data.given import read_given
from xor_sweep.data.npz_file import read_npz
from xor_sweep.data.read_columns import read_columns
from xor_sweep.data.rows import usable_rows
from xor_sweep.data.rules import Rules
from xor_sweep.data.table import Table, check_names, is_frame
from xor_sweep.data.table_file import read_table
from xor_sweep.data.task import changed_task

READERS: dict[str, Callable[[DataSpec], Table]] = {
    "csv": read_table,
    "npz": read_npz,
    "sklearn": read_bundled,
    "python": read_function,
    "arrays": read_given,
}
"""By kind, what reads it; truth tables are computed."""


OF_CONTENT = (
    *("kind", "name", "path", "target", "ignore", "call", "separator", "encoding", "decimal", "thousands"),
    *("na_values", "dtype", "order"),
)
"""What a spec says of how data is read, and not of what is made of it."""


def content(data: DataSpec) -> str:
    """SHA-256 of what the data holds, in hex: two specs of one content are one data.

    It is of a file's bytes, or of arrays with their types and shapes, also of those that a user's function returns;
    empty for truth tables.

    Raises:
        DataError: where the data is not there.
    """
    if data.truth_table:
        return ""
    if data.kind in ("csv", "npz"):
        return file_hash(require_file(data))
    if data.kind == "python":
        return content_of_function(data)
    table = READERS[data.kind](data)
    return data.sha256 if data.kind == "arrays" else arrays_hash(table.x, table.y, table.own_validation)


def read(data: DataSpec, sha256: str) -> Table:
    """The data's rows, without ignored columns; read once for all its splits.

    Args:
        data: which data.
        sha256: of its content, so that changed content is read again.

    Raises:
        DataError: where it cannot be read.
    """
    only: dict[str, Any] = {name: getattr(data, name) for name in OF_CONTENT}
    return _read(DataSpec(**only, sha256=sha256), spelling(data))


def spelling(data: DataSpec) -> str:
    """What tells apart the arguments 1, 1.0 and true of a user's function, which are equal to Python."""
    return repr(data.call)


@lru_cache(maxsize=4)
def _read(data: DataSpec, spelled: str) -> Table:  # noqa: ARG001  # a part of what it is kept under
    table = READERS[data.kind](data)
    if len(table.y) == 0:
        raise DataError(f"{table.where}: no rows; give at least 2")
    if data.kind != "csv":
        check_names(table.x, data, table.where)
        if is_frame(table.x):
            columns = read_columns(table.x, Rules.of(data), table.where)
            table = replace(table, x=columns.frame, readings=columns.readings)
    if is_frame(table.x) and not len(table.x.columns):
        raise DataError(f"{table.where}: no column is left to learn from beside the target; {_left_out(table)}")
    return table


def _left_out(table: Table) -> str:
    """What to do if every column is left out."""
    keys = [reading.otherwise for reading in table.readings if reading.left_out and reading.otherwise]
    return f"write {command_line(merged(keys[:1]))}" if keys else "ignore fewer"


def with_content(data: DataSpec) -> DataSpec:
    """Return the same data with what a run's identity holds: the SHA-256 of its content, and what has changed since.

    A target that release 0.2.0 took for classes, and that is a number now, or the other way round, has the name of its
    task; a table with a column that is read otherwise than in that release has the reading 2: such runs are not those
    of that release. Every other identity stays.

    Raises:
        DataError: where there is no such data.
    """
    if data.truth_table:
        return data
    found = replace(data, sha256=content(data))
    return found if data.kind in ("sklearn", "python") else _with_changes(found, spelling(data))


@lru_cache(maxsize=256)
def _with_changes(data: DataSpec, spelled: str) -> DataSpec:  # noqa: ARG001  # a part of what it is kept under
    try:
        table = read(data, data.sha256)
        task = changed_task(table.y[usable_rows(data, table)]) if data.task == "auto" else data.task
    except DataError:  # raised again before anything trains
        return data
    new = any(reading.is_new(data.levels) for reading in table.readings)
    return replace(data, task=task, reading=2 if new else 1)
