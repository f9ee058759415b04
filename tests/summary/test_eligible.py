"""Few runs do not beat many: which configurations may be called the best."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.compare.sides import compared
from tests.compare.sides import sweep as side
from tests.summary.sweeps import diverged, make_sweep, result
from xor_sweep.results import RunResult
from xor_sweep.runs import SweepPaths
from xor_sweep.summary import summarise
from xor_sweep.summary.__main__ import main
from xor_sweep.summary.eligible import Bar
from xor_sweep.summary.tensorboard import cards

RECORD = "lr: 0.1\nseed: 0\noptimizer: {name: adam, learning_rate: '${lr}'}\ndata: {kind: xor, name: xor}\n"


def runs(costs: Mapping[float, Sequence[float | None]], key: str = "seed") -> list[RunResult]:
    """Runs of each learning rate with a cost for each replicate; None diverged."""
    names = [(f"lr={rate},{key}={place}", cost) for rate, of in costs.items() for place, cost in enumerate(of)]
    return [diverged(name) if cost is None else result(name, cost) for name, cost in names]


LUCKY = {0.05: [1e-6], 0.01: [2e-4 + k / 1e6 for k in range(20)], 0.1: [0.3 + k / 100 for k in range(20)]}


@pytest.fixture
def lucky(tmp_path: Path) -> SweepPaths:
    """Two rates by 20 seeds, and one run of a third rate, which is better than each of them."""
    ended = runs(LUCKY)
    return make_sweep(tmp_path, *ended, swept=("lr", "seed"), configs={each.run: RECORD for each in ended}, logged=True)


@pytest.mark.parametrize(
    ("counts", "eligible"),
    [
        ([1, 1, 1], [True, True, True]),
        ([2, 1], [True, True]),
        ([3, 1], [True, False]),
        ([5, 1], [True, False]),
        ([5, 2], [True, False]),
        ([5, 3], [True, True]),
        ([20, 1, 4, 5, 10], [True, False, False, True, True]),
        ([8, 4, 3], [True, True, False]),
    ],
)
def test_a_configuration_needs_half_as_many_runs_as_the_one_with_the_most_or_five(
    counts: list[int], eligible: list[bool]
) -> None:
    bar = Bar.of(counts)
    assert [bar.clears(count) for count in counts] == eligible


def test_a_lucky_single_run_is_not_the_best_beside_twenty_seeds(
    lucky: SweepPaths, capsys: pytest.CaptureFixture[str]
) -> None:
    reason = (
        "lr=0.05 has a better median (1e-06) of too few runs (1): "
        "the best needs at least 5, because another configuration has 20"
    )
    assert main([str(lucky.directory)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert reason in said
    assert "3 lr=0.05 1 of 20" in said
    content = json.loads(lucky.summary_json.read_text())["configurations"]
    assert [(each["values"]["lr"], each["eligible"]) for each in content] == [
        (0.01, True),
        (0.1, True),
        (0.05, False),
    ]
    assert "the run at the median, lr=0.01,seed=9." in lucky.best.read_text()
    page, report = lucky.summary_md.read_text(), lucky.report.read_text()
    assert "Best configuration: lr=0.01, median final_cost 0.0002095." in page
    assert f"{reason}." in page
    assert "| 3 | 0.05 | 1 of 20 | 1 |" in page
    assert f"{reason}." in report
    assert '<td class="n">1 of 20</td>' in report


def test_the_best_value_of_a_key_and_the_cards_follow_the_same_rule(lucky: SweepPaths) -> None:
    summary = summarise(lucky, plots=False)
    assert [(each.key, each.best) for each in summary.effects] == [("lr", (0.01,))]
    assert [name.split(":")[0] for name in cards(lucky, summary, 1000)] == [
        "medians/1 lr=0.01",
        "medians/2 lr=0.1",
        "medians/3 lr=0.05",
    ]


def test_one_fold_does_not_beat_five(tmp_path: Path) -> None:
    folds = {0.1: [0.2], 0.01: [0.5, 0.4, 0.3, 0.6, 0.7]}
    sweep = make_sweep(tmp_path, *runs(folds, "data.fold"), swept=("lr", "data.fold"))
    assert summarise(sweep, plots=False).best_run == "lr=0.01,data.fold=0"


def test_two_sweeps_are_compared_by_configurations_with_enough_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = (side(tmp_path, name, *runs(LUCKY)) for name in "ab")
    _, content = compared(capsys, a, b)
    assert (content["best"]["configuration_a"], content["best"]["configuration_b"]) == ("lr=0.01", "lr=0.01")


def test_runs_that_diverged_leave_the_bar_where_it_was(tmp_path: Path) -> None:
    costs: dict[float, list[float | None]] = {1.0: [0.1, *[None] * 19], 0.1: [0.3], 0.01: [0.2]}
    summary = summarise(make_sweep(tmp_path, *runs(costs), swept=("lr", "seed")), plots=False)
    assert [each.values["lr"] for each in summary.configurations] == [0.01, 0.1, 1.0]
    assert all(each.eligible for each in summary.configurations)


def test_a_larger_accuracy_of_few_runs_is_not_the_best_either(tmp_path: Path) -> None:
    ended = [result("lr=0.1,seed=0", final_accuracy=1.0)]
    ended += [result(f"lr=0.01,seed={seed}", final_accuracy=0.9) for seed in range(5)]
    sweep = make_sweep(tmp_path, *ended, swept=("lr", "seed"))
    summary = summarise(sweep, plots=False, objective="final_accuracy")
    assert summary.best_run == "lr=0.01,seed=2"
    assert "lr=0.1 has a better median (1) of too few runs (1)" in sweep.summary_md.read_text()


def drawn(generator: np.random.Generator, solved: float, number: int) -> NDArray[np.float64]:
    """Costs as XOR's: a run is solved with some probability, and ends in a local minimum otherwise."""
    luck = generator.random(number) < solved
    return np.where(luck, 10.0 ** generator.normal(-4, 0.3, number), generator.normal(0.35, 0.01, number))


def test_of_many_draws_the_rule_picks_better_configurations_than_the_best_median() -> None:
    """Fifty settings with one seed each; the best five of them then get twenty."""
    generator = np.random.default_rng(0)
    picked: dict[bool, list[float]] = {True: [], False: []}
    of_few = 0
    for _ in range(400):
        solved = generator.beta(1, 2, 50)
        costs = [drawn(generator, share, 1) for share in solved]
        for place in np.argsort([of[0] for of in costs])[:5]:
            costs[place] = np.append(costs[place], drawn(generator, solved[place], 19))
        bar = Bar.of([len(of) for of in costs])
        medians = np.array([np.median(of) for of in costs])
        eligible = np.array([bar.clears(len(of)) for of in costs])
        picked[False].append(solved[medians.argmin()])
        winner = np.where(eligible, medians, np.inf).argmin()
        picked[True].append(solved[winner])
        of_few += len(costs[winner]) < 20
    assert of_few == 0
    assert (np.mean(picked[False]), np.mean(picked[True])) == pytest.approx((0.56, 0.71), abs=0.01)
