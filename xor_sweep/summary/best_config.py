"""`best.yaml`: the best configuration's run at the median, as a configuration that trains it again.

It names the options of our own groups and gives every value that changes a run's numbers, those at their defaults too:
so it means the same in a later release that has other defaults, and an option of the person's own is not needed again.
What such a file may say, and what others may not put into it, is `xor_sweep.primary`'s.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

from omegaconf import MISSING

from xor_sweep.config import schema
from xor_sweep.config.parse import BATCH_SIZE, EPOCHS, STEPS
from xor_sweep.config.trust import targets
from xor_sweep.config.values import defaults, typed
from xor_sweep.errors import ConfigError
from xor_sweep.fast_yaml import dump_config
from xor_sweep.given import PREFIX, is_given
from xor_sweep.names import experiment_of
from xor_sweep.references import UnresolvedError, resolve
from xor_sweep.results import RunResult
from xor_sweep.runs import SweepPaths
from xor_sweep.summary.columns import named_values
from xor_sweep.visible import one_line

OUTPUTS = "outputs"
"""Where sweep directories go unless the command line says otherwise."""

LR = "${lr}"
"""What an optimizer's learning rate is unless it has one of its own."""

SUFFIX, MOST = "_best", 100
"""What the new sweep's name ends with, and characters of the name of one."""

TOP = ("lr", "seed", "loss", "metrics", "class_weight")
"""Keys at the top that change a run's numbers, apart from those that say how long it trains."""


@dataclass
class Record:
    """A run's configuration as it was recorded, which may be another's.

    Attributes:
        config: its keys with plain values, references to other keys as they are.
        unknown: dotted keys whose values are not in it, for they were looked up when the run began.
    """

    config: Mapping[str, Any]
    unknown: list[str] = field(default_factory=list)

    def values(self, key: str) -> dict[str, Any]:
        """The keys of a node; none where there is none, as in the records of releases that had no such node.

        Raises:
            TypeError: where it is no node.
        """
        node = self.config.get(key, {})
        if not isinstance(node, dict):
            raise TypeError(f"{key} is no node")
        return {name: self.value(f"{key}.{name}", item) for name, item in node.items()}

    def value(self, key: str, value: Any) -> Any:
        """A value with what its references stand for; `MISSING` where that cannot be told."""
        if isinstance(value, dict):
            return {name: self.value(f"{key}.{name}", item) for name, item in value.items()}
        if isinstance(value, list):
            items = [self.value(f"{key}.{index}", item) for index, item in enumerate(value)]
            return MISSING if MISSING in items else items
        try:
            if value != MISSING:
                return resolve(self.config, value, tuple(key.split(".")))
        except UnresolvedError:
            pass
        self.unknown.append(key)
        return MISSING


class BestConfig(NamedTuple):
    """What trains the best configuration again.

    Attributes:
        text: of `best.yaml`.
        needs: what the command that names it needs beside it, a line each.
    """

    text: str
    needs: tuple[str, ...]


def best_config(
    sweep: SweepPaths, result: RunResult, config: Mapping[str, Any], objective: str, direction: str
) -> BestConfig | None:
    """What `best.yaml` says; None where the record of the run is none that this release could train.

    Args:
        sweep: the sweep directory.
        result: of the best configuration's run at the median.
        config: its recorded configuration.
        objective, direction: what ranked it.
    """
    record = Record(config)
    try:
        nodes = nodes_of(record, result)
        values = {
            "experiment": best_experiment(sweep),
            "objective": objective,
            "direction": direction,
            **plain_values(record, nodes["data"][0]),
            **{group: node for group, (_, node) in nodes.items() if node},
        }
        overrides = [{f"override /{group}": option} for group, (option, _) in nodes.items()]
        text = dump_config({"defaults": ["config", "_self_", *overrides]} | values)
    except (ConfigError, KeyError, TypeError, ValueError):
        return None
    needs = tuple(map(one_line, [*needs_of(values, record.unknown), *reordered(values, result)]))
    lines = [*comment(sweep, result, objective, values["experiment"]), *needs]
    return BestConfig("".join(f"# {one_line(line)}\n" for line in lines) + text, needs)


