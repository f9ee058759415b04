"""Sweeps on data of the world, as a person runs them: a growing sweep, a network of one's own, a single run."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.command import run, succeed, succeed_here, without_tensorflow
from tests.specs import spec
from tests.test_sweep import files, here, planned, result, scalars  # noqa: F401  # `here` is a fixture
from xor_sweep.__main__ import main
from xor_sweep.data import Dataset, dataset

GROWING = ("-m", "data=sklearn", "data.name=breast_cancer", "data.test_fraction=0.2", "seed=1,2,3", "epochs=2")
CANCER = {"data": "sklearn", "data.name": "breast_cancer", "data.test_fraction": 0.2}


@dataclass(frozen=True)
class Growing:
    """A sweep directory after each of three commands.

    Attributes:
        said: what each printed.
        models: the runs with a kept model after each.
        summaries: `summary.json` after each.
    """

    sweep: Path
    said: list[str]
    models: list[list[str]]
    summaries: list[dict[str, Any]]


@pytest.fixture(scope="module")
def growing(tmp_path_factory: pytest.TempPathFactory) -> Growing:
    """A bad learning rate, then a good one beside it, then the same again."""
    directory = tmp_path_factory.mktemp("growing")
    grown = Growing(directory / "outputs" / "breast_cancer", [], [], [])
    again = without_tensorflow(tmp_path_factory.mktemp("blocker"))
    for rates, env in (("lr=0.0001", None), ("lr=0.0001,0.01", None), ("lr=0.0001,0.01", again)):
        grown.said.append(succeed(*GROWING, rates, cwd=directory, env=env))
        grown.models.append([path.parent.name for path in grown.sweep.glob("*/model.keras")])
        grown.summaries.append(json.loads((grown.sweep / "summary.json").read_text()))
    return grown


def middle(runs: list[dict[str, Any]]) -> str:
    """The run at the median of three."""
    [_, found, _] = sorted(runs, key=lambda each: each["final_cost"])
    return str(found["run"])


@pytest.mark.proof
def test_the_best_model_is_the_median_run_of_the_best_configuration_and_moves_when_the_sweep_grows(
    growing: Growing,
) -> None:
    first, second, third = growing.models
    assert first == [middle(growing.summaries[0]["runs"])]
    better = [each for each in growing.summaries[1]["runs"] if each["lr"] == 0.01]
    assert second == third == [middle(better)]
    assert first != second
    for name in ("model.keras", "model.json"):
        assert [path.parent.name for path in growing.sweep.glob(f"*/{name}")] == second
    for said, [name] in zip(growing.said, growing.models, strict=True):
        assert f"Model       outputs/breast_cancer/{name}/model.keras\n" in said


def raw(data: Dataset, part: str) -> NDArray[Any]:
    """The raw rows of a part."""
    assert isinstance(data.raw, np.ndarray)
    rows: NDArray[Any] = data.raw[getattr(data, part).rows]
    return rows


@pytest.mark.proof
def test_what_the_model_is_worth_on_the_test_part_is_said_and_stands_in_the_summary(growing: Growing) -> None:
    [name] = growing.models[-1]
    for summary, said, [kept] in zip(growing.summaries, growing.said, growing.models, strict=True):
        test = summary["test"]
        assert test["run"] == kept
        line = f"Test part   cost {test['cost']:.6g}, accuracy {test['accuracy']:.6g}, of that model, scored once"
        assert said.count(line) == 1
    assert growing.summaries[1]["test"] == growing.summaries[2]["test"] != growing.summaries[0]["test"]
    data = dataset(spec(CANCER).data)
    assert data.test is not None
    model = keras.saving.load_model(growing.sweep / name / "model.keras")
    outputs = np.asarray(model(raw(data, "test"))).astype(np.float64)
    test = growing.summaries[-1]["test"]
    assert np.mean((outputs > 0.5) == data.test.y) == pytest.approx(test["accuracy"])
    assert -np.mean(np.log(np.where(data.test.y > 0.5, outputs, 1 - outputs))) == pytest.approx(test["cost"], rel=1e-4)


@pytest.mark.proof
def test_the_markdown_shows_the_test_score_and_the_pictures(growing: Growing) -> None:
    text = (growing.sweep / "summary.md").read_text()
    test = growing.summaries[-1]["test"]
    name = growing.models[-1][0]
    assert f"On the test part, scored once: {name}, cost {test['cost']:.6g}, accuracy {test['accuracy']:.6g}." in text
    assert "Ranked by final_cost (minimize), of the validation part." in text
    pictures = re.findall(r"!\[.+\]\((.+)\)", text)
    assert pictures == ["cost.png", "final_cost_by_seed.png", "final_cost_by_lr.png"]
    assert f"summary.csv, .json, .md, {', '.join(pictures)}\n" in growing.said[1]


@pytest.mark.proof
def test_a_grown_sweep_trains_what_is_new_and_a_repeated_one_answers_without_tensorflow(growing: Growing) -> None:
    assert "3 runs finished already" in growing.said[1]
    assert "3 runs in 1 program" in growing.said[1]
    assert "6 runs finished already" in growing.said[2]
    table = "6 runs of this command, 6 in outputs/breast_cancer"
    assert growing.said[1].partition(table)[2] == growing.said[2].partition(table)[2] != ""


@pytest.mark.proof
def test_what_is_said_to_be_written_is_what_the_runs_hold(growing: Growing) -> None:
    found = re.search(r"^3 runs in 1 program: (\d+) files, about ([\d.]+) kB", growing.said[0], re.M)
    assert found is not None
    runs = [each["run"] for each in growing.summaries[0]["runs"]]
    written = [growing.sweep / run / name for run in runs for name in files(growing.sweep / run)]
    assert int(found[1]) == len(written) == 18, "the model has moved to another run"
    assert float(found[2]) * 1000 == pytest.approx(sum(path.stat().st_size for path in written), rel=0.25)


@pytest.mark.proof
def test_both_parts_are_logged_at_the_ends_of_epochs_and_end_at_the_result(growing: Growing) -> None:
    directory = growing.sweep / growing.models[-1][0]
    outcome = result(directory)
    logged = scalars(directory)
    assert {tag for _, tag, _ in logged} == {"Cost/validation", "Cost/train", "accuracy/validation", "accuracy/train"}
    ends = [0, 11, 22]  # 341 points in batches of 32
    assert outcome["steps"] == 22
    for tag, key in (
        ("Cost/validation", "final_cost"),
        ("accuracy/validation", "final_accuracy"),
        ("Cost/train", "train_cost"),
        ("accuracy/train", "train_accuracy"),
    ):
        points = [(step, value) for step, name, value in logged if name == tag]
        assert [step for step, _ in points] == ends
        assert points[-1][1] == pytest.approx(outcome[key], rel=1e-6)
    assert outcome["best_cost"] <= outcome["final_cost"]
    assert (outcome["kept_at"], outcome["stopped_at"]) == (22, None)


NETWORKS = """
import keras


