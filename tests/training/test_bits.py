"""A run's bits depend on its spec alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.specs import spec, structure
from tests.training.custom import given
from tests.training.trained import program_of, train
from xor_sweep.config import RunSpec
from xor_sweep.data import dataset
from xor_sweep.plan import lane_of
from xor_sweep.training import Program

STEPS = 400
RECORD = np.arange(0, STEPS + 1, 7)
SNAPSHOTS = np.arange(0, STEPS + 1, 70)

STRUCTURES: dict[str, dict[str, Any]] = {
    "2-2-1 adam": {},
    "2-2-1 sgd": {"optimizer": "sgd", "lr": 0.5},
    "2-8-2-1 rmsprop": {"network.hidden": [8, 2], "optimizer": "rmsprop"},
    "2-16-16-1 tanh": {"network.hidden": [16, 16], "network.activation": "tanh"},
    "3-5-1 parity lion": {"data": "parity", "network.hidden": [5], "optimizer": "lion", "lr": 0.001},
    "batches and dropout": {**given(points=40), "network.hidden": [4], "network.dropout": 0.2, "batch_size": 7},
    "averaged nadam": {"optimizer": "nadam", "optimizer.use_ema": True, "optimizer.ema_overwrite_frequency": 30},
}
DIVERGING = {"optimizer": "adam", "lr": 1e38}


def run(values: Mapping[str, Any], **top: Any) -> RunSpec:
    return spec({**values, "steps": STEPS, **top})


def bits(
    specs: Sequence[RunSpec],
    record: NDArray[np.int64] = RECORD,
    snapshots: NDArray[np.int64] = SNAPSHOTS,
    program: Program | None = None,
) -> list[dict[str, bytes]]:
    """Everything that each run's training gave, as bytes, at the points that all calls here record."""
    segments, ending = train(specs, record, snapshots, program=program)
    steps = np.concatenate([segment.steps for segment in segments])
    shot_steps = np.concatenate([segment.snapshot_steps for segment in segments])
    common = np.isin(steps, [*RECORD, *SNAPSHOTS, STEPS])
    shots_common = np.isin(shot_steps, [*SNAPSHOTS, STEPS])
    history = {tag: np.concatenate([s.scalars[tag] for s in segments])[common] for tag in segments[0].scalars}
    shots = {
        tag: np.concatenate([segment.snapshots[tag] for segment in segments])[shots_common]
        for tag in segments[0].snapshots
    }
    named = {name: getattr(ending, name) for name in ("best_cost", "diverged_at", "hypothesis")} | ending.scalars
    ended = {name: values for name, values in named.items() if values is not None}
    variables = dict(enumerate((*ending.weights, *ending.state)))
    return [
        {name: values[:, lane].tobytes() for name, values in (history | shots).items()}
        | {f"ending {name}": values[..., lane].tobytes() for name, values in ended.items()}
        | {f"variable {number}": values[lane].tobytes() for number, values in variables.items()}
        for lane in range(len(specs))
    ]


def neighbours(values: Mapping[str, Any], count: int) -> list[RunSpec]:
    rates = np.geomspace(1e-4, 1.0, count)
    return [run(values, lr=float(lr), seed=seed) for seed, lr in enumerate(rates, start=100)]


@pytest.mark.parametrize("values", STRUCTURES.values(), ids=STRUCTURES)
def test_a_run_has_the_same_bits_alone_and_beside_others(values: dict[str, Any]) -> None:
    mine = run(values)
    [alone] = bits([mine])
    assert bits([mine, *neighbours(values, 6)])[0] == alone
    width = structure(mine).width
    assert bits([*neighbours(values, min(99, width - 1)), mine])[-1] == alone


@pytest.mark.parametrize("values", STRUCTURES.values(), ids=STRUCTURES)
def test_the_order_of_the_runs_changes_no_bit(values: dict[str, Any]) -> None:
    runs = neighbours(values, 9)
    shuffled = np.random.default_rng(1).permutation(9)
    straight = bits(runs)
    assert bits([runs[i] for i in shuffled]) == [straight[i] for i in shuffled]
    assert bits(runs[::-1]) == straight[::-1]


