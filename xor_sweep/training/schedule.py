"""Learning rates: a constant or Keras's own schedule, for each lane."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from xor_sweep.structure import Structure

CLASSES = {
    "cosine_decay": keras.optimizers.schedules.CosineDecay,
    "cosine_decay_restarts": keras.optimizers.schedules.CosineDecayRestarts,
    "exponential_decay": keras.optimizers.schedules.ExponentialDecay,
    "inverse_time_decay": keras.optimizers.schedules.InverseTimeDecay,
    "piecewise_constant_decay": keras.optimizers.schedules.PiecewiseConstantDecay,
    "polynomial_decay": keras.optimizers.schedules.PolynomialDecay,
}

PRIVATE = {"t_mul": "_t_mul", "m_mul": "_m_mul"}
"""Where CosineDecayRestarts keeps these arguments."""

WHOLE_RUN = ("decay_steps", "first_decay_steps")
"""What stands for all of a run's steps where it is null."""


class LaneRates(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # keras has no types
    """The learning rate of each lane, `(lanes, 1)`, handed to an optimizer as its schedule."""

    def __init__(self, structure: Structure, rates: tf.Tensor) -> None:
        self.rates = rates
        self._structure = structure
        self._numbers: dict[str, tf.Tensor] = {}

    def take(self, numbers: dict[str, tf.Tensor]) -> None:
        """The numbers of the lanes by dotted key, from which the rates follow."""
        self.rates = numbers["lr"]
        self._numbers = {key.removeprefix("schedule."): v for key, v in numbers.items() if key.startswith("schedule.")}

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """The rates after so many updates."""
        chosen = self._structure.schedule
        if chosen is None:
            return self.rates
        fixed = dict(chosen.arguments)
        if chosen.name == "piecewise_constant_decay":
            values = [self.rates * factor for factor in fixed["factors"]]
            return CLASSES[chosen.name](list(fixed["boundaries"]), values)(step)
        whole = {key: self._structure.steps for key in WHOLE_RUN if key in fixed and fixed[key] is None}
        # Keras checks some arguments where a schedule is made, so that lanes' numbers take their places afterwards.
        made = CLASSES[chosen.name](
            **{"initial_learning_rate": 1.0, **dict.fromkeys(self._numbers, 0.5), **fixed, **whole}
        )
        made.initial_learning_rate = self.rates
        for key, value in self._numbers.items():
            setattr(made, PRIVATE.get(key, key), value)
        return _broadcast(made(step), self.rates)


def _broadcast(rates: Any, like: tf.Tensor) -> tf.Tensor:
    return tf.broadcast_to(tf.cast(rates, tf.float32), tf.shape(like)) if like.shape.rank else rates
