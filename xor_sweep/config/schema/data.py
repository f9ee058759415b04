"""The data: truth tables, files, scikit-learn's sets, a function of the user's, arrays given from Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omegaconf import MISSING

from xor_sweep.config.limits import limited
from xor_sweep.config.schema import tables

MISSING_VALUES = ("drop", "error", "impute")
DATES = ("days", "parts")
TASKS = ("auto", "binary", "multiclass", "regression")

SKLEARN = ("breast_cancer", "diabetes", "digits", "iris", "linnerud", "wine")
"""The data sets that scikit-learn brings with it."""

STEM = "${xor_sweep.stem:${data.path}}"
FUNCTION = "${xor_sweep.function:${data._target_}}"


@dataclass
class DataConf:
    """What every kind has: its kind, which its option fixes, and its name."""

    kind: str = MISSING
    name: str = MISSING


@dataclass
class XorConf(DataConf):
    """The four points of exclusive or."""

    kind: str = "xor"
    name: str = "xor"


@dataclass
class ParityConf(DataConf):
    """All inputs of `bits` bits; the target is 1 where an odd number of them is set."""

    kind: str = "parity"
    name: str = "parity"
    bits: int = limited(3, at_least=1, at_most=16, example="3")


@dataclass
class SplitConf(DataConf):
    """How data that is no truth table is read as a task, and split."""

    task: str = limited("auto", choices=TASKS)
    standardize: bool = True
    standardize_target: bool = True
    validation_fraction: float = limited(0.2, at_least=0, below=1, example="0.2")
    test_fraction: float = limited(0.0, at_least=0, below=1, example="0.1")
    folds: int = limited(5, at_least=2, example="5")
    fold: int | None = limited(None, at_least=0, example="0")
    seed: int = limited(0, at_least=0, at_most=2**31 - 1, example="0")


@dataclass
class TableConf(SplitConf):
    """How a table's columns are read."""

    ignore: list[str] = limited([], example="[id]")
    missing: str = limited("error", choices=MISSING_VALUES)
    decimal: Any = limited(None, special=tables.decimal, spelt=tables.DECIMAL, example="comma")
    thousands: Any = limited(None, special=tables.thousands, spelt=tables.THOUSANDS, example="point")
    na_values: Any = limited(None, special=tables.na_values, spelt=tables.NA_VALUES, example="[NA,?]")
    dtype: Any = limited(None, special=tables.dtype, spelt=tables.DTYPE, example="{zip:category}")
    order: Any = limited(None, special=tables.order, spelt=tables.ORDER, example="{size:[S,M,L]}")
    levels: int = limited(20, at_least=1, at_most=1000, example="20")
    dates: str = limited("days", choices=DATES)


@dataclass
class CsvConf(TableConf):
    """A table with a column to predict."""

    kind: str = "csv"
    name: str = STEM
    path: str = ""
    target: str = ""
    separator: Any = limited(None, special=tables.separator, spelt=tables.SEPARATOR, example="semicolon")
    encoding: Any = limited(None, special=tables.encoding, spelt=tables.ENCODING, example="latin-1")


@dataclass
class NpzConf(SplitConf):
    """NumPy arrays `x` and `y` in one file."""

    kind: str = "npz"
    name: str = STEM
    path: str = ""


@dataclass
class SklearnConf(SplitConf):
    """A data set that scikit-learn brings with it."""

    kind: str = "sklearn"
    name: str = limited("digits", choices=SKLEARN)


@dataclass
class PythonConf(SplitConf):
    """What a function of the user's returns; keys that stand beside these are its arguments."""

    kind: str = "python"
    name: str = FUNCTION


@dataclass
class ArraysConf(TableConf):
    """Arrays that were given from Python."""

    kind: str = "arrays"
    name: str = "arrays"
    sha256: str = ""
    ignore: list[str] = limited([], example="[id]")
    missing: str = limited("error", choices=MISSING_VALUES)


DATA: dict[str, type[DataConf]] = {
    conf.kind: conf for conf in (XorConf, ParityConf, CsvConf, NpzConf, SklearnConf, PythonConf, ArraysConf)
}
"""Every kind of data under its name."""

TRUTH_TABLES = ("xor", "parity")
"""The kinds that are learnt whole and not split."""
