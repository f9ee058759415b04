"""The data sets that come with scikit-learn."""

from __future__ import annotations

import importlib

from xor_sweep.config.limits import did_you_mean
from xor_sweep.config.spec import DataSpec
from xor_sweep.data.errors import DataError, listed
from xor_sweep.data.table import Table, table_of

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
        datasets = importlib.import_module("sklearn.datasets")  # late and by name: an extra, and without types
    except ImportError as error:
        what = f"data=sklearn data.name={data.name}: scikit-learn is not installed"
        raise DataError(f"{what}; install it with pip install 'xor_sweep[sklearn]'") from error
    x, y = getattr(datasets, f"load_{data.name}")(return_X_y=True)
    return table_of(x, y, None, data.name)
