"""What cannot be compared is not ranked together: several rankings of one sweep directory."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.summary.sweeps import diverged, failed, make_sweep, result
from xor_sweep import load_results
from xor_sweep.board.sweeps import read_sweeps
from xor_sweep.compare.__main__ import main as compare
from xor_sweep.manifest import extend_manifest
from xor_sweep.measure import Measure
from xor_sweep.provenance import Command
from xor_sweep.results import RunResult
from xor_sweep.runs import SweepPaths
from xor_sweep.summary import Summary, rank_runs, summarise
from xor_sweep.summary.__main__ import main

RECORD = "lr: 0.1\nseed: 0\noptimizer: {name: adam, learning_rate: '${lr}'}\ndata: {kind: xor, name: xor}\n"
SPLIT = "data.validation_fraction=0.2"


def measure(**facts: str) -> Measure:
    return tuple({"data": "xor", "task": "binary", "loss": "crossentropy", **facts}.items())


CE, MSE = measure(), measure(loss="mean_squared_error")
LOSSES = (
    result("loss=bce,lr=0.1", 0.6, measure=CE),
    result("loss=bce,lr=0.01", 0.5, measure=CE),
    result("loss=mse,lr=0.1", 0.2, measure=MSE),
    result("loss=mse,lr=0.01", 0.25, measure=MSE, final_accuracy=0.75),
)


def swept(tmp_path: Path, *results: RunResult, first: Sequence[Measure] = (), **more: Any) -> SweepPaths:
    """A sweep directory whose latest command had runs of these measures."""
    keys = tuple(dict.fromkeys(word.split("=")[0] for each in results for word in each.overrides))
    sweep = make_sweep(tmp_path, *results, swept=keys, configs={each.run: RECORD for each in results}, **more)
    extend_manifest(sweep, (), "final_cost", "minimize", {}, measures=first)
    return sweep


def runs_of(summary: Summary) -> list[list[str]]:
    return [[each.run for each in ranking.ranked] for ranking in summary.rankings]


def test_costs_of_two_losses_are_two_rankings_and_the_first_has_best_yaml(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = swept(tmp_path, *LOSSES, first=(CE, MSE))
    assert main([str(sweep.directory)]) == 0
    said = capsys.readouterr().out
    why = (
        "2 rankings: loss=bce and loss=mse costs cannot be compared; "
        "objective=final_accuracy direction=maximize ranks them together"
    )
    assert why in said.splitlines()
    assert "Ranking 1 of 2, loss=bce: 2 runs in" in said
    assert "Ranking 2 of 2, loss=mse: 2 runs in" in said
    assert "the run at the median, loss=bce,lr=0.01." in sweep.best.read_text()
    page = sweep.summary_md.read_text()
    assert f"{why}." in page
    assert "Best run: loss=bce,lr=0.01, final_cost 0.5." in page.partition("# Ranking 2: loss=mse")[0]
    assert "Best run: loss=mse,lr=0.1, final_cost 0.2." in page.partition("# Ranking 2: loss=mse")[2]
    report = sweep.report.read_text()
    assert why in report
    assert "Ranking 2: loss=mse" in report
    assert 'id="runs-2"' in report


def test_files_for_programs_say_which_ranking_a_run_is_in(tmp_path: Path) -> None:
    sweep = swept(tmp_path, *LOSSES, first=(CE, MSE))
    summarise(sweep, plots=False)
    with sweep.summary_csv.open() as file:
        table = [(row["ranking"], row["run"]) for row in csv.DictReader(file)]
    expected = [(1, "loss=bce,lr=0.01"), (1, "loss=bce,lr=0.1"), (2, "loss=mse,lr=0.1"), (2, "loss=mse,lr=0.01")]
    assert table == [(str(place), run) for place, run in expected]
    content = json.loads(sweep.summary_json.read_text())
    assert [(row["ranking"], row["run"]) for row in content["runs"]] == expected
    assert [each["run"] for each in content["configurations"]] == ["loss=bce,lr=0.01", "loss=bce,lr=0.1"]
    assert [(each["label"], each["best"]) for each in content["rankings"]] == [
        ("loss=bce", "loss=bce,lr=0.01"),
        ("loss=mse", "loss=mse,lr=0.1"),
    ]
    frame = load_results(sweep.directory)
    assert [*zip(frame["ranking"], frame["run"], strict=True)] == expected


def test_one_ranking_leaves_no_trace_of_rankings(tmp_path: Path) -> None:
    sweep = swept(tmp_path, *LOSSES[:2], first=(CE,))
    summary = summarise(sweep, plots=False)
    assert summary.why is None
    for path in (sweep.summary_csv, sweep.summary_json, sweep.summary_md, sweep.report):
        assert "Ranking " not in path.read_text()
    assert "ranking" not in sweep.summary_csv.read_text().partition("\n")[0]
    assert "rankings" not in json.loads(sweep.summary_json.read_text())
    assert "ranking" not in load_results(sweep.directory)


def test_accuracies_of_two_losses_are_one_ranking(tmp_path: Path) -> None:
    sweep = swept(tmp_path, *LOSSES, first=(CE, MSE))
    summary = rank_runs(sweep, objective="final_accuracy").summary
    assert runs_of(summary) == [["loss=bce,lr=0.01", "loss=bce,lr=0.1", "loss=mse,lr=0.1", "loss=mse,lr=0.01"]]


def test_the_latest_commands_ranking_is_the_first(tmp_path: Path) -> None:
    csv_data = measure(data="csv", content="c0ffee", split=SPLIT)
    early = result("lr=0.1", 0.1, measure=CE)
    late = result("lr=0.2", 0.3, measure=csv_data, started_at="2026-02-01T00:00:00+00:00")
    summary = rank_runs(swept(tmp_path, early, late, first=(csv_data,))).summary
    assert runs_of(summary) == [["lr=0.2"], ["lr=0.1"]]
    assert summary.best_run == "lr=0.2"
    assert (
        summary.why
        == "2 rankings: data=csv and data=xor cannot be compared; another experiment=… for each keeps them apart"
    )
    assert [runs.runs for runs in read_sweeps(tmp_path, ["xor/lr=0.1", "xor/lr=0.2"])] == [("xor/lr=0.2", "xor/lr=0.1")]


def test_a_command_that_was_killed_before_its_runs_ended_leaves_the_earlier_rankings(tmp_path: Path) -> None:
    new = measure(data="csv", content="c0ffee", split=SPLIT)
    assert runs_of(rank_runs(swept(tmp_path, *LOSSES[:2], first=(new,))).summary) == [
        ["loss=bce,lr=0.01", "loss=bce,lr=0.1"]
    ]


def test_runs_of_which_none_completed_are_no_ranking_of_their_own(tmp_path: Path) -> None:
    lost = [diverged("loss=mse,lr=0.1", measure=MSE), failed("loss=hinge,lr=0.1", measure=measure(loss="hinge"))]
    summary = rank_runs(swept(tmp_path, *LOSSES[:2], *lost, first=(CE, MSE))).summary
    assert runs_of(summary) == [["loss=bce,lr=0.01", "loss=bce,lr=0.1", "loss=mse,lr=0.1", "loss=hinge,lr=0.1"]]


def test_runs_that_all_failed_are_one_ranking(tmp_path: Path) -> None:
    lost = [failed("loss=mse,lr=0.1", measure=MSE), failed("loss=bce,lr=0.1", measure=CE)]
    assert len(rank_runs(swept(tmp_path, *lost)).summary.rankings) == 1


def draws(*of: tuple[float, int]) -> list[RunResult]:
    """Runs of a rate and a draw of the split, the later ones better."""
    return [
        result(f"lr={rate},data.seed={seed}", 1 / (2 + place), measure=measure(split=SPLIT, **{"data.seed": str(seed)}))
        for place, (rate, seed) in enumerate(of)
    ]


def test_draws_of_a_split_belong_together_if_a_configuration_has_both(tmp_path: Path) -> None:
    paired = rank_runs(swept(tmp_path, *draws((0.1, 0), (0.1, 1), (0.2, 1), (0.3, 0)))).summary
    assert len(paired.rankings) == 1
    assert [each.n for each in paired.configurations] == [1, 1, 2]


def test_draws_that_no_configuration_connects_are_ranked_apart(tmp_path: Path) -> None:
    summary = rank_runs(swept(tmp_path, *draws((0.1, 0), (0.1, 1), (0.2, 2)))).summary
    assert runs_of(summary) == [["lr=0.1,data.seed=1", "lr=0.1,data.seed=0"], ["lr=0.2,data.seed=2"]]
    assert summary.why is not None
    assert summary.why.endswith("train each configuration with the same values of data.seed to rank them together")


def test_results_of_earlier_releases_are_told_apart_by_their_record(tmp_path: Path) -> None:
    names = ("loss=bce", "loss=mse", "loss=null")
    records = {name: RECORD + f"loss: {name.partition('=')[2]}\n" for name in names}
    sweep = make_sweep(tmp_path, *(result(name) for name in names), swept=("loss",), configs=records)
    assert runs_of(rank_runs(sweep).summary) == [["loss=bce", "loss=null"], ["loss=mse"]]


def test_results_without_a_record_are_one_ranking(tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path, result("lr=0.1"), result("lr=0.2"), swept=("lr",))
    assert len(rank_runs(sweep).summary.rankings) == 1


def test_an_earlier_result_joins_the_ranking_that_its_record_agrees_with(tmp_path: Path) -> None:
    old = result("loss=mse,lr=1", 0.9)
    sweep = swept(tmp_path, *LOSSES, first=(CE, MSE))
    sweep.run(old.run).hydra.mkdir(parents=True)
    sweep.run(old.run).config.write_text(RECORD + "loss: mse\n")
    from xor_sweep.results import save_results

    save_results([(sweep.run(old.run), old)])
    assert runs_of(rank_runs(sweep).summary)[1] == ["loss=mse,lr=0.1", "loss=mse,lr=0.01", "loss=mse,lr=1"]


def test_a_comparison_takes_the_first_ranking_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = swept(tmp_path, *LOSSES, first=(CE, MSE), name="a")
    b = swept(tmp_path, *LOSSES[:2], first=(CE,), name="b")
    assert compare([str(a.directory), str(b.directory), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["best"]["a"]["median"] == found["best"]["b"]["median"] == 0.5
    assert any(
        "the runs of loss=bce; 2 that cannot be compared with them are left out" in note for note in found["notes"]
    )


def test_a_comparison_refuses_what_a_sweep_would_not_rank_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    smooth = measure(loss="crossentropy(label_smoothing=0.1)")
    a = swept(tmp_path, result("lr=0.1", measure=CE), first=(CE,), name="a")
    b = swept(tmp_path, result("lr=0.1", measure=smooth), first=(smooth,), name="b")
    assert compare([str(a.directory), str(b.directory)]) == 2
    assert "loss is crossentropy in one and crossentropy(label_smoothing=0.1) in the other" in capsys.readouterr().err


GIVEN = RECORD + "network: {_target_: xor_sweep.given.build}\n"
BUILD = "xor_sweep.given.build"


def at(minute: int) -> str:
    return f"2026-01-01T00:{minute:02}:00+00:00"


def edited(
    tmp_path: Path,
    *versions: str,
    name: str = BUILD,
    records: tuple[str, ...] = (GIVEN,),
    more: Mapping[str, str] | None = None,
) -> SweepPaths:
    """A directory of commands, one for each version of a function, with a run each; earlier ones have lower costs."""
    runs = [
        result(f"lr=0.1,seed={number}", 0.1 * number, measure=CE, started_at=at(number))
        for number in range(1, len(versions) + 1)
    ]
    configs = {run.run: records[number % len(records)] for number, run in enumerate(runs)}
    sweep = make_sweep(tmp_path, *runs, swept=("lr", "seed"), configs=configs)
    for number, version in enumerate(versions, start=1):
        command = Command("call from Python", at(number), "here", None, None, {})
        extend_manifest(
            sweep, (), "final_cost", "minimize", {name: version, **(more or {})}, command=command, measures=(CE,)
        )
    return sweep


def test_versions_of_a_function_given_from_python_are_ranked_apart_the_latest_first(tmp_path: Path) -> None:
    summary = rank_runs(edited(tmp_path, "a" * 64, "b" * 64, "c" * 64, "b" * 64)).summary
    assert runs_of(summary) == [["lr=0.1,seed=2", "lr=0.1,seed=4"], ["lr=0.1,seed=1"], ["lr=0.1,seed=3"]]
    assert summary.why == (
        "3 rankings: build as it is now; build before its change of 2026-01-01 00:02:00 UTC; "
        "build before its change of 2026-01-01 00:04:00 UTC are ranked apart; "
        "another experiment=… for each version keeps them apart"
    )


def test_runs_of_other_networks_are_in_the_first_ranking(tmp_path: Path) -> None:
    sweep = edited(tmp_path, "a" * 64, "b" * 64, "b" * 64, records=(GIVEN, RECORD))
    assert runs_of(rank_runs(sweep).summary) == [["lr=0.1,seed=2", "lr=0.1,seed=3"], ["lr=0.1,seed=1"]]


def test_versions_of_a_function_that_a_configuration_names_are_ranked_apart_too(tmp_path: Path) -> None:
    record = RECORD + "network: {_target_: nets.build}\n"
    summary = rank_runs(edited(tmp_path, "a" * 64, "b" * 64, name="nets.build", records=(record,))).summary
    assert runs_of(summary) == [["lr=0.1,seed=2"], ["lr=0.1,seed=1"]]
    assert summary.label == "nets.build as it is now"


def test_a_function_of_data_that_changed_and_returns_the_same_leaves_one_ranking(tmp_path: Path) -> None:
    record = RECORD.replace("kind:", "call: {_target_: tables.read}, kind:")
    sweep = edited(
        tmp_path, "a" * 64, "b" * 64, name="tables.read", records=(record,), more={"tables.read()": "c" * 64}
    )
    assert len(runs_of(rank_runs(sweep).summary)) == 1


def test_a_function_that_never_changed_leaves_one_ranking(tmp_path: Path) -> None:
    assert len(runs_of(rank_runs(edited(tmp_path, "a" * 64, "a" * 64)).summary)) == 1


@pytest.mark.parametrize(
    ("fact", "value", "remedy"),
    [
        ("loss", "mean_squared_error", "give all runs one loss to rank them together"),
        ("scale", "units", "give all runs one data.standardize_target to rank them together"),
        ("rows", "01234567", "another experiment=… for each keeps them apart"),
    ],
)
def test_the_remedy_names_what_differs(fact: str, value: str, remedy: str, tmp_path: Path) -> None:
    usual = measure(scale="standard deviations", rows="89abcdef")
    other = tuple({**dict(usual), fact: value}.items())
    runs = [result(f"lr={k}", 0.5, measure=each, final_accuracy=None) for k, each in enumerate((usual, other), start=1)]
    why = rank_runs(swept(tmp_path, *runs, first=(usual, other))).summary.why
    assert why is not None
    assert why.endswith(f"cannot be compared; {remedy}")


def test_rankings_of_other_rows_are_named_by_what_was_done_about_missing_values(tmp_path: Path) -> None:
    runs = [result(f"data.missing={how}", 0.5, measure=measure(rows=how)) for how in ("drop", "impute")]
    configs = {run.run: RECORD.replace("kind:", f"missing: {run.run.partition('=')[2]}, kind:") for run in runs}
    why = rank_runs(make_sweep(tmp_path, *runs, swept=("data.missing",), configs=configs)).summary.why
    assert why is not None
    assert why.startswith("2 rankings: data.missing=drop and data.missing=impute cannot be compared")


@pytest.mark.parametrize(
    ("record", "label"),
    [
        ("na_values: ['?'], missing: drop, kind:", "data.na_values=['?'] and data.na_values=null"),
        ("dtype: {zip: category}, missing: drop, kind:", "data.dtype={zip:category} and data.dtype=null"),
    ],
)
def test_rankings_of_other_rows_are_named_by_the_key_that_differs(record: str, label: str, tmp_path: Path) -> None:
    runs = [result(f"lr={k}", 0.5, measure=measure(rows=str(k))) for k in (1, 2)]
    configs = {"lr=1": RECORD.replace("kind:", record), "lr=2": RECORD.replace("kind:", "missing: drop, kind:")}
    why = rank_runs(make_sweep(tmp_path, *runs, swept=("lr",), configs=configs)).summary.why
    assert why is not None
    assert why.startswith(f"2 rankings: {label} cannot be compared")
