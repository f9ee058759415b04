"""A run's identity: a hash of its canonical spec, of values and not of spellings."""

from __future__ import annotations

import hashlib
import json
from dataclasses import MISSING, asdict, fields, replace
from functools import cache
from typing import Any, TypeVar

from xor_sweep.calls import Call
from xor_sweep.config import schema
from xor_sweep.config.meanings import changed, changed_metric
from xor_sweep.config.parse import BATCH_SIZE, EPOCHS, STEPS, hashable, table_values
from xor_sweep.config.spec import DataSpec, RunSpec, TrainingSpec
from xor_sweep.config.values import defaults

T = TypeVar("T")

OUTSIDE = frozenset(
    {
        "direction",
        "dry_run",
        "executor",
        "experiment",
        "failure",
        "hydra",
        "logging",
        "objective",
        "outputs",
        "overwrite",
        "save",
        "solved_accuracy",
        "sweep",
        "trusted_modules",
    }
)
"""Top-level keys that do not change a run's numbers, and so neither its identity nor its name."""


BATCH_ORDER = "seed"
"""The key that draws the order of mini-batches. Up to release 0.2.0 it was `data.seed`, whatever the run's seed."""


def identity(spec: RunSpec) -> str:
    """The SHA-256 of the canonical spec, 64 hex digits."""
    return _digest(canonical(spec))


def earlier_identity(spec: RunSpec) -> str | None:
    """Return the identity of the run whose mini-batches follow `data.seed`, as up to 0.2.0; None without batches."""
    values = canonical(by_files(spec))
    return _digest(values) if values.pop("batch_order", None) else None


def file_identity(spec: RunSpec) -> str | None:
    """Return the identity that a run had up to 0.2.0, which knew its functions by their files.

    None if it has no such functions, or if it is not what it was then because it has batches.
    """
    before = by_files(spec)
    return None if before == spec or batch_order(spec) else _digest(canonical(before))


def by_files(spec: RunSpec) -> RunSpec:
    """Return a spec whose functions are known by their files, as up to 0.2.0."""
    training = spec.training
    data = replace(spec.data, call=_by_file(spec.data.call))
    if data.call is not None:
        data = replace(data, sha256=data.call.source)
    metrics = tuple(map(_by_file, training.metrics))
    training = replace(training, loss=_by_file(training.loss), metrics=metrics)
    return replace(spec, network=_by_file(spec.network), data=data, training=training)


def calls_of(spec: RunSpec) -> list[Call]:
    """Return the functions of the user's that a run calls."""
    called = (spec.network, spec.data.call, spec.training.loss, *spec.training.metrics)
    return [call for call in called if isinstance(call, Call) and call.source]


def codes_of(spec: RunSpec) -> dict[str, str]:
    """Return the hashes of the code of a run's functions, by the hashes of their files; also of what one returns."""
    codes = {call.file_source: call.source for call in calls_of(spec) if call.file_source}
    returned = spec.data.call
    return codes | ({f"{returned.file_source}()": spec.data.sha256} if returned and returned.file_source else {})


def _by_file(value: T) -> T:
    if isinstance(value, Call) and value.file_source:
        return replace(value, source=value.file_source)
    return value


def batch_order(spec: RunSpec) -> str | None:
    """Return which key draws the order of a run's batches; None if each update sees the whole training part."""
    return None if spec.training.batch_size is None else BATCH_ORDER


