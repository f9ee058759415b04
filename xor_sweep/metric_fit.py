"""Whether metrics fit a run's data and outputs: one that does not is refused in a line that says what fits."""

from __future__ import annotations

import math
from typing import Any

from xor_sweep.calls import Call
from xor_sweep.config.limits import shown
from xor_sweep.data import Dataset
from xor_sweep.errors import ConfigError
from xor_sweep.loss_facts import Kind, loss_facts
from xor_sweep.metric_facts import MetricFacts, Reads, arguments_of, metric_facts, metric_name
from xor_sweep.outputs import OF_EACH_CLASS, Outputs, ends_in, outputs_of
from xor_sweep.shapes import target_range
from xor_sweep.structure import Structure
from xor_sweep.tags import metric_names

FITTING = {
    "binary": "accuracy, AUC, F1Score, Precision and Recall do",
    "multiclass": "accuracy, F1Score, AUC and TopKCategoricalAccuracy do",
    "regression": "mae, RootMeanSquaredError and R2Score do",
}
"""What is offered in the place of a metric that does not fit a task."""

INSTEAD = {
    "binary_accuracy": "write accuracy",
    "binary_io_u": "write {_target_: keras.metrics.OneHotMeanIoU, num_classes: N}",
    "categorical_hinge": "write Hinge",
    "hinge": "write CategoricalHinge",
    "mean_absolute_percentage_error": "write mae",
    "squared_hinge": "write CategoricalHinge",
}

THRESHOLDS = ("thresholds", "threshold")


def check_metrics(structure: Structure, data: Dataset) -> None:
    """Hold the metrics of a structure against its data and the outputs of its network.

    Raises:
        ConfigError: for the first that does not fit.
    """
    names = metric_names(structure)
    if twice := next((name for name in names if names.count(name) > 1), None):
        what = f"two values are called {twice}, one of them a column of the target"
        raise ConfigError(f"metrics: {what}; give the metric another name: {{_target_: …, name: …}}")
    outputs = outputs_of(structure)
    for asked in structure.metrics:
        facts = metric_facts(asked)
        reason = None if facts is None else _misfit(asked, facts, structure, outputs, data)
        if reason:
            raise ConfigError(f"metrics=[{metric_name(asked)}]: {reason}")


def _misfit(asked: str | Call, facts: MetricFacts, structure: Structure, outputs: Outputs, data: Dataset) -> str | None:
    """Why a metric does not fit, with what to do; None if it does."""
    task, name = structure.data.task, data.spec.name
    if not facts.tasks:
        return "is no metric of targets and predictions; " + FITTING[task]
    if task not in facts.tasks:
        what = f"does not fit {name}, whose target is {words(data)}"
        fits_classes = task != "regression" and facts.name in INSTEAD
        return f"{what}; {INSTEAD[facts.name] if fits_classes else FITTING[task]}"
    if task == "regression":
        return _of_numbers(asked, facts, structure, data)
    return _of_outputs(asked, facts, structure, outputs) or _of_classes(asked, facts, len(data.classes))


def _of_numbers(asked: str | Call, facts: MetricFacts, structure: Structure, data: Dataset) -> str | None:
    """Of a regression."""
    low, has_zero = target_range(data)
    name = data.spec.name
    axis = arguments_of(asked).get("axis", -1)
    if facts.reads is Reads.DIRECTIONS and structure.data.outputs == 1 and axis in (-1, 1):
        return f"compares directions of several columns, and {name} has one; write R2Score"
    if facts.across and structure.data.outputs == 1 and arguments_of(asked).get("axis") in (-1, 1):
        return f"axis={axis} compares the columns of a point, and {name} has one; leave axis out"
    if facts.name == "mean_absolute_percentage_error" and has_zero:
        return f"divides by the target of {name}, which is 0 in some rows; write mae"
    if facts.name in ("mean_squared_logarithmic_error", "poisson") and low < 0:
        return f"takes a target from 0 on, and that of {name} goes down to {shown(low)}; write mse"
    loss = loss_facts(structure.loss, "regression")
    if facts.name == "poisson" and (loss is None or loss.takes is not Kind.POSITIVE):
        return "takes predictions above 0, which only loss=poisson makes sure of; write mse"
    return None


