"""The typed schema of conf/: every key with its type, its default and the values that it takes.

Hydra validates types against these dataclasses while it composes; `xor_sweep.config.parse` holds the limits.
"""

from __future__ import annotations

from hydra.core.config_store import ConfigStore

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


def register() -> None:
    """Give Hydra the schema, so that conf/'s files can name it in their defaults lists.

    The groups' schemas stand below `hydra/schema`, where `--help` does not list them as choices. The options that name
    a function of the user's, `network=custom` and `data=python`, have none: Hydra would refuse the arguments.
    """
    store = ConfigStore.instance()
    store.store(name="schema", node=Config)
    store.store(group="hydra/schema", name="network", node=NetworkConf)
    store.store(group="hydra/schema", name="logging", node=LoggingConf)
    for name, optimizer in OPTIMIZERS.items():
        store.store(group="hydra/schema/optimizer", name=name, node=optimizer)
    for name, schedule in SCHEDULES.items():
        store.store(group="hydra/schema/schedule", name=name, node=schedule)
    for name, data in DATA.items():
        if data is not PythonConf:
            store.store(group="hydra/schema/data", name=name, node=data)
