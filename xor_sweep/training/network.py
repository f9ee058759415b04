"""The network of a structure as a Keras model, and the optimizer that trains it."""

from __future__ import annotations

import keras
import tensorflow as tf

from xor_sweep.plan import Structure


def layer_names(structure: Structure) -> list[str]:
    """`Layer1` to `LayerN`, inputs first."""
    return [f"Layer{number}" for number in range(1, len(structure.units))]


def activation_tags(structure: Structure) -> list[str]:
    """The tags of the layers' activations: `Layer1/Layer1`, …, the last one `LayerN/Hypothesis`."""
    *hidden, last = layer_names(structure)
    return [*(f"{name}/{name}" for name in hidden), f"{last}/Hypothesis"]


def weight_tags(structure: Structure) -> list[str]:
    """The tags of weights and biases in the model's order, `Layer1/W1` and `Layer1/b1` first."""
    return [
        f"{name}/{kind}{number}" for number, name in enumerate(layer_names(structure), start=1) for kind in ("W", "b")
    ]


def build_model(structure: Structure) -> keras.Model:
    """The network; its outputs are the activations of all layers, the hypothesis `(points, 1)` last."""
    names = layer_names(structure)
    activations = [structure.activation] * (len(names) - 1) + ["sigmoid"]
    tensor = inputs = keras.Input((structure.data.bits,))
    outputs = []
    for name, units, activation in zip(names, structure.units[1:], activations, strict=True):
        tensor = keras.layers.Dense(units, activation=activation, name=name)(tensor)
        outputs.append(tensor)
    return keras.Model(inputs, outputs)


class LaneRates(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # keras has no types
    """A constant learning rate for each lane, `(lanes,)`, handed to an optimizer as its schedule."""

    def __init__(self, rates: tf.Tensor) -> None:
        self.rates = rates

    def __call__(self, _step: tf.Tensor) -> tf.Tensor:
        """The rates, whatever the step."""
        return self.rates


def build_optimizer(structure: Structure, rates: LaneRates) -> keras.Optimizer:
    """Keras's own optimizer with a learning rate for each lane.

    The structure's `lane_arguments` stand at values that Keras accepts; whoever traces a program sets them, as
    attributes, to vectors of shape `(lanes,)`.
    """
    placeholders = dict.fromkeys(structure.lane_arguments, 0.5)
    settings = {**dict(structure.fixed), **placeholders, "learning_rate": rates, "name": structure.optimizer}
    return keras.optimizers.get({"class_name": structure.optimizer, "config": settings})
