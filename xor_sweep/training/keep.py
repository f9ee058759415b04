"""A trained lane kept as a Keras model of its own, and scored on points that training has not seen."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from numpy.typing import NDArray

from xor_sweep.calls import Call
from xor_sweep.config.spec import NetworkSpec
from xor_sweep.data import Dataset, Part, Preprocessing
from xor_sweep.durable import write_whole
from xor_sweep.loss_facts import Kind
from xor_sweep.model_facts import ModelFacts, Moment
from xor_sweep.outputs import ends_in
from xor_sweep.recorded_files import digest
from xor_sweep.runs import RunPaths
from xor_sweep.structure import Structure
from xor_sweep.training.feed import VALUES_OF_A_BLOCK
from xor_sweep.training.network import build_network, network_of, told
from xor_sweep.training.noise import is_generator
from xor_sweep.training.raw import with_preprocessing
from xor_sweep.training.scores import Scores, loss_of, outputs_with

Arrays = Sequence[NDArray[Any]]


def keep_model(
    structure: Structure,
    preprocessing: Preprocessing,
    weights: Arrays,
    state: Arrays,
    directory: RunPaths,
    moment: Moment | None = None,
) -> None:
    """Write one lane's network as `model.keras`, which takes raw rows, and `model.json` beside it.

    Args:
        structure: what the lane was trained in.
        preprocessing: of its data.
        weights, state: the lane's own, in the order of the model's trainable and other variables; those of a fused
            structure are without the states of random generators.
        directory: the run's.
        moment: when the lane had these weights.

    Raises:
        OSError: where a file cannot be written.
        Exception: what Keras or a user's own class raises when a model is saved.
    """
    network = _network(structure, weights, state)
    outputs = outputs_with(structure, loss_of(structure))
    if outputs.kind is Kind.LOGITS:
        start = keras.Input(structure.data.inputs, dtype="int32" if structure.data.whole else "float32")
        activation = keras.layers.Activation(outputs.link, name="probabilities")
        network = keras.Model(start, activation(network(start)), name="probabilities_of_network")
    facts = replace(facts_beside(structure, preprocessing), weights=moment)
    model = with_preprocessing(network, preprocessing, structure.data.inputs)
    lambdas = [layer.name for layer in network._flatten_layers() if isinstance(layer, keras.layers.Lambda)]
    if lambdas:
        raise ValueError(f"{lambdas[0]} is a Lambda layer, which Keras does not open again; write a layer's class")
    content = _saved(model)
    write_whole(directory.model_facts, replace(facts, sha256=digest(content)).to_json())
    write_whole(directory.model, content)


def facts_beside(structure: Structure, preprocessing: Preprocessing) -> ModelFacts:
    """What the outputs of a structure's kept model mean: logits have become probabilities."""
    outputs = outputs_with(structure, loss_of(structure))
    logits = outputs.kind is Kind.LOGITS
    # What ends in something unknown is taken for a classifier, unless the loss takes scores.
    unknown = not ends_in(structure) and outputs.kind is not Kind.SCORES
    return ModelFacts(
        preprocessing,
        probabilities=structure.data.classes and (logits or outputs.kind is Kind.PROBABILITIES or unknown),
        threshold=0.5 if logits else outputs.threshold,
        target=structure.network.target if isinstance(structure.network, Call) else "",
    )


def score(structure: Structure, data: Dataset, part: str, weights: Arrays, state: Arrays) -> dict[str, float]:
    """What one lane's weights are worth on a part of the data.

    Args:
        structure: what the lane was trained in.
        data: of its shape.
        part: `train`, `validation` or `test`; the data has to have it.
        weights, state: as `keep_model` takes them.

    Returns:
        `cost`, the loss without penalties, and, where there are classes, `accuracy`.
    """
    points: Part | None = getattr(data, part)
    assert points is not None
    network = _network(structure, weights, state)
    block = max(1, VALUES_OF_A_BLOCK // structure.facts.widest)
    scores = Scores(replace(structure, metrics=()))
    outputs, costs = [], []
    for first in range(0, len(points.x), block):
        rows = slice(first, first + block)
        outputs.append(tf.nest.flatten(network(tf.constant(points.x[rows]), **told(network, training=False)))[-1])
        # Of the very tensor that the network returned: Keras's losses ask it for the values before a last sigmoid.
        costs.append(tf.reshape(scores.costs(tf.constant(points.y[rows]), outputs[-1]), [-1]))
    found = scores.of_a_part(tf.constant(points.y), tf.concat(outputs, 0), tf.concat(costs, 0))
    return dict(zip(("cost", "accuracy"), (float(value) for value in found), strict=False))


def _network(structure: Structure, weights: Arrays, state: Arrays) -> keras.Model:
    """A fresh model with a lane's weights and state, of which the prediction is the only output.

    A chain comes without its dropout layers, whose rates are the lanes' own; a user's model stays as it is.
    """
    data, network = structure.data, structure.network
    trained: Any = network_of(structure).model
    generator = [is_generator(variable) for variable in trained.non_trainable_variables]
    if structure.alone_because:
        state = [value for value, drops in zip(state, generator, strict=True) if not drops]
    model = trained
    if isinstance(network, NetworkSpec):
        model = build_network(replace(network, dropout=0.0), data.inputs, data.outputs, ends_in(structure)).model
    others = [variable for variable in model.non_trainable_variables if not is_generator(variable)]
    for variables, values in ((model.trainable_variables, weights), (others, state)):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
    if isinstance(network, NetworkSpec):
        return keras.Model(model.inputs[0], model.outputs[-1], name="network")
    model.compiled = False  # what a user compiled it with takes no part in a prediction
    return model


def _saved(model: keras.Model) -> bytes:
    """The bytes of a `.keras` file."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "model.keras"
        model.save(path)
        return path.read_bytes()
