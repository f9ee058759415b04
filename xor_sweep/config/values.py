"""Single values: each of its schema's type and inside its limits."""

from __future__ import annotations

import types
import typing
from collections.abc import Collection, Mapping
from dataclasses import Field, fields
from functools import cache
from typing import Any

from xor_sweep.config import schema
from xor_sweep.config.limits import Limits, check, did_you_mean, is_text, refused, shown
from xor_sweep.errors import ConfigError

KINDS: dict[Any, str] = {
    float: "a number",
    int: "a whole number",
    bool: "true or false",
    str: "a word",
    list[int]: "a list of whole numbers",
    list[float]: "a list of numbers",
    list[str]: "a list of words",
}
"""The plain types of a schema, in words."""

ITEMS: dict[Any, type] = {list[int]: int, list[float]: float, list[str]: str}


def section(conf: type, values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """One group's values, each of its schema's type and inside its limits, in the schema's order."""
    names = {spec.name for spec in fields(conf)}
    for name in values:
        if name not in names:
            raise ConfigError(f"{prefix}{name}: no such key{did_you_mean(name, names)}")
    for name in names:
        if name not in values:
            raise ConfigError(f"{prefix}{name}: is missing; name the option that it belongs to in a defaults list")
    return {spec.name: typed(prefix + spec.name, values[spec.name], conf, spec) for spec in fields(conf)}


def typed(key: str, value: Any, conf: type, spec: Field[Any]) -> Any:
    """One value, of its schema's type and inside its limits.

    Raises:
        ConfigError: where it is neither.
    """
    kind, optional = kinds(conf)[spec.name]
    limits: Limits = spec.metadata.get("limits", Limits())
    if kind not in KINDS or (value is None and optional):
        check(key, value, "", limits)
        return value
    value = widened(value, kind)
    if not of_kind(value, kind):
        swept = kind not in ITEMS and isinstance(value, list) and ",".join(map(shown, value))
        together = "; to learn several at once, give arrays: data=npz or data=python" if key == "data.target" else ""
        hint = f" (to sweep, write -m {key}={swept}{together})" if swept else ""
        # A whole float is shown with its point: `steps=1e3` is refused as 1000.0.
        items = ",".join(map(repr, value)) if isinstance(value, list) else ""
        got = repr(value) if isinstance(value, float) else f"[{items}]" if items else shown(value)
        raise refused(key, got, f"got {got}{hint}", KINDS[kind], limits)
    if not all(is_text(word) for word in (value if isinstance(value, list) else [value]) if isinstance(word, str)):
        raise ConfigError(f"{key}={shown(value)}: takes a text; leave out zero bytes and bytes that are no UTF-8")
    check(key, value, "units" if key == "network.hidden" else KINDS[kind], limits)
    return value


def widened(value: Any, kind: Any) -> Any:
    """Whole numbers as floats where a schema takes floats; -0.0 is 0.0."""
    if kind is float and type(value) in (int, float):
        return float(value) + 0.0
    if kind == list[float] and isinstance(value, list):
        return [widened(item, float) for item in value]
    return value


def of_kind(value: Any, kind: Any) -> bool:
    """Whether a value is of a schema's plain type."""
    if kind in ITEMS:
        return isinstance(value, list) and all(type(item) is ITEMS[kind] for item in value)
    return type(value) is kind


@cache
def kinds(conf: type) -> dict[str, tuple[Any, bool]]:
    """For each key of a schema class its plain type, such as `float` or `list[int]`, and whether it takes null."""
    found = {}
    for name, hint in typing.get_type_hints(conf).items():
        optional = isinstance(hint, types.UnionType)
        parts = [part for part in typing.get_args(hint) if part is not types.NoneType]
        found[name] = (parts[0] if optional else hint, optional)
    return found


def schema_field(config: Mapping[str, Any], key: str) -> tuple[type, Field[Any]] | None:
    """The schema class and the field of a dotted key in a composed configuration; None where there is none."""
    group, _, name = key.rpartition(".")
    conf = schema_of(config, group)
    return None if conf is None else next(((conf, spec) for spec in fields(conf) if spec.name == name), None)


def schema_of(config: Mapping[str, Any], group: str) -> type | None:
    """The schema class of a node; None where there is none, as for a network that a function builds."""
    if group == "network":
        return None if "_target_" in config["network"] else schema.NetworkConf
    if group in CONFS:
        return CONFS[group](config[group])
    return {
        "": schema.Config,
        "logging": schema.LoggingConf,
        "early_stopping": schema.EarlyStoppingConf,
        "executor": schema.ExecutorConf,
        "failure": schema.FailureConf,
    }.get(group)


def optimizer_conf(values: Mapping[str, Any]) -> type[schema.OptimizerConf]:
    """The schema of the optimizer that a configuration names."""
    return schema.OPTIMIZERS[_known(schema.OPTIMIZERS, values, "optimizer", "name")]


def schedule_conf(values: Mapping[str, Any]) -> type[schema.ScheduleConf]:
    """The schema of the learning-rate schedule that a configuration names."""
    return schema.SCHEDULES[_known(schema.SCHEDULES, values, "schedule", "name")]


def data_conf(values: Mapping[str, Any]) -> type[schema.DataConf]:
    """The schema of the kind of data that a configuration names."""
    return schema.DATA[_known(schema.DATA, values, "data", "kind")]


CONFS = {"optimizer": optimizer_conf, "schedule": schedule_conf, "data": data_conf}


def _known(known: Collection[str], values: Mapping[str, Any], group: str, key: str) -> str:
    name = values.get(key)
    if not isinstance(name, str) or name not in known:
        first = "csv" if group == "data" else min(known)
        missing = "" if key in values else f"; a file of your own starts with defaults: [{first}, _self_], say"
        raise ConfigError(
            f"{group}.{key}={shown(name)}: takes one of {', '.join(known)}{did_you_mean(str(name), known)}{missing}"
        )
    return name


def defaults(conf: type) -> dict[str, Any]:
    """The values of a schema class where a configuration gives none."""
    made = {spec.name: spec.default_factory for spec in fields(conf)}
    return {spec.name: factory() if callable(factory := made[spec.name]) else spec.default for spec in fields(conf)}
