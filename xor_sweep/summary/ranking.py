"""The order of a sweep's runs: best first, and those without a usable result last."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xor_sweep.manifest import Manifest
from xor_sweep.measure import VERSION, Facts
from xor_sweep.results import STATUSES, RunResult
from xor_sweep.summary.columns import Configs, Value, named_values, value_of, varied_keys
from xor_sweep.summary.groups import Group, groups
from xor_sweep.summary.recorded_measure import recorded_facts
from xor_sweep.summary.versions import Versions

CHOOSE_ROWS = ("missing", "na_values", "dtype", "ignore", "decimal", "thousands", "separator", "encoding")
"""The keys of `data` on which it depends which rows of a table are read and left out."""


def rank(results: Sequence[RunResult], objective: str, direction: str) -> list[RunResult]:
    """The runs, best first: completed ones by the objective, then diverged, then failed ones; ties by name.

    Args:
        results: the runs in any order.
        objective: the field of `RunResult` that ranks them; a completed run without it comes after those with it.
        direction: `minimize` or `maximize`.
    """

    def place(result: RunResult) -> tuple[int, float, str]:
        return STATUSES.index(result.status), loss_of(result, objective, direction), result.run

    return sorted(results, key=place)


def rankings(
    results: Sequence[RunResult],
    objective: str,
    direction: str,
    keys: Sequence[str],
    configs: Configs,
    manifest: Manifest,
) -> list[Group]:
    """Return the rankings of a sweep directory, each with its runs best first; those of the latest command first.

    Args:
        results: all runs; at least one.
        objective, direction: what ranks them.
        keys: the swept keys.
        configs: the recorded configurations.
        manifest: what the directory knows beside its runs.
    """
    varied = varied_keys(keys)

    def configuration(result: RunResult) -> tuple[Value, ...]:
        return tuple(value_of(result, key, configs) for key in varied)

    def recorded(result: RunResult) -> Facts:
        return recorded_facts(result, configs, manifest)

    versions = Versions(configs, manifest)

    def named(result: RunResult, fact: str) -> str | None:
        if fact == VERSION:
            return versions.said(result) or None
        if fact == "rows":
            return _choosing_rows(results, result.run, configs)
        key = {"content": "data.path"}.get(fact, fact)
        value = named_values(result).get(key) if fact == "loss" else configs.value(result.run, key)
        usable = isinstance(value, str) and fact in ("loss", "content") and value
        return f"{key}={value}" if usable else None

    found = groups(results, objective, manifest.measures, configuration, recorded, versions.facts, named)
    for group in found:
        group.results = rank(group.results, objective, direction)
    return found


def _choosing_rows(results: Sequence[RunResult], run: str, configs: Configs) -> str:
    """Return the first key by which runs of different measures can have read different rows, with its value."""
    from xor_sweep.spelling import spelled  # late: it brings Hydra

    def value(of: str, key: str) -> str:
        data = configs.mapping(of).get("data")
        return spelled(data.get(key)) if isinstance(data, Mapping) else ""

    runs = {result.measure: result.run for result in results}.values()
    different = (key for key in CHOOSE_ROWS if len({value(each, key) for each in runs}) > 1)
    key = next(different, CHOOSE_ROWS[0])
    return f"data.{key}={value(run, key)}"


@dataclass(frozen=True)
class Cost:
    """Which cost ranks the runs.

    Attributes:
        part: of the data: `validation` where there is such a part, otherwise `training`.
        nats: whether there are classes, whose default losses are in nats.
    """

    part: str
    nats: bool

    @property
    def label(self) -> str:
        """What an axis of costs is called."""
        return f"{self.part} cost{' (nats)' if self.nats else ''}"


def cost_of(results: Sequence[RunResult], configs: Configs) -> Cost:
    """Which cost ranks some runs; where none of them completed, as their configurations split the data."""
    nats = any(result.final_accuracy is not None for result in results)
    part = part_of(results) or ("validation" if _splits(results[0].run, configs) else "training")
    return Cost(part, nats)


def part_of(results: Sequence[RunResult]) -> str | None:
    """The part of the data that ranks some runs; None where none of them completed, which does not tell."""
    if any(result.train_cost is not None for result in results):
        return "validation"
    return "training" if any(result.status == "completed" for result in results) else None


def _splits(run: str, configs: Configs) -> bool:
    fraction = configs.value(run, "data.validation_fraction")
    return bool(isinstance(fraction, float | int) and fraction > 0) or configs.value(run, "data.fold") is not None


def sign_of(direction: str) -> float:
    """What an objective is multiplied with for the smaller to be the better."""
    return -1.0 if direction == "maximize" else 1.0


def loss_of(result: RunResult, objective: str, direction: str) -> float:
    """What ranks a run, the smaller the better; infinite where it did not complete or has no such objective."""
    return loss(result.status, result.objective(objective), direction)


def loss(status: str, value: float | None, direction: str) -> float:
    """What a status and an objective rank by, the smaller the better; infinite where there is no usable objective."""
    usable = status == "completed" and value is not None and math.isfinite(value)
    return sign_of(direction) * value if usable and value is not None else math.inf


def best(results: Sequence[RunResult], objective: str, direction: str) -> RunResult | None:
    """The completed run that ranks first; None where no run completed."""
    completed = [result for result in results if result.status == "completed"]
    return rank(completed, objective, direction)[0] if completed else None
