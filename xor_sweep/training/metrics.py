"""A metric as a program computes it: it gets targets and outputs in the form that it reads."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import keras
import tensorflow as tf

from xor_sweep.calls import Call, keywords, load
from xor_sweep.loss_facts import Kind
from xor_sweep.metric_facts import MetricFacts, Reads, arguments_of, metric_facts
from xor_sweep.outputs import Outputs
from xor_sweep.structure import Structure
from xor_sweep.tags import columns_apart

Form = Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]
"""From targets and outputs `(points, …)` to what a metric takes."""


@dataclass(frozen=True)
class Units:
    """What brings a regression's targets and outputs into the units of the target, float64 `(outputs,)` each."""

    mean: Any
    scale: Any

    def of(self, values: tf.Tensor) -> tf.Tensor:
        """Values in the units of the target, float64: a mean that is large beside the deviation keeps its digits."""
        return tf.cast(values, tf.float64) * self.scale + self.mean


class Measure:
    """A metric of a structure, of all columns of a target and, if there are a few, of each.

    Args:
        asked: the metric, as in the spec.
        structure: the structure.
        outputs: what its outputs are.
        units: of a regression's target.

    Attributes:
        count: how many values it has.
    """

    def __init__(self, asked: str | Call, structure: Structure, outputs: Outputs, units: Units) -> None:
        facts = metric_facts(asked)
        given = arguments_of(asked)
        self._form = Forms(structure, outputs, units).of(facts, given)
        self.count = 1 + columns_apart(asked, structure)
        data = structure.data
        targets = tf.zeros([2, data.outputs if data.task == "regression" else 1], target_type(structure))
        example = self._form(targets, tf.fill([2, data.outputs], 0.5))
        metrics = [suited(metric_of(asked), facts, given, structure) for _ in range(self.count)]
        self._metrics = metrics
        for number, metric in enumerate(metrics):
            if isinstance(metric, keras.metrics.Metric):  # some make their state when they first see values
                metric.update_state(*(_column(values, number - 1) for values in example))
                metric.reset_state()

    def values(self, targets: tf.Tensor, outputs: tf.Tensor) -> list[tf.Tensor]:
        """The metric of a whole part, float32 scalars: of all columns, and of each that has a value of its own."""
        pair = self._form(targets, outputs)
        return [
            _of_a_part(metric, *(_column(values, number - 1) for values in pair))
            for number, metric in enumerate(self._metrics)
        ]


def target_type(structure: Structure) -> tf.DType:
    """The type of targets in a program's memory."""
    return tf.int32 if structure.data.task == "multiclass" else tf.float32


def _column(values: tf.Tensor, column: int) -> tf.Tensor:
    """One column of values, `(points, 1)`; all of them for -1."""
    return values if column < 0 else values[:, column : column + 1]


def metric_of(asked: str | Call) -> Any:
    """A metric as a function or an object of Keras's."""
    if isinstance(asked, str):
        return keras.metrics.get(asked)
    facts = metric_facts(asked)
    if facts is not None and facts.reads is Reads.F_SCORE:  # whose numbers Keras wants as floats
        floats = ((name, float(value) if type(value) is int else value) for name, value in asked.arguments)
        asked = replace(asked, arguments=tuple(floats))
    return made(asked)


def made(call: Call) -> Any:
    """A class's instance; a function as it is, bound to the arguments that were given.

    A `name` is what the value is logged under, and goes to the function only if it cannot do without.
    """
    found: Any = load(call)
    arguments = keywords(call)
    if "name" in arguments and not _needs_name(found):
        del arguments["name"]
    if isinstance(found, type):
        return found(**arguments)
    return (lambda targets, outputs: found(targets, outputs, **arguments)) if arguments else found


def _needs_name(function: Any) -> bool:
    try:
        parameter = inspect.signature(function).parameters.get("name")
    except (TypeError, ValueError):
        return False
    return parameter is not None and parameter.default is inspect.Parameter.empty


def suited(metric: Any, facts: MetricFacts | None, given: dict[str, Any], structure: Structure) -> Any:
    """A metric of Keras's with the arguments that the task asks for, where it was given no others.

    Args:
        metric: as it was made; one of the user's stays as it is.
        facts: what it takes.
        given: the arguments that it was given.
        structure: the structure.
    """
    if facts is None:
        return metric
    task, changes = structure.data.task, dict[str, Any]()
    if facts.reads is Reads.F_SCORE and task == "binary" and not {"average", "threshold"} & set(given):
        changes["threshold"] = 0.5  # without one Keras takes the largest output of a point, which is its only one
    if facts.across and "axis" not in given:
        changes["axis"] = 0
    if not isinstance(metric, keras.metrics.Metric):
        return (lambda targets, outputs: metric(targets, outputs, **changes)) if changes else metric
    if task == "regression" and "dtype" not in given:
        changes["dtype"] = "float64"
    return type(metric).from_config({**metric.get_config(), **changes}) if changes else metric


