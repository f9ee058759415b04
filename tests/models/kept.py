"""Runs trained and their models kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.specs import spec
from tests.training.trained import train
from xor_sweep.config.spec import Call, DataSpec, NetworkSpec, RunSpec, TrainingSpec
from xor_sweep.data import Dataset, dataset
from xor_sweep.runs import RunPaths
from xor_sweep.segment import Ending
from xor_sweep.shapes import shape_of
from xor_sweep.structure import NetworkFacts, Structure, structure_of
from xor_sweep.training.inspect import inspect
from xor_sweep.training.keep import keep_model
from xor_sweep.training.network import network_of

MIXED = "\n".join(
    ["age,plan,network,rescaling,a/b,churn"]
    + [
        f"{row if row % 7 else ''},{('basic', 'gold', '')[row % 3]},{row % 2 == 0},{1e9 + row * row + 0.5},"
        f"{'xyz'[row % 3]},{('no', 'yes')[row * row % 5 == 0]}"
        for row in range(120)
    ]
)
"""Gaps, words, true and false, a number that is large beside its deviation, and columns with names of Keras's own."""


def run_of(data: DataSpec, network: NetworkSpec | Call | None = None, **training: Any) -> RunSpec:
    chain = NetworkSpec((8,), "relu", "glorot_uniform", "zeros", 1.0)
    return RunSpec(
        network or chain,
        spec().optimizer,
        None,
        data,
        TrainingSpec(**{"steps": None, "epochs": 3, "batch_size": 16, **training}),
        1,
    )


def kept(run: RunSpec, directory: Path) -> tuple[RunPaths, Dataset, Structure, Ending]:
    """A run trained and its model kept."""
    data = dataset(run.data)
    facts: NetworkFacts | None = inspect(run, shape_of(data)) if isinstance(run.network, Call) else None
    structure = structure_of(run, shape_of(data), facts)
    _, ending = train([run], facts=facts)
    paths = RunPaths(directory)
    keep_model(structure, data.preprocessing, *lane(ending), paths)
    return paths, data, structure, ending


def untrained(data: DataSpec, directory: Path) -> tuple[Dataset, NDArray[Any]]:
    """A network's start weights kept as if they were trained; the data, and the network's outputs of its raw rows."""
    found, run = dataset(data), run_of(data)
    structure = structure_of(run, shape_of(found))
    network = network_of(structure).model
    weights = [np.asarray(variable) for variable in network.trainable_variables]
    keep_model(structure, found.preprocessing, weights, [], RunPaths(directory))
    return found, np.asarray(network(found.preprocessing.transform(found.raw))[-1])


def lane(ending: Ending) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
    return [array[0] for array in ending.weights], [array[0] for array in ending.state]