def _of_outputs(asked: str | Call, facts: MetricFacts, structure: Structure, outputs: Outputs) -> str | None:
    """Of classes: whether the network puts out what the metric takes."""
    kind, given = outputs.kind, arguments_of(asked)
    if kind is None:  # under a loss of the user's they are what the user says
        return None
    scores = kind is Kind.SCORES
    loss = loss_facts(structure.loss, structure.data.task)
    named = "" if loss is None else loss.name
    if given.get("from_logits") and kind not in (Kind.LOGITS, Kind.SCORES):
        return "from_logits=true takes logits, and the network puts out probabilities; leave from_logits out"
    if facts.reads is Reads.SCORES and kind not in (Kind.LOGITS, Kind.SCORES):
        loss_name = "hinge" if structure.data.task == "binary" else "categorical_hinge"
        return f"takes scores on both sides of 0, and the network puts out probabilities; write loss={loss_name} too"
    if scores and (facts.probabilities or facts.reads is Reads.NUMBERS or facts.reads is Reads.DIRECTIONS):
        return f"takes probabilities, and under loss={named} the network puts out scores; {_OF_SCORES}"
    if kind is Kind.NUMBERS and facts.probabilities and ends_in(structure):
        return f"takes probabilities, and the network ends in {ends_in(structure)}; {_OF_SCORES}"
    key = next((key for key in THRESHOLDS if key in given), None)
    if scores and key and facts.reads in (Reads.CELLS, Reads.F_SCORE):
        what = f"{key}={shown(given[key])} is one of probabilities"
        return f"{what}, and under loss={named} the network puts out scores; leave it out for 0"
    unit = kind in (Kind.LOGITS, Kind.PROBABILITIES, Kind.SHARES)
    if key and unit and (reason := _of_threshold(key, given[key], logits=kind is Kind.LOGITS)):
        return reason
    each = named in OF_EACH_CLASS
    if facts.reads is Reads.BINARY and structure.data.task == "multiclass" and not each:
        return (
            "takes a probability of each class by itself, and those of a point sum to 1; write CategoricalCrossentropy"
        )
    return None


def _of_threshold(key: str, value: Any, *, logits: bool) -> str | None:
    """A threshold that no probability lies on both sides of."""
    values = value if isinstance(value, list | tuple) else [value]
    if any(not isinstance(each, int | float) or 0 < each < 1 for each in values) or not values:
        return None
    what = f"{key}={shown(value)} is compared with probabilities"
    if not logits:
        return f"{what}, which all lie on one side of it; write a number between 0 and 1"
    least = values[0]
    remedy = "leave it out" if least == 0 else f"write {1 / (1 + math.exp(-least)):.6g}"
    return f"{what}, also if the network puts out logits; {remedy} for a logit above {shown(least)}"


_OF_SCORES = "accuracy, Precision, Recall, F1Score and AUC fit"


def _of_classes(asked: str | Call, facts: MetricFacts, classes: int) -> str | None:
    """Arguments that count classes."""
    given: dict[str, Any] = arguments_of(asked)
    if "top_k" in facts.name and given.get("k", 5) >= classes:
        least = f"k={given.get('k', 5)}{'' if 'k' in given else ', as Keras has it,'}"
        remedy = "write accuracy" if classes == 2 else f"write {{_target_: {_target(asked)}, k: {min(2, classes - 1)}}}"
        return f"{least} of {classes} classes is always right; {remedy}"
    if facts.reads is Reads.OVERLAP and given.get("num_classes") != classes:
        return f"num_classes={shown(given.get('num_classes'))}: there are {classes}; write num_classes: {classes}"
    return None


def _target(asked: str | Call) -> str:
    return asked.target if isinstance(asked, Call) else f"keras.metrics.{asked}"


def words(data: Dataset) -> str:
    """The task for a reader."""
    return "a number" if data.task == "regression" else f"one of {len(data.classes)} classes"
