"""The network of a structure as a Keras model, and the optimizer that trains it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from xor_sweep.calls import Call, keywords, load
from xor_sweep.compiled import shown_target
from xor_sweep.config.spec import NetworkSpec
from xor_sweep.errors import ConfigError
from xor_sweep.outputs import ends_in
from xor_sweep.structure import Structure
from xor_sweep.training.names import fresh_names
from xor_sweep.training.schedule import LaneRates
from xor_sweep.training.start import Initializers, initializer, noted_initializers

PLACEHOLDER = 0.5
"""Stands in Keras's objects where each lane has a number of its own."""

OPTIMIZERS = {"adafactor": keras.optimizers.Adafactor, "lamb": keras.optimizers.Lamb, "muon": keras.optimizers.Muon}
"""Those that `keras.optimizers.get` does not know by name."""


@dataclass(frozen=True)
class Network:
    """A model as it was built, before a lane's weights take the place of its own.

    Attributes:
        model: its outputs are those of all layers of a chain, or the one of a user's model; the last is the prediction.
        initializers: what each weight is drawn by.
        scaled: the `id`s of the weights that a lane's `init_scale` multiplies.
    """

    model: keras.Model
    initializers: Initializers
    scaled: frozenset[int] = frozenset()


def build_network(network: NetworkSpec | Call, inputs: tuple[int, ...], outputs: int, last: str) -> Network:
    """Build the network that a spec or a structure asks for.

    Args:
        network: the chain or the user's function.
        inputs: shape of one point.
        outputs: units that the data asks for.
        last: the activation that a chain ends in.

    Raises:
        Exception: whatever a user's function raises.
    """
    with fresh_names(), noted_initializers() as noted:
        if isinstance(network, NetworkSpec):
            model = chain(network, inputs, network.output_units or outputs, last)
            dense = (layer for layer in model.layers if isinstance(layer, keras.layers.Dense))
            scaled = frozenset(id(variable) for layer in dense for variable in layer.trainable_variables)
            return Network(model, noted, scaled)
        return Network(users_model(network, inputs, outputs), noted)


_waiting: dict[tuple[Call, tuple[int, ...], int], Network] = {}
"""Networks that were built to be looked at, and not used since."""

MOST_WAITING = 8


def build_once(network: Call, inputs: tuple[int, ...], outputs: int) -> Network:
    """Build the network of a user's function, and keep it for the one who takes it next.

    Raises:
        Exception: whatever the function raises.
    """
    while len(_waiting) >= MOST_WAITING:
        del _waiting[next(iter(_waiting))]
    _waiting[network, inputs, outputs] = built = build_network(network, inputs, outputs, "")
    return built


def take_built(network: Call, inputs: tuple[int, ...], outputs: int) -> Network:
    """Take the network that was built before and not used since, or build it.

    Raises:
        Exception: whatever the function raises.
    """
    return _waiting.pop((network, inputs, outputs), None) or build_network(network, inputs, outputs, "")


def network_of(structure: Structure) -> Network:
    """The network of a structure."""
    data = structure.data
    return build_network(structure.network, data.inputs, data.outputs, ends_in(structure))


def chain(network: NetworkSpec, inputs: tuple[int, ...], outputs: int, activation: str) -> keras.Model:
    """Dense layers `Layer1` to `LayerN`, each followed by what the spec asks for; all their activations are outputs."""
    tensor = start = keras.Input(inputs)
    if len(inputs) > 1:
        tensor = keras.layers.Flatten()(tensor)
    found = []
    starts: dict[str, Any] = {
        "kernel_initializer": initializer(network.kernel_initializer),
        "bias_initializer": initializer(network.bias_initializer),
    }
    for number, units in enumerate(network.hidden, start=1):
        name = f"Layer{number}"
        if network.batch_normalization:
            tensor = keras.layers.Dense(units, name=name, **starts)(tensor)
            tensor = keras.layers.BatchNormalization(name=f"{name}_normalization")(tensor)
            tensor = keras.layers.Activation(network.activation, name=f"{name}_activation")(tensor)
        else:
            tensor = keras.layers.Dense(units, activation=network.activation, name=name, **starts)(tensor)
        found.append(tensor)
        if network.dropout:
            tensor = keras.layers.Dropout(PLACEHOLDER, name=f"{name}_dropout")(tensor)
    last = keras.layers.Dense(outputs, activation=activation, name=f"Layer{len(network.hidden) + 1}", **starts)
    return keras.Model(start, [*found, last(tensor)], name="network")


def users_model(call: Call, inputs: tuple[int, ...], outputs: int) -> keras.Model:
    """What a user's function returns, built.

    It gets its arguments from the configuration, and `input_shape` and `outputs` where it asks for them by name.

    Raises:
        ConfigError: where it returns no Keras model, or names two layers alike: layers are counted from the start in
            each build, and those that were made before have such names.
        Exception: whatever it raises.
    """
    function: Any = load(call)
    arguments = keywords(call)
    offered = {"input_shape": inputs, "outputs": outputs}
    asked = _parameters(function)
    arguments |= {key: value for key, value in offered.items() if key in asked and key not in arguments}
    try:
        model = function(**arguments)
    except ValueError as error:
        if "names should be unique" not in str(error):  # Keras's words
            raise
        remedy = "make all its layers inside the function, or give them names of their own"
        raise ConfigError(f"network ({shown_target(call.target)}): {str(error).rstrip('.')}; {remedy}") from error
    if not isinstance(model, keras.Model):
        raise ConfigError(f"network: {call.target} returned {type(model).__name__}; it has to return a keras.Model")
    if not model.built:
        model(np.zeros((1, *inputs), np.float32))
    return model


def told(model: Any, *, training: bool) -> dict[str, bool]:
    """The argument that tells a model whether it is trained, where its `call` takes one: as `model.fit` does it."""
    return {"training": training} if model._call_has_training_arg else {}


def _parameters(function: Any) -> set[str]:
    try:
        return set(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # a callable without a signature takes what it was given
        return set()


def build_optimizer(structure: Structure, rates: LaneRates) -> keras.Optimizer:
    """Keras's own optimizer with a learning rate for each lane.

    The structure's `lane_arguments` stand at values that Keras accepts; whoever traces a program sets them, as
    attributes, to columns of shape `(lanes, 1)`.
    """
    placeholders = dict.fromkeys(structure.lane_arguments, PLACEHOLDER)
    settings = {**dict(structure.fixed), **placeholders, "learning_rate": rates, "name": structure.optimizer}
    if structure.optimizer in OPTIMIZERS:
        return OPTIMIZERS[structure.optimizer](**settings)
    return keras.optimizers.get({"class_name": structure.optimizer, "config": settings})
