"""Measures: what a run was scored on, and which runs can be compared by their objective. Pure.

A measure says which data, target, rows and split scored a run, and which loss its cost is of. Two runs can be ranked
together if their measures agree. A measure is a tuple of pairs, fact and value, as `result.json` holds it. Results of
releases up to 0.2.0 have none.
"""

from __future__ import annotations

from collections.abc import Mapping

from xor_sweep.calls import Call
from xor_sweep.loss_facts import OF_A_TASK, loss_facts

Measure = tuple[tuple[str, str], ...]

Facts = Mapping[str, str]
"""A measure by the names of its facts; one that is unknown is missing."""

DATA_SEED = "data.seed"

VERSION = "version"
"""A fact beside a measure, and in no result: which version of the user's functions trained a run."""

OF_COSTS = ("loss", "scale", "class_weight")
"""Facts that costs depend on and accuracies do not."""

CROSSENTROPY = "crossentropy"
"""One name for the crossentropy of each task: those of class indices and of one-hot targets are equal."""

EQUAL_LOSSES = {
    "binary": {"binary_crossentropy"},
    "multiclass": {"categorical_crossentropy", "sparse_categorical_crossentropy"},
}
"""By task, the losses that are its crossentropy."""

DIGITS = 16
"""Hex digits of a hash in a measure."""

WITHOUT_EFFECT = ("name", "dtype", "from_logits", "reduction")
"""Arguments of a loss of Keras's that do not change what it measures."""


def loss_fact(loss: str | Call | None, task: str) -> str:
    """Return what a cost is of, in one spelling for all names that Keras has for it.

    Args:
        loss: as in the spec; None is that of the task.
        task: of the data.
    """
    known = loss_facts(loss, task)
    if known is None:
        return (
            f"{loss.target}{dict(loss.arguments) or ''} {loss.source[:DIGITS]}" if isinstance(loss, Call) else str(loss)
        )
    name = CROSSENTROPY if known.name in EQUAL_LOSSES.get(task, ()) else known.name
    arguments = loss.arguments if isinstance(loss, Call) else ()
    options = ",".join(f"{key}={value!r}" for key, value in arguments if key not in WITHOUT_EFFECT and value)
    return f"{name}({options})" if options else name


def task_loss(task: str) -> str:
    """Return the fact of the loss that a task has if nobody names one."""
    return loss_fact(OF_A_TASK[task], task)


def facts_for(measure: Measure | Facts, objective: str) -> dict[str, str]:
    """Return the facts that matter for an objective.

    An accuracy does not depend on the loss. A weight of classes counts in the lowest cost of a truth table alone, which
    comes from the updates; other costs are without weights.
    """
    left_out = {"final_accuracy": OF_COSTS, "final_cost": ("class_weight",)}.get(objective, ())
    return {key: value for key, value in dict(measure).items() if key not in left_out}


def agree(one: Facts, other: Facts) -> bool:
    """Return whether no fact that both have differs."""
    return all(other.get(key, value) == value for key, value in one.items())


def differing(one: Facts, other: Facts) -> list[str]:
    """Return the names of the facts that both have and that differ."""
    return [key for key, value in one.items() if other.get(key, value) != value]
