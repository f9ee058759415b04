"""Tables in CSV files."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from xor_sweep.config.spec import DataSpec
from xor_sweep.data.content import require_file
from xor_sweep.data.errors import DataError, listed
from xor_sweep.data.table import Table, require_column
from xor_sweep.data.task import read_target

if TYPE_CHECKING:
    import pandas as pd


def read_csv(data: DataSpec) -> Table:
    """The rows of a CSV file, with the target's column apart.

    Raises:
        DataError: where the file cannot be read, or has no such target.
    """
    frame = frame_of(require_file(data))
    where = Path(data.path).name
    if not data.target:
        raise DataError(f"data.target: which column of {where} is to be predicted? It has {listed(frame.columns)}")
    if len(frame.columns) == 1 and any(mark in str(frame.columns[0]) for mark in ";\t|"):
        raise DataError(f"{where}: has one column only, {frame.columns[0]}; save it with commas between values")
    require_column(frame, data.target, f"data.target={data.target}", where)
    y = read_target(frame[data.target], f"the target {data.target}", where)
    return Table(where, frame.drop(columns=[data.target]), y, data.target)


def frame_of(path: Path, kinds: Mapping[str, type] | None = None) -> pd.DataFrame:
    """All columns of a CSV file.

    Args:
        path: of the file.
        kinds: of columns that are not to be guessed, by name.

    Raises:
        DataError: where it cannot be read.
    """
    import pandas as pd  # late: it takes long to import

    separator = "\t" if ".tsv" in path.suffixes[-2:] else ","
    try:
        names = pd.read_csv(path, sep=separator, header=None, nrows=1, dtype=str).iloc[0].dropna().tolist()
        if twice := [name for name in names if names.count(name) > 1]:
            raise DataError(f"{path}: two columns are called {twice[0]}; give each a name of its own")
        with warnings.catch_warnings():
            # Rows that are longer than the header: pandas would drop values, and only warn.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(path, sep=separator, index_col=False, low_memory=False, dtype=kinds)
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{path}: the file is empty; its first line has to name the columns") from error
    except pd.errors.ParserWarning as error:
        raise DataError(f"{path}: rows have more values than the header has names; name every column") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not readable as CSV: it is not text in UTF-8; save it as CSV in UTF-8") from error
    except (pd.errors.ParserError, ValueError, OSError, EOFError) as error:
        reason = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise DataError(f"{path}: not readable as CSV: {reason}; save it as CSV in UTF-8") from error
