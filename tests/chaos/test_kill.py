"""A sweep that is killed with SIGKILL, wherever it was, goes on to the same bits."""

from __future__ import annotations

import json
import random
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.chaos.states import state_of
from tests.command import run

WORDS = (
    *("-m", "network.hidden=[2],[3]", "lr=0.1,0.03", "seed=1,2,3", "steps=40000", "save=all"),
    *("executor.checkpoint_seconds=0", "logging.scalars=300", "logging.histograms=30"),
)
"""Two chunks of six runs each, with a checkpoint after every segment."""

RUNS = 12
POINTS, TORN, CHAIN = 50, 6, 25
FEW_POINTS = 3


def killed_at(where: str, outputs: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    words = (where, str(cwd / "count"), *WORDS, f"outputs={outputs.name}")
    return run(*words, cwd=cwd, module="tests.chaos.killed", timeout=200)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, dict[str, Any]], int, int]:
    """What the sweep comes to that nobody interrupts, and how many points and appends it passes."""
    directory = tmp_path_factory.mktemp("whole")
    done = killed_at("0", directory / "outputs", directory)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    points, appends = map(int, (directory / "count").read_text().split())
    state = state_of(directory / "outputs" / "xor")
    assert len(state) == RUNS
    assert all(len(run["events"]) > 300 and run["weights"] for run in state.values())
    return state, points, appends


def goes_on(where: str, whole: tuple[dict[str, dict[str, Any]], int, int], cwd: Path) -> None:
    """Kill the sweep there, look at what is left, have the same command go on, and compare."""
    sweep = cwd / "outputs" / "xor"
    killed = killed_at(where, sweep.parent, cwd)
    while killed.returncode == 0:  # how many segments and so how many points there are is up to the clock
        shutil.rmtree(sweep.parent)
        kind, place = re.fullmatch(r"(\D*)(\d+)", where).groups()  # type: ignore[union-attr]
        where = f"{kind}{int(place) * 4 // 5}"
        killed = killed_at(where, sweep.parent, cwd)
    assert killed.returncode == -signal.SIGKILL, killed
    finished = {path.parent.name: path.read_bytes() for path in sweep.glob("*/result.json")}
    for content in finished.values():
        assert json.loads(content)["status"] == "completed"
    done = killed_at("0", sweep.parent, cwd)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    for name, content in finished.items():
        assert (sweep / name / "result.json").read_bytes() == content, "what was finished is kept"
    assert state_of(sweep) == whole[0]
    assert list(sweep.glob(".sweep/checkpoints/*")) == []
    assert [path for path in sweep.rglob("*") if path.name.endswith(".part")] == []


def spread(count: int, most: int) -> list[int]:
    """Points from the first to the last, as evenly as they come."""
    return sorted({int(place) for place in np.linspace(1, most, count)})


@pytest.mark.proof
def test_a_sweep_killed_at_a_few_points_goes_on_to_the_same_bits(
    whole: tuple[dict[str, dict[str, Any]], int, int], tmp_path: Path
) -> None:
    _, points, appends = whole
    for number, place in enumerate(spread(FEW_POINTS + 2, points)[1:-1]):
        (tmp_path / str(number)).mkdir()
        goes_on(str(place), whole, tmp_path / str(number))
    (tmp_path / "torn").mkdir()
    goes_on(f"torn{appends // 2}", whole, tmp_path / "torn")


@pytest.mark.chaos
@pytest.mark.parametrize("number", range(POINTS))
def test_a_sweep_killed_at_any_point_goes_on_to_the_same_bits(
    number: int, whole: tuple[dict[str, dict[str, Any]], int, int], tmp_path: Path
) -> None:
    goes_on(str(spread(POINTS, whole[1])[number]), whole, tmp_path)


@pytest.mark.chaos
@pytest.mark.parametrize("number", range(TORN))
def test_a_sweep_killed_within_an_append_goes_on_to_the_same_bits(
    number: int, whole: tuple[dict[str, dict[str, Any]], int, int], tmp_path: Path
) -> None:
    goes_on(f"torn{spread(TORN + 2, whole[2])[1:-1][number]}", whole, tmp_path)


@pytest.mark.chaos
@pytest.mark.timeout(1200)
def test_a_sweep_killed_again_and_again_comes_to_the_same_end(
    whole: tuple[dict[str, dict[str, Any]], int, int], tmp_path: Path
) -> None:
    sweep, chance, kills = tmp_path / "outputs" / "xor", random.Random(1), 0
    while kills < CHAIN:
        done = killed_at(str(chance.randint(1, max(60, whole[1] // 4))), sweep.parent, tmp_path)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done
        kills += 1
    assert kills > 3
    done = killed_at("0", sweep.parent, tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert state_of(sweep) == whole[0]
