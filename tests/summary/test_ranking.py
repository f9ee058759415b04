from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.summary.sweeps import diverged, failed, make_sweep, result
from xor_sweep.summary.columns import Configs
from xor_sweep.summary.ranking import best, cost_of, rank


def names(results):
    return [each.run for each in results]


def test_completed_runs_come_by_the_objective_then_diverged_then_failed_ones_by_name():
    results = [failed("a"), diverged("d"), result("b", 0.3), diverged("c"), result("e", 0.1)]
    assert names(rank(results, "final_cost", "minimize")) == ["e", "b", "c", "d", "a"]


def test_maximize_puts_the_largest_first_and_the_diverged_still_last():
    results = [diverged("c"), result("a", final_accuracy=0.5), result("b", final_accuracy=0.75)]
    assert names(rank(results, "final_accuracy", "maximize")) == ["b", "a", "c"]


def test_ties_are_ordered_by_name():
    assert names(rank([result("b", 0.1), result("a", 0.1)], "final_cost", "minimize")) == ["a", "b"]


def test_a_completed_run_without_the_objective_comes_after_those_with_it():
    results = [diverged("d"), result("a", final_accuracy=None), result("b", final_accuracy=0.5)]
    assert names(rank(results, "final_accuracy", "maximize")) == ["b", "a", "d"]


def test_a_diverged_run_with_a_low_best_cost_does_not_win():
    results = [diverged("a", best_cost=1e-9), result("b", 0.1)]
    assert best(results, "best_cost", "minimize") == results[1]


def test_there_is_no_best_run_where_none_completed():
    assert best([diverged("a"), failed("b")], "final_cost", "minimize") is None


@given(st.lists(st.tuples(st.sampled_from("cdf"), st.none() | st.floats(0, 10)), max_size=12), st.randoms())
def test_the_order_does_not_depend_on_the_order_of_the_results(kinds, random):
    make = {"c": result, "d": lambda run, _: diverged(run), "f": lambda run, _: failed(run)}
    results = [make[kind](f"run{index}", cost) for index, (kind, cost) in enumerate(kinds)]
    shuffled = list(results)
    random.shuffle(shuffled)
    ranked = rank(shuffled, "final_cost", "minimize")
    assert ranked == rank(results, "final_cost", "minimize")
    assert sorted(names(ranked)) == sorted(names(results))


@pytest.mark.parametrize(
    ("results", "data", "part"),
    [
        ([result("a", train_cost=0.1), diverged("b")], "{kind: csv, validation_fraction: 0.2}", "validation"),
        ([result("a"), diverged("b")], "{kind: csv, validation_fraction: 0.0}", "training"),
        ([diverged("a")], "{kind: csv, validation_fraction: 0.2}", "validation"),
        ([diverged("a")], "{kind: csv, validation_fraction: 0.0, fold: null}", "training"),
        ([diverged("a")], "{kind: csv, validation_fraction: 0.0, fold: 1}", "validation"),
        ([diverged("a")], "{kind: xor}", "training"),
    ],
)
def test_the_part_that_ranks_is_known_where_no_run_completed_too(results, data, part, tmp_path):
    sweep = make_sweep(tmp_path, *results, configs={"a": f"data: {data}\n"})
    assert cost_of(results, Configs(sweep)).part == part
