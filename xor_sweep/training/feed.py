"""The data of a program: values that it is given, so that data of one shape share an executable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from xor_sweep.data import Dataset, Part
from xor_sweep.structure import Structure
from xor_sweep.training.batches import window_steps
from xor_sweep.training.metrics import Units

VALUES_OF_A_BLOCK = 16_000_000
"""Values that one layer's outputs may have, of all lanes, where a whole part is predicted at once; 64 MB."""


@dataclass(frozen=True)
class Points:
    """A part in the program's memory.

    Attributes:
        inputs, targets: `(blocks * block, …)`; what is past `count` is padding.
        count: points.
        block: so many are predicted at once.
    """

    inputs: tf.Variable
    targets: tf.Variable
    count: int
    block: int

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return -(-self.count // self.block)

    def take(self, part: Part) -> None:
        """Put a part's values in."""
        padding = self.blocks * self.block - self.count
        for variable, values in ((self.inputs, part.x), (self.targets, part.y)):
            variable.assign(np.concatenate([values, np.zeros((padding, *values.shape[1:]), values.dtype)]))

    def whole(self, variable: tf.Variable) -> tf.Tensor:
        """The inputs or the targets without padding."""
        return variable[: self.count] if self.blocks > 1 else tf.convert_to_tensor(variable)

    def of_block(self, variable: tf.Variable, number: tf.Tensor) -> tf.Tensor:
        """The inputs or the targets of one block."""
        rest = variable.shape[1:]
        return tf.slice(variable, [number * self.block, *[0] * len(rest)], [self.block, *rest])


class Feed:
    """What a program reads of its data."""

    def __init__(self, structure: Structure) -> None:
        data = structure.data
        self._structure = structure
        self.train = self._points(data.train)
        self.validation = self._points(data.validation) if data.validation else None
        self.weights = tf.Variable(tf.ones([data.train]), trainable=False) if structure.weighted else None
        self.units = Units(0.0, 1.0)
        if structure.metrics and data.task == "regression":  # without metrics the program is what it was before them
            size = [data.outputs]
            self.units = Units(
                tf.Variable(tf.zeros(size, tf.float64), trainable=False),
                tf.Variable(tf.ones(size, tf.float64), trainable=False),
            )
        shape = [0, structure.width, structure.batch]
        if structure.batch_size is not None:
            shape[0] = window_steps(structure.width, structure.batch, structure.steps)
        self.order = tf.Variable(tf.zeros(shape, tf.int32), trainable=False)

    @property
    def ranking(self) -> Points:
        """The part that ranks runs: the validation part where there is one."""
        return self.validation or self.train

    def _points(self, count: int) -> Points:
        data, width = self._structure.data, self._structure.width
        block = max(1, min(count, VALUES_OF_A_BLOCK // (width * self._structure.facts.widest)))
        rows = -(-count // block) * block
        inputs = tf.zeros([rows, *data.inputs], tf.int32 if data.whole else tf.float32)
        columns, kind = (1, tf.int32) if data.task == "multiclass" else (data.outputs, tf.float32)
        if data.task == "binary":
            columns = 1
        targets = tf.zeros([rows, columns], kind)
        return Points(tf.Variable(inputs, trainable=False), tf.Variable(targets, trainable=False), count, block)

    def take(self, data: Dataset, class_weight: str | tuple[float, ...] | None = None) -> None:
        """Put data in, with the units of a regression's target.

        Args:
            data: of the structure's shape.
            class_weight: as in the spec.
        """
        self.train.take(data.train)
        if self.validation is not None:
            assert data.validation is not None
            self.validation.take(data.validation)
        if self.weights is not None:
            self.weights.assign(point_weights(data, class_weight))
        if isinstance(self.units.mean, tf.Variable):
            known = data.preprocessing
            self.units.mean.assign(np.zeros(data.outputs) if known.target_mean is None else known.target_mean)
            self.units.scale.assign(np.ones(data.outputs) if known.target_scale is None else known.target_scale)

    def all_points(self) -> list[tf.Tensor]:
        """Return inputs, targets and, if points have weights, weights of the training part."""
        weights = [] if self.weights is None else [tf.convert_to_tensor(self.weights)]
        return [self.train.whole(self.train.inputs), self.train.whole(self.train.targets), *weights]

    def batches(self, place: tf.Tensor) -> list[tf.Tensor]:
        """Return the same of each lane's own batch, `(lanes, batch, …)` each.

        Args:
            place: int32 scalar, the place of the step in the order's window.
        """
        # Not tf.slice: XLA would take its start for a constant and compile anew for every place.
        rows = tf.gather(self.order, place)
        weights = [] if self.weights is None else [self.weights]
        return [tf.gather(values, rows) for values in (self.train.inputs, self.train.targets, *weights)]


def point_weights(data: Dataset, class_weight: str | tuple[float, ...] | None) -> NDArray[np.float32]:
    """The weight of each point of the training part, `(points,)`.

    `balanced` weighs a class by points / (classes * points of the class), as scikit-learn does, so that the mean is 1.
    """
    classes = data.train.y[:, 0].astype(np.int64)
    if class_weight == "balanced":
        counts = np.bincount(classes, minlength=len(data.classes))
        weights = len(classes) / (len(data.classes) * np.maximum(counts, 1))
    else:
        weights = np.asarray(class_weight, np.float64)
    return weights[classes].astype(np.float32)
