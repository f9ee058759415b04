"""Values as text or as parts, the same in every process."""

from __future__ import annotations

import copyreg
import enum
import hashlib
import sys
from functools import cache
from types import FunctionType
from typing import Any

PLAIN = (type(None), bool, int, float, complex, str, bytes, type(...), type(NotImplemented), range, slice)

RANDOM = frozenset({"Generator", "RandomState", "Random", "SystemRandom", "SeedGenerator"})
"""Classes whose state changes with each use."""


def attribute(value: Any, name: str) -> Any:
    """Return an attribute; None if there is none, or if the object raises anything that is asked for it."""
    try:
        return getattr(value, name, None)
    except Exception:  # noqa: BLE001  # whatever a __getattr__ of the user's raises
        return None


class Unfollowed(Exception):  # noqa: N818  # an answer: nothing went wrong
    """A value cannot be told apart from others."""


def plain(value: Any) -> str | None:
    """Return a value without parts as text; None for any other value."""
    if type(value) in PLAIN:
        return f"{type(value).__name__} {value!r}" if not isinstance(value, str) else repr(value)
    if isinstance(value, enum.Enum):
        return f"{type(value).__qualname__}.{value.name} {value.value!r}"
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        return f"{value.dtype.str} {value.tobytes().hex()}"
    if numpy is not None and type(value) is numpy.ndarray and value.dtype != object:
        return f"array {value.dtype.str} {value.shape} {_digest(numpy.ascontiguousarray(value).tobytes())}"
    return None


def state_of(value: Any) -> list[Any]:
    """Return what an object consists of.

    Raises:
        Unfollowed: if nothing tells it apart from others of its class.
    """
    home = type(value).__module__.partition(".")[0]
    if type(value).__name__ in RANDOM:
        raise Unfollowed
    try:
        if home == "numpy" and hasattr(value, "tolist"):
            return [str(value.dtype), value.shape, value.tolist()]
        if home == "pandas" and hasattr(value, "to_numpy"):
            return _frame(value)
        if _is_of(value, "keras"):
            return _keras(value)
        if home == "tensorflow" and hasattr(value, "numpy"):
            return [value.numpy()]
        return _reduced(value)
    except Unfollowed:
        raise
    except Exception as error:  # whatever an object raises that cannot be taken apart
        raise Unfollowed from error


def _frame(value: Any) -> list[Any]:
    if hasattr(value, "columns"):
        columns = [[name, str(value[name].dtype), value[name].to_numpy()] for name in value.columns]
        return [columns, value.index.to_numpy()]
    index = getattr(value, "index", None)
    return [str(value.dtype), value.to_numpy(), None if index is None else index.to_numpy(), value.name]


def _keras(value: Any) -> list[Any]:
    """Weights, configuration and what this leaves out, without names that Keras counts up."""
    if not hasattr(value, "get_config") and hasattr(value, "numpy"):  # a variable
        return [value.numpy()]
    weights = [each.numpy() for each in getattr(value, "weights", ())]
    layers = list(getattr(value, "layers", ()))
    described = _configuration(value)
    config = repr(_nameless(described))
    for place, layer in enumerate(layers):
        config = config.replace(f"'{layer.name}'", f"'layer {place}'")
    everything = described is None or type(value).__module__.partition(".")[0] != "keras"
    return [config, *weights, _beside(value, everything=everything), layers]


def _configuration(value: Any) -> dict[str, Any] | None:
    """What `get_config` says but for functions, which count by their code; None if it says nothing."""
    try:
        config = value.get_config()
        return {key: each for key, each in config.items() if not isinstance(getattr(value, key, None), FunctionType)}
    except Exception:  # noqa: BLE001  # a lambda has no name, and whatever the user's class raises
        return None


def _beside(value: Any, *, everything: bool) -> dict[str, Any]:
    """The attributes of an object of Keras's beside its configuration.

    Args:
        value: the object.
        everything: whether the configuration may leave out any attribute, as that of a user's class may; otherwise
            functions and objects inside.
    """
    drawn = {"seed"} if vars(value).get("_init_seed", 0) is None else set()
    held = {}
    for name in sorted(vars(value).keys() - _kept_by_keras(value) - drawn):
        each = vars(value)[name]
        part = isinstance(each, FunctionType) or (_is_of(each, "keras") and hasattr(each, "get_config"))
        if (everything or part or name == "_fn_kwargs") and type(each).__name__ not in RANDOM:
            held[name] = each
    return held


def _kept_by_keras(value: Any) -> frozenset[str]:
    """The attributes by which Keras keeps track of a layer, model, loss, metric or optimizer."""
    return frozenset({"_init_seed"}).union(*(names for base, names in _bases() if isinstance(value, base)))


@cache
def _bases() -> tuple[tuple[type, frozenset[str]], ...]:
    keras = sys.modules["keras"]  # an object of it is there, and nothing here may import it

    class Measured(keras.metrics.Metric):  # type: ignore[misc,name-defined]  # found at run time
        """A metric that counts nothing."""

    plain = (keras.layers.Layer(name="x"), keras.Model(name="x"), keras.losses.Loss(name="x"), Measured(name="x"))
    bases = (keras.layers.Layer, keras.Model, keras.losses.Loss, keras.metrics.Metric)
    kept = [(base, frozenset(vars(each))) for base, each in zip(bases, plain, strict=True)]
    optimizer = keras.optimizers.SGD()
    own = frozenset(name for name in vars(optimizer) if name.startswith("_")) | {"name", "built"}
    return (*kept, (keras.optimizers.Optimizer, own - {"_learning_rate"}))


def registered_name(kind: type) -> str | None:
    """Return the name under which Keras saves a class of the user's; None if it was not registered."""
    keras = sys.modules.get("keras")
    if keras is None or not hasattr(keras, "saving"):
        return None
    name: str = keras.saving.get_registered_name(kind)
    return None if name == kind.__name__ else name


def _nameless(config: Any) -> Any:
    if isinstance(config, dict):
        return {key: _nameless(each) for key, each in config.items() if key != "name"}
    if isinstance(config, list | tuple):
        return [_nameless(each) for each in config]
    return config


def _reduced(value: Any) -> list[Any]:
    """What copying and pickling an object would take of it."""
    reduce = copyreg.dispatch_table.get(type(value))
    reduced = value.__reduce_ex__(4) if reduce is None else reduce(value)
    if isinstance(reduced, str):
        return [reduced]
    make, arguments, *rest = reduced
    state, items, pairs = [*rest, None, None, None][:3]
    if isinstance(state, dict):
        state = dict(sorted(state.items(), key=lambda pair: str(pair[0])))
    return [make, arguments, state, list(items or ()), list(pairs or ())]


def _is_of(value: Any, package: str) -> bool:
    return any(kind.__module__.partition(".")[0] == package for kind in type(value).__mro__)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