@pytest.mark.parametrize("values", [{}, {"network.hidden": [8, 2]}, {"network.activation": "exponential"}])
def test_a_run_beside_one_that_diverges_keeps_its_bits(values: dict[str, Any]) -> None:
    mine = run(values)
    wild = run({**values, **DIVERGING})
    [alone] = bits([mine])
    for specs, place in ([[mine, wild], 0], [[wild, mine], 1], [[wild] * 5 + [mine, wild], 5]):
        together = bits(specs)
        ended = np.frombuffer(together[1 - min(place, 1)]["ending diverged_at"], np.int64)
        assert ended >= 0
        assert together[place] == alone


def test_a_run_that_diverges_has_the_same_bits_alone_and_beside_others() -> None:
    wild = run(DIVERGING)
    [alone] = bits([wild])
    assert not np.isfinite(np.frombuffer(alone["Cost/Cost"], np.float32)).all()
    assert bits([*neighbours({}, 11), wild])[-1] == alone


def test_numbers_that_other_lanes_have_change_no_bit() -> None:
    mine = run({})
    others = [
        run({"optimizer.beta_1": 0.0}),
        run({"optimizer.beta_2": 0.0, "optimizer.epsilon": 1.0}),
        run({"network.init_scale": 1e38}),
        run({"network.init_scale": 1e-30}, seed=2**31 - 1),
        mine,
    ]
    [alone] = bits([mine])
    together = bits([*others, mine])
    assert together[-1] == together[-2] == alone


@pytest.mark.parametrize(
    ("record", "snapshots"),
    [
        (np.arange(STEPS + 1), SNAPSHOTS),
        (np.arange(STEPS + 1), np.arange(STEPS + 1)),
        (np.union1d(RECORD, [1, 2, 3, STEPS - 1]), SNAPSHOTS),
        (RECORD, np.union1d(SNAPSHOTS, np.arange(0, STEPS, 11))),
    ],
    ids=["every step", "every step of everything", "a few more points", "more snapshots"],
)
@pytest.mark.parametrize("values", [{}, {"network.hidden": [8, 2]}, STRUCTURES["averaged nadam"]])
def test_other_record_points_change_no_bit(
    values: dict[str, Any], record: NDArray[np.int64], snapshots: NDArray[np.int64]
) -> None:
    runs = neighbours(values, 3)
    assert bits(runs, record, snapshots) == bits(runs)


def test_no_record_points_end_in_the_same_bits() -> None:
    none = np.array([], np.int64)
    mine = run({})
    [logged], [unlogged] = bits([mine]), bits([mine], none, none)
    assert {k: v for k, v in unlogged.items() if k.startswith("ending")} == {
        k: v for k, v in logged.items() if k.startswith("ending")
    }


@pytest.mark.parametrize("values", STRUCTURES.values(), ids=STRUCTURES)
def test_training_twice_on_one_program_gives_the_same_bits(values: dict[str, Any]) -> None:
    runs = neighbours(values, 3)
    first = bits(runs)
    bits([run(values, lr=1e30)])
    assert bits(runs) == first


def test_training_after_a_stop_halfway_gives_the_same_bits() -> None:
    runs = neighbours({}, 3)
    program = program_of(structure(runs[0]))
    first = bits(runs, program=program)
    other = run({}, seed=7)
    next(program.train([lane_of(other)], dataset(other.data), np.arange(STEPS + 1), np.arange(STEPS + 1)))
    assert bits(runs, program=program) == first


def test_a_program_compiled_anew_gives_the_same_bits() -> None:
    runs = neighbours({}, 3)
    shared = structure(runs[0])
    assert bits(runs, program=Program(shared)) == bits(runs, program=Program(shared))


@pytest.mark.parametrize(
    "values",
    [
        {"optimizer.clipnorm": 0.1},
        {"optimizer.global_clipnorm": 0.1, "network.hidden": [8, 2]},
        {"network.hidden": [256, 256], "data": "parity", "data.bits": 6},
    ],
    ids=["clipnorm", "global_clipnorm", "a large network"],
)
def test_a_run_that_trains_alone_gives_the_same_bits_twice(values: dict[str, Any]) -> None:
    mine = run(values)
    assert structure(mine).width == 1
    first = bits([mine])
    bits([run(values, seed=9, lr=1e30)])
    assert bits([mine]) == first
    assert bits([mine], program=Program(structure(mine))) == first
