from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.specs import spec, structure
from tests.training.trained import NONE, costs_of, program_of, scalar, steps_of, train
from xor_sweep.data import dataset
from xor_sweep.plan import lane_of

LOCAL_MINIMA = (0.3466, 0.4774)
"""The costs that XOR gets stuck at: two points that share the output 1/2, or three that share 2/3."""

COST, ACCURACY = "Cost/Cost", "accuracy"


@pytest.mark.parametrize(
    ("record", "snapshots"),
    [
        ([], []),
        ([0], [0]),
        ([0, 1, 2, 3], [2]),
        ([5], [0, 9]),
        ([300], [300]),
        (range(0, 300, 2), range(0, 300, 3)),
        (range(301), range(301)),
    ],
    ids=["none", "the start", "a few", "snapshots between", "the end", "many", "every step"],
)
def test_exactly_the_steps_asked_for_and_the_last_are_recorded(record: Sequence[int], snapshots: Sequence[int]) -> None:
    runs = [spec(steps=300, seed=seed) for seed in range(3)]
    segments, _ = train(runs, np.array(record, np.int64), np.array(snapshots, np.int64))
    assert steps_of(segments) == sorted({*record, *snapshots, 300})
    assert np.concatenate([s.snapshot_steps for s in segments]).tolist() == sorted({*snapshots, 300})
    for segment in segments:
        assert segment.cost.shape == segment.scalars[ACCURACY].shape == (len(segment.steps), 3)
        assert {shot.shape[:2] for shot in segment.snapshots.values()} == {(len(segment.snapshot_steps), 3)}


def test_segments_follow_each_other_up_to_the_last_step() -> None:
    segments, _ = train([spec(steps=5_000)], np.arange(0, 5_001, 10), np.arange(0, 5_001, 100))
    done = [segment.done for segment in segments]
    assert len(segments) > 1
    assert done == sorted(done)
    assert done[-1] == 5_000
    assert all(segment.steps[-1] <= segment.done for segment in segments if len(segment.steps))
    times = [time for segment in segments for time in (segment.began, segment.ended)]
    assert times == sorted(times)


def test_the_cost_of_the_last_point_is_the_final_cost() -> None:
    runs = [spec(steps=500, seed=seed) for seed in range(5)]
    segments, ending = train(runs, np.array([499]))
    assert np.array_equal(costs_of(segments)[-1], ending.scalars[COST])
    assert np.array_equal(scalar(segments, ACCURACY)[-1], ending.scalars[ACCURACY])
    assert np.array_equal(segments[-1].snapshots["Layer2/Hypothesis"][-1], ending.hypothesis.T)
    assert not np.array_equal(costs_of(segments)[-2], ending.scalars[COST])


def test_cost_and_accuracy_are_those_of_the_recorded_hypothesis() -> None:
    targets = np.array([0.0, 1.0, 1.0, 0.0])
    segments, _ = train([spec(steps=300, lr=0.1, seed=seed) for seed in range(4)], NONE, np.arange(0, 301, 50))
    for segment in segments:
        said = segment.snapshots["Layer2/Hypothesis"].astype(np.float64)
        cost = -np.mean(targets * np.log(said) + (1 - targets) * np.log(1 - said), axis=2)
        assert segment.cost == pytest.approx(cost, rel=1e-5)
        assert np.array_equal(segment.scalars[ACCURACY], np.mean((said > 0.5) == (targets > 0.5), axis=2))


@pytest.mark.parametrize("use_ema", [False, True])
def test_the_best_cost_is_the_lowest_of_all_steps_recorded_or_not(use_ema: bool) -> None:
    runs = [
        spec({"optimizer.use_ema": use_ema}, lr=lr, seed=seed, steps=400) for lr in (0.01, 3.0) for seed in range(4)
    ]
    segments, ending = train(runs, np.arange(401))
    assert np.array_equal(costs_of(segments).min(axis=0), ending.best_cost)
    assert (ending.best_cost < ending.scalars[COST]).any()
    assert np.array_equal(train(runs)[1].best_cost, ending.best_cost)


