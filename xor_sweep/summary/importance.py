"""What each swept key means for the objective: its best value, and its share in how runs differ."""

from __future__ import annotations

import math
import statistics
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.spread import evenly
from xor_sweep.summary.columns import varied_keys
from xor_sweep.summary.configurations import losses
from xor_sweep.summary.eligible import Bar
from xor_sweep.summary.frame import Row, is_number, text

LEAST = 20
"""Fewer runs say nothing of an importance."""

MOST = 2000
"""Of more runs so many are taken, evenly spread over the ranks: the forest takes a second."""

FEW = 20
"""Up to so many values of a key are choices, whatever they are; more, where they are numbers, are a range."""

NEEDS = ("optuna", "sklearn")


@dataclass(frozen=True)
class Effect:
    """What a swept key does.

    Attributes:
        key: the key.
        values: how many values it has.
        best: the one whose runs have the best median of the objective, among those with enough runs (`eligible`); None
            where each has a median of runs that did not complete.
        median: that median.
        importance: the share of how runs differ that the key accounts for; those of all keys add up to 1. None where
            there are fewer than 20 runs, one key alone, or the packages that compute it are missing.
    """

    key: str
    values: int
    best: Any
    median: float | None
    importance: float | None = None


def effects(table: Sequence[Row], keys: Sequence[str], objective: str, direction: str) -> tuple[Effect, ...]:
    """The effect of each swept key that has several values, in the order of the keys; seeds and folds have none.

    Args:
        table: the rows of the runs, best first.
        keys: the swept keys among their columns.
        objective, direction: what ranks them.
    """
    several = [key for key in varied_keys(keys) if len({text(row[key]) for row in table}) > 1]
    shares = (importances(table, several, objective, direction) if len(several) > 1 else None) or {}
    return tuple(_effect(table, key, objective, direction, shares.get(key)) for key in several)


def can_compute() -> bool:
    """Whether the packages that compute importances are there."""
    return all(find_spec(name) is not None for name in NEEDS)


def _effect(table: Sequence[Row], key: str, objective: str, direction: str, importance: float | None) -> Effect:
    groups: dict[str, list[Row]] = {}
    for row in table:
        if row[key] is not None:
            groups.setdefault(text(row[key]), []).append(row)
    of_values = [sorted(losses(rows, objective, direction)) for rows in groups.values()]
    medians = [statistics.median(each) for each in of_values]
    bar = Bar.of([len(each) for each, median in zip(of_values, medians, strict=True) if math.isfinite(median)])
    few = [math.isinf(median) or not bar.clears(len(each)) for each, median in zip(of_values, medians, strict=True)]
    place = min(range(len(medians)), key=lambda place: (few[place], medians[place], of_values[place]))
    value = abs(medians[place]) if direction == "maximize" else medians[place]
    known = math.isfinite(value)
    best = list(groups.values())[place][0][key]
    return Effect(key, len(groups), best if known else None, value if known else None, importance)


def importances(table: Sequence[Row], keys: Sequence[str], objective: str, direction: str) -> dict[str, float] | None:
    """Each key's share of the variance of the runs' ranks, by functional ANOVA over a random forest.

    That of Hutter, Hoos and Leyton-Brown (2014), "An efficient approach for assessing hyperparameter importance", which
    Optuna computes. Ranks stand for the objective, so that a few runs of enormous cost do not decide everything; runs
    that did not complete share the last rank.

    Returns:
        by key, adding up to 1; None where there are too few runs, all rank the same, or Optuna and scikit-learn are
        not installed.
    """
    if len(table) < LEAST or not can_compute():
        return None
    rows = evenly(table, MOST)
    ranks = _ranks(losses(rows, objective, direction))
    if np.ptp(ranks) == 0:
        return None
    import optuna
    from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
    from optuna.importance import FanovaImportanceEvaluator
    from optuna.trial import create_trial

    distributions: dict[str, BaseDistribution] = {}
    columns: dict[str, list[Any]] = {}
    for key in keys:
        values = [row[key] for row in rows]
        if _is_range(values):
            columns[key] = [float(value) for value in values]
            distributions[key] = FloatDistribution(min(columns[key]), max(columns[key]))
        else:
            columns[key] = [text(value) for value in values]
            distributions[key] = CategoricalDistribution(sorted(set(columns[key])))
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study()
    for place, rank in enumerate(ranks):
        params = {key: columns[key][place] for key in keys}
        study.add_trial(create_trial(params=params, distributions=distributions, value=float(rank)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = FanovaImportanceEvaluator(seed=0).evaluate(study)
    total = sum(found.values())
    return {key: float(found[key] / total) for key in keys} if total > 0 else None


def _ranks(ordered: Sequence[float]) -> NDArray[np.float64]:
    """Ranks from 0, equal values sharing the mean of theirs."""
    _, place, count = np.unique(np.asarray(ordered), return_inverse=True, return_counts=True)
    first = np.cumsum(count) - count
    return (first + (count - 1) / 2)[place]


def _is_range(values: Sequence[Any]) -> bool:
    return all(map(is_number, values)) and len(set(values)) > FEW
