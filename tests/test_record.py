"""At which steps a run is recorded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.specs import spec, structure
from xor_sweep.config.spec import LoggingSpec
from xor_sweep.log_points import log_points, milestones
from xor_sweep.spread import spread
from xor_sweep.structure import Structure


def digits(**values: Any) -> Structure:
    return structure(spec({"data": "sklearn", "data.name": "digits"}, batch_size=100, **values))


def logging(scalars: int | None, histograms: int | None) -> LoggingSpec:
    return LoggingSpec(scalars=scalars, histograms=histograms, graph=False)


def test_a_truth_table_is_recorded_as_often_as_asked_for() -> None:
    points = log_points(logging(1000, 50), structure(spec()))
    assert points.scalars.tolist() == spread(10_001, 1000).tolist()
    assert points.histograms.tolist() == spread(10_001, 50).tolist()


def test_other_data_is_recorded_before_training_and_at_the_ends_of_epochs() -> None:
    points = log_points(logging(1000, 2), digits(epochs=3))
    assert points.scalars.tolist() == [0, 15, 29, 44]
    assert points.histograms.tolist() == [0, 44]


@pytest.mark.parametrize("most", [2, 7, 30, 31])
def test_of_many_epochs_as_many_are_recorded_as_asked_for_evenly_and_the_last_one_with_them(most: int) -> None:
    run = digits(epochs=30)
    looks = [0, *run.epoch_ends.tolist()]
    chosen = log_points(logging(most, 0), run).scalars.tolist()
    assert len(chosen) == most
    assert set(chosen) <= set(looks)
    assert (chosen[0], chosen[-1]) == (0, run.steps)
    assert np.ptp(np.diff([looks.index(step) for step in chosen])) <= 1


def test_every_step_is_recorded_where_every_step_is_asked_for() -> None:
    points = log_points(logging(None, 1), digits(epochs=2))
    assert points.scalars.tolist() == list(range(30))
    assert points.histograms.tolist() == [29]


def test_nothing_is_recorded_where_nothing_is_asked_for() -> None:
    points = log_points(logging(0, 0), digits(epochs=2))
    assert (len(points.scalars), len(points.histograms)) == (0, 0)


@pytest.mark.parametrize(
    ("steps", "printed"),
    [(10_001, range(0, 10_001, 1000)), (50, range(0, 51, 5)), (3, range(4)), (60_000, range(0, 60_001, 3000))],
)
def test_a_single_run_prints_costs_of_a_truth_table_at_round_steps(steps: int, printed: range) -> None:
    assert milestones(structure(spec(steps=steps))).tolist() == list(printed)


def test_a_single_run_prints_at_most_11_costs_of_other_data_at_ends_of_epochs() -> None:
    long, short = digits(epochs=100), digits(epochs=3)
    assert milestones(short).tolist() == [0, 15, 29, 44]
    steps = milestones(long).tolist()
    assert len(steps) == 11
    assert (steps[0], steps[-1]) == (0, long.steps)
    assert set(steps) <= {0, *long.epoch_ends.tolist()}
