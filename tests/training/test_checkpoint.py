"""Training that goes on from a checkpoint gives what training that was never stopped gives, to the last bit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tests.specs import spec, structure
from tests.training.custom import given
from tests.training.trained import program_of
from xor_sweep.checkpoint import Checkpoint
from xor_sweep.config import RunSpec, schema
from xor_sweep.data import dataset
from xor_sweep.plan import lane_of
from xor_sweep.segment import Ending, Segment
from xor_sweep.training import Program

RECORD, SNAPSHOTS = np.arange(0, 700, 7), np.arange(0, 700, 35)

VALIDATED = {**given(points=60), "network.hidden": [6], "batch_size": 16, "epochs": 60}
RICH = {**VALIDATED, "network.dropout": 0.2, "network.batch_normalization": True}

CASES: dict[str, dict[str, Any]] = {
    "xor": {"steps": 600},
    "rich": RICH,
    "scheduled": {**VALIDATED, "schedule": "cosine_decay"},
    "averaged": {**VALIDATED, "optimizer": "nadam", "optimizer.use_ema": True, "optimizer.ema_overwrite_frequency": 30},
    "accumulating": {**VALIDATED, "optimizer.gradient_accumulation_steps": 3, "batch_size": 7},
    "stopping": {**RICH, "early_stopping.patience": 3},
    "alone": {**RICH, "optimizer.clipnorm": 0.1},
    "alone and stopping": {**RICH, "optimizer.clipnorm": 0.1, "early_stopping.patience": 5},
}
OPTIMIZERS = {name: {"steps": 300, "optimizer": name, "lr": 0.01} for name in schema.OPTIMIZERS}


def runs_of(values: dict[str, Any], count: int) -> list[RunSpec]:
    rates = np.geomspace(1e-3, 0.3, count)
    return [spec({**values, "lr": float(lr)}, seed=seed) for seed, lr in enumerate(rates, 1)]


def start(runs: Sequence[RunSpec], program: Program, checkpoint: Checkpoint | None = None) -> Any:
    first = runs[0]
    lanes, data = [lane_of(run) for run in runs], dataset(first.data)
    return program.train(lanes, data, RECORD, SNAPSHOTS, checkpoint=checkpoint)


def through_a_file(checkpoint: Checkpoint) -> Checkpoint:
    return Checkpoint.from_arrays({name: array.copy() for name, array in checkpoint.arrays().items()})


def history(segments: Sequence[Segment], lane: int) -> dict[str, list[bytes]]:
    """Everything that was recorded of a lane, in the order in which it was."""
    found: dict[str, list[bytes]] = {}
    for segment in (segment for segment in segments if lane in segment.lanes):
        place = list(segment.lanes).index(lane)
        for arrays, steps in ((segment.scalars, segment.steps), (segment.snapshots, segment.snapshot_steps)):
            for tag, values in arrays.items():
                for step, value in zip(steps, values[:, place], strict=True):
                    if not np.isnan(value).all():
                        found.setdefault(tag, []).append(np.int64(step).tobytes() + value.tobytes())
    return found


def bits_of(ending: Ending) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in ending.arrays().items()}


def resumed(runs: Sequence[RunSpec], program: Program, every: int) -> tuple[list[Segment], Ending, int]:
    """Train with a stop after each so many segments, other lanes in between; the last value counts the stops."""
    segments: list[Segment] = []
    checkpoint, stops = None, 0
    while True:
        training = start(runs, program, checkpoint)
        for number, segment in enumerate(training, 1):
            segments.append(segment)
            if number == every:
                break
        found = program.checkpoint()
        if found is None:
            return segments, program.ending(), stops
        assert np.array_equal(found.steps, program._steps)
        checkpoint, stops = through_a_file(found), stops + 1
        next(start(runs[:1], program))


@pytest.mark.parametrize(
    "values",
    [
        *(pytest.param(values, id=name) for name, values in CASES.items()),
        *(pytest.param(values, id=name, marks=pytest.mark.proof) for name, values in OPTIMIZERS.items()),
    ],
)
def test_a_stop_after_every_segment_changes_no_bit(values: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xor_sweep.training.program.FIRST_SEGMENT_STEPS", 31)
    runs = runs_of(values, 1 if structure(spec(values)).width == 1 else 3)
    program = program_of(structure(runs[0]))
    whole, ending = list(start(runs, program)), program.ending()
    parts, its_ending, stops = resumed(runs, program, every=1)
    assert stops > 1
    assert bits_of(its_ending) == bits_of(ending)
    for lane in range(len(runs)):
        assert history(parts, lane) == history(whole, lane)


@pytest.mark.proof
@pytest.mark.parametrize("every", [1, 2, 5])
def test_groups_of_lanes_go_on_wherever_they_were_stopped(every: int) -> None:
    runs = runs_of({**VALIDATED, "early_stopping.patience": 3}, 300)
    assert structure(runs[0]).width < 150
    program = program_of(structure(runs[0]))
    whole, ending = list(start(runs, program)), program.ending()
    parts, its_ending, stops = resumed(runs, program, every)
    assert stops > 2
    assert bits_of(its_ending) == bits_of(ending)
    for lane in range(0, len(runs), 13):
        assert history(parts, lane) == history(whole, lane)


def test_some_of_the_lanes_go_on_alone() -> None:
    runs = runs_of({**VALIDATED, "early_stopping.patience": 4}, 300)
    program = program_of(structure(runs[0]))
    ending = (list(start(runs, program)), program.ending())[1]
    kept, other = np.array([0, 5, 127, 128, 250, 299]), Program(structure(runs[0]))
    training = start(runs, program)
    for stop in (1, 3, 4, 9):
        for _ in range(stop):
            next(training)
        found = program.checkpoint()
        assert found is not None
        training = start(runs, program, found)
        list(start([runs[lane] for lane in kept], other, through_a_file(found).of(kept)))
        assert bits_of(other.ending()) == bits_of(ending.of(kept))


def test_a_checkpoint_of_another_program_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xor_sweep.training.program.FIRST_SEGMENT_STEPS", 31)
    mine, others = runs_of({"steps": 300}, 2), runs_of({"steps": 300, "network.hidden": [3]}, 2)
    program = program_of(structure(mine[0]))
    next(start(mine, program))
    found = program.checkpoint()
    assert found is not None
    with pytest.raises(ValueError, match="shape"):
        next(start(others, program_of(structure(others[0])), found))


def test_there_is_no_checkpoint_of_what_is_over() -> None:
    runs = runs_of({"steps": 20}, 2)
    program = program_of(structure(runs[0]))
    list(start(runs, program))
    assert program.checkpoint() is None


def test_arrays_that_do_not_fit_together_are_refused() -> None:
    runs = runs_of({**VALIDATED, "early_stopping.patience": 3}, 300)
    program = program_of(structure(runs[0]))
    training = start(runs, program)
    while not program._parts:
        next(training)
    found = program.checkpoint()
    assert found is not None
    arrays = found.arrays()
    for name, wrong in (("steps", arrays["steps"][1:]), ("ended", arrays["ended"][1:]), ("parked/0", np.zeros((1, 2)))):
        with pytest.raises(ValueError, match="lanes"):
            Checkpoint.from_arrays({**arrays, name: wrong})
    with pytest.raises(KeyError):
        Checkpoint.from_arrays({name: array for name, array in arrays.items() if name != "parked/1"})
