"""A kept model gets numbers of many digits as it was trained on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from tests.data.made import csv, npz
from tests.models.kept import untrained
from xor_sweep import predict, sweep
from xor_sweep.config.spec import DataSpec
from xor_sweep.data import dataset, give
from xor_sweep.model_facts import ModelFacts

COUNT = np.arange(60)
X = np.stack([10**12 + COUNT, COUNT % 7], 1)
Y = np.sin(COUNT) * 1000
TABLE = pd.DataFrame({"t": X[:, 0], "n": X[:, 1], "churn": Y})
WORDED = TABLE.assign(kind=np.array(["a", "b", "c"])[COUNT % 3])


def kept(data: DataSpec, directory: Path) -> tuple[Any, np.ndarray[Any, Any]]:
    """A kept model of start weights, opened by Keras, and the predictions of its network in the target's units."""
    found, outputs = untrained(data, directory)
    return keras.saving.load_model(directory / "model.keras"), found.preprocessing.in_units(outputs)


def by_command(directory: Path, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> np.ndarray[Any, Any]:
    """What `python -m xor_sweep.predict` says of a table."""
    monkeypatch.chdir(directory)
    frame.to_csv("new.csv", index=False)
    assert predict.main([str(directory), "new.csv"]) == 0
    return pd.read_csv("new.predictions.csv")[["prediction"]].to_numpy()


@pytest.mark.parametrize("kind", ["csv", "npz"])
def test_numbers_go_in_exactly_as_integers_or_as_float64(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = csv(tmp_path, TABLE.to_csv(index=False)) if kind == "csv" else npz(tmp_path, {"x": X, "y": Y})
    model, wanted = kept(data, tmp_path)
    assert len(np.unique(wanted)) == len(wanted)
    np.testing.assert_allclose(model.predict(X, verbose=0), wanted, rtol=1e-6)
    np.testing.assert_allclose(model(X.astype(np.float64)), wanted, rtol=1e-6)
    np.testing.assert_allclose(by_command(tmp_path, TABLE[["t", "n"]], monkeypatch), wanted, rtol=1e-6)
    # Keras rounds float64 arrays before the model sees them, as model.json says.
    assert not np.allclose(model.predict(X.astype(np.float64), verbose=0), wanted, rtol=1e-2)
    facts = ModelFacts.from_json((tmp_path / "model.json").read_bytes())
    assert facts.preprocessing.beyond_float32 == (("t",) if kind == "csv" else ("x",))


def test_columns_beside_words_go_in_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, wanted = kept(csv(tmp_path, WORDED.to_csv(index=False)), tmp_path)
    inputs = {name: WORDED[name].to_numpy() for name in ("t", "n", "kind")}
    np.testing.assert_allclose(model.predict(inputs, verbose=0), wanted, rtol=1e-6)
    np.testing.assert_allclose(by_command(tmp_path, WORDED, monkeypatch), wanted, rtol=1e-6)


def test_the_command_names_the_columns_and_the_kept_model_scores_what_was_ranked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    [cost] = sweep({"epochs": 2, "lr": 0.05}, data=(TABLE[["t", "n"]], Y), overrides="network.hidden=[4]").final_cost
    [name] = Path("outputs/arrays").glob("*/model.keras")
    assert f"Model       {name}\n            t: more digits than float32 holds; call model(rows), as " in (
        capsys.readouterr().out
    )
    data = dataset(DataSpec("arrays", "arrays", sha256=give(TABLE[["t", "n"]], Y)))
    assert data.validation is not None
    rows = data.validation.rows
    predicted = keras.saving.load_model(name).predict(X[rows], verbose=0)[:, 0]
    assert np.mean((predicted - Y[rows]) ** 2) / Y[data.train.rows].var() == pytest.approx(cost, rel=1e-5)
