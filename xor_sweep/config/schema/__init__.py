"""The typed schema of conf/: every key with its type, its default and the values that it takes.

Hydra validates types against these dataclasses while it composes; `xor_sweep.config.parse` holds the limits.
"""

from __future__ import annotations

from collections.abc import Iterator

from hydra.core.config_store import ConfigNode, ConfigStore

from xor_sweep.config.schema.data import DATA, SKLEARN, TRUTH_TABLES, DataConf, ParityConf, PythonConf, XorConf
from xor_sweep.config.schema.network import NetworkConf
from xor_sweep.config.schema.optimizers import OPTIMIZERS, OptimizerConf
from xor_sweep.config.schema.schedules import SCHEDULES, ScheduleConf
from xor_sweep.config.schema.top import (
    DIRECTIONS,
    OBJECTIVES,
    Config,
    EarlyStoppingConf,
    ExecutorConf,
    FailureConf,
    LoggingConf,
)
from xor_sweep.config.schema.words import ACTIVATIONS, INITIALIZERS, LOSSES, METRICS, OUTPUT_ACTIVATIONS

__all__ = [
    "ACTIVATIONS",
    "DATA",
    "DIRECTIONS",
    "INITIALIZERS",
    "LOSSES",
    "METRICS",
    "OBJECTIVES",
    "OPTIMIZERS",
    "OUTPUT_ACTIVATIONS",
    "SCHEDULES",
    "SKLEARN",
    "TRUTH_TABLES",
    "Config",
    "DataConf",
    "EarlyStoppingConf",
    "ExecutorConf",
    "FailureConf",
    "LoggingConf",
    "NetworkConf",
    "OptimizerConf",
    "ParityConf",
    "PythonConf",
    "ScheduleConf",
    "XorConf",
    "register",
]


PROVIDER = "xor_sweep"
"""What the nodes of Hydra's store say that they come from."""


def register() -> None:
    """Give Hydra the schema, so that conf/'s files can name it in their defaults lists.

    The groups' schemas stand below `hydra/schema`, where `--help` does not list them as choices. The options that name
    a function of the user's, `network=custom` and `data=python`, have none: Hydra would refuse the arguments.
    A store that has the schema already is left as it is: making the nodes takes a fifth of a short command's time.
    """
    store = ConfigStore.instance()
    first = store.repo.get("schema.yaml")
    if isinstance(first, ConfigNode) and first.provider == PROVIDER:
        return
    for group, name, node in _nodes():
        store.store(group=group, name=name, node=node, provider=PROVIDER)
    store.store(name="schema", node=Config, provider=PROVIDER)


def _nodes() -> Iterator[tuple[str, str, type]]:
    """Every group's schemas, each with its group and its name there."""
    yield "hydra/schema", "network", NetworkConf
    yield "hydra/schema", "logging", LoggingConf
    for group, nodes in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES), ("data", DATA)):
        for name, node in nodes.items():
            if node is not PythonConf:
                yield f"hydra/schema/{group}", name, node
