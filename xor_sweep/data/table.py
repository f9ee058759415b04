"""Data as it was read, of whatever kind: the rows' inputs and their targets, checked for form and not for content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from xor_sweep.config.limits import did_you_mean
from xor_sweep.config.spec import DataSpec
from xor_sweep.data.errors import DataError, in_memory, listed
from xor_sweep.data.reading import Reading
from xor_sweep.data.task import read_target

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows as read.

    Attributes:
        where: what messages call the data, such as its file.
        x: inputs: a frame whose columns are named by words, or numbers `(rows, *features)`.
        y: targets `(rows,)`, or numbers `(rows, outputs)`; labels are of dtype object or bool.
        target: what messages call the target.
        own_validation: the row at which the data's own validation part begins; None where it has none.
        readings: how each column of a frame was read, those that are left out and a file's target among them.
        notes: what is unusual about the file, each as a short phrase.
    """

    where: str
    x: pd.DataFrame | NDArray[Any]
    y: NDArray[Any]
    target: str
    own_validation: int | None = None
    readings: tuple[Reading, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def reading_of(self) -> dict[str, Reading]:
        """How each column was read, by name."""
        return {reading.name: reading for reading in self.readings}


def is_frame(x: object) -> TypeGuard[pd.DataFrame]:
    """Whether `x` is a pandas frame; pandas is not imported to find out."""
    return any(kind.__name__ == "DataFrame" and kind.__module__.split(".")[0] == "pandas" for kind in type(x).__mro__)


def table_of(x: Any, y: Any, validation: tuple[Any, Any] | None, where: str) -> Table:
    """A table of arrays or frames.

    Args:
        x: a frame, or anything that NumPy makes an array of at least two dimensions of.
        y: as many targets.
        validation: inputs and targets that are the validation part.
        where: what messages call the data.

    Raises:
        DataError: where the form of one is wrong, or two do not fit together.
    """
    notes = about_index(x)
    name = getattr(y, "name", None)
    target = name if isinstance(name, str) else "y"
    with in_memory(where):
        x, y = inputs(x, "x", where), read_target(y, "y", where)
    if len(x) != len(y):
        raise DataError(f"{where}: x has {len(x)} rows and y has {len(y)}; give one target for each row")
    if validation is None:
        return Table(where, x, y, target, notes=notes)
    more_x = inputs(validation[0], "x_validation", where)
    more_y = read_target(validation[1], "y_validation", where)
    if len(more_x) != len(more_y):
        lengths = f"x_validation has {len(more_x)} rows and y_validation has {len(more_y)}"
        raise DataError(f"{where}: {lengths}; give one target for each row")
    if len(more_x) == 0:
        raise DataError(f"{where}: x_validation has no rows; leave x_validation and y_validation out, or give rows")
    both = _stacked(x, more_x, where), _stacked_targets(y, more_y, where)
    return Table(where, *both, target, len(x), notes=notes)


def inputs(x: Any, name: str, where: str) -> pd.DataFrame | NDArray[Any]:
    """A copy of inputs as given, which no later change to them reaches.

    Raises:
        DataError: where `x` is no frame and no array of numbers with at least two dimensions.
    """
    refuse_tensorflow_data(x, where)
    if is_frame(x):
        frame = x.reset_index(drop=True).rename(columns=str)
        if not frame.columns.is_unique:
            twice = frame.columns[frame.columns.duplicated()][0]
            raise DataError(f"{where}: two columns are called {twice}; give each column a name of its own")
        return frame.copy()
    try:
        array = np.array(x)
    except ValueError as error:
        raise DataError(f"{where}: {name} is no array: {error}; give rows of one length") from error
    if array.dtype.kind not in "biuf":
        what = "words or objects" if array.dtype.kind in "OSUT" else f"{array.dtype} values"
        raise DataError(f"{where}: {name} holds {what}; give an array of numbers, or a DataFrame for columns of words")
    if array.ndim < 2:
        shape = f"{array.ndim} dimension{'s' * (array.ndim != 1)}"
        raise DataError(f"{where}: {name} has {shape} and needs rows of features; write {name}.reshape(-1, 1), say")
    return array


def refuse_tensorflow_data(value: object, where: str) -> None:
    """Refuse a tf.data.Dataset, which is known by its classes' names: TensorFlow is not imported for it.

    Raises:
        DataError: where it is one.
    """
    if any(
        "Dataset" in kind.__name__ and kind.__module__.split(".")[0] == "tensorflow" for kind in type(value).__mro__
    ):
        raise DataError(f"{where}: give arrays: tf.data inputs are not taken")


def about_index(frame: Any) -> tuple[str, ...]:
    """What there is to say about the index of a frame: it is no column to learn from."""
    names = [str(name) for name in frame.index.names if name is not None] if is_frame(frame) else []
    return (f"its index {' and '.join(names)} left out (reset_index() makes it a column)",) if names else ()


def check_names(x: pd.DataFrame | NDArray[Any], data: DataSpec, where: str) -> None:
    """Refuse keys that name columns which the inputs do not have.

    Raises:
        DataError: if a column does not exist.
    """
    named = {
        "ignore": data.ignore,
        "dtype": [name for name, _ in data.dtype],
        "order": [name for name, _ in data.order],
    }
    for key, names in named.items():
        for name in names:
            if not is_frame(x):
                raise DataError(f"data.{key}=[{','.join(names)}]: {where} has no named columns; leave data.{key} out")
            require_column(x, name, f"data.{key}=[{','.join(names)}]", where)


def require_column(frame: pd.DataFrame, name: str, key: str, where: str) -> None:
    """Raise DataError where a frame has no such column."""
    if name not in frame.columns:
        close = did_you_mean(name, frame.columns)
        unnamed = any(str(each).startswith("Unnamed: ") for each in frame.columns)
        lines = "; take out lines above the names of the columns" if unnamed else ""
        columns = f"{listed(frame.columns)}{lines}"
        raise DataError(f"{key}: {where} has no column {name}{close or ';'} its columns are {columns}")


def _stacked(x: Any, more: Any, where: str) -> pd.DataFrame | NDArray[Any]:
    if is_frame(x) != is_frame(more):
        raise DataError(f"{where}: x and x_validation are not of one kind; give two DataFrames or two arrays")
    if is_frame(x):
        if set(x.columns) != set(more.columns):
            names = f"x has {listed(x.columns)}; x_validation has {listed(more.columns)}"
            raise DataError(f"{where}: x and x_validation have different columns: {names}")
        import pandas as pd  # late: it takes long to import

        both: pd.DataFrame = pd.concat([x, more[x.columns]], ignore_index=True)
        return both
    if x.shape[1:] != more.shape[1:]:
        shapes = f"{x.shape[1:]} and {more.shape[1:]}"
        raise DataError(f"{where}: a row of x and one of x_validation have different shapes: {shapes}")
    return np.concatenate([np.asarray(x), np.asarray(more)])


def _stacked_targets(y: NDArray[Any], more: NDArray[Any], where: str) -> NDArray[Any]:
    if y.shape[1:] != more.shape[1:] or (y.dtype.kind in "Ob") != (more.dtype.kind in "Ob"):
        raise DataError(f"{where}: y and y_validation are not of one kind; give both as classes or both as numbers")
    return np.concatenate([y, more])
