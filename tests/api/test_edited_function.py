"""A function of the user's that is edited in a process that lives on: what trains is what stands there now."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from xor_sweep import load_results, sweep

pytestmark = pytest.mark.proof

X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
Y = (X.sum(1) > 0).astype(int)

ACT = "relu"


def build(input_shape: tuple[int, ...], outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    hidden = keras.layers.Dense(4, activation=ACT)(start)
    return keras.Model(start, keras.layers.Dense(outputs, activation="sigmoid")(hidden))


def always_tanh(input_shape: tuple[int, ...], outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    hidden = keras.layers.Dense(4, activation="tanh")(start)
    return keras.Model(start, keras.layers.Dense(outputs, activation="sigmoid")(hidden))


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(globals(), "ACT", "relu")


def quick(**more: Any) -> pd.DataFrame:
    given: dict[str, Any] = {"model": build, "data": (X, Y), "overrides": "epochs=3", "save": "best"} | more
    return sweep({"lr": 0.05}, **given)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_global_that_changed_is_trained(overwrite: bool, capsys: pytest.CaptureFixture[str]) -> None:
    relu = quick()
    globals()["ACT"] = "tanh"
    tanh = quick(overwrite=overwrite)
    assert "finished already" not in capsys.readouterr().out
    assert tanh.final_cost[0] != relu.final_cost[0]
    model = keras.saving.load_model(tanh.attrs["model"]).to_json()
    assert '"activation": "tanh"' in model
    assert '"activation": "relu"' not in model
    assert tanh.final_cost[0] == quick(model=always_tanh).final_cost[0]
    globals()["ACT"] = "relu"
    again = quick()
    assert again.final_cost[0] == relu.final_cost[0]
    assert "finished already" in capsys.readouterr().out


def with_activation(activation: str, *, input_shape: tuple[int, ...], outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    hidden = keras.layers.Dense(4, activation=activation)(start)
    return keras.Model(start, keras.layers.Dense(outputs, activation="sigmoid")(hidden))


def test_a_partial_is_a_version_of_its_function() -> None:
    relu = quick(model=functools.partial(with_activation, "relu"))
    tanh = quick(model=functools.partial(with_activation, "tanh"))
    assert '"activation": "tanh"' in keras.saving.load_model(tanh.attrs["model"]).to_json()
    found = load_results(tanh.attrs["directory"])
    assert [*zip(found.ranking, found.run, strict=True)] == [(1, tanh.run[0]), (2, relu.run[0])]


HIDDEN: Any = None


def with_hidden(input_shape: tuple[int, ...], outputs: int) -> keras.Model:
    HIDDEN.seek(0)
    start = keras.Input(input_shape)
    hidden = keras.layers.Dense(4, activation=HIDDEN.read())(start)
    return keras.Model(start, keras.layers.Dense(outputs, activation="sigmoid")(hidden))


def test_overwrite_compiles_anew_what_cannot_be_followed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    says = "with_hidden uses HIDDEN (TextIOWrapper), whose value cannot be followed; after a change of it"
    activation = Path("activation.txt")
    activation.write_text("relu")
    with activation.open() as file:
        monkeypatch.setitem(globals(), "HIDDEN", file)
        relu = quick(model=with_hidden)
        assert capsys.readouterr().out.count(f"{says}, pass overwrite=True") == 1
        activation.write_text("tanh")
        tanh = quick(model=with_hidden, overwrite=True)
        assert says not in capsys.readouterr().out, "once is enough"
    assert tanh.final_cost[0] == quick(model=always_tanh).final_cost[0] != relu.final_cost[0]


def hopeless(input_shape: tuple[int, ...], outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    hidden = keras.layers.Rescaling(0.0)(start)
    return keras.Model(start, keras.layers.Dense(outputs, activation="sigmoid")(hidden))


def test_versions_of_a_function_are_rankings_of_their_own_and_the_latest_is_the_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = globals()
    good = names["build"]
    before = quick(overrides=["epochs=3", "seed=1,2"])
    assert "ranking" not in load_results(before.attrs["directory"])
    monkeypatch.setattr(hopeless, "__name__", "build")
    capsys.readouterr()
    worse = quick(model=hopeless, overrides=["epochs=3", "seed=2,3"])
    said = capsys.readouterr().out
    assert "build changed: 1 run trains again, beside the old one" in said
    assert "Ranking 1 of 2, build as it is now: 2 runs of this command" in said
    assert "2 rankings: build as it is now and build before its change of " in said
    found = load_results(before.attrs["directory"])
    assert list(found.ranking) == [1, 1, 2, 2]
    assert set(found.run[found.ranking == 1]) == set(worse.run)
    assert before.final_cost.min() < worse.final_cost.min(), "a run of the other version has the lowest cost"
    kept = keras.saving.load_model(worse.attrs["model"])
    assert kept.predict(X, verbose=0) == pytest.approx(np.full((len(X), 1), kept.predict(X[:1], verbose=0)[0, 0]))
    none = quick(model=good, save="none", overrides=["epochs=3", "seed=1,2"])
    assert none.attrs["model"] is None, "the model that is kept is of the other version"
    assert list(load_results(before.attrs["directory"]).run[:2]) == list(before.run)
