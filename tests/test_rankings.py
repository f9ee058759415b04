"""Sweeps of runs that cannot be compared: what the command prints and keeps, and what Python returns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.engine import ENGINE
from xor_sweep import sweep
from xor_sweep.__main__ import main
from xor_sweep.manifest import load_manifest
from xor_sweep.runs import SweepPaths
from xor_sweep.summary.__main__ import main as summarise

LOSSES = ("-m", "loss=binary_crossentropy,mse", "steps=50", "logging=off")
WHY = "2 rankings: loss=binary_crossentropy and loss=mse costs cannot be compared; "


@pytest.fixture(scope="module", autouse=True)
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("here"))
        patch.setattr("sys.argv", ["xor_sweep"])
        x = np.random.default_rng(0).normal(size=(40, 2))
        table = pd.DataFrame(x, columns=["a", "b"]).assign(y=np.where(x[:, 0] > 0, "yes", "no"))
        table.to_csv("points.csv", index=False)
        yield Path.cwd()


@pytest.fixture(scope="module")
def xor(here: Path) -> SweepPaths:
    assert main([*LOSSES], ENGINE) == 0
    return SweepPaths(here / "outputs" / "xor")


def test_the_model_and_best_yaml_are_those_of_the_commands_first_ranking(xor: SweepPaths) -> None:
    [model] = xor.directory.glob("*/model.keras")
    assert model.parent.name == load_manifest(xor).kept == "loss=binary_crossentropy"
    assert "loss: binary_crossentropy" in xor.best.read_text()
    costs = {row["run"]: row["final_cost"] for row in json.loads(xor.summary_json.read_text())["runs"]}
    assert costs["loss=mse"] < costs["loss=binary_crossentropy"]  # which would win if the two were ranked together


def test_the_same_command_and_the_summary_say_why_there_are_two_rankings(
    xor: SweepPaths, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*LOSSES], ENGINE) == 0
    remedy = "objective=final_accuracy direction=maximize ranks them together"
    assert WHY + remedy in capsys.readouterr().out.splitlines()
    assert summarise([str(xor.directory)]) == 0
    assert WHY + remedy in capsys.readouterr().out.splitlines()


def test_python_returns_the_runs_in_the_order_of_the_terminal(xor: SweepPaths) -> None:
    frame = sweep(
        {"loss": ["mse", "binary_crossentropy"]},
        overrides=["steps=50", "logging=off"],
        outputs=xor.directory.parent,
        quiet=True,
    )
    assert [*zip(frame["ranking"], frame["run"], strict=True)] == [(1, "loss=mse"), (2, "loss=binary_crossentropy")]
    assert frame.attrs["model"] == str(xor.run("loss=mse").model)
    assert "loss: mse" in xor.best.read_text()


def test_other_data_in_the_same_experiment_is_ranked_apart_and_first(
    xor: SweepPaths, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ("data=csv", "data.path=points.csv", "data.target=y", "network.hidden=[4]", "epochs=2", "logging=off")
    assert main([*data, "experiment=xor", "-m", "lr=0.001"], ENGINE) == 0
    said = capsys.readouterr().out
    assert "3 rankings: data=csv; data=xor, loss=" in said
    assert "another experiment=… for each keeps them apart" in said
    kept = load_manifest(xor).kept
    assert kept is not None
    assert "points.csv" in kept
    assert json.loads(xor.run(kept).result.read_text())["final_cost"] > 0.3
    assert "kind: csv" in xor.run(kept).config.read_text()
