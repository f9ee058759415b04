"""A kept model, opened by Keras, predicts what the run's result says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.command import TREE, environment
from tests.data.made import csv
from tests.models.kept import MIXED, kept, lane, run_of
from tests.specs import spec
from xor_sweep.config.spec import Call, DataSpec, NetworkSpec, RunSpec
from xor_sweep.data import Dataset
from xor_sweep.model_facts import ModelFacts, raw_inputs
from xor_sweep.runs import RunPaths
from xor_sweep.segment import Ending
from xor_sweep.training.keep import score

pytestmark = pytest.mark.proof


def predicted(paths: RunPaths, data: Dataset, rows: NDArray[np.int64]) -> NDArray[Any]:
    """What the model says of raw rows."""
    model = keras.saving.load_model(paths.model)
    columns = data.preprocessing.columns
    raw: Any = raw_inputs(columns, data.raw.iloc[rows]) if columns is not None else data.raw[rows]  # type: ignore[union-attr]
    return np.asarray(model(raw))


def agrees(paths: RunPaths, data: Dataset, ending: Ending) -> None:
    """Cost and accuracy, by hand, of what the model says of the raw rows of the part that ranks are the result's."""
    part = data.validation or data.train
    outputs = predicted(paths, data, part.rows)
    cost, accuracy = by_hand(data, outputs, part.y)
    found = {tag.split("/")[0]: float(value[0]) for tag, value in reversed(ending.scalars.items())}
    assert cost == pytest.approx(found["Cost"], abs=1e-5)
    if accuracy is not None:
        assert accuracy == pytest.approx(found["accuracy"], abs=1e-7)


def by_hand(data: Dataset, outputs: NDArray[Any], y: NDArray[Any]) -> tuple[float, float | None]:
    if data.task == "regression":
        return float(np.mean((data.preprocessing.scaled_target(outputs) - y) ** 2)), None
    if data.task == "multiclass":
        own = outputs[np.arange(len(y)), y[:, 0]]
        return float(-np.log(own).mean()), float((outputs.argmax(1) == y[:, 0]).mean())
    own = np.where(y[:, 0] > 0.5, outputs[:, 0], 1 - outputs[:, 0])
    return float(-np.log(own).mean()), float(((outputs[:, 0] > 0.5) == (y[:, 0] > 0.5)).mean())


NORMALIZED = NetworkSpec((8, 6), "relu", "glorot_uniform", "zeros", 1.0, dropout=0.3, batch_normalization=True)


def test_a_table_of_numbers_words_and_gaps_goes_in_raw(tmp_path: Path) -> None:
    paths, data, _, ending = kept(run_of(csv(tmp_path, MIXED, missing="impute"), NORMALIZED), tmp_path)
    agrees(paths, data, ending)
    inputs = keras.saving.load_model(paths.model).input
    assert {name: tuple(tensor.shape) for name, tensor in inputs.items()} == dict.fromkeys(
        ["age", "plan", "network", "rescaling", "a_b"], (None, 1)
    )


def test_a_table_of_numbers_with_gaps_goes_in_as_one_array(tmp_path: Path) -> None:
    lines = [line.split(",") for line in MIXED.splitlines()]
    numbers = "\n".join(",".join([line[0], line[2], line[3], line[5]]) for line in lines)
    paths, data, _, ending = kept(run_of(csv(tmp_path, numbers, missing="impute")), tmp_path)
    agrees(paths, data, ending)
    assert tuple(keras.saving.load_model(paths.model).input_shape) == (None, 3)


def test_an_unknown_word_is_like_a_missing_one(tmp_path: Path) -> None:
    paths, data, _, _ = kept(run_of(csv(tmp_path, MIXED, missing="impute")), tmp_path)
    columns = data.preprocessing.columns
    assert columns is not None
    row: Any = raw_inputs(columns, data.raw.iloc[[2]])  # type: ignore[union-attr]
    model = keras.saving.load_model(paths.model)
    assert row["plan"].tolist() == [[""]]
    assert np.array_equal(model(row), model({**row, "plan": np.array([["platinum"]])}))
    assert not np.array_equal(model(row), model({**row, "plan": np.array([["gold"]])}))


@pytest.mark.parametrize("name", ["digits", "diabetes"])
def test_arrays_of_classes_and_of_numbers(name: str, tmp_path: Path) -> None:
    paths, data, _, ending = kept(run_of(DataSpec("sklearn", name)), tmp_path)
    agrees(paths, data, ending)


def test_a_regression_predicts_in_the_units_of_its_target(tmp_path: Path) -> None:
    paths, data, _, _ = kept(run_of(DataSpec("sklearn", "diabetes")), tmp_path)
    mean = data.preprocessing.target_mean
    assert mean is not None
    assert predicted(paths, data, data.train.rows).mean() == pytest.approx(float(mean[0]), rel=0.2)


def test_xor(tmp_path: Path) -> None:
    paths, data, _, ending = kept(spec(steps=50), tmp_path)
    agrees(paths, data, ending)


