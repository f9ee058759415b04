"""A finished run's spec, rebuilt from the configuration that was recorded for it: what trains it again needs no more.

The record may be another's. It is read as plain values, and may name functions of modules that this command trusts,
as a configuration file may. Only a spec with the result's own identity counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xor_sweep.config import RunSpec, earlier_identity, file_identity, identity, schema
from xor_sweep.config.values import defaults
from xor_sweep.errors import ConfigError
from xor_sweep.jobs import spec_from
from xor_sweep.results import RunResult
from xor_sweep.summary.best_config import Record, nodes_of, plain_values

NODES = {"logging": schema.LoggingConf, "executor": schema.ExecutorConf, "failure": schema.FailureConf}
"""Nodes that change no number of a run."""


def rebuild(result: RunResult, config: Mapping[str, Any], trusted: Sequence[str]) -> RunSpec:
    """Return the spec of a finished run.

    Args:
        result: of the run.
        config: its recorded configuration.
        trusted: modules whose functions the record may name.

    Raises:
        ConfigError: if the record is not a whole configuration of this release, names a function that is not trusted
            or data that is not there, or is that of another run by now.
    """
    record = Record(config)
    try:
        nodes = nodes_of(record, result)
        values = plain_values(record, nodes["data"][0])
        named = {group: node for group, (_, node) in nodes.items()}
        named["optimizer"] = {"name": nodes["optimizer"][0], "learning_rate": values["lr"], **named["optimizer"]}
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError("its recorded configuration cannot be read") from error
    if record.unknown:
        raise ConfigError(f"{record.unknown[0]} was looked up when it began, and is not known")
    named["schedule"] = {"name": nodes["schedule"][0], **named["schedule"]}
    named["data"] = {"kind": nodes["data"][0], "name": "rebuilt", **named["data"]}
    unchanged = defaults(schema.Config) | {key: defaults(conf) for key, conf in NODES.items()}
    own = {"experiment": "rebuilt", "trusted_modules": list(trusted)}
    spec = spec_from(unchanged | values | named | own)
    if earlier_identity(spec) == result.identity:
        raise ConfigError("data.seed drew the order of its batches up to release 0.2.0, and seed does now")
    if result.identity not in (identity(spec), file_identity(spec)):
        raise ConfigError("its data, a function of it or the meaning of its configuration has changed since")
    return spec
