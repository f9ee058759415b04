"""What an earlier release wrote is read, resumed and summarised by this one.

`releases/` holds a sweep directory of each release: a sweep that finished, and one that was killed in mid-training.
`commands.txt` has their command lines. A new release adds its own and changes none.
"""

from __future__ import annotations

import csv
import json
import math
import re
import shutil
from pathlib import Path

import pytest

from tests.command import TREE
from tests.stopped import run
from xor_sweep.api import load_history, load_results
from xor_sweep.summary.__main__ import main as summary

RELEASES = TREE / "tests" / "releases"
FINISHED, KILLED = 6, 2


@pytest.fixture(params=sorted(path.name for path in RELEASES.iterdir()))
def commands(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The command lines of a release, whose sweep directory is below the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["xor_sweep"])
    shutil.copytree(RELEASES / request.param / "xor", tmp_path / "outputs" / "xor")
    return [line.split() for line in (RELEASES / request.param / "commands.txt").read_text().splitlines()]


def test_every_release_has_its_directory_here() -> None:
    released = re.findall(r"^## (\d+\.\d+\.\d+)", (TREE / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert sorted(path.name for path in RELEASES.iterdir()) == sorted(released)


@pytest.mark.usefixtures("commands")
def test_its_results_and_curves_are_read() -> None:
    results = load_results("outputs/xor")
    assert list(results.status).count("completed") == FINISHED - 2
    assert list(results.status).count("diverged") == 2
    for name, cost in zip(results.run, results.final_cost, strict=True):
        steps, costs = load_history(f"outputs/xor/{name}")["Cost/Cost"]
        if not math.isnan(cost):
            assert (steps[-1], costs[-1]) == (300, pytest.approx(cost))


@pytest.mark.usefixtures("commands")
def test_it_is_summarised(capsys: pytest.CaptureFixture[str]) -> None:
    with Path("outputs/xor/summary.csv").open(newline="") as file:
        before = [row["run"] for row in csv.DictReader(file)]
    Path("outputs/xor/summary.csv").unlink()
    assert summary(["outputs/xor"]) == 0
    assert f"{FINISHED} runs in outputs/xor" in capsys.readouterr().out
    with Path("outputs/xor/summary.csv").open(newline="") as file:
        assert [row["run"] for row in csv.DictReader(file)] == before


@pytest.mark.usefixtures("commands")
def test_its_best_configuration_is_trained_again(capsys: pytest.CaptureFixture[str]) -> None:
    before = json.loads(Path("outputs/xor/summary.json").read_text())["runs"]
    assert summary(["outputs/xor"]) == 0
    assert str(Path("outputs/xor/best.yaml")) in capsys.readouterr().out
    assert run("--config-dir", "outputs/xor", "--config-name", "best", "save=none", "logging=off") == 0
    [again] = json.loads(Path("outputs/xor_best/summary.json").read_text())["runs"]
    [same] = [row for row in before if f"run at the median, {row['run']}." in Path("outputs/xor/best.yaml").read_text()]
    assert again["final_cost"] == pytest.approx(same["final_cost"])
    recorded = Path("outputs/xor", same["run"], "result.json"), Path("outputs/xor_best/default/result.json")
    assert len({json.loads(path.read_text())["identity"] for path in recorded}) == 1


@pytest.mark.proof
def test_its_finished_runs_are_kept_and_those_that_were_killed_train(
    commands: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    finished, killed = commands
    before = {path: path.read_bytes() for path in Path("outputs").glob("*/*/result.json")}
    assert len(before) == FINISHED
    assert run(*finished, "save=none") == 0
    assert f"{FINISHED} runs finished already" in capsys.readouterr().out
    assert run(*killed, "save=none") == 0
    assert f"{KILLED} runs of this command, {FINISHED + KILLED} in outputs/xor" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in before} == before
