from __future__ import annotations

import pytest
from tensorflow.core.framework.graph_pb2 import GraphDef

from tests.specs import spec, structure
from xor_sweep.config.schema import ACTIVATIONS, OPTIMIZERS
from xor_sweep.training import graph_of


def graph(**values: object) -> GraphDef:
    parsed = GraphDef()
    run = spec({key.replace("__", "."): value for key, value in values.items()})
    parsed.ParseFromString(graph_of(structure(run)))
    return parsed


def names(parsed: GraphDef) -> list[str]:
    return [node.name for node in parsed.node]


def scopes(parsed: GraphDef) -> set[str]:
    return {name.split("/")[0] for name in names(parsed)}


def assert_whole(parsed: GraphDef) -> None:
    """TensorBoard draws it: names are unique, and every input refers to a node that is there."""
    assert len(set(names(parsed))) == len(parsed.node)
    inputs = {reference.removeprefix("^").split(":")[0] for node in parsed.node for reference in node.input}
    assert inputs <= set(names(parsed))


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
def test_the_top_level_is_the_labs(optimizer: str) -> None:
    parsed = graph(optimizer=optimizer)
    assert scopes(parsed) == {"X", "Y", "Layer1", "Layer2", "Cost", "Train"}
    assert {"X", "Y", "Layer1/W1", "Layer1/b1", "Layer1/Layer1", "Layer2/W2", "Layer2/b2"} <= set(names(parsed))
    assert {"Layer2/Hypothesis", "Cost/Cost", "Train/learning_rate"} <= set(names(parsed))
    assert_whole(parsed)


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
def test_the_numbers_of_a_lane_are_inputs_of_the_training(optimizer: str) -> None:
    inputs = {f"Train/{name}" for name in structure(spec(optimizer=optimizer)).lane_arguments}
    assert inputs <= set(names(graph(optimizer=optimizer)))


@pytest.mark.parametrize(
    "values",
    [
        {"optimizer": "sgd", "optimizer__momentum": 0.9, "optimizer__nesterov": True},
        {"optimizer__amsgrad": True},
        {"optimizer__clipnorm": 1.0},
        {"optimizer__global_clipnorm": 1.0},
        {"optimizer__clipvalue": 1.0},
        {"optimizer__use_ema": True, "optimizer__ema_overwrite_frequency": 10},
        {"optimizer__gradient_accumulation_steps": 2},
        {"optimizer__loss_scale_factor": 8.0},
        {"optimizer__weight_decay": 0.1},
    ],
    ids=lambda values: next(reversed(values)),
)
def test_arguments_of_the_optimizer_stay_within_the_training(values: dict[str, object]) -> None:
    parsed = graph(**values)
    assert scopes(parsed) == {"X", "Y", "Layer1", "Layer2", "Cost", "Train"}
    assert_whole(parsed)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_stays_within_its_layer(activation: str) -> None:
    parsed = graph(network__activation=activation)
    assert scopes(parsed) == {"X", "Y", "Layer1", "Layer2", "Cost", "Train"}
    assert_whole(parsed)


def test_a_deeper_network_has_a_scope_a_layer() -> None:
    parsed = graph(network__hidden=[4, 3], data="parity", data__bits=5)
    assert scopes(parsed) == {"X", "Y", "Layer1", "Layer2", "Layer3", "Cost", "Train"}
    assert {"Layer2/Layer2", "Layer3/W3", "Layer3/Hypothesis"} <= set(names(parsed))
    [inputs] = [node for node in parsed.node if node.name == "X"]
    assert [size.size for size in inputs.attr["shape"].shape.dim] == [32, 5]
    assert_whole(parsed)
