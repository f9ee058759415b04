"""What stands beside a kept model: how its inputs are called, and what its outputs mean."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.data import Column, Preprocessing
from xor_sweep.foreign import read_file
from xor_sweep.recorded_files import digest

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
"""The format of `model.json`."""

MAX_MODEL_BYTES = 1 << 32

DAMAGED = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading a damaged `model.json` raises."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When in its training a model had its weights.

    Attributes:
        step: updates that were behind it.
        steps: updates of the whole training.
        cost: of the part that ranks runs.
    """

    step: int
    steps: int
    cost: float

    def __str__(self) -> str:
        return f"the weights of step {self.step:,} of {self.steps:,}"


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a kept model does not say itself.

    Attributes:
        preprocessing: how raw rows become points, and what outputs mean.
        probabilities: whether a classifier's outputs are probabilities, and not scores of another kind.
        threshold: the output above which a binary task's prediction is its second class.
        target: the dotted name of the user's function that built the network; empty for a chain of dense layers.
        weights: when the network had its weights; None of models that 0.2.0 wrote.
        sha256: of the model's file, the first 16 hex digits; empty of models that 0.2.0 wrote.
    """

    preprocessing: Preprocessing
    probabilities: bool = True
    threshold: float = 0.5
    target: str = ""
    weights: Moment | None = None
    sha256: str = ""

    def to_json(self) -> str:
        """The content of `model.json`."""
        own = {
            "format": FORMAT,
            "probabilities": self.probabilities,
            "threshold": self.threshold,
            "network": self.target,
        }
        own |= {"weights": asdict(self.weights)} if self.weights else {}
        own |= {"model_sha256": self.sha256} if self.sha256 else {}
        return json.dumps(own | self.preprocessing.to_json(), indent=1) + "\n"

    @classmethod
    def from_json(cls, content: bytes) -> ModelFacts:
        """What `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError: where it is something else.
        """
        value: Mapping[str, Any] = json.loads(content)
        if value["format"] != FORMAT:
            raise ValueError(f"format {value['format']}")
        return cls(
            Preprocessing.from_json(value),
            bool(value["probabilities"]),
            float(value["threshold"]),
            str(value["network"]),
            _moment(value.get("weights")),
            str(value.get("model_sha256", "")),
        )


def load_facts(path: Path) -> ModelFacts | None:
    """Return what a `model.json` says; None if it is not there or damaged."""
    try:
        return ModelFacts.from_json(read_file(path))
    except (OSError, *DAMAGED):
        return None


def is_whole_model(model: Path, facts: ModelFacts) -> bool:
    """Whether a kept model's file is what was written, as far as the facts beside it tell."""
    try:
        return not facts.sha256 or digest(read_file(model, MAX_MODEL_BYTES)) == facts.sha256
    except OSError:
        return False


def beyond_float32(path: Path) -> tuple[str, ...]:
    """Return the inputs of a kept model whose raw numbers have more digits than float32 holds.

    Args:
        path: of its `model.json`; one that cannot be read names none.
    """
    facts = load_facts(path)
    return () if facts is None else facts.preprocessing.beyond_float32


def _moment(value: Any) -> Moment | None:
    return None if value is None else Moment(int(value["step"]), int(value["steps"]), float(value["cost"]))


def input_names(columns: Sequence[Column]) -> list[str]:
    """What a kept model calls the inputs of its columns: as the columns are called, as far as Keras takes it.

    Keras takes no `/`, and no name twice.
    """
    names: list[str] = []
    for column in columns:
        name = column.input_name.replace("/", "_") or "_"
        while name in names:
            name += "_"
        names.append(name)
    return names


def raw_inputs(columns: Sequence[Column], frame: pd.DataFrame) -> NDArray[Any] | dict[str, NDArray[Any]]:
    """What a kept model takes, of a frame's rows: `(rows, columns)`, or by input where columns hold words.

    Args:
        columns: as the model was trained with.
        frame: raw rows, with text as a file has it or with typed values.
    """
    found = [column.values(frame[column.name], "raw rows") for column in columns]
    if all(column.words is None for column in columns):
        return np.stack(found, 1)
    return {
        name: (values if column.words is None else _words(column, values))[:, None]
        for name, column, values in zip(input_names(columns), columns, found, strict=True)
    }


def _words(column: Column, words: NDArray[Any]) -> NDArray[Any]:
    """A column's words, as text; a missing one as one that is none of them."""
    missing = ""
    while missing in (column.words or ()):
        missing += "_"
    return np.array([missing if word is None else word for word in words], np.str_)
