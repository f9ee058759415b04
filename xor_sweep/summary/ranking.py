"""The order of a sweep's runs: best first, and those without a usable result last."""

from __future__ import annotations

import math
from collections.abc import Sequence

from xor_sweep.results import STATUSES, RunResult


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
