"""Runs for tests, from a few values: what is not given stands at its schema default."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import yaml
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode

from xor_sweep.commandline import hydra_here
from xor_sweep.config import RunSpec, Settings, parse, schema
from xor_sweep.config.schema.data import FUNCTION, STEM
from xor_sweep.config.values import defaults
from xor_sweep.data import dataset, with_content
from xor_sweep.jobs import Composer, Job
from xor_sweep.names import function_of, stem_of
from xor_sweep.places import CONF
from xor_sweep.shapes import shape_of
from xor_sweep.structure import NetworkFacts, Structure, structure_of


def config(values: Mapping[str, Any] | None = None, **top: Any) -> dict[str, Any]:
    """A composed and resolved configuration.

    Args:
        values: by dotted key, as `{"optimizer.momentum": 0.9}`; `optimizer`, `schedule`, `data` and `network` choose by
            name, or give a node as a whole.
        **top: the same for keys at the top, as `lr=0.1`.
    """
    given = {**(values or {}), **top}
    composed = defaults(schema.Config)
    for node in NODES:
        composed[node] = defaults(NODES[node])
    composed["optimizer"] = defaults(schema.OPTIMIZERS[given.pop("optimizer", "adam")])
    composed["schedule"] = defaults(schema.SCHEDULES[given.pop("schedule", "constant")])
    data = given.pop("data", "xor")
    composed["data"] = copy.deepcopy(data) if isinstance(data, dict) else defaults(schema.DATA[data])
    truth_table = composed["data"]["kind"] in schema.TRUTH_TABLES
    network = given.pop("network", "xor" if truth_table else "mlp")
    composed["network"] = copy.deepcopy(network) if isinstance(network, dict) else network_of(network)
    composed["optimizer"]["learning_rate"] = given.get("lr", composed["lr"])
    for key, value in given.items():
        group, _, name = key.rpartition(".")
        (composed[group] if group else composed)[name] = copy.copy(value)
    named = composed["data"]
    if named["name"] == STEM:
        named["name"] = stem_of(named["path"])
    if named["name"] == FUNCTION:
        named["name"] = function_of(named["_target_"])
    if "experiment" not in given:
        composed["experiment"] = named["name"]
    return composed


NODES = {
    "logging": schema.LoggingConf,
    "early_stopping": schema.EarlyStoppingConf,
    "executor": schema.ExecutorConf,
    "failure": schema.FailureConf,
}


def network_of(name: str) -> dict[str, Any]:
    """The keys of an option of conf/network/."""
    values = dict(yaml.safe_load((CONF / "network" / f"{name}.yaml").read_text()))
    values.pop("defaults", None)
    return values


def parsed(values: Mapping[str, Any] | None = None, **top: Any) -> tuple[RunSpec, Settings]:
    """What `parse` makes of `config(...)`, with the hash of the data's content, as `jobs.read_spec` has it."""
    spec, settings = parse(config(values, **top))
    return replace(spec, data=with_content(spec.data)), settings


def spec(values: Mapping[str, Any] | None = None, **top: Any) -> RunSpec:
    """The spec of `config(...)`: `spec({"optimizer.momentum": 0.9}, optimizer="sgd", lr=0.1)`."""
    return parsed(values, **top)[0]


def structure(run: RunSpec, facts: NetworkFacts | None = None) -> Structure:
    """The structure of a run, whose data is read; `facts` are those of a network of the user's own."""
    return structure_of(run, shape_of(dataset(run.data)), facts)


def work(runs: Sequence[RunSpec]) -> list[tuple[RunSpec, Structure]]:
    """What `plan` takes: runs with their structures."""
    return [(run, structure(run)) for run in runs]


def jobs(*overrides: Sequence[str], swept: tuple[str, ...] = ()) -> list[Job]:
    """The jobs of a command, composed from conf/ by Hydra.

    Args:
        *overrides: of each job, as on a command line.
        swept: the keys that the command sweeps; where there are none, every override names the run.
    """
    composer = composer_of(swept)
    # A call of `xor_sweep.sweep` in between leaves Hydra without it, as it found it.
    schema.register()
    return [composer.job(number, words) for number, words in enumerate(overrides)]


@cache
def composer_of(swept: tuple[str, ...]) -> Composer:
    with hydra_here() as loader:
        hydra = GlobalHydra.instance().hydra
        assert hydra is not None
        master = hydra.compose_config("config", [], run_mode=RunMode.MULTIRUN, with_log_configuration=False)
        return Composer(loader, master, swept)
