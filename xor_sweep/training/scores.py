"""What a prediction is worth: the loss that is trained, accuracy, and the metrics that were asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from xor_sweep.calls import Call, keywords, load
from xor_sweep.config.spec import NetworkSpec
from xor_sweep.structure import Structure

OF_A_TASK = {
    "binary": keras.losses.BinaryCrossentropy,
    "multiclass": keras.losses.SparseCategoricalCrossentropy,
    "regression": keras.losses.MeanSquaredError,
}

SIGNED = ("hinge", "squared_hinge")
"""Losses for which a prediction's sign tells its class."""

PerPoint = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""From targets and predictions `(points, outputs)` to a value a point, `(points,)`."""


class Scores:
    """The loss, accuracy and metrics of a structure.

    Attributes:
        loss: Keras's loss, or a function of the user's.
    """

    def __init__(self, structure: Structure) -> None:
        self._structure = structure
        self.loss = loss_of(structure)
        self._one_hot = structure.loss is not None and _wants_one_hot(structure, structure.loss, self.loss)
        self._threshold = 0.0 if signed(structure, self.loss) else 0.5
        self._metrics = [self._metric(asked) for asked in structure.metrics]
        for metric, one_hot in self._metrics:
            if isinstance(metric, keras.metrics.Metric):  # some make their state when they first see values
                kind = tf.int32 if structure.data.task == "multiclass" else tf.float32
                columns = structure.data.outputs if structure.data.task == "regression" else 1
                targets = self._targets(tf.zeros([2, columns], kind), one_hot)
                metric.update_state(targets, tf.fill([2, structure.data.outputs], 0.5))
                metric.reset_state()

    def costs(self, targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        """The loss of each point, `(points,)`."""
        return _per_point(self.loss, self._targets(targets, self._one_hot), outputs)

    def of_a_part(self, targets: tf.Tensor, outputs: tf.Tensor, costs: tf.Tensor) -> list[tf.Tensor]:
        """Of a whole part with the costs of its points: mean cost, accuracy where there are classes, the metrics."""
        found = [tf.reduce_mean(costs)]
        if self._structure.data.classes:
            found.append(tf.reduce_mean(tf.cast(self._right(targets, outputs), tf.float32)))
        return [*found, *(_of_a_part(metric, self._targets(targets, hot), outputs) for metric, hot in self._metrics)]

    def _metric(self, asked: str | Call) -> tuple[Any, bool]:
        """A metric, and whether its targets are one-hot; `accuracy` is that of the task, as in `model.compile`."""
        if isinstance(asked, str) and asked.lower() == "accuracy" and self._structure.data.classes:
            return self._right, False
        metric = metric_of(asked)
        return metric, _wants_one_hot(self._structure, asked, metric)

    def _right(self, targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        if self._structure.data.task == "binary":
            return tf.equal(outputs[:, 0] > self._threshold, targets[:, 0] > 0.5)
        return tf.equal(tf.argmax(outputs, 1, tf.int32), targets[:, 0])

    def _targets(self, targets: tf.Tensor, one_hot: bool) -> tf.Tensor:
        return tf.one_hot(targets[:, 0], self._structure.data.outputs) if one_hot else targets


def loss_of(structure: Structure) -> Any:
    """The loss of a structure: as asked for, or as its task has it."""
    asked = structure.loss
    if asked is None:
        return OF_A_TASK[structure.data.task]()
    return _made(asked) if isinstance(asked, Call) else keras.losses.get(asked)


def metric_of(asked: str | Call) -> Any:
    """A metric as a function or an object of Keras's."""
    return _made(asked) if isinstance(asked, Call) else keras.metrics.get(asked)


def _made(call: Call) -> Any:
    """A class's instance; a function as it is, bound to the arguments that were given."""
    found: Any = load(call)
    arguments = keywords(call)
    if isinstance(found, type):
        return found(**arguments)
    return (lambda targets, outputs: found(targets, outputs, **arguments)) if arguments else found


def _per_point(loss: Any, targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    values = loss.call(targets, outputs) if isinstance(loss, keras.losses.Loss) else loss(targets, outputs)
    values = tf.cast(tf.convert_to_tensor(values), tf.float32)
    rank = values.shape.rank
    return tf.reduce_mean(values, list(range(1, rank))) if rank and rank > 1 else values


def _of_a_part(metric: Any, targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    if not isinstance(metric, keras.metrics.Metric):
        return tf.reduce_mean(tf.cast(tf.convert_to_tensor(metric(targets, outputs)), tf.float32))
    with tf.init_scope():  # its start values are known now, and no part of what is traced
        values = [variable.numpy() for variable in metric.variables]
    start = [tf.constant(value) for value in values]
    state = metric.stateless_update_state(start, targets, outputs)
    return tf.reduce_mean(tf.cast(tf.convert_to_tensor(metric.stateless_result(state)), tf.float32))


def _name(loss: Any) -> str:
    return str(getattr(loss, "name", None) or getattr(loss, "__name__", type(loss).__name__))


def _wants_one_hot(structure: Structure, asked: str | Call, found: Any) -> bool:
    """Whether a loss or metric compares each class's output with its own target.

    Keras's do, but for those that are called sparse; a function of the user's gets class indices.
    """
    if structure.data.task != "multiclass":
        return False
    own = isinstance(asked, Call) and not asked.target.startswith("keras.")
    return not own and "sparse" not in _name(found).lower()


def signed(structure: Structure, loss: Any) -> bool:
    """Whether 0, and not 0.5, parts the two classes of a binary task."""
    network = structure.network
    own = isinstance(network, NetworkSpec) and network.output_activation in ("linear", "tanh")
    return bool(getattr(loss, "from_logits", False)) or _name(loss) in SIGNED or own