@dataclass(frozen=True)
class Forms:
    """The forms in which metrics take a structure's targets and outputs."""

    structure: Structure
    outputs: Outputs
    units: Units

    def of(self, facts: MetricFacts | None, given: dict[str, Any]) -> Form:
        """The form of a metric; of one of the user's if there are no facts."""
        if self.structure.data.task == "regression":
            if facts is None:
                return lambda *pair: tuple(tf.cast(self.units.of(values), tf.float32) for values in pair)
            if facts.name == "r2_score":
                return lambda *pair: self._centered(*map(self.units.of, pair))
            return lambda *pair: tuple(map(self.units.of, pair))
        if facts is None:
            return lambda *pair: pair
        if self.structure.data.task == "binary":
            return lambda targets, outputs: self._binary(facts, given, targets, outputs)
        return lambda targets, outputs: self._multiclass(facts, given, targets, outputs)

    def _centered(self, targets: tf.Tensor, outputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Both without the mean of the targets: R² subtracts squares in float32, which would leave no digits."""
        mean = tf.reduce_mean(targets, 0)
        return targets - mean, outputs - mean

    def _binary(
        self, facts: MetricFacts, given: dict[str, Any], targets: tf.Tensor, outputs: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Targets and outputs `(points, 1)`; those of metrics of classes have a column for each of the two."""
        scores, reads = self.outputs.kind is Kind.SCORES, facts.reads
        decided = tf.cast(outputs > self.outputs.threshold, tf.float32)
        indices = tf.cast(targets, tf.int32)
        if reads is Reads.OVERLAP:
            return self._overlap(
                facts, given, indices, tf.cast(decided, tf.int32), tf.concat([1 - decided, decided], 1)
            )
        if reads in (Reads.CLASSES, Reads.INDICES) or (reads is Reads.F_SCORE and "average" in given):
            return (indices if reads is Reads.INDICES else tf.one_hot(indices[:, 0], 2)), self._two(outputs, given)
        if reads in (Reads.CELLS, Reads.F_SCORE):
            return targets, decided if scores else self._probabilities(outputs)
        if reads is Reads.RANKS:
            return targets, self._ranks(outputs, given)
        raw = reads is Reads.SCORES or "from_logits" in given
        return targets, outputs if raw else self._probabilities(outputs)

    def _multiclass(
        self, facts: MetricFacts, given: dict[str, Any], targets: tf.Tensor, outputs: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Class indices `(points, 1)` or one-hot targets, and an output for each class."""
        scores, reads, classes = self.outputs.kind is Kind.SCORES, facts.reads, self.structure.data.outputs
        hot = tf.one_hot(targets[:, 0], classes)
        chosen = tf.argmax(outputs, 1, tf.int32)
        if reads is Reads.OVERLAP:
            return self._overlap(facts, given, targets, chosen[:, None], outputs)
        if reads is Reads.CELLS and scores and "top_k" not in given:
            return hot, tf.one_hot(chosen, classes)
        if reads is Reads.RANKS:
            return hot, self._ranks(outputs, given)
        raw = reads is Reads.SCORES or "from_logits" in given
        return (targets if reads is Reads.INDICES else hot), outputs if raw else self._probabilities(outputs)

    def _overlap(
        self, facts: MetricFacts, given: dict[str, Any], targets: tf.Tensor, chosen: tf.Tensor, columns: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Classes as indices or as columns, as a metric of overlaps says that they are."""
        hot = facts.name.startswith("one_hot")
        of_targets = not hot and given.get("sparse_y_true", True)
        of_outputs = given.get("sparse_y_pred", not hot)
        return (
            targets if of_targets else tf.one_hot(targets[:, 0], columns.shape[1]),
            chosen if of_outputs else columns,
        )

    def _probabilities(self, outputs: tf.Tensor) -> tf.Tensor:
        """Logits as probabilities, from which Keras's crossentropies get them back; other outputs as they are."""
        return keras.activations.get(self.outputs.link)(outputs) if self.outputs.kind is Kind.LOGITS else outputs

    def _ranks(self, outputs: tf.Tensor, given: dict[str, Any]) -> tf.Tensor:
        """Outputs from 0 to 1, where the thresholds of such metrics lie, in the order that they have."""
        if "from_logits" in given:
            return outputs
        if self.outputs.kind in (Kind.SCORES, Kind.NUMBERS):
            return tf.sigmoid(outputs - self.outputs.threshold)
        return self._probabilities(outputs)

    def _two(self, outputs: tf.Tensor, given: dict[str, Any]) -> tf.Tensor:
        """An output for each of two classes, `(points, 2)`."""
        if "from_logits" in given:
            return tf.concat([tf.zeros_like(outputs), outputs], 1)
        if self.outputs.kind is Kind.SCORES:
            return tf.concat([-outputs, outputs], 1)
        second = self._probabilities(outputs)
        return tf.concat([1 - second, second], 1)


def _of_a_part(metric: Any, targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    if not isinstance(metric, keras.metrics.Metric):
        return tf.reduce_mean(tf.cast(tf.convert_to_tensor(metric(targets, outputs)), tf.float32))
    with tf.init_scope():  # its start values are known now, and no part of what is traced
        values = [variable.numpy() for variable in metric.variables]
    start = [tf.constant(value) for value in values]
    state = metric.stateless_update_state(start, targets, outputs)
    return tf.cast(tf.reduce_mean(tf.convert_to_tensor(metric.stateless_result(state))), tf.float32)
