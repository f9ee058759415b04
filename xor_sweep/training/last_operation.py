"""What a network ends in, by the last operation of its graph: values at start weights may happen to suit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from xor_sweep.structure import DataShape
from xor_sweep.training.network import told

ACTIVATIONS = {
    "Elu": "elu",
    "Exp": "exponential",
    "LeakyRelu": "leaky_relu",
    "Relu": "relu",
    "Relu6": "relu6",
    "Selu": "selu",
    "Sigmoid": "sigmoid",
    "Softmax": "softmax",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Tanh": "tanh",
}
"""Operations that are one of Keras's activations."""

PRODUCTS = ("BatchMatMulV2", "Conv2D", "Conv2DBackpropInput", "Conv3D", "DepthwiseConv2dNative", "Einsum", "MatMul")
"""Operations of a layer that multiplies by its kernel."""

MOVED = ("EnsureShape", "ExpandDims", "Identity", "Reshape", "Squeeze", "StopGradient", "Transpose")
"""Operations that leave each value as it is."""


def last_operation(model: Any, data: DataShape) -> str:
    """The activation that a model ends in, in Keras's words: `linear` for a layer without one, empty for others.

    Args:
        model: built.
        data: the shape of its data.
    """

    def call(points: tf.Tensor) -> Any:
        return tf.nest.flatten(model(points, **told(model, training=False)))[-1]

    inputs = tf.TensorSpec([None, *data.inputs], tf.int32 if data.whole else tf.float32)
    traced = tf.function(call, autograph=False).get_concrete_function(inputs)
    *moves, operation = _back(traced.graph.outputs[0])
    if operation.type == "Softmax" and any(move.type == "Transpose" for move in moves):
        return ""  # over other axes than the last one; its values tell
    if operation.type in ACTIVATIONS:
        return ACTIVATIONS[operation.type]
    return "linear" if _is_linear(operation) else ""


def _is_linear(operation: Any) -> bool:
    """Whether it is a product with a kernel, with or without a bias."""
    if operation.type in ("AddV2", "BiasAdd"):
        product, bias = ([*_back(tensor)][-1] for tensor in operation.inputs)
        return product.type in PRODUCTS and bias.type == "ReadVariableOp"
    return operation.type in PRODUCTS


def _back(tensor: Any) -> Iterator[Any]:
    """Yield the operations that moved a tensor's values, the latest first, and then the one that calculated them."""
    yield (operation := tensor.op)
    while operation.type in MOVED:
        yield (operation := operation.inputs[0].op)
