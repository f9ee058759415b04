"""The target: what kind of task it makes, its classes, and the numbers that a network learns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.data.errors import DataError, listed
from xor_sweep.data.numbers import LARGEST, refuse_infinite

Label = str | int | float | bool

MOST_CLASSES = 20
"""Numbers with more different values than this are no classes unless data.task says so."""


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A target as numbers.

    Attributes:
        task: `binary`, `multiclass` or `regression`.
        classes: the label of each class index, sorted; () for a regression.
        values: class indices int64 `(rows,)`, or float64 `(rows, outputs)` in the target's own units.
    """

    task: str
    classes: tuple[Label, ...]
    values: NDArray[Any]


def read_target(values: Any, name: str, where: str) -> NDArray[Any]:
    """Targets as given, copied: `(rows,)`, or numbers `(rows, outputs)`; labels are of dtype object or bool.

    Raises:
        DataError: where they are neither numbers nor words nor true and false, or have more than two dimensions.
    """
    categories = str(getattr(values, "dtype", "")) == "category"
    try:
        array = np.array(values.astype(object) if categories else values)
    except ValueError as error:
        raise DataError(f"{where}: {name} is no array: {error}; give one target a row") from error
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.dtype.kind in "UT":
        array = array.astype(object)
    if array.dtype == object and any(type(value) is int and abs(value) > LARGEST for value in array.flat):
        raise DataError(
            f"{where}: {name} has a whole number that float32 cannot hold; correct it, or leave its row out"
        )
    if array.dtype.kind not in "biufO":
        raise DataError(f"{where}: {name} holds {array.dtype} values; give numbers, words or true and false")
    if array.ndim not in (1, 2) or (array.ndim == 2 and array.shape[1] == 0):
        raise DataError(f"{where}: {name} has the shape {array.shape}; give one target, or a row of them, for each row")
    if array.ndim == 2:
        return _numbers(array, name, where)
    return array if categories or array.dtype != object else _plain(array, name, where)


def _numbers(array: NDArray[Any], name: str, where: str) -> NDArray[Any]:
    try:
        if array.dtype == object and any(isinstance(value, str) for value in array.flat):
            raise ValueError("words")  # which NumPy would read as numbers where it can
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{where}: {name} has several columns, not all of numbers; give one column of labels"
        ) from error


def _plain(array: NDArray[Any], name: str, where: str) -> NDArray[Any]:
    """Objects that are all numbers as numbers, with NaN for what is missing; other labels as they are."""
    import pandas as pd  # late: it takes long to import

    kind = pd.api.types.infer_dtype(array, skipna=True)
    if kind in ("integer", "floating", "mixed-integer-float", "decimal", "empty"):
        numbers = pd.Series(array).to_numpy(dtype=np.float64, na_value=np.nan)
        exact = kind == "integer" and bool((np.abs(numbers) < 2**53).all())
        return numbers.astype(np.int64) if exact else numbers
    if kind not in ("string", "boolean"):
        raise DataError(f"{where}: {name} holds values of several types; give numbers, words or true and false")
    return array


def missing_targets(y: NDArray[Any]) -> NDArray[np.bool_]:
    """Which rows have no target, or not every one, `(rows,)`."""
    if y.dtype == object:
        import pandas as pd  # late: it takes long to import

        missing: NDArray[np.bool_] = pd.Series(y).isna().to_numpy(dtype=np.bool_)
        return missing
    missing = np.isnan(y) if y.dtype.kind == "f" else np.zeros(y.shape, np.bool_)
    return np.asarray(missing if y.ndim == 1 else missing.any(1))


