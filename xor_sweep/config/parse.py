"""Parse once, at the edge: a composed configuration becomes a `RunSpec` and the command's `Settings`."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Collection, Mapping
from dataclasses import Field, fields
from functools import cache
from pathlib import Path
from typing import Any

from xor_sweep.config import schema
from xor_sweep.config.limits import Limits, check, did_you_mean, refused, shown
from xor_sweep.config.spec import DataSpec, LoggingSpec, NetworkSpec, OptimizerSpec, RunSpec, Settings
from xor_sweep.errors import ConfigError

KINDS = {float: "a number", int: "a whole number", bool: "true or false", str: "a word", list: "a list"}
EXPERIMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._=,+@-]{0,99}")


def parse(config: Mapping[str, Any]) -> tuple[RunSpec, Settings]:
    """Turn a composed and resolved configuration into typed values.

    Args:
        config: the job's keys as plain Python values, without the `hydra` node.

    Raises:
        ConfigError: where a value is of the wrong type or outside its limits, or where two values do not fit.
    """
    top = section(schema.Config, config, "")
    network = section(schema.NetworkConf, config["network"], "network.")
    optimizer = section(optimizer_conf(config["optimizer"]), config["optimizer"], "optimizer.")
    data = section(data_conf(config["data"]), config["data"], "data.")
    logging = section(schema.LoggingConf, config["logging"], "logging.")
    spec = RunSpec(
        network=NetworkSpec(**{**network, "hidden": tuple(network["hidden"])}),
        optimizer=OptimizerSpec(
            name=optimizer.pop("name"), learning_rate=optimizer.pop("learning_rate"), arguments=tuple(optimizer.items())
        ),
        data=DataSpec(name=data["name"], bits=data.get("bits", 2)),
        seed=top["seed"],
        steps=top["steps"],
    )
    settings = Settings(
        outputs=Path(top["outputs"]),
        experiment=top["experiment"],
        objective=top["objective"],
        direction=top["direction"],
        overwrite=top["overwrite"],
        dry_run=top["dry_run"],
        logging=LoggingSpec(**logging),
    )
    check_together(spec, settings)
    return spec, settings


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
        return value
    if kind is float and type(value) is int:
        value = float(value)
    if not of_kind(value, kind):
        words = "a list of whole numbers" if kind is list else KINDS[kind]
        swept = kind is not list and isinstance(value, list) and ",".join(map(shown, value))
        hint = f" (to sweep, write -m {key}={swept})" if swept else ""
        # A whole float is shown with its point: `steps=1e3` is refused as 1000.0.
        items = ",".join(map(repr, value)) if isinstance(value, list) else ""
        got = repr(value) if isinstance(value, float) else f"[{items}]" if items else shown(value)
        raise refused(key, got, f"got {got}{hint}", words, limits)
    check(key, value, "units" if kind is list else KINDS[kind], limits)
    return value + 0.0 if kind is float else value  # -0.0 is 0.0


def of_kind(value: Any, kind: type) -> bool:
    """Whether a value is of a schema's plain type; every list in the schema is one of whole numbers."""
    if kind is list:
        return isinstance(value, list) and all(type(item) is int for item in value)
    return type(value) is kind


@cache
def kinds(conf: type) -> dict[str, tuple[type, bool]]:
    """For each key of a schema class its plain type and whether it takes null."""
    found = {}
    for name, hint in typing.get_type_hints(conf).items():
        parts = [part for part in typing.get_args(hint) if part is not types.NoneType]
        optional = isinstance(hint, types.UnionType)
        plain = parts[0] if optional else hint
        found[name] = (typing.get_origin(plain) or plain, optional)
    return found


def schema_field(config: Mapping[str, Any], key: str) -> tuple[type, Field[Any]] | None:
    """The schema class and the field of a dotted key in a composed configuration; None where there is none."""
    group, _, name = key.rpartition(".")
    if group not in ("", "network", "optimizer", "data", "logging"):
        return None
    if group == "optimizer":
        conf: type = optimizer_conf(config["optimizer"])
    elif group == "data":
        conf = data_conf(config["data"])
    else:
        conf = {"": schema.Config, "network": schema.NetworkConf, "logging": schema.LoggingConf}[group]
    return next(((conf, spec) for spec in fields(conf) if spec.name == name), None)


def optimizer_conf(values: Mapping[str, Any]) -> type[schema.OptimizerConf]:
    """The schema of the optimizer that a configuration names."""
    return schema.OPTIMIZERS[_known(schema.OPTIMIZERS, values, "optimizer")]


def data_conf(values: Mapping[str, Any]) -> type[schema.DataConf]:
    """The schema of the data set that a configuration names."""
    return schema.DATA[_known(schema.DATA, values, "data")]


def _known(known: Collection[str], values: Mapping[str, Any], group: str) -> str:
    name = values.get("name")
    if name not in known:
        raise ConfigError(
            f"{group}.name={shown(name)}: takes one of {', '.join(known)}{did_you_mean(str(name), known)}"
        )
    return str(name)


def defaults(conf: type) -> dict[str, Any]:
    """The values of a schema class where a configuration gives none."""
    made = {spec.name: spec.default_factory for spec in fields(conf)}
    return {spec.name: factory() if callable(factory := made[spec.name]) else spec.default for spec in fields(conf)}


def check_together(spec: RunSpec, settings: Settings) -> None:
    """Hold values against each other.

    Raises:
        ConfigError: where two of them do not fit.
    """
    if not EXPERIMENT.fullmatch(settings.experiment):
        raise ConfigError(
            f"experiment={settings.experiment}: takes a directory's name of letters, digits and . _ - = , + @ "
            f"(at most 100, no / and no leading dot or dash); write experiment=my_sweep, say"
        )
    if settings.outputs == Path():
        raise ConfigError("outputs=: takes a directory; write outputs=outputs, say, or outputs=$PWD for this one")
    if str(settings.outputs).startswith("~"):
        raise ConfigError(f"outputs={settings.outputs}: ~ stands for nothing here; write outputs=$HOME/…")
    if settings.objective == "final_accuracy" and settings.direction == "minimize":
        raise ConfigError("objective=final_accuracy: a larger accuracy is better; add direction=maximize")
    if settings.objective != "final_accuracy" and settings.direction == "maximize":
        raise ConfigError(f"direction=maximize: a smaller {settings.objective} is better; leave direction out")
    arguments = dict(spec.optimizer.arguments)
    clips = [name for name in ("clipnorm", "clipvalue", "global_clipnorm") if arguments[name] is not None]
    if len(clips) > 1:
        raise ConfigError(f"optimizer.{clips[0]} and optimizer.{clips[1]}: Keras takes one of the two; set one to null")
