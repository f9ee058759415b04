"""Data that is ready to learn from: read, split, and turned into numbers by what the training part says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.config.spec import DataSpec
from xor_sweep.data.digits import SUBTRACT, columns_beyond_float32, refuse_lost_digits
from xor_sweep.data.errors import DataError, in_memory
from xor_sweep.data.fit_columns import check_columns, fit_columns
from xor_sweep.data.function import about_parameters
from xor_sweep.data.numbers import center_and_scale, refuse_infinite, refuse_missing
from xor_sweep.data.preprocessing import Preprocessing
from xor_sweep.data.read import content, read, spelling
from xor_sweep.data.rows import about_rows, usable_rows
from xor_sweep.data.said import about_target
from xor_sweep.data.said_columns import about_columns
from xor_sweep.data.split import Rows, split
from xor_sweep.data.table import Table, is_frame
from xor_sweep.data.task import Label, Target, decide
from xor_sweep.data.truth_table import points

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Rows to learn from, or to check on. The arrays cannot be written to: they are shared.

    Attributes:
        x: float32 `(rows, *features)`, or int32 where the data is whole numbers and not standardised.
        y: float32 `(rows, 1)` of 0 and 1 for a binary task, int32 `(rows, 1)` class indices for a multiclass one,
            float32 `(rows, outputs)` for a regression, standardised where the spec says so.
        rows: int64 `(rows,)`, ascending: which of the raw rows they are.
    """

    x: NDArray[Any]
    y: NDArray[Any]
    rows: Rows

    def __post_init__(self) -> None:
        for array in (self.x, self.y, self.rows):
            array.flags.writeable = False


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Data ready to learn from.

    Attributes:
        spec: what it was made of.
        train, validation, test: its parts; the latter two are None where there is none.
        preprocessing: what was fitted on the training part.
        raw: the inputs of all rows as read, without target and left-out columns; not to be written to.
        said: how target and rows were read, for the user, a line each.
        columns: how the columns of a table were read, as lines of one text.
        own_validation: whether the data brought its validation part with it.
    """

    spec: DataSpec
    train: Part
    validation: Part | None
    test: Part | None
    preprocessing: Preprocessing
    raw: pd.DataFrame | NDArray[Any]
    said: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    own_validation: bool = False

    @property
    def task(self) -> str:
        """`binary`, `multiclass` or `regression`."""
        return self.preprocessing.task

    @property
    def classes(self) -> tuple[Label, ...]:
        """The label of each class index, as in the data; () for a regression."""
        return self.preprocessing.classes

    def without_raw(self) -> Dataset:
        """The same for another process: raw rows take no part in training."""
        return replace(self, raw=np.empty(0))

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one row's inputs."""
        return self.train.x.shape[1:]

    @property
    def outputs(self) -> int:
        """Units of the output layer: 1 for a binary task, the classes of a multiclass one, a regression's columns."""
        return len(self.classes) if self.task == "multiclass" else int(self.train.y.shape[1])


def dataset(data: DataSpec) -> Dataset:
    """The data of a spec, ready to learn from.

    The latest ones are kept. A spec that holds a hash is that content: what was read of it stays, even if the file
    changes afterwards.

    Raises:
        DataError: where it cannot be read or learnt from, or is no longer the content that the spec holds the hash of.
    """
    if data in _remembered:
        return _remembered[data]
    return _dataset(data, data.sha256 or content(data), spelling(data))


def remember(made: Dataset, most: int) -> None:
    """Have `dataset` return what another process has made, until so many others came after it."""
    _remembered.pop(made.spec, None)
    while len(_remembered) >= most:
        _remembered.pop(next(iter(_remembered)))
    _remembered[made.spec] = made


_remembered: dict[DataSpec, Dataset] = {}


@lru_cache(maxsize=8)
def _dataset(data: DataSpec, sha256: str, spelled: str) -> Dataset:  # noqa: ARG001  # a part of what it is kept under
    if data.truth_table:
        x, y = points(data)
        return Dataset(data, Part(x, y, np.arange(len(x))), None, None, Preprocessing("binary", "y", (0, 1)), x)
    found = content(data)
    if found != sha256:
        what = f"changed since the configuration was read: {found[:8]}… in place of {sha256[:8]}…"
        raise DataError(f"{data.path or data.name}: {what}; start the command again")
    with in_memory(data.path or data.name):
        return _made(data, read(data, sha256))


