"""Sweeps of a new user's data, every number of which scikit-learn or plain Keras computes again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression
from sklearn.metrics import (
    accuracy_score,
    log_loss,
    mean_absolute_error,
    precision_score,
    r2_score,
    recall_score,
    roc_auc_score,
    root_mean_squared_error,
)

from tests.command import succeed
from xor_sweep import sweep
from xor_sweep.config.spec import DataSpec
from xor_sweep.data import dataset
from xor_sweep.predict import main as predict

CUSTOMERS = 5000
CITIES = ["Köln", "São Paulo", "Zürich", "Łódź"]
SWEEP = ("-m", "data=csv", "data.target=churn", "data.missing=impute", "epochs=3", "metrics=[AUC,Precision,Recall]")


def customers() -> pd.DataFrame:
    """5,000 customers with an id, numbers, words, dates and gaps; who leaves depends on all but the id."""
    random = np.random.default_rng(7)
    table = pd.DataFrame(
        {
            "id": np.arange(100_001, 100_001 + CUSTOMERS),
            "age": random.integers(18, 90, CUSTOMERS).astype(float),
            "income": np.exp(random.normal(10, 0.6, CUSTOMERS)).round(2),
            "city": random.choice(CITIES, CUSTOMERS),
            "since": pd.Timestamp("2015-01-01") + pd.to_timedelta(random.integers(0, 3600, CUSTOMERS), unit="D"),
            "score": random.normal(size=CUSTOMERS).round(3),
        }
    )
    years = table.since.dt.year - 2019
    wish = 0.04 * (table.age - 50) - 0.5 * np.log(table.income / 22_000) + 0.7 * table.score + 0.1 * years
    wish -= 0.8 * (table.city == "Köln")
    table["churn"] = np.where(1 / (1 + np.exp(-wish)) > random.random(CUSTOMERS), "yes", "no")
    for name, share in {"age": 0.05, "city": 0.03, "score": 0.02}.items():
        table.loc[random.random(CUSTOMERS) < share, name] = np.nan
    return table


def features(rows: pd.DataFrame, learnt: pd.DataFrame) -> NDArray[np.float32]:
    """The inputs of a network: numbers standardised on `learnt`, gaps filled with the mean, a column for each city."""

    def filled(table: pd.DataFrame) -> pd.DataFrame:
        days = (table.since - pd.Timestamp("1970-01-01")).dt.days
        numbers = pd.DataFrame({"age": table.age, "income": table.income, "since": days, "score": table.score})
        return numbers.fillna({"age": learnt.age.mean(), "score": learnt.score.mean()})

    known = filled(learnt)
    scaled = (filled(rows) - known.mean()) / known.std(ddof=0)
    cities = [(rows.city == city).astype(float) for city in CITIES]
    return np.stack([scaled.age, scaled.income, *cities, scaled.since, scaled.score], axis=1).astype(np.float32)


@pytest.mark.proof
def test_a_table_with_words_gaps_dates_semicolons_decimal_commas_and_a_byte_order_mark(tmp_path: Path) -> None:
    table = customers()
    later = np.arange(CUSTOMERS) % 5 == 0
    for name, rows in {"train.csv": table[~later], "new.csv": table[later]}.items():
        rows.to_csv(tmp_path / name, sep=";", decimal=",", index=False, encoding="utf-8-sig", date_format="%d.%m.%Y")

    said = succeed(*SWEEP, "data.path=train.csv", "lr=0.01,0.001", "seed=range(0,2)", cwd=tmp_path)

    for line in (
        "4,000 rows, separated by semicolons, decimal commas; 3 numbers, 1 category, 1 date",
        "id     an identifier: left out",
        "city   4 levels",
        "as days since 1970-01-01 (01.01.2015 to 08.11.2024)",
        "the target churn is one of 2 classes, no, yes",
    ):
        assert line in said
    [model] = (tmp_path / "outputs" / "train").glob("*/model.keras")
    result = json.loads((model.parent / "result.json").read_text())

    # Which rows the validation part has is the sweep's own draw; all that follows from it is computed here.
    spec = DataSpec("csv", "train", path=str(tmp_path / "train.csv"), target="churn", missing="impute")
    data = dataset(spec)
    assert data.validation is not None
    known = table[~later].reset_index(drop=True)
    learnt, checked = known.iloc[data.train.rows], known.iloc[data.validation.rows]
    assert (checked.churn == "yes").mean() == pytest.approx((known.churn == "yes").mean(), abs=1 / len(checked))
    np.testing.assert_allclose(data.validation.x, features(checked, learnt), atol=2e-5)

    here = predictions(tmp_path, model.parent, "train.csv").iloc[data.validation.rows]
    truth = checked.churn == "yes"
    assert result["final_cost"] == pytest.approx(log_loss(truth, here.yes), rel=1e-6)
    assert result["final_accuracy"] == pytest.approx(accuracy_score(checked.churn, here.prediction), abs=1e-6)
    metrics = dict(result["metrics"])
    assert metrics["Precision/validation"] == pytest.approx(precision_score(truth, here.yes > 0.5), abs=1e-6)
    assert metrics["Recall/validation"] == pytest.approx(recall_score(truth, here.yes > 0.5), abs=1e-6)
    # Keras sums up the curve at 200 thresholds.
    assert metrics["AUC/validation"] == pytest.approx(roc_auc_score(truth, here.yes), abs=2e-3)

    new = predictions(tmp_path, model.parent, "new.csv")
    assert roc_auc_score(table.churn[later] == "yes", new.yes) > 0.72


def predictions(directory: Path, run: Path, name: str) -> pd.DataFrame:
    """The predictions of a kept model for each row of a file."""
    output = directory / "predictions.csv"
    assert predict([str(run), str(directory / name), "--output", str(output)]) == 0
    return pd.read_csv(output).rename(columns={"probability_yes": "yes"})


@pytest.mark.proof
def test_a_regression_of_two_targets_ends_at_the_least_squares_of_scikit_learn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(3)
    x = pd.DataFrame({"a": random.normal(5, 2, 400), "b": random.uniform(0, 100, 400), "c": random.normal(size=400)})
    heat = 3 * x.a - 0.2 * x.b + random.normal(size=400) + 50
    y = pd.DataFrame({"heat": heat, "cool": 1000 + 40 * x.c + 5 * x.a + random.normal(0, 10, 400)})
    learnt, held = slice(0, 300), slice(300, 400)

    def build(input_shape: Any, outputs: int) -> Any:
        start = keras.Input(input_shape)
        return keras.Model(start, keras.layers.Dense(outputs)(start))

    [[result]] = [
        sweep(
            {"lr": 0.02, "steps": 3000, "batch_size": None, "schedule": "cosine_decay"},
            model=build,
            data=(x[learnt], y[learnt]),
            validation=(x[held], y[held]),
            overrides=["metrics=[mae,RootMeanSquaredError,R2Score]", "logging=off"],
            quiet=True,
        ).to_dict("records")
    ]

    truth = y[held].to_numpy()
    best = LinearRegression().fit(x[learnt], y[learnt]).predict(x[held])
    spread = y[learnt].std(ddof=0).to_numpy()
    assert result["final_cost"] == pytest.approx(np.mean(((truth - best) / spread) ** 2), rel=1e-4)
    for name, score in {
        "mae": mean_absolute_error,
        "R2Score": r2_score,
    }.items():
        assert result[f"{name}/validation"] == pytest.approx(score(truth, best), rel=1e-4)
    # scikit-learn's is the mean over the columns, Keras's that of all values together.
    assert result["RootMeanSquaredError/validation"] == pytest.approx(np.sqrt(np.mean((truth - best) ** 2)), rel=1e-4)
    for column in (0, 1):
        one = (truth[:, column], best[:, column])
        assert result[f"mae_{column}/validation"] == pytest.approx(mean_absolute_error(*one), rel=1e-4)
        assert result[f"RootMeanSquaredError_{column}/validation"] == pytest.approx(
            root_mean_squared_error(*one), rel=1e-4
        )
        assert result[f"R2Score_{column}/validation"] == pytest.approx(r2_score(*one), rel=1e-4)


def set_weights(model: Any) -> Any:
    """The model, with weights that are the same each time it is built."""
    random = np.random.default_rng(0)
    model.set_weights([random.normal(0, 0.2, weight.shape).astype(np.float32) for weight in model.get_weights()])
    return model


def convolution(input_shape: Any, outputs: int) -> Any:
    start = keras.Input(input_shape)
    found = keras.layers.Conv1D(8, 5, activation="relu", padding="causal")(start)
    end = keras.layers.Dense(outputs, activation="sigmoid")(keras.layers.GlobalMaxPooling1D()(found))
    return set_weights(keras.Model(start, end))


def recurrent(input_shape: Any, outputs: int) -> Any:
    start = keras.Input(input_shape)
    end = keras.layers.Dense(outputs, activation="sigmoid")(keras.layers.LSTM(8)(start))
    return set_weights(keras.Model(start, end))


def pictures(input_shape: Any, outputs: int) -> Any:
    start = keras.Input(input_shape)
    found = keras.layers.Conv2D(8, 3, activation="relu")(keras.layers.Rescaling(1 / 255)(start))
    flat = keras.layers.Flatten()(keras.layers.MaxPooling2D()(found))
    return set_weights(keras.Model(start, keras.layers.Dense(outputs, activation="softmax")(flat)))


def sequences() -> tuple[NDArray[Any], NDArray[Any]]:
    """600 walks of 20 steps, and whether each comes above 3."""
    x = np.random.default_rng(3).normal(size=(600, 20, 3)).astype(np.float32)
    return x, (x[:, :, 0].cumsum(1).max(1) > 3).astype(int)


def strokes() -> tuple[NDArray[Any], NDArray[Any]]:
    """500 grey pictures of 12 by 12 pixels, each with a stroke that stands, lies or leans."""
    random = np.random.default_rng(3)
    y = random.integers(0, 3, 500)
    x = random.uniform(0, 80, (500, 12, 12, 1))
    for picture, kind, place in zip(x, y, random.integers(0, 6, 500), strict=True):
        along = np.arange(place, place + 6)
        rows, columns = ((along, 5), (5, along), (along, along))[kind]
        picture[rows, columns] += 150
    return x.clip(0, 255).astype(np.uint8), y


@pytest.mark.proof
@pytest.mark.parametrize(
    ("build", "data", "optimizer", "steps"),
    [
        (convolution, sequences, "rmsprop", 60),
        # Rounding grows in a recurrent network: after 60 steps Keras itself differs by 20% with and without XLA.
        (recurrent, sequences, "rmsprop", 10),
        (pictures, strokes, "adam", 60),
    ],
)
def test_sequences_and_pictures_end_where_model_fit_ends(
    build: Any, data: Any, optimizer: str, steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    x, y = data()
    learnt, held = slice(0, 400), slice(400, None)
    classes = int(y.max()) + 1
    results = sweep(
        {"lr": [0.02, 0.005], "steps": steps, "batch_size": None, "optimizer": optimizer},
        model=build,
        data=(x[learnt], y[learnt]),
        validation=(x[held], y[held]),
        overrides=["data.standardize=false", "logging=off"],
        quiet=True,
    )
    assert set(results.status) == {"completed"}
    for result in results.to_dict("records"):
        model = build(x.shape[1:], classes if classes > 2 else 1)
        loss = "sparse_categorical_crossentropy" if classes > 2 else "binary_crossentropy"
        model.compile(keras.optimizers.get({"class_name": optimizer, "config": {"learning_rate": result["lr"]}}), loss)
        model.fit(x[learnt].astype(np.float32), y[learnt], batch_size=400, epochs=steps, shuffle=False, verbose=0)
        outputs = model.predict(x[held].astype(np.float32), verbose=0).astype(np.float64)
        outputs = outputs / outputs.sum(1, keepdims=True) if classes > 2 else outputs[:, 0]
        predicted = outputs.argmax(1) if classes > 2 else outputs > 0.5
        assert result["final_cost"] == pytest.approx(log_loss(y[held], outputs), rel=2e-4)
        assert result["final_accuracy"] == pytest.approx(accuracy_score(y[held], predicted), abs=1e-6)
