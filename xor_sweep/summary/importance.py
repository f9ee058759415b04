"""How much each swept key matters for the objective: its share of the variance of the runs' ranks."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.spread import evenly
from xor_sweep.summary.anova import Codes, Floats, Shares, above_chance
from xor_sweep.summary.configurations import losses
from xor_sweep.summary.frame import Row, is_number, text

LEAST = 20
"""Fewer runs say nothing of an importance."""

MAX_FOREST_RUNS, TREES, FOREST_SHUFFLES = 300, 16, 5
"""A forest learns from so many runs, evenly spread over the ranks, and more of them from shuffled ranks."""

PAIRS_SHOWN = 3

NEEDS = ("optuna", "sklearn")


@dataclass(frozen=True)
class Importance:
    """Shares of the variance of the runs' ranks.

    Attributes:
        keys: by key, of its main effect; 0 if shuffled ranks give such a share too.
        pairs: by two keys, of what they do together beyond their main effects; without those that shuffled ranks give.
        luck: of what replicates of one configuration differ in; None if that is not known apart from the keys.
    """

    keys: Mapping[str, float]
    pairs: Mapping[tuple[str, str], float]
    luck: float | None


def importance_of(table: Sequence[Row], keys: Sequence[str], objective: str, direction: str) -> Importance | None:
    """Divide the variance of the runs' ranks between the keys that they differ in.

    Ranks stand for the objective, so that a few runs of enormous cost do not decide everything; runs that did not
    complete share the last rank. Values of a key count by their order, so that they may be spaced in any way. On a full
    grid the shares are exact (`anova`); elsewhere they are those of a functional ANOVA over a random forest (Hutter,
    Hoos and Leyton-Brown 2014, "An efficient approach for assessing hyperparameter importance"), which Optuna computes.

    Args:
        table: the rows of the runs, best first.
        keys: swept keys that have several values each.
        objective, direction: what ranks the runs.

    Returns:
        None if there are too few runs or keys, if all runs rank the same, or if the grid is not full and Optuna and
        scikit-learn are not installed.
    """
    if len(table) < LEAST or len(keys) < 2:
        return None
    ranks, codes = _ranks(losses(table, objective, direction)), _codes(table, keys)
    if np.ptp(ranks) == 0:
        return None
    shares = above_chance(codes, ranks)
    if shares is None:
        places = evenly(range(len(table)), MAX_FOREST_RUNS)
        shares = _forest_above_chance(codes[places], ranks[places]) if can_compute() else None
    if shares is None:
        return None
    pairs = {(keys[one], keys[other]): share for (one, other), share in shares.pairs.items() if share > 0}
    return Importance(dict(zip(keys, shares.keys, strict=True)), pairs, shares.luck)


def can_compute() -> bool:
    """Whether the packages are there that compute importances where a grid is not full."""
    return all(find_spec(name) is not None for name in NEEDS)


def _codes(table: Sequence[Row], keys: Sequence[str]) -> Codes:
    """By run and key, the place of the run's value in the order of the key's values, `(runs, keys)`."""
    columns = []
    for key in keys:
        values = {text(row[key]): row[key] for row in table}
        places = {text(value): place for place, value in enumerate(sorted(values.values(), key=by_size))}
        columns.append([places[text(row[key])] for row in table])
    return np.array(columns, np.intp).T


def by_size(value: Any) -> tuple[bool, float, str]:
    """Sort numbers by size, before other values by their text."""
    number = is_number(value)
    return not number, float(value) if number else 0.0, text(value)


def _forest_above_chance(codes: Codes, ranks: Floats) -> Shares:
    generator = np.random.default_rng(0)
    shuffled = [_forest(codes, generator.permutation(ranks)) for _ in range(FOREST_SHUFFLES)]
    floor = max(itertools.chain(*shuffled))
    return Shares(tuple(share if share > floor else 0.0 for share in _forest(codes, ranks)), {}, None)


def _forest(codes: Codes, ranks: Floats) -> list[float]:
    """The share of each key's main effect in what a random forest makes of the ranks, `(keys,)`."""
    import optuna
    from optuna.distributions import BaseDistribution, FloatDistribution
    from optuna.importance import FanovaImportanceEvaluator
    from optuna.trial import create_trial

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    names = [str(key) for key in range(codes.shape[1])]
    # Each value has the same room around it, so that none has more weight than another.
    distributions: dict[str, BaseDistribution] = {
        name: FloatDistribution(-0.5, float(column.max()) + 0.5) for name, column in zip(names, codes.T, strict=True)
    }
    study = optuna.create_study()
    for row, rank in zip(codes.tolist(), ranks.tolist(), strict=True):
        params = dict(zip(names, map(float, row), strict=True))
        study.add_trial(create_trial(params=params, distributions=distributions, value=rank))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = FanovaImportanceEvaluator(n_trees=TREES, seed=0).evaluate(study)
    return [float(found[name]) for name in names]


def _ranks(ordered: Sequence[float]) -> NDArray[np.float64]:
    """Ranks from 0, equal values sharing the mean of theirs."""
    _, place, count = np.unique(np.asarray(ordered), return_inverse=True, return_counts=True)
    first = np.cumsum(count) - count
    return (first + (count - 1) / 2)[place]


def share(value: float | None) -> str:
    """A key's share for a reader: `61%`, or `none` if it is not above what shuffled ranks give."""
    return "" if value is None else f"{value:.0%}" if value else "none"


def together(importance: Importance | None) -> str:
    """What keys do together, and luck, for a reader; empty if neither is known."""
    if importance is None:
        return ""
    pairs = sorted(importance.pairs.items(), key=lambda item: -item[1])[:PAIRS_SHOWN]
    parts = [f"{one} with {other} {share:.0%}" for (one, other), share in pairs]
    parts += [] if importance.luck is None else [f"luck {importance.luck:.0%}"]
    return ", ".join(parts)
