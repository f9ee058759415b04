"""Runs trained once more, for their weights alone: a run's bits depend on its spec, so they come out the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from xor_sweep.config.spec import RunSpec
from xor_sweep.executors.engine import Engine
from xor_sweep.kept import Trained
from xor_sweep.plan import Chunk
from xor_sweep.segment import Ending, Segment
from xor_sweep.structure import Structure

Ints = NDArray[np.int64]

NONE: Ints = np.array([], np.int64)


def train_again(spec: RunSpec, structure: Structure, engine: Engine) -> Trained:
    """Train one run once more; return what it ends with."""
    chunk = Chunk(structure, spec.data, (spec,))
    [ending] = (given for given in trained(chunk, engine) if isinstance(given, Ending))
    return Trained.of(chunk, ending, 0)


def train_to_lowest(specs: Sequence[RunSpec], structure: Structure, engine: Engine) -> list[Trained]:
    """Train runs twice more, side by side: to find the step of each one's lowest cost, and then to its weights there.

    The lowest cost of a run is that of its checks and of its last step. A truth table has no checks; its lowest cost
    is that of all steps.

    Args:
        specs: runs of one structure, one data and one class weight, not more than the structure's width.
        structure: theirs.
        engine: trains.
    """
    chunk = Chunk(structure, specs[0].data, tuple(specs))
    record = np.arange(structure.steps + 1) if structure.data.truth_table else NONE
    at, lowest = np.zeros(len(specs), np.int64), np.full(len(specs), np.inf, np.float32)
    for given in trained(chunk, engine, record):
        if isinstance(given, Segment):
            costs = np.where(np.isfinite(given.cost), given.cost, np.float32(np.inf))
            first = costs.argmin(0)
            better = costs.min(0) < lowest[given.lanes]
            at[given.lanes[better]] = given.steps[first[better]]
            lowest[given.lanes[better]] = costs.min(0)[better]
    [ending] = (given for given in trained(chunk, engine, until=at) if isinstance(given, Ending))
    return [Trained.of(chunk, ending, lane) for lane in range(len(specs))]


def trained(chunk: Chunk, engine: Engine, record: Ints = NONE, until: Ints | None = None) -> Iterator[Segment | Ending]:
    """Train a chunk and write nothing; yield its segments and its ending.

    Raises:
        Exception: what training raises.
    """
    number = engine.train(chunk, graph=False, record=record, snapshots=NONE, train_scores=NONE, until=until)
    while True:
        answer = engine.next()
        if answer is None or answer[0] != number:
            continue
        if isinstance(answer[1], BaseException):
            raise answer[1]
        if isinstance(answer[1], Segment | Ending):
            yield answer[1]
        if isinstance(answer[1], Ending):
            return
