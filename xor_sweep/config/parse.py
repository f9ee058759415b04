"""Parse once, at the edge: a composed configuration becomes a `RunSpec` and the command's `Settings`."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from xor_sweep.calls import Call
from xor_sweep.config import schema
from xor_sweep.config.call import call_of
from xor_sweep.config.limits import shown
from xor_sweep.config.once import Once
from xor_sweep.config.schema import tables
from xor_sweep.config.spec import (
    DataSpec,
    EarlyStoppingSpec,
    LoggingSpec,
    NetworkSpec,
    OptimizerSpec,
    RunSpec,
    ScheduleSpec,
    Settings,
    TrainingSpec,
)
from xor_sweep.config.together import check_together
from xor_sweep.config.trust import check_module_names
from xor_sweep.config.values import data_conf, optimizer_conf, schedule_conf, section
from xor_sweep.errors import ConfigError

STEPS = 10_001
"""Of a truth table, where a configuration says neither steps nor epochs."""

EPOCHS = 30
BATCH_SIZE = 32
"""Of other data: Keras's own batch size."""


def parse(config: Mapping[str, Any], once: Once | None = None) -> tuple[RunSpec, Settings]:
    """Turn a composed and resolved configuration into typed values.

    Args:
        config: the job's keys as plain Python values, without the `hydra` node.
        once: knows what was made of other jobs' nodes, where jobs share them.

    Raises:
        ConfigError: where a value is of the wrong type or outside its limits, where two values do not fit, or where a
            function may not be called.
    """
    once = once or Once()
    top = section(schema.Config, config, "")
    trusted = tuple(top["trusted_modules"])
    check_module_names(trusted)
    data = once.made(config["data"], data_spec, trusted)
    spec = RunSpec(
        network=once.made(config["network"], network_spec, trusted),
        optimizer=once.made(config["optimizer"], optimizer_spec),
        schedule=once.made(config["schedule"], schedule_spec),
        data=data,
        training=once.equal(
            training_spec(top, data, once.made(config["early_stopping"], early_stopping_spec), trusted)
        ),
        seed=top["seed"],
    )
    settings = Settings(
        outputs=Path(top["outputs"]),
        experiment=top["experiment"],
        objective=top["objective"],
        direction=top["direction"],
        solved_accuracy=top["solved_accuracy"],
        overwrite=top["overwrite"],
        dry_run=top["dry_run"],
        logging=once.made(config["logging"], logging_spec),
        save=top["save"],
        checkpoint_seconds=section(schema.ExecutorConf, config["executor"], "executor.")["checkpoint_seconds"],
        failure_policy=section(schema.FailureConf, config["failure"], "failure.")["policy"],
        trusted_modules=trusted,
    )
    check_together(spec, settings)
    return spec, once.equal(settings)


def network_spec(node: Mapping[str, Any], trusted: Sequence[str]) -> NetworkSpec | Call:
    """A chain of dense layers, or the function that builds a network."""
    if "_target_" in node:
        return call_of(node, "network", trusted)
    network = section(schema.NetworkConf, node, "network.")
    return NetworkSpec(**{**network, "hidden": tuple(network["hidden"])})


def optimizer_spec(node: Mapping[str, Any]) -> OptimizerSpec:
    """An optimizer and all its arguments."""
    values = section(optimizer_conf(node), node, "optimizer.")
    name, rate = values.pop("name"), values.pop("learning_rate")
    return OptimizerSpec(name, rate, tuple((key, hashable(value)) for key, value in values.items()))


def schedule_spec(node: Mapping[str, Any]) -> ScheduleSpec | None:
    """A schedule and all its arguments; None for a learning rate that stays."""
    values = section(schedule_conf(node), node, "schedule.")
    name = values.pop("name")
    if name == "constant":
        return None
    return ScheduleSpec(name, tuple((key, hashable(value)) for key, value in values.items()))


def data_spec(node: Mapping[str, Any], trusted: Sequence[str]) -> DataSpec:
    """The data, without the hash of its content."""
    conf = data_conf(node)
    known = {field.name for field in fields(conf)}
    function = {key: value for key, value in node.items() if key not in known} if conf is schema.PythonConf else {}
    values = section(conf, {key: value for key, value in node.items() if key not in function}, "data.")
    if conf is schema.PythonConf:
        values["call"] = call_of({"_target_": None, **function}, "data", trusted)
    if conf is schema.XorConf:
        values["bits"] = 2
    if "dtype" in values:
        values |= table_values(values)
    return DataSpec(**{key: hashable(value) for key, value in values.items()})


def table_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of tables as values, and not as they may be spelled."""
    na_values, encoding = values["na_values"], values.get("encoding")
    return {
        **{key: tables.mark(values[key]) for key in ("separator", "decimal", "thousands") if key in values},
        **({"encoding": codecs.lookup(encoding).name if encoding else ""} if "encoding" in values else {}),
        "na_values": None if na_values is None else tuple(sorted(set(map(shown, na_values)))),
        "dtype": tuple((name, kind) for name, (kind,) in tables.by_column(values["dtype"])),
        "order": tables.by_column(values["order"]),
    }


def logging_spec(node: Mapping[str, Any]) -> LoggingSpec:
    """What event files hold."""
    return LoggingSpec(**section(schema.LoggingConf, node, "logging."))


def early_stopping_spec(node: Mapping[str, Any]) -> EarlyStoppingSpec | None:
    """When a run ends early; None where it does not."""
    stopping = section(schema.EarlyStoppingConf, node, "early_stopping.")
    return None if stopping["patience"] is None else EarlyStoppingSpec(**stopping)


def training_spec(
    top: Mapping[str, Any], data: DataSpec, early_stopping: EarlyStoppingSpec | None, trusted: Sequence[str]
) -> TrainingSpec:
    """How a network is trained, with what `auto` and null stand for with this data.

    Raises:
        ConfigError: where both steps and epochs are given, or a truth table, which is learnt whole, gets a batch size.
    """
    steps, epochs, batch_size = top["steps"], top["epochs"], top["batch_size"]
    if steps is not None and epochs is not None:
        raise ConfigError(f"steps={steps} and epochs={epochs}: one or the other; leave one out")
    if data.truth_table:
        if type(batch_size) is int:
            raise ConfigError(
                f"batch_size={batch_size}: {data.name} has few points, and each update is on all of them; leave it out"
            )
        # An epoch of a truth table is a step, since its only batch holds all points.
        steps, epochs, batch_size = steps or epochs or STEPS, None, None
    else:
        epochs = EPOCHS if steps is None and epochs is None else epochs
        batch_size = BATCH_SIZE if batch_size == "auto" else batch_size
    return TrainingSpec(
        steps=steps,
        epochs=epochs,
        batch_size=batch_size,
        loss=named_or_call(top["loss"], "loss", trusted),
        metrics=tuple(named_or_call(item, f"metrics.{k}", trusted) for k, item in enumerate(top["metrics"])),
        class_weight=class_weight(top["class_weight"]),
        early_stopping=early_stopping,
    )


def named_or_call(value: Any, key: str, trusted: Sequence[str]) -> Any:
    """A name of Keras's as it is, a node as a `Call`."""
    return call_of(value, key, trusted) if isinstance(value, dict) else value


def class_weight(value: Any) -> str | tuple[float, ...] | None:
    """Numbers as a tuple, a word as it is."""
    return tuple(map(float, value)) if isinstance(value, list) else value


def hashable(value: Any) -> Any:
    """A list as a tuple."""
    return tuple(value) if isinstance(value, list) else value
