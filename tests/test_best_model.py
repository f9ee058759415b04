"""Whose model is kept, and with which weights: those of the best run that were ranked."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from tests.engine import ENGINE
from tests.summary.sweeps import result
from xor_sweep import predict
from xor_sweep.__main__ import main
from xor_sweep.again import train_to_lowest
from xor_sweep.config.spec import DataSpec
from xor_sweep.data import dataset
from xor_sweep.manifest import load_manifest, save_manifest
from xor_sweep.results import load_result, save_results
from xor_sweep.runs import RunPaths, SweepPaths

XOR = ("steps=60", "logging=off")
POINTS = (
    "data=csv",
    "data.path=points.csv",
    "data.target=y",
    "data.test_fraction=0.2",
    "network.hidden=[16]",
    "epochs=40",
    "batch_size=8",
    "logging=off",
)


@pytest.fixture(scope="module", autouse=True)
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a table of labels that are mostly noise is, which a network learns by heart."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("here"))
        patch.setattr("sys.argv", ["xor_sweep"])
        generator = np.random.default_rng(0)
        x = generator.normal(size=(80, 4))
        y = np.where(x[:, 0] + 2 * generator.normal(size=80) > 0, "yes", "no")
        pd.DataFrame(x, columns=list("abcd")).assign(y=y).to_csv("points.csv", index=False)
        yield Path.cwd()


def weights(paths: RunPaths) -> bytes:
    with zipfile.ZipFile(paths.model) as model:
        return model.read("model.weights.h5")


def moment(paths: RunPaths) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(paths.model_facts.read_text())["weights"]
    return found


def validation_cost(paths: RunPaths, part: str = "validation") -> float:
    """The mean cross-entropy of a kept model on the raw rows of a part, by its definition."""
    points = dataset(DataSpec("csv", "points", path="points.csv", target="y", test_fraction=0.2))
    rows = getattr(points, part)
    table = pd.read_csv("points.csv").iloc[rows.rows]
    model = keras.saving.load_model(paths.model)
    chance = np.asarray(model(table[list("abcd")].to_numpy(np.float32)), np.float64)[:, 0]
    right = np.where(table.y == "yes", chance, 1 - chance)
    return float(-np.log(right).mean())


@pytest.fixture(scope="module")
def lowest() -> SweepPaths:
    """A sweep that is ranked by its lowest costs, and ends with much higher ones."""
    assert main(["-m", "lr=0.1,0.05", "objective=best_cost", *POINTS], ENGINE) == 0
    return SweepPaths(Path("outputs/points"))


@pytest.fixture(scope="module")
def best(lowest: SweepPaths) -> RunPaths:
    run = json.loads(lowest.summary_json.read_text())["configurations"][0]["run"]
    return lowest.run(run)


def test_the_model_has_the_weights_that_were_ranked(best: RunPaths) -> None:
    ranked = load_result(best)
    assert ranked is not None
    assert ranked.best_cost is not None
    assert ranked.final_cost is not None
    assert ranked.final_cost > 1.2 * ranked.best_cost
    assert validation_cost(best) == pytest.approx(ranked.best_cost, rel=1e-5)
    assert (moment(best)["cost"], moment(best)["steps"]) == (ranked.best_cost, ranked.steps)
    assert moment(best)["step"] < ranked.steps


def test_the_test_score_is_of_these_weights_too(best: RunPaths, lowest: SweepPaths) -> None:
    test = load_manifest(lowest).test
    assert test is not None
    assert test["cost"] == pytest.approx(validation_cost(best, "test"), rel=1e-5)


def test_predictions_say_which_weights_they_are_of(best: RunPaths, capsys: pytest.CaptureFixture[str]) -> None:
    assert predict.main([str(best.directory), "points.csv"]) == 0
    step = moment(best)["step"]
    assert capsys.readouterr().out == f"80 predictions: points.predictions.csv, by the weights of step {step} of 240\n"


@pytest.mark.proof
def test_the_same_command_keeps_it_and_another_objective_replaces_its_weights(
    best: RunPaths, capsys: pytest.CaptureFixture[str]
) -> None:
    before, words = weights(best), ["-m", "lr=0.1,0.05", *POINTS]
    assert main([*words, "objective=best_cost"], ENGINE) == 0
    assert "again, for its model" not in capsys.readouterr().out
    assert main([*words, "save=none", "objective=final_cost"], ENGINE) == 0
    assert weights(best) == before
    only = [words[0], f"lr={best.name.partition('=')[2]}", *words[2:]]
    assert main([*only, "overwrite=true", "experiment=one"], ENGINE) == 0
    one = SweepPaths(Path("outputs/one"))
    [run] = one.runs()
    assert moment(run)["step"] == 240
    assert weights(run) != before
    assert main([*only, "objective=best_cost", "experiment=one"], ENGINE) == 0
    assert weights(run) == before
    step = moment(run)["step"]
    assert f"Model       {run.model}, the weights of step {step} of 240\n" in capsys.readouterr().out


@pytest.mark.proof
def test_each_run_keeps_the_weights_that_ranked_it_where_all_models_are_kept(best: RunPaths) -> None:
    assert main(["-m", "lr=0.1,0.05", "objective=best_cost", "save=all", "experiment=all", *POINTS], ENGINE) == 0
    runs = SweepPaths(Path("outputs/all")).runs()
    assert len(runs) == 2
    for run in runs:
        ranked = load_result(run)
        assert ranked is not None
        assert moment(run)["cost"] == ranked.best_cost
        assert validation_cost(run) == pytest.approx(ranked.best_cost, rel=1e-5)
    assert weights(RunPaths(Path("outputs/all", best.name))) == weights(best)


def test_a_truth_tables_lowest_cost_is_that_of_any_step() -> None:
    assert main(["-m", "lr=3.0", "seed=0,1", "experiment=table", "objective=best_cost", *XOR], ENGINE) == 0
    sweep = SweepPaths(Path("outputs/table"))
    run = sweep.run(str(load_manifest(sweep).kept))
    ranked = load_result(run)
    assert ranked is not None
    assert ranked.best_cost is not None
    model = keras.saving.load_model(run.model)
    chance = np.asarray(model(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)), np.float64)[:, 0]
    cost = -np.log(np.where([0, 1, 1, 0], chance, 1 - chance)).mean()
    assert moment(run)["step"] < ranked.steps
    assert cost == pytest.approx(ranked.best_cost, rel=1e-5)


@pytest.fixture(scope="module")
def trained() -> SweepPaths:
    """A sweep whose model is that of lr=0.1."""
    assert main(["-m", "lr=0.1,0.01", "experiment=trained", *XOR], ENGINE) == 0
    return SweepPaths(Path("outputs/trained"))


@pytest.fixture
def sweep(trained: SweepPaths) -> Iterator[SweepPaths]:
    shutil.copytree(trained.directory, "outputs/copy")
    yield SweepPaths(Path("outputs/copy"))
    shutil.rmtree("outputs/copy")


def test_it_trains_again_for_its_model_to_the_same_bits(
    trained: SweepPaths, sweep: SweepPaths, capsys: pytest.CaptureFixture[str]
) -> None:
    before = trained.run("lr=0.1")
    sweep.run("lr=0.1").model.unlink()
    save_manifest(sweep, load_manifest(sweep).__class__())
    assert main(["lr=0.02", "experiment=copy", *XOR], ENGINE) == 0
    assert "Model       outputs/copy/lr=0.1/model.keras\n" in capsys.readouterr().out
    assert weights(sweep.run("lr=0.1")) == weights(before)
    assert load_manifest(sweep).kept == "lr=0.1"


@pytest.mark.parametrize(
    ("network", "why"),
    [
        ("{_target_: tests.models.networks.functional}", "tests.models.networks"),
        ("{_target_: xor_sweep.given.never}", "no function never was given to this process"),
        pytest.param("{hidden: [3]}", "the meaning of its configuration has changed since", marks=pytest.mark.proof),
        pytest.param(
            "{hidden: '${oc.env:HOME}'}", "network.hidden was looked up when it began", marks=pytest.mark.proof
        ),
    ],
)
def test_a_run_that_cannot_be_trained_again_is_said_and_the_earlier_model_stays(
    network: str, why: str, sweep: SweepPaths, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = sweep.run("lr=0.5")
    shutil.copytree(sweep.run("lr=0.1").hydra, stranger.hydra)
    config = stranger.config.read_text()
    start = config.index("network:\n")
    end = config.index("\n", config.index("\n  output_activation", start) + 1)
    stranger.config.write_text(f"{config[:start]}network: {network}{config[end:]}")
    save_results([(stranger, result("lr=0.5", 0.0))])
    before = weights(sweep.run("lr=0.1"))
    assert main(["lr=0.02", "experiment=copy", *XOR], ENGINE) == 0
    out = capsys.readouterr().out
    [line] = [line for line in out.splitlines() if line.startswith("No model is kept")]
    assert line.startswith("No model is kept: the best run, lr=0.5, cannot be trained again: ")
    assert why in line
    assert line.endswith("; the earlier model stays: outputs/copy/lr=0.1/model.keras")
    assert weights(sweep.run("lr=0.1")) == before
    assert load_manifest(sweep).kept == "lr=0.1"


def test_the_earlier_model_goes_when_its_successor_stands(sweep: SweepPaths) -> None:
    assert main(["-m", "lr=0.1,0.2,0.4", "seed=1,2,3", "experiment=copy", *XOR], ENGINE) == 0
    best = json.loads(sweep.summary_json.read_text())["configurations"][0]["run"]
    assert best != "lr=0.1"
    assert [path.parent.name for path in sweep.directory.glob("*/model.keras")] == [best]


@pytest.mark.proof
def test_lanes_give_the_weights_of_their_own_lowest_costs() -> None:
    from tests.specs import spec, structure
    from tests.training.custom import given

    values = {**given(points=60), "network.hidden": [6], "network.batch_normalization": True, "batch_size": 16}
    for more in ({}, {"early_stopping.patience": 4, "early_stopping.metric": "accuracy"}):
        runs = [spec({**values, **more, "epochs": 12, "lr": 0.2}, seed=seed) for seed in range(3)]
        shared = structure(runs[0])
        points = dataset(runs[0].data).without_raw()
        for trained in train_to_lowest(runs, shared, ENGINE):
            scored = ENGINE.call("score", shared, points, "validation", trained.weights, trained.state)
            assert scored["cost"] == pytest.approx(trained.moment.cost, rel=1e-5)
