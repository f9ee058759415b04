"""Runs whose cost is the same from the first step to the last: nothing reached their weights, or nothing came of it."""

from __future__ import annotations

from collections.abc import Sequence

from xor_sweep.amounts import count, listed
from xor_sweep.results import RunResult


def unmoved(results: Sequence[RunResult]) -> str | None:
    """Say in a line which completed runs have a cost that never moved; None if all moved."""
    still = [result.run for result in results if is_unmoved(result)]
    if not still:
        return None
    what = "its cost" if len(still) == 1 else "their cost"
    remedy = "a larger lr, or another start or activation, lets the gradient reach the weights"
    return f"{count(len(still), 'run')} never moved, {what} is the same at every step: {listed(still)}; {remedy}"


def is_unmoved(result: RunResult) -> bool:
    """Return whether a run completed, and all costs that are known of it are one number above 0."""
    costs = {cost for _, cost in result.milestones} | {result.final_cost, result.best_cost}
    several = len({step for step, _ in result.milestones}) > 1
    return result.status == "completed" and several and len(costs) == 1 and bool(result.final_cost)
