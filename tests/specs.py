"""Runs for tests, from a few values: what is not given stands at its schema default."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from xor_sweep.config import RunSpec, Settings, parse
from xor_sweep.config import schema
from xor_sweep.config.parse import defaults


def config(values: Mapping[str, Any] | None = None, **top: Any) -> dict[str, Any]:
    """A composed and resolved configuration.

    Args:
        values: by dotted key, as `{"optimizer.momentum": 0.9}`; `optimizer` and `data` choose by name.
        **top: the same for keys at the top, as `lr=0.1`.
    """
    given = {**(values or {}), **top}
    composed = defaults(schema.Config)
    composed["network"] = defaults(schema.NetworkConf)
    composed["logging"] = defaults(schema.LoggingConf)
    composed["optimizer"] = defaults(schema.OPTIMIZERS[given.pop("optimizer", "adam")])
    composed["data"] = defaults(schema.DATA[given.pop("data", "xor")])
    composed["experiment"] = composed["data"]["name"]
    composed["optimizer"]["learning_rate"] = given.get("lr", composed["lr"])
    for key, value in given.items():
        group, _, name = key.rpartition(".")
        (composed[group] if group else composed)[name] = copy.copy(value)
    return composed


def parsed(values: Mapping[str, Any] | None = None, **top: Any) -> tuple[RunSpec, Settings]:
    """What `parse` makes of `config(...)`."""
    return parse(config(values, **top))


def spec(values: Mapping[str, Any] | None = None, **top: Any) -> RunSpec:
    """The spec of `config(...)`: `spec({"optimizer.momentum": 0.9}, optimizer="sgd", lr=0.1)`."""
    return parsed(values, **top)[0]
