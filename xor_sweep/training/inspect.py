"""A network looked at before training: whether it fits the data, and whether its runs can train as lanes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from xor_sweep.calls import Call
from xor_sweep.config.spec import NetworkSpec, RunSpec
from xor_sweep.errors import ConfigError
from xor_sweep.loss_facts import loss_facts
from xor_sweep.outputs import last_activation, misfit
from xor_sweep.structure import DataShape, NetworkFacts, chain_facts, structure_of
from xor_sweep.training.fit import check_arguments, check_layers, check_values, try_out
from xor_sweep.training.fusing import fusing
from xor_sweep.training.last_operation import last_operation
from xor_sweep.training.network import Network, build_network, take_built
from xor_sweep.training.noise import draw_for_lanes, is_generator
from xor_sweep.training.scores import check_reduction, loss_of
from xor_sweep.training.start import UnseededError, start_weights

LEAST_WIDEST = 64
POINTS, DRAWS = 32, 4
"""A network is tried out on so many points of no particular kind, and with so many draws of weights."""


def inspect(spec: RunSpec, data: DataShape, points: NDArray[Any] | None = None) -> NetworkFacts:
    """What planning needs to know of a run's network, found by building it.

    Of a chain of dense layers only the loss and the metrics are in question.

    Args:
        spec: the run.
        data: the shape of its data.
        points: of whole numbers, those to try the network with, as an embedding knows some numbers only; None for
            other data, whose values do not matter.

    Raises:
        ConfigError: where the network does not fit the data, or would be trained wrong.
        Exception: whatever the user's own function, layers, loss or metrics raise.
    """
    if isinstance(spec.network, NetworkSpec) and spec.training.loss is None and not spec.training.metrics:
        return chain_facts(spec.network, data)
    where = f"network ({spec.network.target})" if isinstance(spec.network, Call) else "network"
    points = _points(data) if points is None else points
    if isinstance(spec.network, NetworkSpec):
        facts = chain_facts(spec.network, data)
        last = last_activation(spec.network, spec.training.loss, data.task)
        network = build_network(spec.network, data.inputs, data.outputs, last)
    else:
        check_arguments(spec.network)
        network = take_built(spec.network, data.inputs, data.outputs)
        check_layers(network.model, data, where)
        with _widest_output() as widest:
            try_out(network.model, points, data, where)
        last = last_operation(network.model, data)
        facts = NetworkFacts(_weights(network.model), max(LEAST_WIDEST, int(np.prod(data.inputs)), *widest), None, last)
        again = build_network(spec.network, data.inputs, data.outputs, "")
        _check_start(network, again, where)
        _check_outputs(spec, again.model, points, data, last, where)
    structure = structure_of(spec, data, facts)
    check_reduction(loss_of(structure), weighted=structure.weighted)
    draw_for_lanes(network.model)
    found = fusing(structure, network.model, points if data.whole else None, where)
    return replace(facts, **found._asdict())


def _points(data: DataShape) -> NDArray[Any]:
    return np.random.default_rng(0).normal(0, 2, (POINTS, *data.inputs)).astype(np.float32)


def _check_outputs(spec: RunSpec, model: Any, points: NDArray[Any], data: DataShape, last: str, where: str) -> None:
    """Refuse a model whose outputs are not what the loss takes: by what it ends in, or else by values.

    Raises:
        ConfigError: where they are not.
    """
    loss = loss_facts(spec.training.loss, data.task)
    standardized = data.task == "regression" and spec.data.standardize and spec.data.standardize_target
    if found := misfit(last, loss, data.task, data.outputs, standardized=standardized):
        raise ConfigError(f"{where}: {found.what}; {found.remedy}")
    if last or loss is None:
        return
    for outputs in _outputs_of_any_weights(model, points, data, where):
        check_values(outputs, loss, data, where)


def _outputs_of_any_weights(model: Any, points: NDArray[Any], data: DataShape, where: str) -> Iterator[NDArray[Any]]:
    """A model's outputs for weights that are the same each time: its own, not seeded, may happen to suit."""
    generator = np.random.default_rng(0)
    for _ in range(DRAWS):
        for variable in model.trainable_variables:
            variable.assign(generator.normal(0, 0.5, variable.shape))
        yield try_out(model, points, data, where)


@contextmanager
def _widest_output() -> Iterator[list[int]]:
    """While a model is called in the block, note how many values each layer's output has for one point."""
    sizes = [1]
    call = keras.layers.Layer.__call__

    def noting(layer: Any, *arguments: Any, **rest: Any) -> Any:
        outputs = call(layer, *arguments, **rest)
        for tensor in keras.tree.flatten(outputs):
            shape = getattr(tensor, "shape", None)
            if shape is not None and len(shape) > 0:
                sizes.append(int(np.prod([n or 1 for n in tuple(shape)[1:]])))
        return outputs

    keras.layers.Layer.__call__ = noting
    try:
        yield sizes
    finally:
        keras.layers.Layer.__call__ = call


def _weights(model: Any) -> tuple[tuple[str, int], ...]:
    """A tag and the number of values of each trainable variable."""
    seen: Counter[str] = Counter()
    found = []
    for variable in model.trainable_variables:
        tag = str(variable.path).removeprefix(f"{model.name}/")
        seen[tag] += 1
        found.append((tag if seen[tag] == 1 else f"{tag}_{seen[tag]}", int(np.prod(variable.shape))))
    return tuple(found)


def _check_start(network: Network, again: Network, where: str) -> None:
    """Refuse a model whose start values follow from no seed, by what is different when it is built again.

    Raises:
        ConfigError: where there is such a weight, or both times it is one and the same.
    """
    try:
        start_weights(network.model, network.initializers)
    except UnseededError as error:
        raise ConfigError(f"{where}: {error}; use an initializer of Keras's") from error
    first, second = (
        model.model.trainable_variables + model.model.non_trainable_variables for model in (network, again)
    )
    if {id(variable) for variable in first} & {id(variable) for variable in second}:
        raise ConfigError(f"{where}: it returns the same layers each time; make them inside the function")
    if [variable.shape for variable in first] != [variable.shape for variable in second]:
        raise ConfigError(f"{where}: its weights have other shapes each time; let them depend on its arguments alone")
    for one, other in zip(first, second, strict=True):
        if is_generator(one) or (_drawn(network.initializers.get(id(one)))):
            continue
        if not np.array_equal(one.numpy(), other.numpy(), equal_nan=True):
            remedy = "draw it with an initializer of Keras's, or the same each time"
            raise ConfigError(f"{where}: {one.path} starts otherwise each time that the model is built; {remedy}")


def _drawn(initializer: Any) -> bool:
    """Whether each run draws a weight from its own seed."""
    if not isinstance(initializer, keras.initializers.Initializer) or not hasattr(initializer, "seed"):
        return False
    return initializer.get_config().get("seed") is None