def _digest(values: dict[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(spec: RunSpec) -> dict[str, Any]:
    """The spec's values by dotted key, those at their schema default left out.

    A key that a later release adds with a default therefore retrains nothing.
    """
    values: dict[str, Any] = {"seed": spec.seed, "lr": spec.optimizer.learning_rate, "optimizer": spec.optimizer.name}
    values |= {f"optimizer.{key}": value for key, value in spec.optimizer.arguments}
    if spec.schedule:
        values |= {"schedule": spec.schedule.name}
        values |= {f"schedule.{key}": value for key, value in spec.schedule.arguments}
    if isinstance(spec.network, Call):
        values |= called("network", spec.network)
    else:
        values |= {f"network.{key.name}": getattr(spec.network, key.name) for key in fields(spec.network)}
    values |= of_data(spec.data) | of_training(spec.training) | changed(spec)
    values["metrics"] = tuple(metric_values(item, spec) for item in spec.training.metrics)
    values |= {"batch_order": order} if (order := batch_order(spec)) else {}
    schedule = spec.schedule.name if spec.schedule else "constant"
    unchanged = default_values(spec.optimizer.name, schedule, spec.data.kind)
    return {key: value for key, value in values.items() if key not in unchanged or unchanged[key] != value}


def of_data(data: DataSpec) -> dict[str, Any]:
    """The values of the data: its content and how it is read, and not where it lies or what it is called."""
    values = {f"data.{field.name}": getattr(data, field.name) for field in fields(data) if field.name != "call"}
    if data.kind != "sklearn":
        del values["data.name"]
    del values["data.path"]
    values["data"] = values.pop("data.kind")
    return values | (called("data.call", data.call) if data.call else {})


def of_training(training: TrainingSpec) -> dict[str, Any]:
    """The values of the training, steps or epochs being the one that is given."""
    values: dict[str, Any] = {"batch_size": training.batch_size, "class_weight": training.class_weight}
    values |= {"epochs": training.epochs} if training.steps is None else {"steps": training.steps}
    values |= called("loss", training.loss) if isinstance(training.loss, Call) else {"loss": training.loss}
    if training.early_stopping:
        values |= {f"early_stopping.{key}": value for key, value in asdict(training.early_stopping).items()}
    return values


def metric_values(metric: str | Call, spec: RunSpec) -> Any:
    """A metric's name, or its function with its arguments; marked where releases up to 0.2.0 gave another value."""
    values = called("", metric) if isinstance(metric, Call) else metric
    return {"metric": values, "form": 2} if changed_metric(metric, spec) else values


def called(key: str, call: Call) -> dict[str, Any]:
    """The values of a function: its name, its source and its arguments."""
    return {f"{key}._target_": call.target, f"{key}._source_": call.source, f"{key}._arguments_": call.arguments}


def usual_training(data: str) -> dict[str, int | None]:
    """How long runs on a kind of data train, and in which batches, where nobody says it."""
    truth_table = data in schema.TRUTH_TABLES
    return {"steps": STEPS, "batch_size": None} if truth_table else {"epochs": EPOCHS, "batch_size": BATCH_SIZE}


@cache
def default_values(optimizer: str, schedule: str, data: str) -> dict[str, Any]:
    """The schema's defaults by dotted key, for one optimizer, one schedule and one kind of data."""
    top = defaults(schema.Config)
    values = {key: top[key] for key in ("lr", "seed", "loss", "metrics", "class_weight")}
    values |= {"optimizer": "adam", "schedule": "constant", "data": "xor"}
    values |= usual_training(data)
    for prefix, conf in (
        ("network", schema.NetworkConf),
        ("optimizer", schema.OPTIMIZERS[optimizer]),
        ("schedule", schema.SCHEDULES[schedule]),
        ("early_stopping", schema.EarlyStoppingConf),
    ):
        values |= {f"{prefix}.{key}": value for key, value in defaults(conf).items()}
    # What a kind of data has no key for stands in its spec at the spec's own default.
    values |= {f"data.{field.name}": field.default for field in fields(DataSpec) if field.default is not MISSING}
    of_kind = defaults(schema.DATA[data])
    of_kind |= table_values(of_kind) if "dtype" in of_kind else {}
    values |= {f"data.{key}": value for key, value in of_kind.items()}
    if data == "xor":
        values["data.bits"] = 2
    return {key: hashable(value) for key, value in values.items()}
