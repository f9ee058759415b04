"""A builder that compiles its model: what is compiled is what trains, unless the sweep gives its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import yaml

from xor_sweep import ConfigError, load_results, sweep

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = (X.sum(1) > 0).astype(int)
STEPS = 12


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def layers(units: int = 4) -> keras.Model:
    """A network whose start weights are the same each time, under whatever seed."""
    start = keras.initializers.GlorotUniform(seed=1)
    return keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(units, activation="tanh", kernel_initializer=start),
            keras.layers.Dense(1, activation="sigmoid", kernel_initializer=keras.initializers.GlorotUniform(seed=2)),
        ]
    )


def compiled(rate: float = 1e-9) -> keras.Model:
    model = layers()
    model.compile(keras.optimizers.SGD(rate, momentum=0.5), loss="mse", metrics=["accuracy", "AUC"])
    return model


def quick(what: Any, **more: Any) -> pd.DataFrame:
    given = {"model": compiled, "data": (X, Y), "validation": (X, Y), "save": "none", "quiet": True} | more
    words = ["data.standardize=false", "batch_size=null", *given.pop("words", ())]
    return sweep(what, overrides=[f"steps={STEPS}", *words], **given)


def config_of(results: pd.DataFrame, row: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(
        Path(results.attrs["directory"], results.run[row], ".hydra/config.yaml").read_text()
    )
    return found


def under_keras(model: keras.Model) -> float:
    """The cost of a compiled model after the same full-batch steps of `model.fit`."""
    model.fit(X, Y[:, None], batch_size=len(X), epochs=STEPS, shuffle=False, verbose=0)
    return float(model.evaluate(X, Y[:, None], batch_size=len(X), verbose=0, return_dict=True)["loss"])


def test_the_compiled_rate_loss_and_optimizer_train_and_are_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    results = quick({}, quiet=False)
    untrained = float(np.mean((layers()(X).numpy()[:, 0] - Y) ** 2))
    assert results.final_cost[0] == pytest.approx(untrained, abs=1e-6)
    recorded = config_of(results)
    assert (recorded["optimizer"]["name"], recorded["optimizer"]["momentum"]) == ("sgd", 0.5)
    assert (recorded["lr"], recorded["loss"], recorded["metrics"]) == (1e-9, "mse", ["accuracy", "AUC"])
    said = (
        "optimizer=sgd, optimizer.momentum=0.5, lr=1e-09, loss=mse, metrics=[accuracy,AUC] from compile() in compiled"
    )
    assert f"Compiled    {said}" in " ".join(capsys.readouterr().out.split(" ")).replace("\n", " ")


def decaying() -> keras.Model:
    model = layers()
    rate = keras.optimizers.schedules.ExponentialDecay(0.5, decay_steps=5, decay_rate=0.5, staircase=True)
    model.compile(keras.optimizers.SGD(rate, momentum=0.9, nesterov=True), loss="binary_crossentropy")
    return model


def weights_decay() -> keras.Model:
    model = layers()
    optimizer = keras.optimizers.AdamW(0.03, weight_decay=0.1, beta_1=0.8, clipvalue=0.5)
    model.compile(optimizer, loss=keras.losses.BinaryCrossentropy(label_smoothing=0.1))
    return model


def by_a_word() -> keras.Model:
    model = layers()
    model.compile("rmsprop", "mae", metrics=["mse"])
    return model


def stretches() -> keras.Model:
    model = layers()
    rate = keras.optimizers.schedules.PiecewiseConstantDecay([3, 8], [0.3, 0.1, 0.02])
    model.compile(keras.optimizers.Adam(rate, amsgrad=True), loss=keras.losses.MeanSquaredError)
    return model


@pytest.mark.proof
@pytest.mark.parametrize("build", [decaying, weights_decay, by_a_word, stretches])
def test_a_compiled_model_ends_where_fit_ends(build: Callable[[], keras.Model]) -> None:
    results = quick({}, model=build)
    assert results.train_cost[0] == pytest.approx(under_keras(build()), abs=2e-6)


@pytest.mark.proof
def test_what_the_sweep_gives_stands_over_what_is_compiled(capsys: pytest.CaptureFixture[str]) -> None:
    results = quick({"lr": 0.01, "optimizer.momentum": 0.9, "loss": "binary_crossentropy"}, quiet=False)
    recorded = config_of(results)
    assert (recorded["optimizer"]["name"], recorded["optimizer"]["momentum"]) == ("sgd", 0.9)
    assert (recorded["lr"], recorded["loss"], recorded["metrics"]) == (0.01, "binary_crossentropy", ["accuracy", "AUC"])
    said = capsys.readouterr().out
    assert "optimizer=sgd, metrics=[accuracy,AUC] from compile() in compiled" in said
    assert "lr, loss from the sweep, and not from compile()" in said


@pytest.mark.proof
def test_another_optimizer_has_its_own_options_and_the_compiled_rate() -> None:
    recorded = config_of(quick({"optimizer": "adam", "metrics": [[]]}))
    assert (recorded["optimizer"]["name"], recorded["lr"]) == ("adam", 1e-9)
    assert (recorded["metrics"], recorded["loss"]) == ([], "mse")


@pytest.mark.proof
def test_a_value_that_is_a_default_is_given_too() -> None:
    assert config_of(quick({"lr": 0.01, "loss": None}))["lr"] == 0.01
    assert config_of(quick({"lr": 0.01, "loss": None}))["loss"] is None


@pytest.mark.proof
def test_each_job_has_what_its_own_arguments_compile() -> None:
    results = quick({"rate": [0.5, 1e-9]})
    assert dict(zip(results["network.rate"], results.lr, strict=True)) == {0.5: 0.5, 1e-9: 1e-9}
    assert results.final_cost[0] != pytest.approx(results.final_cost[1], abs=1e-3)


@pytest.mark.proof
def test_the_same_call_trains_nothing_and_a_run_of_a_builder_that_compiles_nothing_stays_what_it_was() -> None:
    first, again = quick({}), quick({})
    assert list(first.identity) == list(again.identity)
    assert list(first.started_at) == list(again.started_at)
    plain = quick({}, model=layers, experiment="plain")
    assert config_of(plain)["optimizer"]["name"] == "adam"
    content = json.loads(Path("outputs/plain", plain.run[0], "result.json").read_text())
    assert not any(word.startswith(("lr=", "loss=", "optimizer=")) for word in content["overrides"])


@pytest.mark.proof
def test_a_result_of_another_optimizer_is_not_taken_for_finished() -> None:
    before = quick({"optimizer": "adam", "lr": 0.01, "loss": None, "metrics": [[]], "schedule": "constant"})
    after = quick({})
    assert set(before.identity).isdisjoint(after.identity)
    assert len(load_results("outputs/arrays")) == 2


def own_loss(y: Any, p: Any) -> Any:
    return keras.ops.mean(keras.ops.abs(y - p) ** 3, axis=-1)


class Powered(keras.losses.Loss):
    """A loss of the user's with an argument."""

    def __init__(self, power: float = 2.0, name: str = "powered", **rest: Any) -> None:
        super().__init__(name=name, **rest)
        self.power = power

    def call(self, y: Any, p: Any) -> Any:
        return keras.ops.mean(keras.ops.abs(y - p) ** self.power, axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "power": self.power}