def decide(y: NDArray[Any], task: str, name: str, where: str) -> Target:
    """The task that a target makes, and its values.

    Args:
        y: targets with none missing.
        task: `auto`, or the one that the configuration asks for.
        name: the target's name.
        where: what messages call the data.

    Raises:
        DataError: where the target cannot be learnt as this task.
    """
    labels = y.dtype.kind in "Ob"
    if not labels:
        refuse_infinite(y, f"the target {name}", where)
    if y.ndim == 2:
        return _several(y, task, name, where)
    if task == "regression" or (task == "auto" and not labels and not _counts_classes(y)):
        if y.dtype == object and not all(isinstance(value, bool | int | float) for value in y):
            word = next(value for value in y if not isinstance(value, bool | int | float))
            what = f"the target {name} of {where} holds words, such as {word}"
            raise DataError(f"data.task=regression: {what}; leave data.task out to learn classes")
        return Target("regression", (), y.astype(np.float64)[:, None])
    return _classes(y, task, name, where)


def is_few(y: NDArray[Any]) -> bool:
    """Whether numbers have so few different values that they could be classes."""
    return len(np.unique(y)) <= MOST_CLASSES and repeats(y)


def repeats(y: NDArray[Any]) -> bool:
    """Whether numbers have more than two rows for each different value, on average."""
    return len(np.unique(y)) * 2 < len(y)


def _counts_classes(y: NDArray[Any]) -> bool:
    """Whether numbers are classes without being asked: 0 to k-1 without gaps, or two different whole numbers."""
    if not (y == np.trunc(y)).all():
        return False
    found = np.unique(y)
    if len(found) <= 2:
        return len(y) > 2
    return is_few(y) and bool((found == np.arange(len(found))).all())


def changed_task(y: NDArray[Any]) -> str:
    """The task that a target makes unless `data.task` says otherwise; `auto` if it was the same in release 0.2.0.

    That release took any few whole numbers for classes, such as ratings from 1 to 5, and counts; but not two numbers
    that have two rows each, or fewer.
    """
    if y.ndim != 1 or y.dtype.kind in "Ob" or not (y == np.trunc(y)).all() or is_few(y) == _counts_classes(y):
        return "auto"
    return "regression" if is_few(y) else "binary"


def _classes(y: NDArray[Any], task: str, name: str, where: str) -> Target:
    try:
        found, indices = np.unique(y, return_inverse=True)
    except TypeError as error:
        raise DataError(f"{where}: the target {name} has words and numbers as classes; give one kind") from error
    classes = tuple(map(_label, found))
    if len(classes) == 1:
        only = f"the target {name} has one class only, {classes[0]}"
        raise DataError(f"{where}: {only}, so there is nothing to tell apart; give rows of two classes")
    if task == "binary" and len(classes) > 2:
        several = f"the target {name} of {where} has {len(classes)} classes, {listed(classes, 10)}"
        raise DataError(f"data.task=binary: {several}; use data.task=multiclass")
    chosen = "binary" if len(classes) == 2 and task != "multiclass" else "multiclass"
    return Target(chosen, classes, indices.astype(np.int64))


def _several(y: NDArray[Any], task: str, name: str, where: str) -> Target:
    one_hot = bool(np.isin(y, (0, 1)).all() and (y.sum(1) == 1).all())
    if one_hot and task in ("auto", "multiclass"):
        unused = np.flatnonzero(y.sum(0) == 0)
        if len(unused):
            what = f"class {unused[0]} of the target {name} has no row"
            raise DataError(f"{where}: {what}; leave its column out, or give rows of it")
        return Target("multiclass", tuple(range(y.shape[1])), y.argmax(1).astype(np.int64))
    if task in ("binary", "multiclass"):
        columns = f"the target {name} of {where} has {y.shape[1]} columns"
        remedy = "give one column of classes" if task == "binary" else "give one column of classes, or a single 1 a row"
        raise DataError(f"data.task={task}: {columns}; {remedy}")
    return Target("regression", (), y)


def _label(value: Any) -> Label:
    """A class's label in Python's own types; a whole number as one, which a column with gaps keeps as a float."""
    plain: Label = value.item() if isinstance(value, np.generic) else value
    return int(plain) if isinstance(plain, float) and plain.is_integer() else plain
