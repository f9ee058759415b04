"""Runs trained together, as a chunk trains them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.specs import structure
from xor_sweep.config import RunSpec
from xor_sweep.data import dataset
from xor_sweep.plan import lane_of
from xor_sweep.segment import Ending, Segment
from xor_sweep.structure import NetworkFacts, Structure
from xor_sweep.tags import weight_tags
from xor_sweep.training import Program

NONE = np.array([], np.int64)


def train(
    runs: Sequence[RunSpec],
    record: NDArray[np.int64] = NONE,
    snapshots: NDArray[np.int64] = NONE,
    facts: NetworkFacts | None = None,
    program: Program | None = None,
) -> tuple[list[Segment], Ending]:
    """The segments and the ending of runs of one structure, in one call of its program."""
    [shared] = {structure(run, facts) for run in runs}
    program = program or program_of(shared)
    first = runs[0]
    lanes = [lane_of(run) for run in runs]
    segments = list(program.train(lanes, dataset(first.data), record, snapshots, first.training.class_weight))
    return segments, program.ending()


@lru_cache(maxsize=32)
def program_of(structure: Structure) -> Program:
    """The program of a structure, compiled once for all tests."""
    return Program(structure)


def steps_of(segments: Sequence[Segment]) -> list[int]:
    """The steps at which scalars were recorded."""
    return list(map(int, np.concatenate([segment.steps for segment in segments])))


def scalar(segments: Sequence[Segment], tag: str) -> NDArray[np.float32]:
    """A scalar's history, `(points, lanes)`."""
    return np.concatenate([segment.scalars[tag] for segment in segments])


def costs_of(segments: Sequence[Segment]) -> NDArray[np.float32]:
    """The history of the cost that ranks runs, `(points, lanes)`."""
    return np.concatenate([segment.cost for segment in segments])


def starts_of(first: Segment, runs: Sequence[RunSpec], facts: NetworkFacts | None = None) -> list[list[NDArray[Any]]]:
    """The flat start weights of each run, from a segment that holds a snapshot of step 0."""
    assert first.snapshot_steps[0] == 0
    tags = weight_tags(structure(runs[0], facts))
    return [[first.snapshots[tag][0, lane] for tag in tags] for lane in range(len(runs))]
