"""What a run means otherwise than in releases up to 0.2.0.

Its identity says so, or a result of theirs would be taken for that of such a run. Only data that is read tells a task
that is not asked for, so that a task counts that may be the one.
"""

from __future__ import annotations

from typing import Any

from xor_sweep.calls import Call
from xor_sweep.config.spec import DataSpec, NetworkSpec, RunSpec
from xor_sweep.loss_facts import LAST, Kind, loss_facts
from xor_sweep.metric_facts import Reads, metric_facts


def changed(spec: RunSpec) -> dict[str, Any]:
    """What a run's canonical spec says of the last activation and of the threshold, where they were others."""
    loss = spec.training.loss
    facts = None if loss is None else loss_facts(loss, "binary")
    if facts is None or not isinstance(spec.network, NetworkSpec):
        return {}
    tasks = possible_tasks(spec.data)
    last = spec.network.output_activation
    if last is None:
        ends = {end for task, end in facts.ends.items() if task in tasks and end != LAST[task]}
        if facts.raw_target and is_standardized(spec.data):
            ends.discard(facts.ends.get("regression", ""))
        return {"network.output_activation": ends.pop()} if ends else {}
    numbers = facts.takes in (Kind.NUMBERS, Kind.POSITIVE) and last in ("linear", "tanh")
    return {"threshold": 0.5} if numbers and "binary" in tasks else {}


def changed_metric(asked: str | Call, spec: RunSpec) -> bool:
    """Whether a metric of a run had another value."""
    facts, tasks = metric_facts(asked), possible_tasks(spec.data)
    in_units = "regression" in tasks and is_standardized(spec.data)
    if facts is None or facts.reads in (Reads.NUMBERS, Reads.DIRECTIONS):
        return in_units or (facts is not None and facts.across)
    loss = loss_facts(spec.training.loss, "binary")
    if loss is not None and loss.takes in (Kind.LOGITS, Kind.SCORES):
        return facts.reads is not Reads.ACCURACY
    return facts.reads in (Reads.CLASSES, Reads.F_SCORE, Reads.INDICES, Reads.OVERLAP) and "binary" in tasks


def possible_tasks(data: DataSpec) -> tuple[str, ...]:
    """The tasks that a spec's data may make."""
    if data.truth_table:
        return ("binary",)
    return tuple(LAST) if data.task == "auto" else (data.task,)


def is_standardized(data: DataSpec) -> bool:
    """Whether the target is standardised if it is a regression's."""
    return data.standardize and data.standardize_target