def build(units, input_shape, outputs):
    if units < 1:
        raise ValueError(f"no layer of {units} units")
    start = keras.Input(input_shape)
    hidden = keras.layers.Dense(units, activation="relu")(start)
    return keras.Model(start, keras.layers.Dense(outputs, activation="softmax")(hidden))
"""

OWN = ("-m", "data=sklearn", "network=custom", "network._target_=my_networks.build", "trusted_modules=[my_networks]")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The sweep directory and the end of a sweep over a network of one's own, one value of which raises."""
    directory = tmp_path_factory.mktemp("own")
    (directory / "my_networks.py").write_text(NETWORKS)
    done = run(*OWN, "+network.units=0,8", "seed=1,2", "epochs=1", "save=all", cwd=directory)
    return directory / "outputs" / "digits", done


def test_a_network_that_cannot_be_built_is_said_before_training_and_fails_its_own_runs(
    own: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    sweep, done = own
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    first, second = "network.units=0,seed=1", "network.units=0,seed=2"
    said = f"2 runs cannot be built, {first}, {second}: my_networks.build raised ValueError: no layer of 0 units"
    assert lines[:4] == [*lines[:2], said, f"  The traceback is in outputs/digits/{first}/error.txt"]
    assert lines[0].startswith("Data        ")
    assert lines[1].startswith("2 runs in 1 program")
    rows = {row["run"]: row for row in json.loads((sweep / "summary.json").read_text())["runs"]}
    assert {name: row["status"] for name, row in rows.items()} == {
        "network.units=8,seed=1": "completed",
        "network.units=8,seed=2": "completed",
        first: "failed",
        second: "failed",
    }
    for name in (first, second):
        assert rows[name]["reason"] == "ValueError: no layer of 0 units"
        traceback = (sweep / name / "error.txt").read_text()
        assert traceback.startswith("Traceback (most recent call last):\n")
        assert 'my_networks.py", line 7, in build\n' in traceback
        hydra = {".hydra/config.yaml", ".hydra/hydra.yaml", ".hydra/overrides.yaml"}
        [compared] = (path.name for path in (sweep / name).glob("hparams.tfevents.*"))
        assert files(sweep / name) == hydra | {"error.txt", "result.json", compared}


def test_save_all_keeps_the_model_of_every_run_that_completed_and_each_says_what_its_result_says(
    own: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    sweep, _ = own
    kept = sorted(path.parent.name for path in sweep.glob("*/model.keras"))
    assert kept == ["network.units=8,seed=1", "network.units=8,seed=2"]
    data = dataset(spec({"data": "sklearn", "data.name": "digits"}).data)
    assert data.validation is not None
    accuracies = []
    for name in kept:
        model = keras.saving.load_model(sweep / name / "model.keras")
        predicted = np.asarray(model(raw(data, "validation"))).argmax(1)
        accuracies.append(float(np.mean(predicted == data.validation.y[:, 0])))
        assert accuracies[-1] == pytest.approx(result(sweep / name)["final_accuracy"], abs=1e-6)
    assert accuracies[0] != accuracies[1]


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The run directory of a regression that stops early, and what it said."""
    directory = tmp_path_factory.mktemp("single")
    words = ("data=sklearn", "data.name=diabetes", "epochs=60", "lr=0.1", "early_stopping.patience=2")
    said = succeed_here(*words, "metrics=[mean_absolute_error]", "save=none", cwd=directory)
    [path] = (directory / "outputs" / "diabetes").glob("*/result.json")
    return path.parent, said


def test_a_run_that_stops_early_says_when_and_what_its_best_weights_are_worth(single: tuple[Path, str]) -> None:
    directory, said = single
    outcome = result(directory)
    assert 0 < outcome["kept_at"] < outcome["stopped_at"] < outcome["steps"] == 664
    lines = said.splitlines()
    assert f"validation  cost {outcome['final_cost']:.6g}" in lines
    assert f"training    cost {outcome['train_cost']:.6g}" in lines
    assert (
        f"after {outcome['stopped_at']} of 664 steps; stopped early, with the weights of step {outcome['kept_at']}"
        in lines
    )
    metrics = dict(outcome["metrics"])
    assert list(metrics) == ["mean_absolute_error/validation", "mean_absolute_error/train"]
    for tag, value in metrics.items():
        assert f"{tag} {value:.6g}" in lines
    assert "accuracy" not in said
    assert (outcome["final_accuracy"], outcome["train_accuracy"]) == (None, None)
    assert "Not every point is right" not in said


def test_a_run_that_stopped_early_has_no_costs_after_that(single: tuple[Path, str]) -> None:
    directory, said = single
    outcome = result(directory)
    assert "nan" not in said
    printed = [int(step.replace(",", "")) for step in re.findall(r"^step +([\d,]+) ", said, re.M)]
    assert printed == [step for step, _ in outcome["milestones"]]
    assert printed
    assert max(printed) <= outcome["stopped_at"]
    logged = scalars(directory)
    assert max(step for step, _, _ in logged) == outcome["stopped_at"]
    costs = {step: value for step, tag, value in logged if tag == "Cost/validation"}
    assert costs[outcome["kept_at"]] == min(costs.values()) == pytest.approx(outcome["final_cost"], rel=1e-6)
    assert outcome["best_cost"] == outcome["final_cost"]


def test_save_none_keeps_no_model(single: tuple[Path, str]) -> None:
    directory, said = single
    assert not list(directory.glob("model*"))
    assert "odel" not in said


def dry_run(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    assert main(["-m", "data=sklearn", *words, "dry_run=true"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return list(out.splitlines())


@pytest.fixture
def empty(here: Path) -> Iterator[Path]:  # noqa: F811
    """An empty working directory, which stays so."""
    yield here
    assert list(here.iterdir()) == []


@pytest.mark.usefixtures("empty")
def test_runs_that_train_one_lane_at_a_time_are_said_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    lines = dry_run(capsys, "optimizer.clipnorm=null,1.0", "seed=range(0,5)")
    named = ", ".join(f"optimizer.clipnorm=1,seed={seed}" for seed in range(3))
    why = "optimizer.clipnorm takes norms over whole variables"
    assert lines[-1] == f"5 runs one lane at a time, {named} and 2 more: {why}"
    plan = planned("\n".join(lines))
    assert (plan["structures"], plan["chunks"]) == (2, 6)


@pytest.mark.usefixtures("empty")
def test_each_reason_has_a_line_of_its_own_and_runs_that_train_fused_have_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = dry_run(capsys, "optimizer=adam,lamb,muon")
    reasons = [line for line in lines if "one lane at a time" in line]
    assert reasons == [
        f"1 run one lane at a time, optimizer={name}: optimizer={name} takes norms or factors of whole variables"
        for name in ("lamb", "muon")
    ]


@pytest.mark.usefixtures("empty")
def test_what_does_not_fit_the_data_is_one_line_before_anything_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-m", "data=sklearn", "data.name=diabetes", "batch_size=32,400", "epochs=1"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "batch_size=400: the training part of diabetes has 354 points; write batch_size=354 or less" in err
    assert err.count("\n") == 1
