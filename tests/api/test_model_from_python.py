"""A model builder and arrays, given from Python."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from xor_sweep import ConfigError, load_results, sweep

pytestmark = pytest.mark.proof

X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
Y = (X.sum(1) > 0).astype(int)


def build(units: int, activation: str = "relu", *, input_shape: tuple[int, ...], outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    hidden = keras.layers.Dense(units, activation=activation)(start)
    return keras.Model(start, keras.layers.Dense(outputs, activation="sigmoid")(hidden))


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def quick(what: Any, **more: Any) -> pd.DataFrame:
    given = {"model": build, "data": (X, Y), "save": "none", "quiet": True} | more
    return sweep(what, overrides=["epochs=2"], **given)


def identities(results: pd.DataFrame) -> set[str]:
    return set(results.identity)


def test_parameters_go_to_the_builder_and_other_keys_to_the_configuration() -> None:
    results = quick({"units": [2, 4], "lr": [0.1, 0.01], "activation": "tanh"})
    assert sorted(zip(results["network.units"], results.lr, strict=True)) == [
        (2, 0.01),
        (2, 0.1),
        (4, 0.01),
        (4, 0.1),
    ]
    assert set(load_results("outputs/arrays", full=True)["network.activation"]) == {"tanh"}
    assert results.final_accuracy.notna().all()


def test_the_parameters_can_be_written_as_they_are_recorded_and_as_overrides() -> None:
    first = quick({"units": [2, 4]})
    assert identities(quick({"network.units": [2, 4]})) == identities(first)
    assert identities(quick("units=2,4")) == identities(first)


def test_a_builder_of_the_same_source_is_the_same_and_one_of_another_is_another() -> None:
    def other(units: int, *, input_shape: tuple[int, ...], outputs: int) -> keras.Model:
        return build(units, "tanh", input_shape=input_shape, outputs=outputs)

    assert identities(quick({"units": [2]})) == identities(quick({"units": [2]}))
    assert not identities(quick({"units": [2]})) & identities(quick({"units": [2]}, model=other))


def test_what_a_builder_encloses_tells_it_apart_from_others_of_one_source() -> None:
    def maker(activation: str) -> Any:
        def made(units: int, *, input_shape: tuple[int, ...], outputs: int) -> keras.Model:
            return build(units, activation, input_shape=input_shape, outputs=outputs)

        return made

    relu, tanh = quick({"units": [4]}, model=maker("relu")), quick({"units": [4]}, model=maker("tanh"))
    assert relu.final_cost[0] != tanh.final_cost[0]
    partial = quick({"units": [4]}, model=functools.partial(build, activation="tanh"))
    assert partial.final_cost[0] == tanh.final_cost[0]


def test_a_builder_without_source_is_known_by_its_code() -> None:
    def compiled(activation: str) -> Any:
        names: dict[str, Any] = {"build": build}
        body = f"return build(units, '{activation}', input_shape=input_shape, outputs=outputs)"
        exec(f"def made(units, input_shape, outputs): {body}", names)
        return names["made"]

    first = quick({"units": [2]}, model=compiled("relu"))
    assert identities(quick({"units": [2]}, model=compiled("relu"))) == identities(first)
    assert identities(quick({"units": [2]}, model=compiled("tanh"))) != identities(first)
    assert identities(quick({}, model=lambda input_shape: build(2, input_shape=input_shape, outputs=1)))


def test_arrays_frames_and_a_validation_part_are_taken() -> None:
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    words = pd.Series(np.where(Y == 1, "yes", "no"))
    results = quick({"lr": [0.1]}, model=None, data=(frame, words), validation=(frame[:10], words[:10]))
    assert results.status[0] == "completed"
    assert np.isfinite(results.train_cost[0])
    halves = quick({"data.validation_fraction": [0.4, 0.25]}, model=None)
    assert sorted(halves["data.validation_fraction"]) == [0.25, 0.4]


def test_the_kept_model_predicts() -> None:
    results = quick({"units": [4]}, save="best")
    model = keras.saving.load_model(results.attrs["model"])
    assert model.predict(X[:5].astype(np.float64), verbose=0).shape == (5, 1)


def test_the_record_names_the_function_and_cannot_reach_another() -> None:
    results = quick({"units": [2]})
    content = json.loads(Path("outputs/arrays", results.run[0], "result.json").read_text())
    assert "network._target_=xor_sweep.given.build" in content["overrides"]
    for target in ("xor_sweep.given.function_hash", "xor_sweep.given.nothing", "xor_sweep.given.build.x"):
        with pytest.raises(ConfigError, match="no function"):
            sweep(["network=custom", f"network._target_={target}"], quiet=True)


def takes_lr(lr: float, input_shape: tuple[int, ...]) -> keras.Model:
    return build(int(lr), input_shape=input_shape, outputs=1)


def takes_no_name(units: int, /) -> keras.Model:
    return build(units, input_shape=(3,), outputs=1)


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"what": {"unit": [2]}}, "unit: no parameter of build and no key of the configuration; did you mean units"),
    ({"what": {"lr": [0.1]}}, "units: build needs it"),
    ({"what": [{"units": 2}, {"lr": 0.1}]}, "units: build needs it; give it a value in every point"),
    ({"what": {"units": 2, "network.hidden": [[2]]}}, "network.hidden: build has no parameter hidden; it has units"),
    ({"what": {"units": 2, "network": "mlp"}}, "network: the given model is the network"),
    ({"what": {"units": 2, "data": "xor"}}, "data: the given arrays are the data"),
    ({"what": {"units": [build]}}, "units: takes numbers, words"),
    ({"model": takes_lr, "what": {"lr": 1}}, "lr: is a key of the configuration and a parameter"),
    ({"model": "build"}, "model: takes a function"),
    ({"model": takes_no_name}, "by position alone"),
    ({"data": X}, "data: takes (x, y), inputs and targets; got ndarray"),
    ({"data": "digits"}, "overrides=['data=digits']"),
    ({"data": (X, Y[:3])}, "x has 60 rows and y has 3"),
    ({"data": None, "validation": (X, Y)}, "validation: goes with data=(x, y)"),
]


@pytest.mark.parametrize(("given", "line"), MISTAKES, ids=[line for _, line in MISTAKES])
def test_a_mistake_is_one_clear_line_and_nothing_is_written(given: dict[str, Any], line: str, place: Path) -> None:
    what = given.get("what", {"units": [2]})
    with pytest.raises(ConfigError) as raised:
        quick(what, **{key: value for key, value in given.items() if key != "what"})
    assert line in str(raised.value)
    assert "\n" not in str(raised.value)
    assert list(place.iterdir()) == []


def test_a_built_model_is_refused() -> None:
    with pytest.raises(ConfigError, match="built already"):
        quick({"units": [2]}, model=build(2, input_shape=(3,), outputs=1))