@pytest.mark.parametrize(
    "values",
    [
        {"lr": 1e38},
        {"lr": 1e38, "network.activation": "relu"},
        {"lr": 1e37, "network.activation": "exponential", "optimizer": "adadelta"},
        {"network.init_scale": 3e38},
        {"network.init_scale": 1e30, "optimizer": "ftrl", "lr": 1e3},
        {"optimizer": "lion", "lr": 1e38, "network.activation": "relu"},
    ],
)
def test_the_divergence_step_is_that_of_the_first_cost_that_is_not_finite(values: dict[str, object]) -> None:
    runs = [spec({**values, "seed": seed, "steps": 60}) for seed in range(4)] + [
        spec({**values, "network.init_scale": 1.0, "lr": 1e-6, "steps": 60})
    ]
    segments, ending = train(runs, np.arange(61))
    finite = np.isfinite(costs_of(segments))
    first = np.where(finite.all(axis=0), -1, np.argmin(finite, axis=0))
    assert ending.diverged_at.tolist() == first.tolist()
    assert (ending.diverged_at >= 0).any()
    assert ending.diverged_at[-1] == -1
    assert train(runs)[1].diverged_at.tolist() == first.tolist()


def test_a_cost_that_leaves_the_finite_with_the_last_update_diverged_at_the_last_step() -> None:
    _, longer = train([spec(lr=1e38, steps=10)])
    step = int(longer.diverged_at[0])
    _, ending = train([spec(lr=1e38, steps=step)])
    assert ending.diverged_at.tolist() == [step]


def test_best_cost_knows_only_finite_costs() -> None:
    runs = [spec(lr=1e38, steps=60)]
    segments, ending = train(runs, np.arange(61))
    costs = costs_of(segments)[:, 0]
    assert not np.isfinite(costs).all()
    assert ending.best_cost[0] == costs[np.isfinite(costs)].min()


@pytest.mark.parametrize("lr", [0.1, 0.01, 0.001])
def test_the_default_run_solves_xor_at_the_labs_three_rates(lr: float) -> None:
    _, ending = train([spec(lr=lr)])
    assert ending.scalars[ACCURACY].tolist() == [1.0]
    assert np.round(ending.hypothesis[:, 0]).tolist() == [0, 1, 1, 0]
    if lr == 0.01:
        assert 5e-5 < ending.scalars[COST][0] < 5e-4


def test_about_half_of_the_seeds_solve_xor_and_the_others_end_in_a_local_minimum() -> None:
    _, ending = train([spec(seed=seed) for seed in range(128)])
    solved = ending.scalars[ACCURACY] == 1.0
    assert 0.35 < solved.mean() < 0.65
    assert ending.scalars[COST][solved].max() < 1e-3
    distance = np.abs(ending.scalars[COST][~solved, None] - LOCAL_MINIMA)
    assert distance.min(axis=1).max() < 1e-3


def test_there_is_no_ending_before_the_end() -> None:
    run = spec(steps=4_321)
    program, data = program_of(structure(run)), dataset(run.data)
    with pytest.raises(RuntimeError, match="after the last segment"):
        program.ending()
    training = program.train([lane_of(run)], data, np.arange(4_322), NONE)
    next(training)
    with pytest.raises(RuntimeError, match="after the last segment"):
        program.ending()
    list(training)
    assert program.ending().scalars[COST].shape == (1,)


def test_there_is_no_ending_after_a_new_start() -> None:
    run = spec(steps=4_322)
    program, data = program_of(structure(run)), dataset(run.data)
    list(program.train([lane_of(run)], data, NONE, NONE))
    training = program.train([lane_of(run)], data, np.arange(4_323), NONE)
    next(training)
    with pytest.raises(RuntimeError, match="after the last segment"):
        program.ending()


def test_one_step_is_a_training() -> None:
    segments, ending = train([spec(steps=1)], np.array([0, 1]))
    assert steps_of(segments) == [0, 1]
    assert np.array_equal(costs_of(segments)[1], ending.scalars[COST])
