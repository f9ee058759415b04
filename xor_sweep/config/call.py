"""A node with `_target_` becomes a `Call`: the function's name, its arguments, and its source's hash."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from xor_sweep.calls import Call
from xor_sweep.config.limits import is_text, shown
from xor_sweep.config.trust import check_keras_path, check_trusted
from xor_sweep.errors import ConfigError

RESERVED = ("_target_", "_args_", "_convert_", "_partial_", "_recursive_")
"""Keys that Hydra's own `instantiate` reads; here a function is named by the node itself, and not inside of it."""


def call_of(node: Mapping[str, Any], key: str, trusted: Sequence[str]) -> Call:
    """The function that a node names, with its arguments.

    Args:
        node: its keys, `_target_` among them.
        key: the node's dotted key.
        trusted: modules whose functions may be named.

    Raises:
        ConfigError: where the function is not trusted or not there, or an argument is none that a file can hold.
    """
    target = node["_target_"]
    check_trusted(f"{key}._target_", target, trusted)
    check_keras_path(key, target, node.get("path"))
    beside = named({name: value for name, value in node.items() if name != "_target_"}, key)
    arguments = tuple((name, argument(f"{key}.{name}", value)) for name, value in beside)
    try:
        return Call(target, arguments, *sources(target))
    except ConfigError as error:
        reason = str(error).removeprefix("_target_=")
        raise ConfigError(f"{key}._target_={reason}") from error


def sources(target: str) -> tuple[str, str]:
    """Return the hash of a function's code, and that of its file; of Keras's, whose version a result records, none."""
    if target.startswith("keras."):
        return "", ""
    from xor_sweep.calls import file_source_of, source_of

    return source_of(target), file_source_of(target)


def argument(key: str, value: Any) -> Any:
    """A plain value as it is, a list as a tuple and a mapping as a tuple of pairs.

    Raises:
        ConfigError: where it is none of these.
    """
    if isinstance(value, list):
        return tuple(argument(f"{key}.{place}", item) for place, item in enumerate(value))
    if isinstance(value, dict):
        return tuple((name, argument(f"{key}.{name}", item)) for name, item in named(value, key))
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ConfigError(f"{key}={shown(value)}: takes a finite number")
        return value + 0.0  # -0.0 is 0.0
    if value is None or isinstance(value, bool | int | str):
        if isinstance(value, str) and not is_text(value):
            raise ConfigError(f"{key}={value}: takes a text; leave out zero bytes and bytes that are no UTF-8")
        if value == "???":
            raise ConfigError(f"{key}: has no value yet; write {key}=…")
        return value
    raise ConfigError(f"{key}={value}: takes numbers, words, true, false, null, and lists and mappings of these")


def named(values: Mapping[Any, Any], key: str) -> list[tuple[str, Any]]:
    """The items of a mapping, whose names are words and none of Hydra's.

    Raises:
        ConfigError: where one is not.
    """
    for name in values:
        if not isinstance(name, str) or not is_text(name):
            raise ConfigError(f"{key}.{name}: an argument's name is a word; put it into quotes")
        if name in RESERVED:
            raise ConfigError(f"{key}.{name}: takes no {name}; only the node itself names a function")
    return list(values.items())
