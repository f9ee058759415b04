"""The graph that TensorBoard shows: one training step of one lane, with the scopes of the lab."""

from __future__ import annotations

import itertools
from functools import lru_cache

import keras
import tensorflow as tf

from xor_sweep.plan import Structure
from xor_sweep.training.network import LaneRates, build_optimizer, layer_names, weight_tags


@lru_cache(maxsize=8)
def graph_of(structure: Structure) -> bytes:
    """A serialized GraphDef whose top level is `X`, `Y`, a scope a layer, `Cost` and `Train`.

    It is traced from the Keras activations, cost and optimizer that train a lane, with the weights named as the logs
    name their histograms and the numbers of a lane (`Train/learning_rate`, …) as inputs. It is a picture: nothing
    runs it.
    """
    rates = LaneRates(tf.constant(0.0))
    optimizer = build_optimizer(structure, rates)
    shapes = [shape for n_in, n_out in itertools.pairwise(structure.units) for shape in ((n_in, n_out), (n_out,))]
    weights = [keras.Variable(tf.zeros(shape)) for shape in shapes]
    optimizer.build(weights)
    activations = [structure.activation] * (len(structure.units) - 2) + ["sigmoid"]

    def step(x: tf.Tensor, y: tf.Tensor, rate: tf.Tensor, *arguments: tf.Tensor) -> None:
        rates.rates = rate
        for name, value in zip(structure.lane_arguments, arguments, strict=True):
            setattr(optimizer, name, value)
        tensor, names = x, layer_names(structure)
        with tf.GradientTape() as tape:
            for number, (layer, activation) in enumerate(zip(names, activations, strict=True)):
                kernel, bias = weights[2 * number : 2 * number + 2]
                with tf.name_scope(layer):
                    tensor = keras.activations.get(activation)(tf.matmul(tensor, kernel) + bias)
                    tf.identity(tensor, name="Hypothesis" if layer == names[-1] else layer)
            with tf.name_scope("Cost"):
                cost = tf.identity(keras.losses.BinaryCrossentropy()(y, tensor), name="Cost")
                scaled = optimizer.scale_loss(cost)
        with tf.name_scope("Train"):
            optimizer.apply(tape.gradient(scaled, weights), weights)

    number = tf.TensorSpec([], tf.float32)
    inputs = [tf.TensorSpec([structure.points, structure.data.bits]), tf.TensorSpec([structure.points, 1])]
    inputs += [number] * (1 + len(structure.lane_arguments))
    traced = tf.function(step, autograph=False).get_concrete_function(*inputs)
    names = ["X", "Y", *(f"Train/{name}" for name in ("learning_rate", *structure.lane_arguments))]
    variables = dict(zip((id(weight.value.handle) for weight in weights), weight_tags(structure), strict=True))
    for outside, _ in traced.graph.captures:
        names.append(variables.get(id(outside)) or f"Train/state_{len(names)}")
    return _renamed(traced.graph.as_graph_def(), [tensor.op.name for tensor in traced.graph.inputs], names)


def _renamed(graph: tf.compat.v1.GraphDef, before: list[str], after: list[str]) -> bytes:
    """The graph with some nodes renamed and without its function library, which is not shown."""
    new_names = dict(zip(before, after, strict=True))

    def renamed(reference: str) -> str:
        mark, name = ("^", reference[1:]) if reference.startswith("^") else ("", reference)
        name, colon, output = name.partition(":")
        name = new_names.get(name, name)
        return f"{mark}{name.replace('gradient_tape/', 'Train/gradients/', 1)}{colon}{output}"

    for node in graph.node:
        node.name = renamed(node.name)
        node.input[:] = [renamed(reference) for reference in node.input]
    content: bytes = graph.SerializeToString(deterministic=True)
    return content
