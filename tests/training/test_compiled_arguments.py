"""What a model was compiled with, read back from Keras's objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from xor_sweep.config import schema
from xor_sweep.training.compiled import read, same

WORDS: dict[str, Any] = {"exclude_layers": ["output"], "gradient_accumulation_steps": 3, "ns_steps": 7}
"""Values of the arguments for which no value follows from the default."""

CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")
"""Keras takes one of them."""


CLASSES = {name.lower(): kind for name, kind in vars(keras.optimizers).items() if isinstance(kind, type)}


def layers(outputs: int = 1) -> keras.Model:
    start = keras.Input((2,))
    return keras.Model(start, [keras.layers.Dense(1, name=f"out{k}")(start) for k in range(outputs)])


def unusual(name: str) -> dict[str, Any]:
    """Values for all arguments of an optimizer, each different from its default."""
    found: dict[str, Any] = {}
    for spec in fields(schema.OPTIMIZERS[name]):
        if spec.name in ("name", "learning_rate", "clipnorm", "global_clipnorm"):
            continue
        usual = spec.default
        if spec.name in WORDS:
            found[spec.name] = WORDS[spec.name]
        elif isinstance(usual, bool):
            found[spec.name] = not usual
        elif spec.name == "ema_overwrite_frequency":
            found[spec.name] = 50
        else:
            found[spec.name] = 0.25 if not isinstance(usual, int | float) or usual == 0 else usual * 0.5
    return found


@pytest.mark.parametrize("name", schema.OPTIMIZERS)
def test_every_argument_of_every_optimizer_is_read_back(name: str) -> None:
    arguments = unusual(name)
    model = layers()
    model.compile(CLASSES[name](learning_rate=0.03, **arguments))
    compiled = read(model)
    assert compiled.refused == {}
    expected = {f"optimizer.{key}": value for key, value in arguments.items()}
    assert compiled.values == {"optimizer": name, "lr": 0.03, **expected}


@pytest.mark.parametrize("name", schema.OPTIMIZERS)
def test_an_optimizer_at_its_defaults_says_its_name_and_its_rate(name: str) -> None:
    model = layers()
    model.compile(CLASSES[name](learning_rate=0.03))
    assert read(model).values == {"optimizer": name, "lr": 0.03}


@pytest.mark.parametrize("key", CLIPPING)
def test_each_way_to_clip_is_read_back(key: str) -> None:
    model = layers()
    model.compile(keras.optimizers.Adam(0.03, **{key: 0.5}))
    assert read(model).values == {"optimizer": "adam", "lr": 0.03, f"optimizer.{key}": 0.5}


def excluded_by_name() -> keras.optimizers.Optimizer:
    optimizer = keras.optimizers.AdamW()
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


def excluded_by_variable() -> keras.optimizers.Optimizer:
    optimizer = keras.optimizers.SGD(weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_list=[layers().trainable_variables[0]])
    return optimizer


@pytest.mark.parametrize("made", [excluded_by_name, excluded_by_variable])
def test_weights_without_weight_decay_are_refused(made: Callable[[], keras.optimizers.Optimizer]) -> None:
    model = layers()
    model.compile(made())
    assert "exclude_from_weight_decay" in read(model).refused["optimizer"]


@pytest.mark.parametrize(
    ("arguments", "part", "said"),
    [
        ({"loss": ["mse", "mae"]}, "loss", "losses of several outputs"),
        ({"loss": {"out0": "mse", "out1": "mae"}}, "loss", "losses of several outputs"),
        ({"loss": "mse", "metrics": {"out0": ["mae"], "out1": ["mse"]}}, "metrics", "metrics of several outputs"),
        ({"loss": "mse", "metrics": [["mae"], ["mse"]]}, "metrics", "metrics of several outputs"),
    ],
)
def test_what_several_outputs_have_is_refused(arguments: dict[str, Any], part: str, said: str) -> None:
    model = layers(outputs=2)
    model.compile("adam", **arguments)
    assert said in read(model).refused[part]


@pytest.mark.parametrize("loss", [["mse"], {"out0": "mse"}])
def test_the_loss_of_one_output_may_stand_in_a_list_or_by_name(loss: Any) -> None:
    model = layers()
    model.compile("adam", loss=loss, metrics=[["mae"]])
    assert {key: read(model).values[key] for key in ("loss", "metrics")} == {"loss": "mse", "metrics": ["mae"]}


def test_a_loaded_model_is_compiled_as_the_one_that_was_saved(tmp_path: Path) -> None:
    model = layers()
    rates = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=20, decay_rate=0.5, staircase=True)
    loss = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1)
    metrics = [keras.metrics.AUC(num_thresholds=50, name="area"), "accuracy"]
    model.compile(keras.optimizers.AdamW(rates, weight_decay=0.02, amsgrad=True), loss, metrics=metrics)
    model.optimizer.build(model.trainable_variables)
    path = tmp_path / "kept.keras"
    model.save(path)
    loaded = keras.models.load_model(path, compile=True)
    assert read(loaded) == read(model)
    assert read(loaded).values["optimizer.weight_decay"] == 0.02
    assert read(loaded).refused == {}


def test_the_steps_that_a_loaded_models_optimizer_has_taken_are_told() -> None:
    model = layers()
    model.compile("adam", "mse")
    assert read(model).steps == 0
    model.fit(np.ones((4, 2)), np.ones((4, 1)), batch_size=2, epochs=3, verbose=0)
    assert read(model).steps == 6


def test_a_scaled_optimizer_has_the_rate_of_the_one_inside() -> None:
    model = layers()
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.25)), "mse")
    compiled = read(model)
    assert compiled.values["lr"] == 0.25
    assert set(compiled.refused) == {"optimizer"}


class Own(keras.losses.Loss):  # type: ignore[misc]  # keras has no types
    """A loss of the user's with state that its configuration names only if told to."""

    def __init__(self, held: Any = None, named: bool = False, **rest: Any) -> None:
        super().__init__(name="own", **rest)
        self._held, self._named = held, named
        self.made_at = object()

    def call(self, y: Any, p: Any) -> Any:
        return keras.ops.mean(keras.ops.square(y - p), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "named": self._named} | ({"held": self._held} if self._named else {})


def raised(power: float) -> Callable[[float], float]:
    return lambda value: value**power


@pytest.mark.parametrize(
    "held",
    [2.0, [1, 2], (1,), {"a": {"b": 2}}, np.arange(3), keras.Variable(2.0), raised(3.0), {1, 2}, b"12"],
    ids=lambda value: type(value).__name__,
)
def test_state_that_the_configuration_of_a_loss_does_not_name_is_refused(held: Any) -> None:
    model = layers()
    model.compile("adam", loss=Own(held))
    assert "an instance of Own whose get_config does not name its _held" in read(model, given=True).refused["loss"]


def test_state_that_it_names_or_that_is_as_usual_is_not() -> None:
    for loss in (Own(), Own(2.0, named=True), Own([1, {"b": 2}], named=True)):
        model = layers()
        model.compile("adam", loss=loss)
        assert read(model, given=True).refused == {}


@pytest.mark.parametrize(("one", "other"), [(raised(2.0), raised(3.0)), (np.zeros(2), np.zeros(3)), ([1], [1, 2])])
def test_values_are_compared_by_what_they_consist_of(one: Any, other: Any) -> None:
    around: list[Any] = [one]
    around.append(around)
    again: list[Any] = [one]
    again.append(again)
    assert same(around, again)
    assert same(raised(2.0), raised(2.0))
    assert not same({"a": [one]}, {"a": [other]})
