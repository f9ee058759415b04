"""Which runs a board shows, in which order, and what it leaves alone."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tests.summary.sweeps import diverged, log_cost, make_sweep, result
from xor_sweep.board.__main__ import main
from xor_sweep.board.logged import link_runs, logged
from xor_sweep.board.sweeps import Sweep, choose, read_sweeps
from xor_sweep.logs.append import COMPARISON

EVENTS = "events.out.tfevents.1"


def read(directory: Path) -> list[Sweep]:
    return read_sweeps(directory, logged(directory).runs)


def test_runs_are_best_first_and_those_that_train_last(tmp_path: Path) -> None:
    made = [result("lr=0.1", 0.3), result("lr=0.2", 0.1), diverged("lr=0.3")]
    sweep = make_sweep(tmp_path, *made, swept=("seed", "lr"), logged=True)
    sweep.run("lr=0.0").directory.mkdir()
    log_cost(sweep.run("lr=0.0"), 0.2)
    ranked = ("lr=0.2", "lr=0.1", "lr=0.3", "lr=0.0")
    groups = tuple((run,) for run in ranked[:-1])
    assert read(sweep.directory) == [Sweep(".", ranked, "lr", "Cost/Cost", groups)]
    below = tuple(tuple(f"xor/{run}" for run in group) for group in groups)
    assert read(tmp_path) == [Sweep("xor", tuple(f"xor/{run}" for run in ranked), "lr", "Cost/Cost", below)]
    assert read(sweep.run("lr=0.1").directory) == [Sweep(".", (".",), None, "Cost/Cost")]


def test_the_key_is_one_that_names_runs_and_tells_configurations_apart(tmp_path: Path) -> None:
    def key(name: str, *runs: str, swept: tuple[str, ...]) -> str | None:
        (sweep,) = read(make_sweep(tmp_path, *map(result, runs), swept=swept, logged=True, name=name).directory)
        return sweep.key

    assert key("a", "lr=1,seed=0", "lr=2,seed=0", swept=("logging", "seed", "lr")) == "lr"
    assert key("b", "seed=0", "seed=1", swept=("seed",)) is None
    assert key("c", "lr=1", "lr=2", swept=()) == "lr"
    assert key("d", "optimizer_x=1", swept=("optimizer@x",)) is None
    assert key("e", "data_model=1", swept=("data/model",)) == "data_model"


def test_of_too_many_configurations_each_sweep_shows_its_best_and_its_last() -> None:
    large = Sweep("a", tuple(f"a/{place}" for place in range(1000)), None, None)
    small = Sweep("b", tuple(f"b/{place}" for place in range(10)), None, None)
    chosen = choose([large, small], most=50, best=30)
    assert len(chosen) == len(set(chosen)) == 50
    assert set(chosen) >= {*small.runs, *large.runs[:20], "a/999"}
    assert max(int(run[2:]) for run in chosen[30:-1] if run != "a/999") > 900
    assert choose([small], most=10, best=3) == list(small.runs)


def test_what_is_shown_of_a_configuration_has_the_mean_and_the_median_of_all_its_runs(tmp_path: Path) -> None:
    # The best runs are of the configuration with the worse mean.
    generator = np.random.default_rng(0)
    costs = {"0.1": generator.uniform(0, 2, 400), "0.01": generator.uniform(0.6, 0.8, 300), "0.001": [0.9] * 20}
    by_run = {f"lr={lr},seed={seed}": float(cost) for lr, of in costs.items() for seed, cost in enumerate(of)}
    made = [result(name, cost) for name, cost in by_run.items()]
    (sweep,) = read(make_sweep(tmp_path, *made, swept=("lr", "seed"), logged=True).directory)
    chosen = choose([sweep], most=500)
    assert len(chosen) == len(set(chosen)) == 500
    shown = {lr: [by_run[run] for run in chosen if run.startswith(f"lr={lr},")] for lr in costs}
    assert {lr: len(of) for lr, of in shown.items()} == {"0.1": 240, "0.01": 240, "0.001": 20}
    for lr, of in costs.items():
        assert np.mean(shown[lr]) == pytest.approx(np.mean(of), rel=0.01)
        assert np.median(shown[lr]) == pytest.approx(np.median(of), rel=0.01)


def test_of_more_configurations_than_can_be_shown_each_has_its_middle_run() -> None:
    groups = tuple(tuple(f"{place}/{seed}" for seed in range(3)) for place in range(40))
    sweep = Sweep(".", tuple(run for group in groups for run in group), None, None, groups)
    chosen = choose([sweep], most=20, best=10)
    assert chosen[:10] == [f"{place}/1" for place in range(10)]
    assert chosen[-1] == "39/1"
    assert len(chosen) == 20


def test_what_is_hidden_and_what_leads_elsewhere_is_no_run(tmp_path: Path) -> None:
    shown = tmp_path / "shown"
    for name in ("a", "b/c", ".sweep/replaced/d", "linked", "piped", "quiet"):
        (shown / name).mkdir(parents=True)
        (shown / name / EVENTS).write_bytes(b"x")
    (shown / "quiet" / EVENTS).rename(shown / "quiet" / "notes")
    assert logged(shown) == logged(tmp_path / "shown")
    assert (logged(shown).runs, logged(shown).strange) == (("a", "b/c", "linked", "piped"), False)
    (shown / "linked" / "deep").mkdir()
    (shown / "linked" / "deep" / "root").symlink_to("/")
    os.mkfifo(shown / "piped" / "x.tfevents")
    found = logged(shown)
    assert (found.runs, found.apart, found.strange) == (("a", "b/c"), ("linked", "piped"), True)


def test_links_show_runs_under_their_names_and_nothing_is_written_through_them(tmp_path: Path) -> None:
    for name in ("a", "a/inner", "b/c"):
        (tmp_path / "runs" / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / "runs" / name / EVENTS).touch()
    for root in ("a", "b", "d"):
        (tmp_path / "runs" / root).mkdir(exist_ok=True)
        (tmp_path / "runs" / root / f"{COMPARISON}1").touch()
    found = logged(tmp_path / "runs")
    assert (found.runs, found.roots) == (("a", "a/inner", "b/c"), ("b",)), "d has no run"
    before = sorted(tmp_path.joinpath("runs").rglob("*"))
    link_runs(tmp_path / "runs", ["a/inner", "a", "b/c"], ["a", "b"], tmp_path / "links")
    assert (tmp_path / "links" / "b" / f"{COMPARISON}1").is_symlink()
    assert (tmp_path / "links" / "a" / "inner" / EVENTS).exists()
    assert (tmp_path / "links" / "b" / "c").is_symlink()
    assert sorted(tmp_path.joinpath("runs").rglob("*")) == before


def test_a_directory_whose_runs_all_hold_links_is_not_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = make_sweep(tmp_path, result("lr=0.1"), swept=("lr",), logged=True)
    (sweep.run("lr=0.1").directory / "root").symlink_to("/")
    assert main([str(sweep.directory)]) == 2
    assert "no TensorBoard log in it but for runs with links in them" in capsys.readouterr().err