class Silent(Powered):
    """One that does not name its argument."""

    def get_config(self) -> dict[str, Any]:
        return keras.losses.Loss.get_config(self)


def of_a_function() -> keras.Model:
    model = layers()
    model.compile(keras.optimizers.SGD(0.3), own_loss)
    return model


def of_a_class() -> keras.Model:
    model = layers()
    model.compile(keras.optimizers.SGD(0.3), Powered(3.0))
    return model


@pytest.mark.proof
@pytest.mark.parametrize("build", [of_a_function, of_a_class])
def test_a_loss_of_the_users_trains(build: Callable[[], keras.Model]) -> None:
    assert quick({}, model=build).train_cost[0] == pytest.approx(under_keras(build()), abs=1e-6)


def of_a_closure(power: float) -> keras.Model:
    def raised(y: Any, p: Any) -> Any:
        return keras.ops.mean(keras.ops.abs(y - p) ** power, axis=-1)

    model = layers()
    model.compile(keras.optimizers.SGD(0.3), raised)
    return model


@pytest.mark.proof
def test_losses_of_one_name_are_each_their_jobs_own() -> None:
    results = quick({"power": [2.0, 4.0]}, model=of_a_closure)
    costs = dict(zip(results["network.power"], results.train_cost, strict=True))
    assert costs == pytest.approx({power: under_keras(of_a_closure(power)) for power in (2.0, 4.0)}, abs=1e-6)


