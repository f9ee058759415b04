"""Weights of which a batch looks up rows, as an embedding's, against `model.fit`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.specs import structure
from tests.training import networks
from tests.training.custom import custom, optimizer_of
from tests.training.trained import NONE, starts_of, train
from xor_sweep.config import RunSpec
from xor_sweep.data import dataset
from xor_sweep.shapes import shape_of
from xor_sweep.structure import NetworkFacts
from xor_sweep.training import graph_of, inspect

STEPS = 30
KINDS = ("embedding", "shared", "masked", "gathered")
"""A weight of each kind stands in one network, side by side."""

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "adadelta": {"lr": 1.0},
    "adafactor": {"lr": 0.05},
    "adagrad": {"lr": 0.1},
    "adam": {"lr": 0.05},
    "adamax": {"lr": 0.05},
    "adamw": {"lr": 0.05},
    "ftrl": {"lr": 0.1, "optimizer.learning_rate_power": -0.3},
    "lamb": {"lr": 0.05},
    "lion": {"lr": 0.01},
    "muon": {"lr": 0.005},
    "nadam": {"lr": 0.05},
    "rmsprop": {"lr": 0.05},
    "sgd": {"lr": 1.0},
}
OTHERS: dict[str, dict[str, Any]] = {
    "momentum": {"optimizer": "sgd", "lr": 0.5, "optimizer.momentum": 0.9, "optimizer.nesterov": True},
    "rmsprop with momentum": {"optimizer": "rmsprop", "lr": 0.02, "optimizer.momentum": 0.5},
    "amsgrad": {"optimizer": "adam", "lr": 0.05, "optimizer.amsgrad": True},
    "use_ema": {"optimizer": "adam", "lr": 0.05, "optimizer.use_ema": True, "optimizer.ema_momentum": 0.9},
    "clipnorm": {"optimizer": "adam", "lr": 0.05, "optimizer.clipnorm": 0.01},
    "clipped steps": {"optimizer": "sgd", "lr": 1.0, "optimizer.clipnorm": 0.01},
    "global_clipnorm": {"optimizer": "sgd", "lr": 1.0, "optimizer.global_clipnorm": 0.01},
    "clipvalue": {"optimizer": "sgd", "lr": 1.0, "optimizer.clipvalue": 0.0005},
    "accumulated": {"optimizer": "adam", "lr": 0.05, "optimizer.gradient_accumulation_steps": 3},
    "weight_decay": {"optimizer": "adam", "lr": 0.05, "optimizer.weight_decay": 0.1},
}


def run_of(kinds: Sequence[str], values: dict[str, Any], **top: Any) -> RunSpec:
    """A run on whole numbers from 0 to 8, 5 of them a point, so that a batch of all points looks each up many times."""
    network = {"_target_": "tests.training.networks.embedded", "kinds": list(kinds)}
    common = {"network": network, "batch_size": None, "data.validation_fraction": 0.0}
    return custom("embedded", {**common, **values}, "whole", **top)


def facts_of(run: RunSpec) -> NetworkFacts:
    data = dataset(run.data)
    return inspect(run, shape_of(data), data.train.x)


def ended(runs: list[RunSpec], facts: NetworkFacts) -> list[tuple[list[Any], list[Any]]]:
    """Start weights and trained weights of runs that train together."""
    [first, *_], ending = train(runs, NONE, np.array([0]), facts)
    starts = starts_of(first, runs, facts)
    return [(start, [value[lane] for value in ending.weights]) for lane, start in enumerate(starts)]


def fitted(run: RunSpec, kinds: Sequence[str], start: list[Any]) -> list[Any]:
    """The weights after `model.fit`: as many epochs of one batch as the run has steps."""
    data = dataset(run.data)
    model = networks.embedded(input_shape=(5,), outputs=1, kinds=kinds)
    model.set_weights([value.reshape(old.shape) for value, old in zip(start, model.get_weights(), strict=True)])
    model.compile(optimizer_of(run), "binary_crossentropy", jit_compile=False)
    x, y = (np.tile(values, (STEPS, 1)) for values in (data.train.x, data.train.y))
    model.fit(x, y, batch_size=len(data.train.x), epochs=1, shuffle=False, verbose=0)
    return model.get_weights()


def check(kinds: Sequence[str], values: dict[str, Any], seeds: tuple[int, ...] = (3,)) -> NetworkFacts:
    runs = [run_of(kinds, values, steps=STEPS, seed=seed) for seed in seeds]
    facts = facts_of(runs[0])
    for run, (start, mine) in zip(runs, ended(runs, facts), strict=True):
        for ours, theirs in zip(mine, fitted(run, kinds, start), strict=True):
            np.testing.assert_allclose(ours, theirs.reshape(ours.shape), rtol=2e-4, atol=2e-5)
    return facts


def test_lanes_of_an_embedding_end_where_model_fit_ends_under_adam() -> None:
    facts = check(["embedding"], {"optimizer": "adam", "lr": 0.05}, seeds=(3, 4))
    assert facts.alone_because is None
    assert facts.looked_up == (0,)


def test_an_optimizer_that_divides_rows_trains_such_a_network_one_lane_at_a_time() -> None:
    run = run_of(["embedding"], {"optimizer": "rmsprop"}, steps=STEPS)
    facts = NetworkFacts((("embedding/embeddings", 27),), 64, None, looked_up=(0,))
    assert (
        structure(run, facts).alone_because == "optimizer=rmsprop divides the gradients of rows that a batch looks up"
    )
    assert structure(run, replace(facts, looked_up=())).alone_because is None


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"optimizer": "adam", "optimizer.loss_scale_factor": 8.0}, "optimizer.loss_scale_factor"),
        ({"optimizer": "rmsprop", "optimizer.centered": True}, "optimizer.centered"),
        ({"optimizer": "adagrad", "optimizer.epsilon": 0.0}, "optimizer.epsilon=0"),
    ],
)
def test_what_keras_itself_cannot_train_gets_the_sum_of_the_rows_and_a_reason(
    values: dict[str, Any], reason: str
) -> None:
    run = run_of(["embedding"], values, steps=STEPS)
    made = structure(run, NetworkFacts((("embedding/embeddings", 27),), 64, None, looked_up=(0,)))
    assert made.rows_apart == ()
    assert made.adds_rows_because == f"Keras itself raises with {reason}"


@pytest.mark.proof
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_ends_where_model_fit_ends(optimizer: str) -> None:
    check(KINDS, {"optimizer": optimizer, **OPTIMIZERS[optimizer]})


@pytest.mark.proof
@pytest.mark.parametrize("values", OTHERS.values(), ids=OTHERS)
def test_every_option_that_changes_gradients_ends_where_model_fit_ends(values: dict[str, Any]) -> None:
    check(["shared"], values)


@pytest.mark.proof
def test_the_picture_of_a_step_is_drawn_where_keras_itself_cannot_take_it() -> None:
    run = run_of(["embedding"], {"optimizer.loss_scale_factor": 8.0}, steps=STEPS)
    assert b"Train/learning_rate" in graph_of(structure(run, facts_of(run)))


@pytest.mark.proof
def test_the_sum_of_the_rows_would_end_elsewhere() -> None:
    [run] = runs = [run_of(["embedding"], {"optimizer": "adam", "lr": 0.05}, steps=STEPS, seed=3)]
    [(start, mine)] = ended(runs, replace(facts_of(run), looked_up=()))
    assert np.abs(mine[0] - fitted(run, ["embedding"], start)[0]).max() > 0.05


@pytest.mark.proof
def test_a_lane_beside_one_that_turns_nan_keeps_its_bits() -> None:
    runs = [run_of(["embedding"], {"optimizer": "adam", "lr": lr}, steps=STEPS, seed=3) for lr in (0.05, 1e30)]
    facts = facts_of(runs[0])
    [(_, alone)] = ended(runs[:1], facts)
    (_, beside), (_, broken) = ended(runs, facts)
    assert not np.isfinite(broken[0]).all()
    assert all(np.array_equal(a, b) for a, b in zip(alone, beside, strict=True))
