"""Arrays handed over from Python, kept in this process under the hash of their content."""

from __future__ import annotations

from typing import Any

from xor_sweep.config.spec import DataSpec
from xor_sweep.data.content import arrays_hash
from xor_sweep.data.errors import DataError
from xor_sweep.data.table import Table, table_of

_given: dict[str, Table] = {}


def give(x: Any, y: Any, validation: tuple[Any, Any] | None = None) -> str:
    """Hand arrays or frames over, for a `DataSpec` of kind `arrays` that holds the returned hash.

    They are copied, and stay until the process ends.

    Args:
        x: inputs `(rows, *features)`, or a DataFrame.
        y: targets `(rows,)` or `(rows, outputs)`.
        validation: inputs and targets of the validation part; where there are none it is split off.

    Returns:
        SHA-256 of the content, in hex.

    Raises:
        DataError: where the form of one is wrong, or two do not fit together.
    """
    table = table_of(x, y, validation, "the given arrays")
    sha256 = arrays_hash(table.x, table.y, table.own_validation)
    _given[sha256] = table
    return sha256


def read_given(data: DataSpec) -> Table:
    """What was given.

    Raises:
        DataError: where nothing with this hash was given to this process.
    """
    if data.sha256 not in _given:
        what = "data.sha256 is empty" if not data.sha256 else f"data.sha256={data.sha256[:8]}…"
        raise DataError(f"data=arrays: {what}: no such arrays in this process; give them with xor_sweep.data.give")
    return _given[data.sha256]
