"""Runs for tests, from a few values: what is not given stands at its schema default."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode

from xor_sweep.commandline import hydra_here
from xor_sweep.config import RunSpec, Settings, parse, schema
from xor_sweep.config.parse import defaults
from xor_sweep.jobs import Composer, Job


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


def jobs(*overrides: Sequence[str], swept: tuple[str, ...] = ()) -> list[Job]:
    """The jobs of a command, composed from conf/ by Hydra.

    Args:
        *overrides: of each job, as on a command line.
        swept: the keys that the command sweeps; where there are none, every override names the run.
    """
    composer = composer_of(swept)
    return [composer.job(number, words) for number, words in enumerate(overrides)]


@cache
def composer_of(swept: tuple[str, ...]) -> Composer:
    with hydra_here() as loader:
        hydra = GlobalHydra.instance().hydra
        assert hydra is not None
        master = hydra.compose_config("config", [], run_mode=RunMode.MULTIRUN, with_log_configuration=False)
        return Composer(loader, master, swept)
