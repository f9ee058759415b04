"""The guide: its commands, one after the other, as a reader types them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.proof

ROOT = Path(__file__).resolve().parent.parent
GUIDE = (ROOT / "docs" / "your-data.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A directory in which every command of the guide was carried out, and what they printed."""
    directory = tmp_path_factory.mktemp("guide")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)}
    printed = []
    for block in BLOCKS:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block], cwd=directory, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        printed.append(done.stdout)
    return directory, "\n".join(printed)


def summary(directory: Path, experiment: str) -> pd.DataFrame:
    return pd.read_csv(directory / "outputs" / experiment / "summary.csv")


@pytest.mark.timeout(600)
def test_every_command_of_the_guide_succeeds_and_every_run_completes(followed: tuple[Path, str]) -> None:
    directory, _ = followed
    experiments = sorted(path.name for path in (directory / "outputs").iterdir())
    assert experiments == ["breast_cancer", "diabetes", "early", "folds", "own", "wide", "wine"]
    for experiment in experiments:
        assert (summary(directory, experiment)["status"] == "completed").all()


def test_the_networks_have_learnt_something(followed: tuple[Path, str]) -> None:
    directory, _ = followed
    for experiment in ("breast_cancer", "wine", "folds", "own", "wide"):
        assert summary(directory, experiment)["final_accuracy"].max() > 0.9
    assert summary(directory, "diabetes")["final_cost"].min() < 0.8


def test_a_run_that_stopped_early_took_fewer_steps(followed: tuple[Path, str]) -> None:
    directory, _ = followed
    runs = summary(directory, "early")
    assert runs["stopped_at"].notna().any()
    assert (runs["kept_at"] <= runs["steps"]).all()


def test_the_test_part_was_scored_once_for_the_model_that_is_kept(followed: tuple[Path, str]) -> None:
    directory, printed = followed
    kept = list((directory / "outputs" / "folds").glob("*/model.keras"))
    test = json.loads((directory / "outputs" / "folds" / "summary.json").read_text())["test"]
    assert [path.parent.name for path in kept] == [test["run"]]
    assert test["accuracy"] > 0.8
    assert "scored once" in printed


def test_the_predictions_are_right_for_nearly_every_row(followed: tuple[Path, str]) -> None:
    directory, _ = followed
    predictions = pd.read_csv(directory / "wine.predictions.csv")
    assert (predictions["prediction"] == predictions["target"]).mean() > 0.9
    assert len(predictions) == 178