def _made(data: DataSpec, table: Table) -> Dataset:
    _check_inputs(data, table)
    usable = usable_rows(data, table)
    target = decide(table.y[usable], data.task, table.target, table.where)
    own = None if table.own_validation is None else np.flatnonzero(usable >= table.own_validation)
    strata = target.values if target.classes else np.zeros(len(usable), np.int64)
    parts = split(data, strata, target.classes, table.where, own)
    preprocessing = _fitted(data, table, target, usable, parts.train)
    raw = table.x.iloc[usable] if is_frame(table.x) else table.x[usable]
    x, y = preprocessing.transform(raw, table.where), _learnt(target, preprocessing)
    if 0 in x.shape[1:]:
        raise DataError(f"{table.where}: no feature to learn from; every column of words is empty in training")

    def part(rows: Rows | None) -> Part | None:
        return None if rows is None else Part(x[rows], y[rows], usable[rows])

    train = part(parts.train)
    assert train is not None
    said = (*about_parameters(data), about_target(target, table.target), *about_rows(data, table, usable))
    others = part(parts.validation), part(parts.test)
    columns = tuple(about_columns(data, table, preprocessing.columns or ()))
    return Dataset(data, train, *others, preprocessing, table.x, said, columns, own is not None)


def _check_inputs(data: DataSpec, table: Table) -> None:
    """Hold the inputs against what can be learnt from."""
    if isinstance(table.x, np.ndarray):
        if data.missing != "drop":
            refuse_missing(table.x, "x", table.where)
        refuse_infinite(table.x, "x", table.where)
    else:
        check_columns(table.x, table.reading_of, data, data.kind != "python", table.where)


def _fitted(data: DataSpec, table: Table, target: Target, usable: Rows, train: Rows) -> Preprocessing:
    made: dict[str, Any] = {"separator": data.separator, "encoding": data.encoding}
    rows = usable[train]
    if not isinstance(table.x, np.ndarray):
        made["columns"] = fit_columns(table.x.iloc[rows], table.reading_of, data)
    elif data.standardize:
        made["mean"], made["scale"] = center_and_scale(table.x[rows])
    if data.standardize and data.standardize_target and target.task == "regression":
        made["target_mean"], made["target_scale"] = center_and_scale(target.values[train])
    whole = not data.standardize and _whole(table.x)
    fitted = Preprocessing(target.task, table.target, target.classes, whole=whole, **made)
    if target.task == "regression":
        # As read: integers of 17 digits are equal as float64.
        learnt = target.values[train] if table.y.dtype == object else table.y[rows].reshape(len(rows), -1)
        name = f"the target {table.target}"
        refuse_lost_digits(learnt, fitted.target_scale, name, table.where, SUBTRACT)
    return fitted if whole else replace(fitted, beyond_float32=_beyond_float32(table, rows, fitted))


def _beyond_float32(table: Table, rows: Rows, fitted: Preprocessing) -> tuple[str, ...]:
    """The inputs whose raw numbers have more digits than float32 holds, by name.

    Raises:
        DataError: if the network could not tell the numbers of an input apart.
    """
    if isinstance(table.x, np.ndarray):
        beyond = refuse_lost_digits(table.x[rows], fitted.scale, "x", table.where, f"{SUBTRACT}, or leave them out")
        return ("x",) if beyond else ()
    return columns_beyond_float32(table.x.iloc[rows], fitted.columns or (), table.where)


def _whole(x: pd.DataFrame | NDArray[Any]) -> bool:
    """Whether all inputs are of a type of whole numbers, with every value an int32; true and false are not."""
    columns = [x[name].to_numpy() for name in x.columns] if is_frame(x) else [np.asarray(x)]
    small = np.iinfo(np.int32)
    return all(
        column.dtype.kind in "iu" and column.min() >= small.min and column.max() <= small.max for column in columns
    )


def _learnt(target: Target, preprocessing: Preprocessing) -> NDArray[Any]:
    if target.task == "regression":
        return preprocessing.scaled_target(target.values)
    return target.values[:, None].astype(np.float32 if target.task == "binary" else np.int32)