class Own(keras.optimizers.SGD):  # type: ignore[misc]  # keras has no types
    """An optimizer of the user's."""


class Rates(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # keras has no types
    """A schedule of the user's."""

    def __call__(self, step: Any) -> Any:
        return 0.1 + 0 * step


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"optimizer": lambda: Own(0.1)}, "it compiles the optimizer Own, which has no meaning here; give optimizer=…"),
    (
        {"optimizer": lambda: keras.optimizers.SGD(Rates())},
        "the learning-rate schedule Rates, which has no meaning here",
    ),
    ({"loss": "mse", "loss_weights": [2.0]}, "it compiles loss_weights, which has no meaning here; give loss=…"),
    ({"loss": lambda: Silent(3.0)}, "an instance of Silent whose get_config does not name its power"),
    ({"weighted_metrics": ["mae"]}, "it compiles weighted_metrics, which has no meaning here; give metrics=…"),
    ({"loss": "mse", "run_eagerly": True}, "run_eagerly=True"),
    ({"loss": "mse", "metrics": ["ce"]}, "the metric 'ce', which Keras chooses by the shapes of the target"),
    ({"loss": "sparse_categorical_crossentropy"}, "loss=sparse_categorical_crossentropy: does not fit"),
]


@pytest.mark.parametrize(("arguments", "line"), REFUSED, ids=[line[:40] for _, line in REFUSED])
def test_what_has_no_meaning_is_one_line_and_nothing_is_written(
    arguments: dict[str, Any], line: str, place: Path
) -> None:
    def build() -> keras.Model:
        model = layers()
        model.compile(**{key: value() if callable(value) else value for key, value in arguments.items()})
        return model

    with pytest.raises(ConfigError) as raised:
        quick({}, model=build)
    assert line in str(raised.value)
    assert "\n" not in str(raised.value)
    assert list(place.iterdir()) == []


@pytest.mark.proof
def test_a_part_without_a_meaning_here_can_be_given() -> None:
    def build() -> keras.Model:
        model = layers()
        model.compile(Own(0.25), loss="mse")
        return model

    recorded = config_of(quick({"optimizer": "sgd"}, model=build))
    assert (recorded["optimizer"]["name"], recorded["lr"], recorded["loss"]) == ("sgd", 0.25, "mse")


def test_an_argument_that_the_compiled_optimizer_does_not_have_is_the_usual_mistake() -> None:
    def build() -> keras.Model:
        model = layers()
        model.compile("adam", "mse")
        return model

    with pytest.raises(ConfigError, match=r"optimizer\.momentum=0\.9: there is no key optimizer\.momentum"):
        quick({"optimizer.momentum": 0.9}, model=build)
    with pytest.raises(ConfigError, match=r"optimizer\.momentum=0\.9: there is no key optimizer\.momentum"):
        quick({"optimizer.momentum": 0.9}, model=layers)


CALLS: list[int] = []


def raising_once() -> keras.Model:
    CALLS.append(1)
    if len(CALLS) == 1:
        raise RuntimeError("the first call")
    return compiled()


def test_a_builder_that_raises_once_has_failed_and_trains_with_nothing_else() -> None:
    CALLS.clear()
    assert list(quick({}, model=raising_once).status) == ["failed"]
    assert len(CALLS) == 1


@pytest.mark.proof
def test_metrics_keep_their_names_and_options() -> None:
    def build() -> keras.Model:
        model = layers()
        metrics = [
            keras.metrics.BinaryAccuracy(name="accuracy"),
            keras.metrics.AUC(curve="PR", name="pr_auc"),
            keras.metrics.AUC(),
            keras.metrics.Precision(thresholds=0.6),
            keras.metrics.MeanAbsoluteError(),
        ]
        model.compile("sgd", "mse", metrics=metrics)
        return model

    results = quick({}, model=build)
    names = {column.partition("/")[0] for column in results.columns}
    assert {"pr_auc", "AUC", "Precision", "MeanAbsoluteError"} <= names
    listed = config_of(results)["metrics"]
    assert listed[0] == "accuracy"
    assert listed[1] == {"_target_": "keras.metrics.AUC", "curve": "PR", "name": "pr_auc"}
    assert listed[3] == {"_target_": "keras.metrics.Precision", "thresholds": 0.6}
