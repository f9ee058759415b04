"""Which configuration is the best, and which of its runs stands for it."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from tests.summary.sweeps import diverged, failed, make_sweep, result
from xor_sweep import load_results
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


def test_of_equal_medians_the_better_runs_decide_for_configurations_and_for_values(tmp_path):
    rates = {0.01: [1.0, 1.0, 1.0, 0.9, 0.9], 0.1: [1.0] * 5, 0.001: [1.0, 1.0, 1.0, 0.8, 1.0]}
    names = [(f"lr={lr},seed={seed}", share) for lr, of in rates.items() for seed, share in enumerate(of)]
    ended = [result(name, final_accuracy=share) for name, share in names]
    sweep = make_sweep(tmp_path, *ended, swept=("lr", "seed"))
    found = summarise(sweep, plots=False, objective="final_accuracy")
    assert [each.values["lr"] for each in found.configurations] == [0.1, 0.001, 0.01]
    assert [each.best for each in found.effects] == [(0.1,)]


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


def test_statistics_are_those_that_pandas_and_scipy_compute(tmp_path):
    generator = np.random.default_rng(4)
    costs = {rate: generator.exponential(size=size).tolist() for rate, size in ((0.1, 20), (0.01, 21), (0.5, 1))}
    sweep = make_sweep(tmp_path, *runs(costs), swept=("lr", "seed"))
    found = {each.values["lr"]: each for each in summarise(sweep, plots=False).configurations}
    frame = load_results(sweep.directory)
    for rate, group in frame.groupby("lr").final_cost:
        each = found[rate]
        assert (each.n, each.completed, each.solved) == (len(group), len(group), 1.0)
        assert (each.median, each.best, each.worst) == (group.median(), group.min(), group.max())
        assert each.mean == pytest.approx(group.mean(), rel=1e-12)
        if len(group) == 1:
            assert each.std is each.low is each.high is None
            continue
        assert each.std == pytest.approx(group.std(), rel=1e-12)
        peer = scipy.stats.quantile_test(group, p=0.5).confidence_interval(0.95)  # its ends are values
        between = np.diff(np.sort(group)).max()
        assert (each.low, each.high) == pytest.approx(tuple(peer), abs=between)
        assert each.low < each.median < each.high
    order = [*frame[frame.lr != 0.5].groupby("lr").final_cost.median().sort_values().index, 0.5]
    assert [each.values["lr"] for each in found.values()] == order


def test_a_run_that_did_not_complete_counts_in_the_median_and_its_interval_alone(tmp_path):
    sweep = make_sweep(tmp_path, *runs({0.1: [1.0, 2.0, 3.0, None, None]}), swept=("lr", "seed"))
    [each] = summarise(sweep, plots=False).configurations
    assert (each.n, each.completed, each.median, each.mean, each.worst) == (5, 3, 3.0, 2.0, 3.0)
    assert (each.low, each.high) == (1.0, None), "the end that is a run that diverged is unknown"
    assert each.solved == 0.6


def test_runs_of_one_seed_are_no_replicates_whatever_their_swept_keys_say(tmp_path):
    names = [f"lr={rate},seed={seed}{beside}" for rate in (0.1, 0.2) for seed in (1, 2) for beside in ("", "~edited")]
    hidden = {name: f"network: {{hidden: [{4 if '~' in name else 3}]}}" for name in names}
    results = [
        result(name, 0.1 if "~" in name else 0.2, identity=f"{k:08}" * 8, overrides=name.split("~")[0].split(","))
        for k, name in enumerate(names)
    ]
    edited = summarise(make_sweep(tmp_path / "edited", *results, swept=("lr", "seed"), configs=hidden), plots=False)
    assert [(each.n, {"~" in run for run in each.runs}) for each in edited.configurations] == [
        (2, {True}),
        (2, {True}),
        (2, {False}),
        (2, {False}),
    ]
    assert len({each.name for each in edited.configurations}) == 4
    data = summarise(make_sweep(tmp_path / "data", *results, swept=("lr", "seed")), plots=False)
    assert [each.n for each in data.configurations] == [1] * 8, "what the data was is not in the configuration"
    assert len({each.name for each in data.configurations}) == 8


def test_null_is_a_value_that_is_shown_and_a_key_that_a_run_lacks_is_not(tmp_path):
    record = "optimizer: {{name: adam, clipnorm: {}}}\nlr: 0.1\n".format
    runs = {"optimizer.clipnorm=1": record("1"), "optimizer.clipnorm=null": record("null")}
    ended = [*(result(run) for run in runs), result("optimizer=sgd")]
    records = runs | {"optimizer=sgd": "optimizer: {name: sgd}\nlr: 0.1\n"}
    sweep = make_sweep(tmp_path, *ended, swept=("optimizer.clipnorm",), configs=records)
    found = summarise(sweep, plots=False)
    names = {run: each.name for each in found.configurations for run in each.runs}
    assert names == {
        "optimizer.clipnorm=1": "optimizer.clipnorm=1,optimizer=adam",
        "optimizer.clipnorm=null": "optimizer.clipnorm=null,optimizer=adam",
        "optimizer=sgd": "optimizer=sgd",
    }
    page, report = sweep.summary_md.read_text(), sweep.report.read_text()
    assert "| optimizer.clipnorm=null | null | adam |" in page
    assert "| optimizer=sgd |  | sgd |" in page
    assert '<td class="n">null</td>' in report
    assert "1, null" in report
    read = json.loads(sweep.summary_json.read_text())["runs"]
    assert {row["run"]: row["optimizer.clipnorm"] for row in read} == dict.fromkeys(names) | {"optimizer.clipnorm=1": 1}
    assert pd.read_csv(sweep.summary_csv)["optimizer.clipnorm"].dtype == float


def test_solved_is_the_share_that_reaches_the_target(tmp_path):
    accuracies = [result(f"lr=0.1,seed={k}", final_accuracy=k / 10) for k in range(10)]
    sweep = make_sweep(tmp_path, *accuracies, swept=("lr", "seed"))
    assert summarise(sweep, plots=False).configurations[0].solved == 0.0
    assert summarise(sweep, plots=False, target=0.7).configurations[0].solved == 0.3
    regression = make_sweep(tmp_path, result("lr=0.1", final_accuracy=None), swept=("lr",), name="numbers")
    assert summarise(regression, plots=False).configurations[0].solved is None


def test_what_ranks_the_configurations_is_in_every_file_to_the_last_digit(tmp_path):
    sweep = make_sweep(tmp_path, *runs({0.1: [0.3, 0.1, 0.7], 0.01: [0.11, 0.12, 0.9]}), swept=("lr", "seed"))
    first, second = summarise(sweep, plots=False).configurations
    assert (first.values["lr"], first.median, second.median) == (0.01, 0.12, 0.3)
    content = json.loads(sweep.summary_json.read_text())["configurations"]
    assert [(each["values"]["lr"], each["median"], each["run"]) for each in content] == [
        (0.01, 0.12, "lr=0.01,seed=1"),
        (0.1, 0.3, "lr=0.1,seed=0"),
    ]
    page = sweep.summary_md.read_text()
    lines = page[page.index("## Configurations") : page.index("## Keys")].splitlines()
    assert [line for line in lines if line.startswith("| 1 ")] == [
        "| 1 | 0.01 | 3 | 3 | 100% | 0.12 | 0.11 to 0.9 | 0.376667 ± 0.453248 | 0.11 | 0.9 | lr=0.01,seed=1 |"
    ]


def test_there_is_none_where_every_median_is_a_run_that_did_not_complete(tmp_path):
    assert best(tmp_path, *runs({0.1: [0.1, None, None]})) is None
