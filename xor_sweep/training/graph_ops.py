"""What a traced function consists of, and what it must not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import op_def_registry

from xor_sweep.errors import ConfigError

UNSEEDED = (
    "Multinomial",
    "ParameterizedTruncatedNormal",
    "RandomGamma",
    "RandomPoissonV2",
    "RandomShuffle",
    "RandomStandardNormal",
    "RandomUniform",
    "RandomUniformInt",
    "TruncatedNormal",
)
"""Operations that draw from TensorFlow's own generator."""

PYTHON = ("EagerPyFunc", "PyFunc", "PyFuncStateless")


class Traced:
    """A function as TensorFlow traced it.

    Attributes:
        kinds: the kinds of its operations and of those of the functions that it calls, sorted.
        stateful: those of them that TensorFlow counts as stateful.
    """

    def __init__(self, concrete: Any) -> None:
        self.concrete = concrete

    def __call__(self, *tensors: Any) -> Any:
        """What it returns for flat arguments."""
        return self.concrete(*tensors)

    @cached_property
    def kinds(self) -> list[str]:
        """The kinds of operations."""
        graph = self.concrete.graph.as_graph_def()
        nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
        return sorted({node.op for node in nodes})

    @cached_property
    def stateful(self) -> frozenset[str]:
        """The stateful kinds."""
        found = ((kind, op_def_registry.get(kind)) for kind in self.kinds)
        return frozenset(kind for kind, definition in found if definition is not None and definition.is_stateful)

    @property
    def shared(self) -> list[str]:
        """The names of variables, tables and the like that it reads beside its arguments."""
        names = {id(variable.handle): variable.name.partition(":")[0] for variable in self.concrete.graph.variables}
        outside = (tensor for tensor, _ in self.concrete.graph.captures)
        return [names.get(id(tensor), "a table") for tensor in outside if tensor.dtype in (tf.resource, tf.variant)]


def traced_as(function: Callable[..., Any], specs: Any) -> Traced:
    """A function traced for arguments of some shapes.

    Args:
        function: of one nest.
        specs: the nest, of tf.TensorSpec.
    """
    flat = tf.nest.flatten(specs)

    def of_flat(*tensors: Any) -> Any:
        return function(tf.nest.pack_sequence_as(specs, tensors))

    return Traced(tf.function(of_flat, autograph=False).get_concrete_function(*flat))


def refuse_shared(traced: Traced, where: str) -> None:
    """Refuse what runs would share with each other, or what no seed reaches.

    Raises:
        ConfigError: where there is such.
    """
    if shared := traced.shared:
        remedy = "make it with self.add_weight in a layer"
        if shared[0].endswith("seed_generator_state"):  # Keras's global one, or one that no layer holds
            remedy = "draw with a keras.random.SeedGenerator that the layer makes in its __init__"
        raise ConfigError(
            f"{where}: it reads {shared[0]}, which is not a weight of the model; runs would share it; {remedy}"
        )
    for kind in traced.kinds:
        if kind in UNSEEDED:
            raise ConfigError(f"{where}: {kind} draws what no seed reaches; use keras.random with a SeedGenerator")
        if kind in PYTHON:
            raise ConfigError(f"{where}: {kind} calls Python, which does not compile; use keras.ops")