def nodes_of(record: Record, result: RunResult) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return each group's option and values, as a run's record has them."""
    kind, data = data_of(record)
    usual = "xor" if kind in schema.TRUTH_TABLES else "mlp"
    return {
        "network": network_of(record, result, usual),
        "optimizer": optimizer_of(record),
        "schedule": schedule_of(record),
        "data": (kind, data),
    }


def plain_values(record: Record, kind: str) -> dict[str, Any]:
    """Return the keys at the top that change a run's numbers, with early stopping.

    Args:
        record: of the run.
        kind: of its data.
    """
    top = {key: _typed(key, record.value(key, record.config[key])) for key in TOP if key in record.config}
    stopping = held(schema.EarlyStoppingConf, record.values("early_stopping"), "early_stopping.")
    return {**top, **how_long(record, kind), "early_stopping": stopping}


def network_of(record: Record, result: RunResult, usual: str) -> tuple[str, dict[str, Any]]:
    """The network's option and values; all chains of layers have the same keys, so one of ours stands for any.

    Args:
        record, result: of the run.
        usual: the option with this kind of data.
    """
    node = record.values("network")
    if "_target_" in node:
        return "custom", node
    asked = named_values(result).get("network", usual)
    return "xor" if asked == "xor" else "mlp", held(schema.NetworkConf, node, "network.")


def optimizer_of(record: Record) -> tuple[str, dict[str, Any]]:
    """The optimizer and its arguments; without its learning rate where that is `lr`, as the option says."""
    node, name = record.values("optimizer"), record.config["optimizer"]["name"]
    follows = record.config["optimizer"].get("learning_rate", LR) == LR
    without = ("name", "learning_rate") if follows else ("name",)
    return name, held(schema.OPTIMIZERS[name], node, "optimizer.", without)


def schedule_of(record: Record) -> tuple[str, dict[str, Any]]:
    """The schedule and its arguments."""
    node = record.values("schedule")
    name = node.get("name", "constant")
    return name, held(schema.SCHEDULES[name], node, "schedule.", ("name",))


def data_of(record: Record) -> tuple[str, dict[str, Any]]:
    """The kind of data and its values; without its name where that follows from them."""
    recorded = record.config["data"]
    kind = recorded["kind" if "kind" in recorded else "name"]  # a release that knew truth tables alone had no kinds
    without = ("kind",) if kind == "sklearn" else ("kind", "name")
    conf = schema.DATA[kind]
    node = {name: record.value(f"data.{name}", value) for name, value in recorded.items() if name not in without}
    known = {key.name for key in fields(conf)}
    arguments = {name: value for name, value in node.items() if name not in known} if kind == "python" else {}
    return kind, arguments | held(conf, {k: v for k, v in node.items() if k not in arguments}, "data.", without)


def held(conf: type, node: Mapping[str, Any], prefix: str, without: Sequence[str] = ()) -> dict[str, Any]:
    """A node's values as its schema takes them; those that its release did not know at their defaults.

    Raises:
        ConfigError: where it does not take one of them.
    """
    specs, standard = {spec.name: spec for spec in fields(conf)}, defaults(conf)
    if unknown := node.keys() - specs.keys():
        raise ConfigError(f"{prefix}{min(unknown)}: no such key")
    values = {name: node.get(name, standard[name]) for name in specs if name not in without}
    return {
        name: value if value == MISSING else typed(prefix + name, value, conf, specs[name])
        for name, value in values.items()
    }


def _typed(key: str, value: Any) -> Any:
    """A value of a key at the top, as the schema takes it."""
    [spec] = [spec for spec in fields(schema.Config) if spec.name == key]
    return value if value == MISSING else typed(key, value, schema.Config, spec)


def how_long(record: Record, kind: str) -> dict[str, Any]:
    """Steps or epochs, and the batch size, with what stands for them where the run was not told."""
    standard = {"steps": None, "epochs": None, "batch_size": "auto"}
    values = {key: _typed(key, record.value(key, record.config.get(key, value))) for key, value in standard.items()}
    untold = values["steps"] is None and values["epochs"] is None
    if kind in schema.TRUTH_TABLES:
        return values | ({"steps": STEPS} if untold else {})
    values |= {"epochs": EPOCHS} if untold else {}
    return values | ({"batch_size": BATCH_SIZE} if values["batch_size"] == "auto" else {})


def place(sweep: SweepPaths) -> Path:
    """The sweep directory by a path that ends with its name."""
    directory = sweep.directory
    return directory if directory.name not in ("", "..") else directory.resolve()


def best_experiment(sweep: SweepPaths) -> str:
    """The experiment that trains the best configuration again: the sweep's with `_best`, cut where it is long."""
    name = place(sweep).name
    plain = experiment_of(name)
    if plain == name and len(name) + len(SUFFIX) <= MOST:
        return f"{name}{SUFFIX}"
    digest = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:8]
    return f"{plain[: MOST - len(SUFFIX) - 9]}-{digest}{SUFFIX}"


def outputs_of(sweep: SweepPaths) -> list[str]:
    """Where sweep directories go, where that is elsewhere than by default."""
    outputs = str(place(sweep).parent)
    return [] if outputs in (OUTPUTS, ".") else [outputs]


def command(sweep: SweepPaths) -> str:
    """The command that trains the best configuration again, beside the sweep."""
    words = ["python", "-m", "xor_sweep", "--config-dir", str(place(sweep)), "--config-name", sweep.best.stem]
    return shlex.join([*words, *(f"outputs={outputs}" for outputs in outputs_of(sweep))])


def comment(sweep: SweepPaths, result: RunResult, objective: str, experiment: str) -> Iterator[str]:
    """What a person reads first: what this is, and the command."""
    name = place(sweep).name
    yield f"The best configuration of {name}, by the median {objective}: the run at the median, {result.run}."
    yield f"This trains it again, in {Path(*outputs_of(sweep) or [OUTPUTS], experiment)}:"
    yield f"  {command(sweep)}"
    yield "What is typed after it stands over the file: lr=0.5, optimizer=sgd with its own settings, -m seed=1,2."


def reordered(values: Mapping[str, Any], result: RunResult) -> Iterator[str]:
    """Say of a run of an earlier release that its batches had another order."""
    if values["batch_size"] not in (None, "auto") and result.batch_order is None:
        yield f"data.seed drew the order of {result.run}'s batches, and seed does now: other numbers come out."


def needs_of(values: Mapping[str, Any], unknown: Sequence[str]) -> Iterator[str]:
    """What the command cannot know or do by itself.

    Args:
        values: of the configuration.
        unknown: its keys whose values were not recorded.
    """
    functions = [str(target) for _, target in targets(dict(values), "")]
    given = [target.removeprefix(PREFIX) for target in functions if is_given(target)]
    given += ["arrays"] if "sha256" in values.get("data", {}) else []
    if given:
        yield f"The command cannot do that: {', '.join(given)} came from Python; call xor_sweep.sweep with the same."
    for module in dict.fromkeys(t.split(".")[0] for t in functions if not is_given(t) and not t.startswith("keras.")):
        yield f"It calls functions of {module}: add trusted_modules=[{module}] to the command if you wrote that."
    for key in unknown:
        yield f"{key} was looked up as the run began, and is not known: add {key}=… to the command."
