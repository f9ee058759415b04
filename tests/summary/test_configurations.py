"""Which configuration is the best, and which of its runs stands for it."""

from __future__ import annotations

import itertools

import pytest

from tests.summary.sweeps import diverged, failed, make_sweep, result
from xor_sweep.summary import summarise


def best(tmp_path, *results, swept=("lr", "seed"), **ranking):
    """The name of the best configuration's run, of a sweep directory with these runs."""
    return summarise(make_sweep(tmp_path, *results, swept=swept), plots=False, **ranking).best_run


def runs(costs, key="seed"):
    """Runs of each learning rate with one of the costs for each replicate; None diverged."""
    return [
        diverged(f"lr={rate},{key}={place}") if cost is None else result(f"lr={rate},{key}={place}", cost)
        for rate, of_rate in costs.items()
        for place, cost in enumerate(of_rate)
    ]


@pytest.mark.parametrize("key", ["seed", "data.fold", "data.seed"])
def test_the_best_configuration_has_the_best_median_and_not_the_luckiest_run(tmp_path, key):
    lucky, steady = [0.01, 0.8, 0.9], [0.3, 0.2, 0.4]
    assert best(tmp_path, *runs({0.1: lucky, 0.01: steady}, key), swept=("lr", key)) == f"lr=0.01,{key}=0"


def test_of_an_even_number_the_better_of_the_two_in_the_middle_is_the_median(tmp_path):
    assert best(tmp_path, *runs({0.1: [0.4, 0.1, 0.3, 0.2]})) == "lr=0.1,seed=3"
    assert best(tmp_path / "two", *runs({0.1: [0.4, 0.1], 0.01: [0.2, 0.3]})) == "lr=0.1,seed=1"


def test_a_run_that_diverged_or_failed_counts_as_the_worst_of_its_configuration(tmp_path):
    costs = {0.1: [0.01, 0.02, 0.03, None, None, None, None], 0.01: [0.5] * 7}
    assert best(tmp_path, *runs(costs)) == "lr=0.01,seed=3", "the median of the first is a run that diverged"
    fewer = {0.1: [0.01, 0.02, 0.03, 0.04, None, None, None], 0.01: [0.5] * 7}
    assert best(tmp_path / "fewer", *runs(fewer)) == "lr=0.1,seed=3"
    two_failed = [result("lr=0.1,seed=0", 0.1), failed("lr=0.1,seed=1"), failed("lr=0.1,seed=2")]
    assert best(tmp_path / "failed", *two_failed, result("lr=0.01,seed=0", 0.5)) == "lr=0.01,seed=0"


def test_seeds_and_folds_together_are_replicates_of_one_configuration(tmp_path):
    costs = iter([0.9, 0.8, 0.1, 0.2, 0.4, 0.5, 0.6])
    names = [f"lr=0.1,seed={seed},data.fold={fold}" for seed, fold in itertools.product((0, 1), (0, 1, 2))]
    found = best(tmp_path, *(result(name, next(costs)) for name in names), swept=("lr", "seed", "data.fold"))
    assert found == "lr=0.1,seed=1,data.fold=1"


def test_a_larger_accuracy_is_better(tmp_path):
    rates = {0.1: [1.0, 0.5, 0.5], 0.01: [0.75, 0.75, 0.25]}
    accuracies = [
        result(f"lr={rate},seed={seed}", final_accuracy=accuracy)
        for rate, of_rate in rates.items()
        for seed, accuracy in enumerate(of_rate)
    ]
    assert best(tmp_path, *accuracies, objective="final_accuracy").startswith("lr=0.01,")


def test_without_replicates_the_best_configuration_is_the_run_that_ranks_first(tmp_path):
    assert best(tmp_path, result("lr=0.1", 0.3), result("lr=0.01", 0.2), diverged("lr=1"), swept=("lr",)) == "lr=0.01"


def test_runs_that_differ_in_a_list_are_different_configurations(tmp_path):
    sizes = [("[2]", 0.5), ("[2,4]", 0.1), ("[2]", 0.4)]
    results = [
        result(f"run{place}", cost, overrides=(f"network.hidden={size}", f"seed={place}"))
        for place, (size, cost) in enumerate(sizes)
    ]
    assert best(tmp_path, *results, swept=("network.hidden", "seed")) == "run1"


def test_there_is_no_best_configuration_where_no_run_completed(tmp_path):
    assert best(tmp_path, diverged("lr=0.1,seed=0"), failed("lr=0.1,seed=1")) is None


def test_there_is_none_where_every_median_is_a_run_that_did_not_complete(tmp_path):
    assert best(tmp_path, *runs({0.1: [0.1, None, None]})) is None
