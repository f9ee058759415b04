"""The names under which TensorBoard shows what a run logs."""

from __future__ import annotations

from xor_sweep.calls import Call
from xor_sweep.config.spec import NetworkSpec
from xor_sweep.metric_facts import Reads, metric_facts, metric_name
from xor_sweep.structure import Structure

COST, ACCURACY = "Cost/Cost", "accuracy"
"""Of a truth table, which is learnt whole."""

TRAIN_COST, VALIDATION_COST = "Cost/train", "Cost/validation"
TRAIN_ACCURACY, VALIDATION_ACCURACY = "accuracy/train", "accuracy/validation"

COSTS = (VALIDATION_COST, TRAIN_COST, COST)
ACCURACIES = (VALIDATION_ACCURACY, TRAIN_ACCURACY, ACCURACY)
"""The tags of a cost and of an accuracy, the one that ranks a run first."""

MEDIANS, RANKED = "medians/", "ranked/"
"""How the tags at a sweep's root begin that say which configurations are the best: of replicates, of single runs."""

HYPOTHESIS = "Hypothesis"


def scalar_tags(structure: Structure) -> tuple[str, ...]:
    """Every scalar that a run logs: those of the part that ranks it first.

    The part that ranks a run is the validation part where there is one. Each part has its cost, its accuracy where
    there are classes, and the metrics that were asked for.
    """
    return (*ranking_tags(structure), *train_tags(structure))


def ranking_tags(structure: Structure) -> tuple[str, ...]:
    """The scalars of the part that ranks runs."""
    if structure.data.truth_table:
        return (COST, ACCURACY, *metric_names(structure))
    return _of_part("validation" if structure.data.validation else "train", structure)


def train_tags(structure: Structure) -> tuple[str, ...]:
    """The scalars of the training part, where another one ranks runs."""
    return _of_part("train", structure) if structure.data.validation else ()


def _of_part(part: str, structure: Structure) -> tuple[str, ...]:
    accuracy = ["accuracy"] if structure.data.classes else []
    return tuple(f"{name}/{part}" for name in ("Cost", *accuracy, *metric_names(structure)))


def metric_names(structure: Structure) -> tuple[str, ...]:
    """The names that metrics are logged under; of several columns of a target, each column's after that of all."""
    names: list[str] = []
    for asked in structure.metrics:
        name = metric_name(asked)
        names += [name, *(f"{name}_{column}" for column in range(columns_apart(asked, structure)))]
    return tuple(names)


MOST_COLUMNS = 10
"""If a target has so many columns at most, a metric has a value of each beside the one of all."""


def columns_apart(asked: str | Call, structure: Structure) -> int:
    """How many columns of a target have a value of their own of a metric; 0 for a single column, or too many."""
    data, facts = structure.data, metric_facts(asked)
    several = data.task == "regression" and 1 < data.outputs <= MOST_COLUMNS
    return data.outputs if several and facts is not None and facts.reads is Reads.NUMBERS else 0


def weight_tags(structure: Structure) -> tuple[str, ...]:
    """The tags of trainable variables in the model's order, `Layer1/W1` and `Layer1/b1` first."""
    return tuple(tag for tag, _ in structure.facts.weights)


def activation_tags(structure: Structure) -> tuple[str, ...]:
    """The tags of activations: `Layer1/Layer1`, …, `LayerN/Hypothesis`; of a user's own network its output."""
    if not isinstance(structure.network, NetworkSpec):
        return (HYPOTHESIS,)
    layers = len(structure.network.hidden)
    hidden = (f"Layer{number}/Layer{number}" for number in range(1, layers + 1))
    return (*hidden, f"Layer{layers + 1}/{HYPOTHESIS}")


def histogram_sizes(structure: Structure) -> dict[str, int]:
    """The numbers behind each histogram tag."""
    network = structure.network
    units = (
        (*network.hidden, network.output_units or structure.data.outputs) if isinstance(network, NetworkSpec) else ()
    )
    outputs = units or (structure.data.outputs,)
    sizes = dict(structure.facts.weights)
    return sizes | {
        tag: structure.watched * size for tag, size in zip(activation_tags(structure), outputs, strict=True)
    }
