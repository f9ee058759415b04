"""The cards of the best configurations in TensorBoard: what their curves are, and what they are called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.summary.sweeps import diverged, log_curve, make_sweep, result
from xor_sweep.summary import rank_runs
from xor_sweep.summary.tensorboard import cards


@pytest.mark.parametrize("runs", [1, 2, 3, 21, 99, 100])
def test_the_curve_of_a_card_comes_to_the_median_that_it_ends_in(runs: int, tmp_path: Path) -> None:
    finals = [1e-4 * (1 + place) if place < runs / 2 else 0.3 + place / 1000 for place in range(runs)]
    ended = [result(f"seed={seed}", cost, steps=9) for seed, cost in enumerate(finals)]
    sweep = make_sweep(tmp_path, *ended, swept=("seed",))
    for each in ended:
        log_curve(sweep.run(each.run), range(9), np.geomspace(0.7, float(each.final_cost or 0), 9))
    [curve] = cards(sweep, rank_runs(sweep).summary, 9).values()
    assert [step for step, _ in curve] == list(range(10))
    assert curve[-1][1] == np.median(finals)
    assert curve[-2][1] == pytest.approx(curve[-1][1], rel=1e-5)


@pytest.mark.parametrize("lost", [0, 3])
def test_the_curve_is_the_median_of_all_replicates_at_each_step(lost: int, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    curves = generator.uniform(0.1, 1, (45, 9))  # they cross, so that runs near the median at the end are none before
    ended = [result(f"seed={seed}", float(curve[-1]), steps=8) for seed, curve in enumerate(curves)]
    others = [diverged(f"seed={seed}", steps=8) for seed in range(100, 100 + lost)]
    sweep = make_sweep(tmp_path, *ended, *others, swept=("seed",))
    for each, curve in zip(ended, curves, strict=True):
        log_curve(sweep.run(each.run), range(9), curve)
    [card] = cards(sweep, rank_runs(sweep).summary, 8).values()
    expected = np.median(np.concatenate([curves, np.full((lost, 9), np.inf)]), axis=0)
    assert [value for _, value in card] == pytest.approx(expected, rel=1e-6)


def test_a_card_is_called_by_place_and_number_and_keys_give_way_before_values(tmp_path: Path) -> None:
    ended = [result(f"lr=0.1,optimizer.beta_1={beta}", cost, steps=9) for beta, cost in ((0.5, 0.25), (0.9, 0.125))]
    sweep = make_sweep(tmp_path, *ended, swept=("lr", "optimizer.beta_1"))
    assert list(cards(sweep, rank_runs(sweep).summary, 9)) == [
        "ranked/1 lr=0.1,beta_1=0.9: 0.125",
        "ranked/2 lr=0.1,beta_1=0.5: 0.25",
    ]