OWN = {
    "functional": Call("tests.models.networks.functional", (("rate", 0.3), ("normalized", True))),
    "compiled": Call("tests.models.networks.compiled"),
    "recurrent": Call("tests.models.networks.layers", (("kind", "GRU"),)),
    "chain": NORMALIZED,
}


def test_a_chain_and_a_persons_functional_model_open_without_their_module_or_this_package(tmp_path: Path) -> None:
    models = []
    for name, network in OWN.items():
        run = run_of(DataSpec("sklearn", "breast_cancer"), network, epochs=2)
        paths, data, _, ending = kept(run, tmp_path / name)
        agrees(paths, data, ending)
        models.append(paths)
    models.append(kept(run_of(csv(tmp_path, MIXED, missing="impute"), NORMALIZED), tmp_path / "words")[0])
    assert opened_elsewhere(models, tmp_path) == ""


def opened_elsewhere(models: list[RunPaths], directory: Path, before: str = "") -> str:
    """What Keras complains of where it opens models in a process that can import neither this package nor its tests."""
    block = "import sys; sys.modules['xor_sweep'] = None\n" + before
    files = [str(paths.model) for paths in models]
    code = block + f"import keras\nfor file in {files}: keras.saving.load_model(file, safe_mode=True)\n"
    env = {**environment(), "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(TREE) if before else ""}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=directory, env=env, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stderr


def test_a_subclassed_model_opens_once_its_module_is_imported(tmp_path: Path) -> None:
    own = Call("tests.models.networks.subclassed")
    paths, data, _, ending = kept(run_of(DataSpec("sklearn", "breast_cancer"), own), tmp_path)
    agrees(paths, data, ending)
    assert "TwoLayers" in opened_elsewhere([paths], tmp_path)
    assert opened_elsewhere([paths], tmp_path, "import tests.models.networks\n") == ""


def test_logits_come_out_as_probabilities(tmp_path: Path) -> None:
    logits = Call("keras.losses.SparseCategoricalCrossentropy", (("from_logits", True),))
    own = Call("tests.models.networks.functional", (("activation", "linear"),))
    paths, data, _, ending = kept(run_of(DataSpec("sklearn", "digits"), own, loss=logits), tmp_path)
    agrees(paths, data, ending)
    assert np.allclose(predicted(paths, data, data.train.rows).sum(1), 1, atol=1e-5)


def test_what_stands_beside_the_model_comes_back(tmp_path: Path) -> None:
    paths, data, _, _ = kept(run_of(csv(tmp_path, MIXED, missing="impute")), tmp_path)
    facts = ModelFacts.from_json(paths.model_facts.read_bytes())
    assert facts.preprocessing.to_json() == data.preprocessing.to_json()
    assert (facts.probabilities, facts.threshold, facts.target) == (True, 0.5, "")


@pytest.mark.parametrize("own", [None, Call("tests.models.networks.functional", (("rate", 0.2),))])
def test_a_score_is_that_of_the_weights_on_the_part(own: Call | None, tmp_path: Path) -> None:
    data_spec = DataSpec("sklearn", "digits", test_fraction=0.2)
    paths, data, structure, ending = kept(run_of(data_spec, own), tmp_path)
    validation = score(structure, data, "validation", *lane(ending))
    assert validation["cost"] == pytest.approx(float(ending.scalars["Cost/validation"][0]), abs=1e-5)
    assert validation["accuracy"] == pytest.approx(float(ending.scalars["accuracy/validation"][0]), abs=1e-7)
    assert data.test is not None
    cost, accuracy = by_hand(data, predicted(paths, data, data.test.rows), data.test.y)
    assert score(structure, data, "test", *lane(ending)) == pytest.approx(
        {"cost": cost, "accuracy": accuracy}, abs=1e-5
    )


def test_a_run_that_trained_alone_is_kept_with_dropout_too(tmp_path: Path) -> None:
    clipped = spec({"optimizer.clipnorm": 1.0}).optimizer
    run = run_of(DataSpec("sklearn", "breast_cancer"), NORMALIZED)
    run = RunSpec(run.network, clipped, None, run.data, run.training, 1)
    paths, data, structure, ending = kept(run, tmp_path)
    assert structure.alone_because
    agrees(paths, data, ending)


def test_a_directory_that_is_read_at_any_moment_has_no_half_of_a_model(tmp_path: Path) -> None:
    paths, _, _, _ = kept(spec(steps=5), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.json", "model.keras"]
    assert {paths.model, paths.model_facts} <= set(paths.owned)


def test_a_model_that_keras_would_not_open_again_is_not_written(tmp_path: Path) -> None:
    call = Call("tests.models.networks.lambdas", ())
    with pytest.raises(ValueError, match="is a Lambda layer, which Keras does not open again"):
        kept(run_of(DataSpec("sklearn", "breast_cancer"), call), tmp_path)
    assert list(tmp_path.iterdir()) == []
