"""What a prediction is worth: the loss that is trained, accuracy, and the metrics that were asked for."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from xor_sweep.calls import Call
from xor_sweep.errors import ConfigError
from xor_sweep.loss_facts import loss_facts
from xor_sweep.metric_facts import Reads, metric_facts
from xor_sweep.outputs import Outputs, outputs_of
from xor_sweep.structure import Structure
from xor_sweep.training.metrics import Measure, Units, made

OF_A_TASK = {
    "binary": keras.losses.BinaryCrossentropy,
    "multiclass": keras.losses.SparseCategoricalCrossentropy,
    "regression": keras.losses.MeanSquaredError,
}

MEANS, OVER_WEIGHTS = ("sum_over_batch_size", "mean"), "mean_with_sample_weight"
"""Keras's reductions that are the mean over the points of a batch, and the one that is if points have no weights."""

AS_THEY_ARE = Units(0.0, 1.0)


class Scores:
    """The loss, accuracy and metrics of a structure.

    Args:
        structure: the structure.
        units: of a regression's target, for metrics.

    Attributes:
        loss: Keras's loss, or a function of the user's.
        one_by_one: whether some metrics do not vectorise, so that `of_one` measures them.
    """

    def __init__(self, structure: Structure, units: Units = AS_THEY_ARE) -> None:
        self._structure = structure
        self.loss = loss_of(structure)
        self._facts = loss_facts(structure.loss, structure.data.task)
        outputs = outputs_with(structure, self.loss)
        self._threshold = outputs.threshold
        self._of_batches = False
        self._metrics = [
            None if _is_accuracy(asked) else Measure(asked, structure, outputs, units) for asked in structure.metrics
        ]
        self._looped = () if structure.alone_because else structure.facts.looped
        self.one_by_one = bool(self._looped)

    def costs(self, targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """The loss of each point, `(points,)`; of a loss of whole batches the one of all."""
        if self._structure.data.task == "multiclass" and self._facts is not None:  # others get class indices
            indices = targets[:, 0]
            targets = indices if self._facts.indices else tf.one_hot(indices, self._structure.data.outputs)
        costs = _per_point(self.loss, targets, outputs)
        self._of_batches = costs.shape.rank == 0
        return costs

    def of_a_part(self, targets: tf.Tensor, outputs: tf.Tensor, costs: tf.Tensor) -> list[tf.Tensor]:
        """Of a whole part with the costs of its points: mean cost, accuracy where there are classes, the metrics.

        A loss of whole batches is computed of the part as one. Metrics that do not vectorise are left out.
        """
        found = [self.costs(targets, outputs) if self._of_batches else tf.reduce_mean(costs)]
        if self._structure.data.classes:
            found.append(self._accuracy(targets, outputs))
        vectorised = (number for number in range(len(self._metrics)) if number not in self._looped)
        return found + [value for number in vectorised for value in self._values(number, targets, outputs)]

    def of_one(self, targets: tf.Tensor, outputs: tf.Tensor) -> list[tf.Tensor]:
        """The metrics that do not vectorise, of one lane's outputs."""
        return [value for number in self._looped for value in self._values(number, targets, outputs)]

    def in_order(self, found: list[tf.Tensor], looped: list[tf.Tensor]) -> list[tf.Tensor]:
        """What `of_a_part` and `of_one` found, in the order of the scalars."""
        each, others = iter(found), iter(looped)
        first = [next(each) for _ in range(1 + self._structure.data.classes)]
        for number, metric in enumerate(self._metrics):
            source = others if number in self._looped else each
            first += [next(source) for _ in range(1 if metric is None else metric.count)]
        return first

    def _values(self, number: int, targets: tf.Tensor, outputs: tf.Tensor) -> list[tf.Tensor]:
        metric = self._metrics[number]
        return [self._accuracy(targets, outputs)] if metric is None else metric.values(targets, outputs)

    def _accuracy(self, targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        if self._structure.data.task == "binary":
            right = tf.equal(outputs[:, 0] > self._threshold, targets[:, 0] > 0.5)
        else:
            right = tf.equal(tf.argmax(outputs, 1, tf.int32), targets[:, 0])
        return tf.reduce_mean(tf.cast(right, tf.float32))


def loss_of(structure: Structure) -> Any:
    """The loss of a structure: as asked for, or as its task has it."""
    asked = structure.loss
    if asked is None:
        return OF_A_TASK[structure.data.task]()
    return made(asked) if isinstance(asked, Call) else keras.losses.get(asked)


def check_reduction(loss: Any, *, weighted: bool) -> None:
    """Refuse a loss that is made one number of a batch otherwise than by the mean over its points.

    Args:
        loss: made; a function has no reduction.
        weighted: whether classes have weights: Keras has a mean over points, and one over weights.

    Raises:
        ConfigError: if it is.
    """
    reduction = getattr(loss, "reduction", MEANS[0])
    if reduction in MEANS or (reduction == OVER_WEIGHTS and not weighted):
        return
    remedy = "leave reduction out"
    if reduction == "sum":
        remedy += ", and multiply lr by the batch size if it is for plain SGD"
    raise ConfigError(f"loss: {type(loss).__name__} has reduction={reduction}, and a run trains by the mean; {remedy}")


def outputs_with(structure: Structure, loss: Any) -> Outputs:
    """What the outputs of a structure's network are under its loss, once that is made."""
    return outputs_of(structure, logits=bool(getattr(loss, "from_logits", False)))


def _is_accuracy(asked: str | Call) -> bool:
    """Whether a metric is the task's accuracy, as in `model.compile`, and not Keras's equality of numbers."""
    facts = metric_facts(asked)
    return facts is not None and facts.reads is Reads.ACCURACY


HINGES: dict[Any, int] = {
    keras.losses.Hinge: 1,
    keras.losses.hinge: 1,
    keras.losses.SquaredHinge: 2,
    keras.losses.squared_hinge: 2,
}
"""The power of each hinge loss. Keras asks first whether all targets are 0 or 1, which XLA refuses side by side."""


def _per_point(loss: Any, targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    if power := HINGES.get(type(loss)) or HINGES.get(loss):
        signs = 2 * tf.cast(targets, tf.float32) - 1
        values = tf.maximum(1 - signs * outputs, 0) ** power
    else:
        values = loss.call(targets, outputs) if isinstance(loss, keras.losses.Loss) else loss(targets, outputs)
    values = tf.cast(tf.convert_to_tensor(values), tf.float32)
    rank = values.shape.rank
    return tf.reduce_mean(values, list(range(1, rank))) if rank and rank > 1 else values
