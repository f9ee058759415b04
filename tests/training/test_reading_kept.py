"""A kept model gets dates, percentages, ordered words and the like as it was trained on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from tests.models.kept import run_of
from tests.specs import structure
from xor_sweep import predict
from xor_sweep.config.spec import DataSpec
from xor_sweep.data import Preprocessing, dataset
from xor_sweep.model_facts import raw_inputs
from xor_sweep.runs import RunPaths
from xor_sweep.training.keep import keep_model
from xor_sweep.training.network import network_of

ROWS = range(80)
TABLE = pd.DataFrame(
    {
        "": [str(row) for row in ROWS],
        "share": [f"{row * 3 % 101},5%" for row in ROWS],
        "price": [f"€ {1 + row % 9}.{row * 7 % 1000:03d},{row % 10}0" for row in ROWS],
        "day": [f"{1 + row % 28:02d}.{1 + row % 12:02d}.{2020 + row % 3}" for row in ROWS],
        "at": [f"{row % 24:02d}:{row % 60:02d}" for row in ROWS],
        "zip": [f"{row * 7 % 30:05d}" for row in ROWS],
        "town": [(" Köln", "Bonn", "NA", "None")[row % 4] for row in ROWS],
        "size": ["SML"[row % 3] for row in ROWS],
        "big": [f"{row % 10}.{row * 13 % 1000:03d}" for row in ROWS],
        "paid": [("yes", "no")[row * row % 3 == 0] for row in ROWS],
    }
)
"""One column for each way of reading; a table of decimal commas between semicolons, in an encoding of Windows."""


@pytest.fixture(scope="module", params=["days", "parts"])
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any, Any]:
    """A run directory with a kept model of start weights, its data, and what its network says of all rows."""
    directory = tmp_path_factory.mktemp("kept")
    path = directory / "shop.csv"
    TABLE.to_csv(path, sep=";", index=False, encoding="cp1252")
    keys: dict[str, Any] = {"dates": request.param, "levels": 12, "order": (("size", ("S", "M", "L")),)}
    data = DataSpec("csv", "shop", path=str(path), target="paid", missing="impute", **keys)
    found, run = dataset(data), run_of(data)
    network = network_of(structure(run)).model
    weights = [np.asarray(variable) for variable in network.trainable_variables]
    keep_model(structure(run), found.preprocessing, weights, [], RunPaths(directory))
    return directory, found, np.asarray(network(found.preprocessing.transform(found.raw))[-1])


def test_the_model_takes_text_as_the_file_has_it_and_typed_values(kept: tuple[Path, Any, Any]) -> None:
    directory, data, wanted = kept
    assert len(np.unique(wanted)) > 70
    model = keras.saving.load_model(directory / "model.keras")
    for rows in (TABLE, data.raw):
        np.testing.assert_allclose(model(raw_inputs(data.preprocessing.columns, rows)), wanted, rtol=1e-5)
        np.testing.assert_array_equal(
            data.preprocessing.transform(rows), data.preprocessing.transform(data.raw), strict=True
        )


def test_the_command_predicts_the_same_of_a_file(kept: tuple[Path, Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    directory, _, wanted = kept
    monkeypatch.chdir(directory)
    rows = TABLE.drop(columns=["", "paid"]).iloc[::-1]
    rows.to_csv("new.csv", sep=";", index=False, encoding="cp1252")
    assert predict.main([".", "new.csv"]) == 0
    found = pd.read_csv("new.predictions.csv")
    np.testing.assert_allclose(found["probability_yes"], wanted[::-1, 0], rtol=1e-5)
    # One row tells neither the separator of thousands nor the decimal mark.
    TABLE.iloc[[1]].to_csv("one.csv", sep=";", index=False, encoding="cp1252")
    assert predict.main([".", "one.csv"]) == 0
    np.testing.assert_allclose(pd.read_csv("one.predictions.csv")["probability_yes"], wanted[1], rtol=1e-5)


def test_how_columns_are_read_goes_through_json(kept: tuple[Path, Any, Any]) -> None:
    directory, data, _ = kept
    found = Preprocessing.from_json(json.loads((directory / "model.json").read_text()))
    assert found.columns == data.preprocessing.columns
    assert [column.name for column in found.columns or ()][:2] == ["share", "price"]


@pytest.mark.parametrize(
    ("column", "text", "says"),
    [
        (
            "day",
            "31.02.2024",
            "column day holds other text than in training, such as 31.02.2024; it takes dates such as",
        ),
        ("price", "$ 5,00", "column price holds other text than in training, such as $ 5,00; it takes numbers such as"),
        ("size", "XXL", "data.order: column size of new.csv holds XXL, which is not in its list"),
    ],
)
def test_text_of_another_form_is_one_line(
    column: str, text: str, says: str, kept: tuple[Path, Any, Any], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(kept[0])
    TABLE.assign(**{column: text}).to_csv("new.csv", sep=";", index=False, encoding="cp1252")
    assert predict.main([".", "new.csv"]) == 2
    assert says in capsys.readouterr().err
