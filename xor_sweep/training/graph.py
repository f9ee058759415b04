"""The graph that TensorBoard shows: one training step of one lane, with the scopes of the lab."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import keras
import tensorflow as tf

from xor_sweep.config.spec import NetworkSpec
from xor_sweep.outputs import ends_in
from xor_sweep.structure import Structure
from xor_sweep.tags import HYPOTHESIS, weight_tags
from xor_sweep.training.network import build_optimizer, network_of, told
from xor_sweep.training.noise import draw_for_lanes, dropouts, lane_noise
from xor_sweep.training.schedule import LaneRates
from xor_sweep.training.scores import Scores


@lru_cache(maxsize=8)
def graph_of(structure: Structure) -> bytes:
    """A serialized GraphDef whose top level is `X`, `Y`, a scope a layer, `Cost` and `Train`.

    It is traced from the Keras layers, cost and optimizer that train a lane, with the weights named as the logs name
    their histograms and the numbers of a lane (`Train/learning_rate`, …) as inputs. It is a picture: nothing runs it.
    """
    rates = LaneRates(structure, tf.constant(0.0))
    optimizer = build_optimizer(structure, rates)
    model: Any = network_of(structure).model
    draw_for_lanes(model)
    weights = model.trainable_variables
    optimizer.build(weights)
    scores = Scores(structure)

    def step(x: tf.Tensor, y: tf.Tensor, *values: tf.Tensor) -> None:
        numbers = dict(zip(structure.numbers, values, strict=True))
        rates.take(numbers)
        for name in structure.lane_arguments:
            setattr(optimizer, name, numbers[f"optimizer.{name}"])
        with tf.name_scope("Train/"):
            # Without a dropout layer they would stand in the picture, connected to nothing.
            seed, number = (tf.constant(0), tf.constant(0)) if dropouts(model) else (0, 0)
        with tf.GradientTape() as tape:
            with lane_noise(seed, number, numbers.get("network.dropout")):
                outputs = (
                    _chain(structure, model, x)
                    if isinstance(structure.network, NetworkSpec)
                    else model(x, **told(model, training=True))
                )
            with tf.name_scope("Cost"):
                cost = tf.identity(tf.reduce_mean(scores.costs(y, tf.nest.flatten(outputs)[-1])), name="Cost")
                scaled = optimizer.scale_loss(cost)
        with tf.name_scope("Train/"):
            gradients = tape.gradient(scaled, weights)
            pairs = [
                (tf.convert_to_tensor(gradient), weight)
                for gradient, weight in zip(gradients, weights, strict=True)
                if gradient is not None
            ]
            optimizer.apply([gradient for gradient, _ in pairs], [weight for _, weight in pairs])

    data = structure.data
    targets = [structure.batch, 1 if data.task == "multiclass" else data.outputs]
    inputs = [
        tf.TensorSpec([structure.batch, *data.inputs], tf.int32 if data.whole else tf.float32),
        tf.TensorSpec(targets, tf.int32 if data.task == "multiclass" else tf.float32),
        *[tf.TensorSpec([], tf.float32)] * len(structure.numbers),
    ]
    traced = tf.function(step, autograph=False).get_concrete_function(*inputs)
    names = ["X", "Y", *(f"Train/{_plain(key)}" for key in structure.numbers)]
    variables = dict(zip((id(weight.value.handle) for weight in weights), weight_tags(structure), strict=True))
    for outside, _ in traced.graph.captures:
        names.append(variables.get(id(outside)) or f"Train/state_{len(names)}")
    return _renamed(traced.graph.as_graph_def(), [tensor.op.name for tensor in traced.graph.inputs], names)


def _plain(key: str) -> str:
    return "learning_rate" if key == "lr" else key.rpartition(".")[2]


def _chain(structure: Structure, model: Any, tensor: tf.Tensor) -> tf.Tensor:
    """The layers of a chain one after the other, each in a scope of its own."""
    network = structure.network
    assert isinstance(network, NetworkSpec)
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    others = {layer.name: layer for layer in model.layers}
    last = ends_in(structure)
    if len(structure.data.inputs) > 1:
        tensor = tf.reshape(tensor, [structure.batch, -1])
    for layer in dense:
        is_last = layer is dense[-1]
        with tf.name_scope(layer.name):
            tensor = tf.matmul(tensor, layer.kernel) + layer.bias
            if normalization := others.get(f"{layer.name}_normalization"):
                tensor = normalization(tensor, training=True)
            tensor = keras.activations.get(last if is_last else network.activation)(tensor)
            tensor = tf.identity(tensor, name=HYPOTHESIS if is_last else layer.name)
            if dropout := others.get(f"{layer.name}_dropout"):
                tensor = dropout(tensor, training=True)
    return tensor


def _renamed(graph: tf.compat.v1.GraphDef, before: list[str], after: list[str]) -> bytes:
    """The graph with some nodes renamed and without its function library, which is not shown.

    Equal structures give equal bytes: without the numbers that TensorFlow gives to gradients as a process makes them.
    """
    new_names = dict(zip(before, after, strict=True))

    def renamed(reference: str) -> str:
        mark, name = ("^", reference[1:]) if reference.startswith("^") else ("", reference)
        name, colon, output = name.partition(":")
        name = new_names.get(name, name)
        return f"{mark}{name.replace('gradient_tape/', 'Train/gradients/', 1)}{colon}{output}"

    for node in graph.node:
        node.name = renamed(node.name)
        node.attr.pop("_gradient_op_type", None)
        node.input[:] = [renamed(reference) for reference in node.input]
    content: bytes = graph.SerializeToString(deterministic=True)
    return content
