"""What data holds, as a hash: the same content is the same data, wherever it lies."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.config.limits import did_you_mean
from xor_sweep.config.spec import DataSpec
from xor_sweep.data.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


def require_file(data: DataSpec) -> Path:
    """The data's file.

    Raises:
        DataError: where there is none.
    """
    if not data.path:
        raise DataError(f"data.path: which file? Write data.path=customers.{data.kind}, say")
    path = Path(data.path)
    try:
        directory, file = path.is_dir(), path.is_file()
    except OSError as error:  # a name that is too long, a directory that may not be looked into
        raise DataError(f"data.path={data.path}: cannot be read: {error.strerror}") from error
    if directory:
        raise DataError(f"data.path={data.path}: a directory; name a file in it")
    if not file:
        siblings = [sibling.name for sibling in path.parent.iterdir()] if path.parent.is_dir() else []
        where = "" if path.is_absolute() else f" in {Path.cwd()}"
        raise DataError(f"data.path={data.path}: no such file{where}{did_you_mean(path.name, siblings)}")
    return path


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex; a file that did not change is not read again.

    Raises:
        DataError: where it cannot be read.
    """
    try:
        found = path.stat()
        return _hash_of_file(path.resolve(), found.st_size, found.st_mtime_ns)
    except OSError as error:
        raise DataError(f"data.path={path}: cannot be read: {error.strerror}") from error


@lru_cache(maxsize=256)
def _hash_of_file(path: Path, size: int, changed: int) -> str:  # noqa: ARG001  # what tells that the file changed
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def arrays_hash(x: pd.DataFrame | NDArray[Any], y: NDArray[Any], own_validation: int | None) -> str:
    """SHA-256 of arrays, in hex: of bytes, types, shapes and columns' names."""
    found = hashlib.sha256(f"validation {own_validation}\n".encode())
    if isinstance(x, np.ndarray):
        _add(found, "x", x)
    else:
        for name in x.columns:
            _add(found, name, x[name].to_numpy())
    _add(found, "y", y)
    return found.hexdigest()


def _add(found: Any, name: str, array: NDArray[Any]) -> None:
    found.update(f"{name!r} {array.dtype.str} {array.shape}\n".encode())
    if array.dtype == object:
        found.update("\n".join(map(repr, array.tolist())).encode())
    else:
        found.update(np.ascontiguousarray(array).tobytes())
