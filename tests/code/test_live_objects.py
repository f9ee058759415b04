"""Objects that a function uses: all that they hold counts, also what a configuration or a wrapper hides."""

from __future__ import annotations

import functools
import os
import pickle as stored
from collections import defaultdict
from collections.abc import Callable
from json import load as parse
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from xor_sweep.calls import reads_of
from xor_sweep.code.live import Live, live


def digest(value: Any) -> str:
    return found(value).digest


def found(value: Any) -> Live:
    def build() -> Any:
        return value

    return live(build)


class AttributeDict(dict):  # type: ignore[type-arg]
    """A dict whose keys are attributes, and that raises what no attribute does."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


class Tagged(dict):  # type: ignore[type-arg]
    """A dict with an attribute."""

    def __init__(self, tag: float) -> None:
        super().__init__(a=1)
        self.tag = tag


class Draw(keras.initializers.Initializer):  # type: ignore[misc]  # keras has no types
    """An initializer whose configuration leaves its state out."""

    def __init__(self, held: Any) -> None:
        self._held = held

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return keras.ops.full(shape, 1.0, dtype)


class Called(keras.initializers.Initializer):  # type: ignore[misc]  # keras has no types
    """An initializer whose state has the name of what Keras keeps of layers and losses."""

    def __init__(self, held: Any) -> None:
        self.reduction = held

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return keras.ops.full(shape, self.reduction, dtype)


class Bound(keras.constraints.Constraint):  # type: ignore[misc]  # keras has no types
    """A constraint that has no configuration."""

    def __init__(self, held: Any) -> None:
        self.held = held


class Cost(keras.losses.Loss):  # type: ignore[misc]  # keras has no types
    """A loss whose configuration leaves its state out."""

    def __init__(self, held: Any) -> None:
        super().__init__()
        self.held = held


class Scale(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    """A layer whose configuration cannot be read."""

    def __init__(self, held: Any) -> None:
        super().__init__()
        self.held = held
        self.inside = keras.layers.Dropout(0.5)


class Repeated:
    """A decorator with state."""

    def __init__(self, function: Callable[..., Any], times: float) -> None:
        functools.update_wrapper(self, function)
        self.times = times


def power(exponent: float) -> Callable[[Any], Any]:
    return lambda x: x**exponent


def of_a_metaclass(number: float) -> type:
    meta = type("Meta", (type,), {"__module__": __name__, "number": number})
    made: type = meta("Made", (), {"__module__": __name__})
    return made


MAKERS: dict[str, Callable[[float], Any]] = {
    "a dict with keys as attributes": lambda k: AttributeDict(a=k),
    "an attribute of a dict": Tagged,
    "what a dict makes of missing keys": lambda k: defaultdict(list if k > 2 else dict, a=1),
    "an initializer": Draw,
    "an initializer whose state has a name of a loss's": Called,
    "an initializer that holds a function": lambda k: Draw(power(k)),
    "a constraint": Bound,
    "a loss": Cost,
    "a loss of Keras's": keras.losses.Huber,
    "a layer": Scale,
    "a layer that holds an array": lambda k: Scale(np.full(3, k)),
    "a lambda of a layer": lambda k: keras.layers.Lambda(power(k)),
    "an activation": lambda k: keras.layers.Dense(2, activation=power(k)),
    "an initializer of a layer": lambda k: keras.layers.Dense(2, kernel_initializer=Draw(k)),
    "a layer of a model": lambda k: keras.Sequential([keras.Input((2,)), keras.layers.Lambda(power(k))]),
    "a variable": keras.Variable,
    "a decorator": lambda k: Repeated(digest, k),
    "a metaclass": of_a_metaclass,
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_all_that_an_object_holds_counts_and_nothing_else(make: Callable[[float], Any]) -> None:
    assert digest(make(2.0)) != digest(make(3.0))
    assert digest(make(2.0)) == digest(make(2.0))
    assert found(make(2.0)).unfollowed == ()


def test_a_layer_that_was_built_under_another_name_is_the_same_but_for_its_weights() -> None:
    one, other = (keras.layers.Dense(2, name=name, kernel_initializer="ones") for name in ("a", "b"))
    assert digest(one) == digest(other)
    one.build((None, 2))
    assert digest(one) != digest(other)
    other.build((None, 2))
    assert digest(one) == digest(other)


@pytest.mark.parametrize("name", ["Dense", "LSTM", "Conv1D", "BatchNormalization", "LayerNormalization"])
def test_layers_of_keras_are_followed(name: str) -> None:
    layer = getattr(keras.layers, name)
    arguments: dict[str, list[Any]] = {"Dense": [2], "LSTM": [2], "Conv1D": [2, 3]}
    assert digest(layer(*arguments.get(name, []))) == digest(layer(*arguments.get(name, [])))
    assert found(layer(*arguments.get(name, []))).unfollowed == ()


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.layers.Dropout(0.5),
        lambda: keras.layers.RandomFlip(),
        lambda: keras.metrics.AUC(),
        lambda: keras.initializers.RandomNormal(),
        lambda: keras.regularizers.L2(0.1),
        lambda: keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5),
        lambda: keras.Sequential([keras.Input((2,)), keras.layers.Dropout(0.5), keras.layers.LayerNormalization()]),
    ],
)
def test_objects_of_keras_made_twice_are_the_same(make: Callable[[], Any]) -> None:
    assert digest(make()) == digest(make())
    assert found(make()).unfollowed == ()


def by_open() -> Any:
    with open("a.txt") as file:  # noqa: PTH123  # as a user writes it
        return file.read()


def by_a_method() -> Any:
    model = keras.Sequential([])
    model.load_weights("a.weights.h5")
    return model, Path("a").read_text()


def by_a_module() -> Any:
    return np.load("a.npy"), os.environ["A"]


def by_a_helper() -> Any:
    return by_open()


def by_another_name() -> Any:
    with open("a.pkl", "rb") as file:  # noqa: PTH123  # as a user writes it
        return stored.load(file), parse(file)


def by_an_import_inside() -> Any:
    import pickle as kept
    from json import load

    with Path("a.pkl").open("rb") as file:
        return kept.load(file), load(file)


def by_nothing() -> Any:
    load = {"a": 1}
    return load, np.zeros(3)


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (by_open, ("open",)),
        (by_a_method, ("load_weights", "read_text")),
        (by_a_module, ("environ", "np.load")),
        (by_a_helper, ("open",)),
        (by_another_name, ("open", "parse", "stored.load")),
        (by_an_import_inside, ("json.load", "pickle.load")),
        (by_nothing, ()),
    ],
)
def test_what_a_function_reads_when_it_runs_is_named(function: Callable[[], Any], names: tuple[str, ...]) -> None:
    assert live(function).unfollowed == names
    assert reads_of(f"{__name__}.{function.__name__}") == names


def test_a_class_that_is_registered_with_keras_is_another_one() -> None:
    def made() -> type:
        class Doubling(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
            def call(self, values: Any) -> Any:
                return 2 * values

        return Doubling

    plain = made()
    before = digest(plain)
    assert digest(made()) == before
    assert digest(keras.saving.register_keras_serializable("tests", "doubling")(made())) != before
