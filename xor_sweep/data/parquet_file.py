"""Tables in Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xor_sweep.data.errors import DataError
from xor_sweep.data.table import about_index

if TYPE_CHECKING:
    import pandas as pd


def is_parquet(path: Path) -> bool:
    """Whether a file's name says that it is a Parquet file."""
    return path.suffix.lower() in (".parquet", ".pq")


def read_parquet(path: Path) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """All columns of a file, with their types, and what is unusual about the file.

    Raises:
        DataError: if it cannot be read, or pyarrow is not installed.
    """
    try:
        import pyarrow.parquet as pq  # late: an extra
    except ImportError as error:
        what = f"{path}: a Parquet file is read with pyarrow, which is not installed"
        raise DataError(f"{what}; install it with pip install 'xor_sweep[parquet]'") from error
    try:
        frame: pd.DataFrame = pq.read_table(path).to_pandas()
    except (OSError, ValueError) as error:  # ArrowInvalid is a ValueError
        raise DataError(f"{path}: not readable as Parquet: {' '.join(str(error).split())}; write it again") from error
    return frame.reset_index(drop=True), about_index(frame)
