"""A sweep of release 0.2.0, in which `data.seed` drew the order of batches, beside runs whose `seed` draws it.

`releases/0.2.0/batches/` holds two sweeps of one directory: one that finished, and one that was killed.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command import TREE
from tests.specs import jobs
from tests.stopped import run
from xor_sweep.api import load_history
from xor_sweep.claims import claim
from xor_sweep.compare.__main__ import main as compare
from xor_sweep.config import canonical, earlier_identity
from xor_sweep.errors import ConfigError
from xor_sweep.rebuilt import rebuild
from xor_sweep.results import load_results
from xor_sweep.runs import SweepPaths
from xor_sweep.summary import summarise
from xor_sweep.summary.columns import Configs

RELEASE = TREE / "tests" / "releases" / "0.2.0" / "batches"
SWEEP, OLD = Path("outputs/points"), Path("outputs/old")
FINISHED, KILLED = (line.split() for line in (RELEASE / "commands.txt").read_text().splitlines())
BEFORE = {f"lr={lr},seed={seed}" for lr in (0.1, 0.01) for seed in (1, 2)}


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """What the command of the finished sweep prints, line by line; a copy of the sweep stays as it was."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("lab"))
        patch.setattr("sys.argv", ["xor_sweep"])
        lines: list[str] = []
        patch.setattr("xor_sweep.console.Console.say", lambda _, line="": lines.append(line))
        shutil.copy(RELEASE / "points.csv", "points.csv")
        for copy in (SWEEP, OLD):
            shutil.copytree(RELEASE / "points", copy)
        assert run(*FINISHED) == 0
        yield lines


def results() -> dict[str, dict[str, Any]]:
    return {path.parent.name: json.loads(path.read_text()) for path in SWEEP.glob("*/result.json")}


@pytest.mark.usefixtures("printed")
def test_earlier_results_keep_their_identity_and_every_byte() -> None:
    for name in BEFORE:
        old = RELEASE / "points" / name / "result.json"
        assert Path(SWEEP, name, "result.json").read_bytes() == old.read_bytes()
        content = json.loads(old.read_text())
        [job] = jobs(content["overrides"])
        assert earlier_identity(job.spec) == content["identity"] != job.identity
        assert canonical(job.spec)["batch_order"] == "seed"


def test_the_same_command_trains_beside_them_and_says_why(printed: list[str]) -> None:
    line = "seed draws the order of batches now, and data.seed did up to release 0.2.0: 4 runs train again, beside"
    assert sum(each.startswith(line) for each in printed) == 1
    new = {name: each for name, each in results().items() if each.get("batch_order") == "seed"}
    assert {re.sub("~.*", "", name) for name in new} == BEFORE
    assert len(results()) == 4 + 4


@pytest.mark.usefixtures("printed")
def test_what_is_trained_once_is_finished_and_has_nothing_to_say() -> None:
    claims = claim(jobs(*(each["overrides"] for each in results().values())), SweepPaths(SWEEP))
    assert len(claims) == 4
    assert all(taken.finished and taken.finished.batch_order == "seed" for taken in claims)


@pytest.mark.usefixtures("printed")
def test_earlier_runs_and_new_ones_are_configurations_of_their_own() -> None:
    found = json.loads(Path(SWEEP, "summary.json").read_text())["configurations"]
    orders = {run: each.get("batch_order") for run, each in results().items()}
    kinds = [{orders[run] for run in each["runs"]} for each in found if each["values"]["lr"] in (0.1, 0.01)]
    assert sorted(map(str, kinds)) == ["{'seed'}", "{'seed'}", "{None}", "{None}"]
    assert [each["n"] for each in found if each["values"]["lr"] in (0.1, 0.01)] == [2] * 4


@pytest.mark.usefixtures("printed")
def test_a_comparison_names_the_order_of_batches(capsys: pytest.CaptureFixture[str]) -> None:
    for name, each in results().items():
        if each.get("batch_order"):
            shutil.copytree(SWEEP / name, Path("outputs/new") / name)
    assert compare([str(OLD), "outputs/new"]) == 0
    assert "batch_order: data.seed in a, seed in b" in capsys.readouterr().out


@pytest.mark.usefixtures("printed")
def test_best_yaml_says_that_an_earlier_run_comes_out_otherwise() -> None:
    summarise(SweepPaths(OLD), plots=False)
    line = "# data.seed drew the order of lr=0.1,seed=2's batches, and seed does now: other numbers come out.\n"
    assert line in (OLD / "best.yaml").read_text()


@pytest.mark.usefixtures("printed")
def test_an_earlier_run_is_not_trained_again_for_its_model() -> None:
    [result] = [each for each in load_results(SweepPaths(OLD)) if each.run == "lr=0.1,seed=2"]
    with pytest.raises(ConfigError, match=r"data.seed drew the order of its batches up to release 0.2.0"):
        rebuild(result, Configs(SweepPaths(OLD)).mapping(result.run), [])


@pytest.mark.proof
def test_a_checkpoint_with_the_earlier_order_counts_for_nothing(printed: list[str]) -> None:
    assert run(*KILLED) == 0
    assert any(
        each.startswith("2 runs from the start: in the checkpoint data.seed draws the order") for each in printed
    )
    assert not list(SWEEP.glob(".sweep/checkpoints/*"))
    for name in ("lr=0.05", "lr=0.02"):
        assert results()[name]["batch_order"] == "seed"
        steps, _ = load_history(SWEEP / name)["Cost/validation"]
        assert (steps[0], steps[-1], len(steps)) == (0, 3000, 20)
