"""A Keras model builder and arrays, given from Python: which keys are whose, and the overrides that name them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from xor_sweep.api.asked import Asked
from xor_sweep.config import schema
from xor_sweep.config.limits import did_you_mean
from xor_sweep.errors import ConfigError
from xor_sweep.given import Given, give_function

OFFERED = ("input_shape", "outputs")
"""What a builder gets where it asks for it by name and no point gives it."""

TOP = {field.name for field in fields(schema.Config)}
GROUPS = ("data", "logging", "network", "optimizer", "schedule", "sweep")

CLOSEST = 0.75


@dataclass(frozen=True)
class Builder:
    """A function that builds a model, handed over.

    Attributes:
        target: the name that a configuration holds.
        name: its own.
        parameters: those that can be given by name.
        needed: those of them without a default.
        open: whether it takes any name.
    """

    given: Given
    name: str
    parameters: tuple[str, ...]
    needed: tuple[str, ...]
    open: bool

    @property
    def words(self) -> tuple[str, ...]:
        """The overrides that make it the network."""
        return ("network=custom", f"network._target_={self.given.target}")

    def take(self, asked: Asked) -> Asked:
        """The same runs, the builder's parameters being `+network.…`.

        Raises:
            ConfigError: where a key is the builder's and the configuration's at once, or neither's, or a parameter
                that the builder needs is not there.
        """
        taken = asked.renamed(self._key)
        given = taken.words if taken.given is None else None
        every = [set(point) for point in taken.given] if taken.given else [set(taken.axes)]
        worded = {word.partition("=")[0] for word in taken.words}
        for parameter in self.needed:
            keys = {f"+network.{parameter}", f"++network.{parameter}"}
            if any(not keys & (point | worded) for point in every):
                some = "" if given is not None else " in every point"
                raise ConfigError(f"{parameter}: {self.name} needs it; give it a value{some}, or a default")
        return taken

    def _key(self, key: str) -> str:
        name = key.lstrip("+")
        root, _, argument = name.partition(".")
        if root == "network":
            return self._argument(name, argument)
        if root not in self.parameters:
            self._refuse_near(name)
            return key
        if name in TOP or name in GROUPS:
            raise ConfigError(
                f"{name}: is a key of the configuration and a parameter of {self.name}; write network.{name} for the "
                "parameter, or give it another name"
            )
        if root != name:
            raise ConfigError(f"{name}: {root} is a parameter of {self.name}; give it as a whole")
        return f"+network.{name}"

    def _argument(self, name: str, argument: str) -> str:
        if not argument:
            raise ConfigError(f"{name}: the given model is the network; leave one of the two out")
        first = argument.partition(".")[0]
        if first not in self.parameters and not self.open:
            raise ConfigError(f"{name}: {self.name} has no parameter {first}; {self._has(first)}")
        return f"+{name}"

    def _refuse_near(self, name: str) -> None:
        """Refuse what is no key and was surely meant for a parameter."""
        near = did_you_mean(name, self.parameters)
        if near and "." not in name and "/" not in name and name not in TOP and name not in GROUPS:
            raise ConfigError(f"{name}: no parameter of {self.name} and no key of the configuration{near}")

    def _has(self, name: str) -> str:
        near = did_you_mean(name, self.parameters).removeprefix("; ")
        return near or (f"it has {', '.join(self.parameters)}" if self.parameters else "it takes none")


def builder(model: Callable[..., Any]) -> Builder:
    """Hand a model builder over.

    Raises:
        ConfigError: where it is no function, or needs an argument that cannot be given by name.
    """
    if not callable(model) or any(kind.__module__.startswith("keras.") for kind in type(model).__mro__):
        built = any(kind.__module__.startswith("keras.") for kind in type(model).__mro__)
        what = "a model that is built already: each run builds its own" if built else f"a {type(model).__name__}"
        raise ConfigError(f"model: takes a function that returns a Keras model; got {what}")
    given = give_function(model)
    name = getattr(model, "__name__", "model")
    found = inspect.signature(model).parameters.values()
    nameless = [p.name for p in found if p.kind is p.POSITIONAL_ONLY and p.default is p.empty]
    if nameless:
        raise ConfigError(f"model: {name} takes {nameless[0]} by position alone; let it be given by name")
    named = [p for p in found if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    needed = tuple(p.name for p in named if p.default is p.empty and p.name not in OFFERED)
    takes_any = any(p.kind is p.VAR_KEYWORD for p in found)
    return Builder(given, name, tuple(p.name for p in named), needed, open=takes_any)


def arrays(data: Any, validation: Any) -> tuple[str, ...]:
    """Hand arrays over; returns the overrides that make them the data.

    Raises:
        ConfigError: where they are no pairs of inputs and targets, or do not fit together.
    """
    if data is None:
        if validation is not None:
            raise ConfigError("validation: goes with data=(x, y); data.validation_fraction is for other data")
        return ()
    from xor_sweep.data import give

    x, y = _pair("data", data)
    sha256 = give(x, y, None if validation is None else _pair("validation", validation))
    return ("data=arrays", f"data.sha256={sha256}")


def _pair(name: str, value: Any) -> tuple[Any, Any]:
    if isinstance(value, str):
        raise ConfigError(f"{name}={value!r}: takes (x, y); for data of another kind write overrides=['data={value}']")
    if not isinstance(value, tuple | list) or len(value) != 2:
        got = f"{len(value)} values" if isinstance(value, tuple | list) else type(value).__name__
        raise ConfigError(f"{name}: takes (x, y), inputs and targets; got {got}")
    return value[0], value[1]


def check_given(keys: Sequence[str]) -> None:
    """Refuse keys that say where the data comes from, beside given arrays.

    Raises:
        ConfigError: where there is one.
    """
    for key in keys:
        if key.lstrip("+") in ("data", "data.sha256", "data.path", "data._target_"):
            raise ConfigError(f"{key}: the given arrays are the data; leave one of the two out")
