"""Values as text or as parts, the same in every process."""

from __future__ import annotations

import copyreg
import enum
import hashlib
import sys
from typing import Any

PLAIN = (type(None), bool, int, float, complex, str, bytes, type(...), type(NotImplemented), range, slice)

RANDOM = frozenset({"Generator", "RandomState", "Random", "SystemRandom", "SeedGenerator"})
"""Classes whose state changes with each use."""


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
    """Weights and configuration, without names that Keras counts up."""
    weights = [each.numpy() for each in getattr(value, "weights", ())]
    layers = [layer.name for layer in getattr(value, "layers", ())]
    config = repr(_nameless(value.get_config()))
    for place, name in enumerate(layers):
        config = config.replace(f"'{name}'", f"'layer {place}'")
    return [config, *weights]


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
