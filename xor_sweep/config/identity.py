"""A run's identity: a hash of its canonical spec, of values and not of spellings."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import cache
from typing import Any

from xor_sweep.config import schema
from xor_sweep.config.parse import defaults
from xor_sweep.config.spec import RunSpec

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
        "sweep",
    }
)
"""Top-level keys that do not change a run's numbers, and so neither its identity nor its name."""


def identity(spec: RunSpec) -> str:
    """The SHA-256 of the canonical spec, 64 hex digits."""
    text = json.dumps(canonical(spec), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(spec: RunSpec) -> dict[str, Any]:
    """The spec's values by dotted key, those at their schema default left out.

    A key that a later release adds with a default therefore retrains nothing.
    """
    values: dict[str, Any] = {"seed": spec.seed, "steps": spec.steps}
    values |= {f"network.{key}": value for key, value in asdict(spec.network).items()}
    values |= {"data": spec.data.name, "data.bits": spec.data.bits}
    values |= {"optimizer": spec.optimizer.name, "lr": spec.optimizer.learning_rate}
    values |= {f"optimizer.{key}": value for key, value in spec.optimizer.arguments}
    unchanged = default_values(spec.optimizer.name, spec.data.name)
    return {key: value for key, value in values.items() if key not in unchanged or unchanged[key] != value}


@cache
def default_values(optimizer: str, data: str) -> dict[str, Any]:
    """The schema's defaults by dotted key, for one optimizer and one data set."""
    top = defaults(schema.Config)
    values = {"lr": top["lr"], "seed": top["seed"], "steps": top["steps"], "optimizer": "adam", "data": "xor"}
    network = defaults(schema.NetworkConf)
    values |= {f"network.{key}": value for key, value in network.items()}
    values["network.hidden"] = tuple(network["hidden"])
    values["data.bits"] = defaults(schema.DATA[data]).get("bits", 2)
    values |= {f"optimizer.{key}": value for key, value in defaults(schema.OPTIMIZERS[optimizer]).items()}
    return values
