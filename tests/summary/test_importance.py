"""Shares of variance against the textbook's sums of squares, against known truths, and against chance."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from xor_sweep.summary.anova import Grid, above_chance
from xor_sweep.summary.importance import importance_of


def table(columns, costs):
    rows = [
        dict(zip(columns, values, strict=True)) | {"status": "completed", "final_cost": cost}
        for *values, cost in zip(*columns.values(), costs, strict=True)
    ]
    return sorted(rows, key=lambda row: row["final_cost"])


def explained(design, values):
    """The variance that a linear model with these columns explains."""
    fitted = design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return fitted.var()


def test_shares_on_a_balanced_grid_are_those_of_the_sums_of_squares():
    generator = np.random.default_rng(1)
    codes = np.array([point for point in itertools.product(range(4), range(3), range(2)) for _ in range(3)])
    values = generator.normal(size=len(codes)) + codes[:, 0] + codes[:, 0] * codes[:, 1]
    found = Grid(codes).parts(values)
    total = values.var()
    assert found.whole == pytest.approx(total)
    one_hot = [np.eye(4)[codes[:, 0]], np.eye(3)[codes[:, 1]], np.eye(2)[codes[:, 2]]]
    mains = [explained(columns, values) for columns in one_hot]
    assert found.keys == pytest.approx(mains)
    for first, second in itertools.combinations(range(3), 2):
        together = (one_hot[first][:, :, None] * one_hot[second][:, None, :]).reshape(len(codes), -1)
        expected = explained(together, values) - mains[first] - mains[second]
        assert found.pairs[first, second] == pytest.approx(expected)
    cells = np.ravel_multi_index(tuple(codes.T), (4, 3, 2))
    assert found.luck == pytest.approx(total - explained(np.eye(24)[cells], values))


def test_more_replicates_of_one_combination_change_no_share():
    codes = np.array(list(itertools.product(range(3), range(2))))
    values = np.array([0.0, 1.0, 2.0, 4.0, 5.0, 9.0])
    often = np.repeat(np.arange(6), [1, 5, 2, 1, 1, 3])
    assert Grid(codes[often]).parts(values[often]).keys == pytest.approx(Grid(codes).parts(values).keys)


def test_unequal_replicates_give_the_parts_that_equal_ones_would() -> None:
    generator = np.random.default_rng(3)
    codes = np.array(list(itertools.product(range(4), range(3))))
    truth, found = [], []
    for _ in range(200):
        runs = np.repeat(np.arange(12), 10)
        values = codes[runs, 0] + 2 * generator.normal(size=len(runs))
        kept = np.concatenate([np.arange(12) * 10, np.flatnonzero(runs == 5)[1:]])
        for parts, grid in (
            (truth, Grid(codes[runs]).parts(values)),
            (found, Grid(codes[runs[kept]]).parts(values[kept])),
        ):
            parts.append([*grid.keys, grid.luck, grid.whole])
    assert np.mean(found, 0) == pytest.approx(np.mean(truth, 0), rel=0.1, abs=0.05)


def test_a_small_effect_counts_if_luck_is_smaller_still() -> None:
    generator = np.random.default_rng(0)
    codes = np.array([point for point in itertools.product(range(8), range(3), range(3)) for _ in range(3)])
    values = 10 * codes[:, 0] + codes[:, 1] + generator.normal(0, 0.5, len(codes))
    found = above_chance(codes, values)
    assert 0 < found.keys[1] < 0.01
    assert found.keys[2] == 0


def test_a_small_effect_of_runs_without_replicates_counts_beside_a_large_one() -> None:
    generator = np.random.default_rng(0)
    codes = np.array(list(itertools.product(range(8), range(3), range(3))))
    values = 10 * codes[:, 0] + codes[:, 1] + generator.normal(0, 0.5, len(codes))
    found = above_chance(codes, values)
    assert 0 < found.keys[1] < 0.01
    assert found.keys[2] == 0
    assert found.luck is None


def test_a_grid_with_a_hole_has_no_closed_form():
    codes = np.array(list(itertools.product(range(3), range(2))))[:-1]
    assert above_chance(codes, np.arange(5.0)) is None


def test_shuffled_costs_give_no_key_a_share():
    generator = np.random.default_rng(0)
    points = np.array(list(itertools.product(range(6), range(4), range(3), range(3))))
    columns = dict(zip(("hidden", "lr", "dropout", "seed"), points.T.tolist(), strict=True))
    shares = []
    for _ in range(20):
        rows = table(columns, generator.permutation(len(points)).astype(float).tolist())
        found = importance_of(rows, ["hidden", "lr", "dropout"], "final_cost", "minimize")
        shares += [*found.keys.values(), *found.pairs.values()]
        assert found.luck > 0.5
    assert np.count_nonzero(shares) <= 0.1 * 6 * 20, "each of six effects is above 99 shuffles once in a hundred"


def test_a_key_of_log_spaced_numbers_has_its_whole_share_on_a_grid_and_elsewhere():
    generator = np.random.default_rng(0)
    rates = 10.0 ** -np.arange(6)
    points = [(rate, other) for rate in rates for other in range(6) for _ in range(4)]
    columns = {"lr": [rate for rate, _ in points], "dropout": [other for _, other in points]}
    # Variance by rate to variance by luck is 3 to 1.
    costs = -np.log10(columns["lr"]) + generator.normal(0, np.sqrt(35 / 12 / 3), len(points))
    whole = importance_of(table(columns, costs.tolist()), ["lr", "dropout"], "final_cost", "minimize")
    assert whole.keys["lr"] == pytest.approx(0.75, abs=0.05)
    assert whole.keys["dropout"] == 0.0
    assert whole.luck == pytest.approx(0.2, abs=0.1)
    kept = [place for place, point in enumerate(points) if point != (1.0, 0)]
    holed = {key: [values[place] for place in kept] for key, values in columns.items()}
    pytest.importorskip("optuna")
    found = importance_of(table(holed, costs[kept].tolist()), ["lr", "dropout"], "final_cost", "minimize")
    assert found.keys["lr"] == pytest.approx(0.75, abs=0.15)
    assert found.keys["dropout"] == 0.0
