"""Arrays in NumPy's .npz files."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.config.limits import did_you_mean
from xor_sweep.config.spec import DataSpec
from xor_sweep.data.content import require_file
from xor_sweep.data.errors import DataError, in_memory, listed
from xor_sweep.data.table import Table, table_of

NAMES = ("x", "y", "x_validation", "y_validation")
"""The arrays of a file; the last two may be left out together."""


def read_npz(data: DataSpec) -> Table:
    """The rows of a .npz file; its `x_validation` and `y_validation` are the validation part.

    Raises:
        DataError: where the file cannot be read, or holds other arrays.
    """
    path = require_file(data)
    with in_memory(data.path):
        arrays = _arrays(path)
    where = Path(data.path).name
    for name in arrays:
        if name not in NAMES:
            close = did_you_mean(name, NAMES) or ";"
            what = f"holds {listed(arrays)}, and {name} is none of the names that are read"
            raise DataError(f"{where}: {what}{close} they are {listed(NAMES)}")
    for name in NAMES[: 4 if len(arrays) > 2 else 2]:
        if name not in arrays:
            raise DataError(f"{where}: holds {listed(arrays) or 'nothing'}; {name} is missing: save it as {name}=…")
    validation = (arrays["x_validation"], arrays["y_validation"]) if len(arrays) > 2 else None
    return table_of(arrays["x"], arrays["y"], validation, where)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        # Opened here, because NumPy leaves the file open where it turns out to be something else.
        with path.open("rb") as opened:
            # Pickles are never loaded: they run what is in them.
            file = np.load(opened, allow_pickle=False)
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise DataError(f"{path}: a single array; save it with numpy.savez(…, x=…, y=…)")
            return {name: _array(file, name, path) for name in file.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path}: not readable as .npz; save it with numpy.savez(…, x=…, y=…)") from error


def _array(file: Any, name: str, path: Path) -> NDArray[Any]:
    try:
        array: NDArray[Any] = file[name]
    except ValueError as error:
        if "Object arrays" not in str(error):
            raise
        raise DataError(f"{path}: {name} is an array of objects, which is not loaded; save numbers") from error
    return array
