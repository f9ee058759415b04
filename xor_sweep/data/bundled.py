"""The data sets that come with scikit-learn."""

from __future__ import annotations

import contextlib
import importlib
import io
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from xor_sweep.caches import home, private
from xor_sweep.config.limits import did_you_mean
from xor_sweep.config.spec import DataSpec
from xor_sweep.data.errors import DataError, listed
from xor_sweep.data.table import Table, table_of
from xor_sweep.durable import write_whole

Array = NDArray[Any]

BUNDLED = ("breast_cancer", "diabetes", "digits", "iris", "linnerud", "wine")
"""Those that scikit-learn brings with it; the others it would have to download."""


def read_bundled(data: DataSpec) -> Table:
    """The rows of one of scikit-learn's bundled data sets.

    Raises:
        DataError: where it is none of them, or scikit-learn is not installed.
    """
    if data.name not in BUNDLED:
        close = did_you_mean(data.name, BUNDLED) or ";"
        raise DataError(f"data.name={data.name}: not bundled with scikit-learn{close} it brings {listed(BUNDLED)}")
    try:
        release = version("scikit-learn")
    except PackageNotFoundError as error:
        what = f"data=sklearn data.name={data.name}: scikit-learn is not installed"
        raise DataError(f"{what}; install it with pip install 'xor_sweep[sklearn]'") from error
    kept = home() / "data" / f"scikit-learn-{release}-{data.name}.npz"
    x, y = _kept(kept) or _loaded(data.name, kept)
    return table_of(x, y, None, data.name)


def _kept(path: Path) -> tuple[Array, Array] | None:
    """What an earlier command kept, as importing scikit-learn takes a second; None where it kept nothing."""
    try:
        if not private(path.parent):
            return None
        with np.load(path) as file:
            return file["x"], file["y"]
    except (OSError, EOFError, KeyError, ValueError, BadZipFile):
        return None


def _loaded(name: str, keep: Path) -> tuple[Array, Array]:
    """What scikit-learn loads, kept for the next command where that can be."""
    datasets: Any = importlib.import_module("sklearn.datasets")  # late and by name: an extra, and without types
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    content = io.BytesIO()
    np.savez(content, x=x, y=y)
    if private(keep.parent):
        with contextlib.suppress(OSError):
            write_whole(keep, content.getvalue())
    return x, y
