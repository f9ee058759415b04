"""Raw rows to a network's inputs, and its outputs back into the target's units, by what the training part says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.data.columns import Column
from xor_sweep.data.errors import DataError, listed
from xor_sweep.data.numbers import refuse_infinite, refuse_missing
from xor_sweep.data.table import inputs, is_frame
from xor_sweep.data.task import Label

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Preprocessing:
    """How raw rows become a network's inputs, and what its outputs mean.

    Attributes:
        task: `binary`, `multiclass` or `regression`.
        target: the target's name.
        classes: the label of each class index; () for a regression.
        columns: how each column becomes features; None where raw rows are a plain array.
        whole: whether inputs are whole numbers that stay so, int32, for embeddings.
        mean, scale: of a plain array's features, float64 `(*features)`; None where they are not standardised.
        target_mean, target_scale: of a regression's outputs, float64 `(outputs,)`; None where not standardised.
        separator, encoding: of files, as far as keys said them; empty if they are found in a file.
        beyond_float32: the inputs, by name, whose raw numbers have more digits than float32 holds; `x` for an array.
    """

    task: str
    target: str
    classes: tuple[Label, ...] = ()
    columns: tuple[Column, ...] | None = None
    whole: bool = False
    mean: Floats | None = None
    scale: Floats | None = None
    target_mean: Floats | None = None
    target_scale: Floats | None = None
    separator: str = ""
    encoding: str = ""
    beyond_float32: tuple[str, ...] = ()

    def transform(self, raw: pd.DataFrame | NDArray[Any], where: str = "raw rows") -> NDArray[Any]:
        """A network's inputs of raw rows: float32 `(rows, *features)`, or int32 where they are whole numbers.

        Args:
            raw: a frame with the columns of training, in any order and with others beside them, or a plain array.
            where: what messages call the rows.

        Raises:
            DataError: where a column or feature is missing, a number is not finite, or is not whole as in training.
        """
        x = self._of_array(raw, where) if self.columns is None else self._of_frame(self.columns, raw, where)
        if not self.whole:
            return x.astype(np.float32)
        if (x != np.trunc(x)).any() or (np.abs(x) > np.iinfo(np.int32).max).any():
            raise DataError(f"{where}: the network was trained on whole numbers, and not all of these are int32 ones")
        return x.astype(np.int32)

    def _of_frame(self, columns: tuple[Column, ...], raw: Any, where: str) -> NDArray[Any]:
        names = [column.name for column in columns]
        if not is_frame(raw):
            raise DataError(f"{where}: give a DataFrame with the columns {listed(names)}")
        frame = raw.rename(columns=str)
        if missing := [name for name in names if name not in frame.columns]:
            found = f"it has {listed(frame.columns)}"
            raise DataError(f"{where}: column{'s' * (len(missing) > 1)} {listed(missing)} missing; {found}")
        return np.concatenate([column.features(frame[column.name], where) for column in columns], 1)

    def _of_array(self, raw: Any, where: str) -> NDArray[Any]:
        x = inputs(np.asarray(raw), "x", where)
        assert isinstance(x, np.ndarray)
        refuse_missing(x, "x", where)
        refuse_infinite(x, "x", where)
        if self.mean is None or self.scale is None:
            return x
        if x.shape[1:] != self.mean.shape:
            shapes = f"a row has the shape {x.shape[1:]}, and in training it had {self.mean.shape}"
            raise DataError(f"{where}: {shapes}; give the same features")
        return np.asarray((x - self.mean) / self.scale)

    def scaled_target(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """A regression's targets as a network learns them."""
        if self.target_mean is None or self.target_scale is None:
            return values.astype(np.float32)
        return ((values - self.target_mean) / self.target_scale).astype(np.float32)

    def in_units(self, prediction: NDArray[Any]) -> Floats:
        """A regression's predictions `(rows, outputs)` in the target's own units; others as they are."""
        plain = prediction.astype(np.float64)
        if self.target_mean is None or self.target_scale is None:
            return plain
        return plain * self.target_scale + self.target_mean

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON's own types."""
        arrays = {name: getattr(self, name) for name in ("mean", "scale", "target_mean", "target_scale")}
        return {
            "task": self.task,
            "target": self.target,
            "classes": list(self.classes),
            "columns": None if self.columns is None else [column.to_json() for column in self.columns],
            "whole": self.whole,
            **{name: None if array is None else array.tolist() for name, array in arrays.items()},
            "separator": self.separator,
            "encoding": self.encoding,
            "beyond_float32": list(self.beyond_float32),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Preprocessing:
        """What `to_json` wrote."""
        columns = value["columns"]
        arrays = {name: value[name] for name in ("mean", "scale", "target_mean", "target_scale")}
        return cls(
            task=value["task"],
            target=value["target"],
            classes=tuple(value["classes"]),
            columns=None if columns is None else tuple(map(Column.from_json, columns)),
            whole=value["whole"],
            **{name: None if array is None else np.array(array, np.float64) for name, array in arrays.items()},
            # What release 0.2.0 did not write:
            separator=value.get("separator", ""),
            encoding=value.get("encoding", ""),
            beyond_float32=tuple(value.get("beyond_float32", ())),
        )
