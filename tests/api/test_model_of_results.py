"""`attrs["model"]` of results: the model of the best configuration of the first ranking, or None."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from xor_sweep import load_results, sweep

pytestmark = pytest.mark.proof

X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
FIRST, SECOND = (X.sum(1) > 0).astype(int), (X[:, 0] > X[:, 1]).astype(int)


def build(input_shape: tuple[int, ...], outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    return keras.Model(start, keras.layers.Dense(outputs, activation="sigmoid")(start))


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def quick(target: Any, lr: Any = 0.05, **more: Any) -> pd.DataFrame:
    given: dict[str, Any] = {"model": build, "overrides": "epochs=3", "experiment": "one", "quiet": True} | more
    return sweep({"lr": lr}, data=(X, target), **given)


def test_with_other_data_it_is_not_the_model_of_the_data_before() -> None:
    first = quick(FIRST)
    assert first.attrs["model"] is not None
    second = quick(SECOND, save="none")
    assert second.attrs["model"] is None
    assert load_results("outputs/one").attrs["model"] is None
    assert quick(FIRST).attrs["model"] == first.attrs["model"] == load_results("outputs/one").attrs["model"]
    both = quick(SECOND)
    assert both.attrs["model"] != first.attrs["model"]


def test_with_another_loss_it_is_not_the_model_of_the_loss_before() -> None:
    quick(FIRST)
    assert quick(FIRST, save="none", overrides=["epochs=3", "loss=mse"]).attrs["model"] is None


def test_it_is_not_the_model_of_a_configuration_that_is_the_best_no_more() -> None:
    slow = quick(FIRST, lr=[1e-5])
    assert quick(FIRST, lr=[0.05, 1e-5], save="none").attrs["model"] is None
    assert quick(FIRST, lr=[1e-5], save="none").attrs["model"] is None, "lr=0.05 is the best of the directory"
    fast = quick(FIRST, lr=[0.05, 1e-5])
    assert Path(fast.attrs["model"]).parent.name == "lr=0.05" != Path(slow.attrs["model"]).parent.name


def test_of_a_sweep_that_keeps_all_models_it_is_the_best_ones() -> None:
    results = quick(FIRST, lr=[0.05, 1e-5], save="all")
    assert Path(results.attrs["model"]).parent.name == results.run[0] == "lr=0.05"


def test_it_is_not_a_model_with_weights_of_another_moment() -> None:
    quick(FIRST, lr=[3.0], overrides=["epochs=30", "batch_size=8"])
    lowest = quick(FIRST, lr=[3.0], overrides=["epochs=30", "batch_size=8"], objective="best_cost", save="none")
    assert lowest.best_cost[0] < lowest.final_cost[0], "the last weights are not those of the lowest cost"
    assert lowest.attrs["model"] is None
