"""Every type of layer against a plain Keras loop with the same start weights, batches and dropout masks."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tests.specs import structure
from tests.training.custom import built, custom, facts_of, followed, state_of
from tests.training.trained import NONE, program_of, starts_of, train
from xor_sweep.config import RunSpec

pytestmark = pytest.mark.proof

FUSED = {
    "dropout": "flat",
    "batch_normalization": "flat",
    "layer_normalization": "flat",
    "embedding": "whole",
    "attention": "sequence",
    "regularized": "flat",
    "frozen": "flat",
    "shared": "flat",
    "without_gradient": "flat",
    "subclassed": "flat",
    "untold": "flat",
}
ALONE = {
    "embedding": "whole",
    "attention": "sequence",
    "subclassed": "flat",
    "conv1d": "sequence",
    "conv2d": "image",
    "lstm": "sequence",
    "gru": "sequence",
    "constrained": "flat",
}
"""The builders of `tests.training.networks`, and the inputs that each takes.

All of them have dense layers, and `subclassed` has dropout and a batch normalisation.
"""

MOMENTUM = {"optimizer.momentum": 0.9, "optimizer.nesterov": True, "lr": 0.1}


def check(runs: list[RunSpec], alone: bool) -> None:
    """Hold weights, state and activations of runs that train together against the plain loop."""
    facts = facts_of(runs[0], alone)
    [first, *_], ending = train(runs, NONE, np.array([0]), facts)
    starts = starts_of(first, runs, facts)
    for lane, (run, start) in enumerate(zip(runs, starts, strict=True)):
        model = built(run)
        state = [value[lane] for value in ending.state]
        if run.network.target.endswith("frozen"):  # type: ignore[union-attr]  # the runs here have no chain
            for variable, value in zip(model.non_trainable_variables, state, strict=True):
                variable.assign(value)
        followed(run, model, start, keras.losses.BinaryCrossentropy())
        weights = [value[lane] for value in ending.weights]
        moved = [np.abs(w.ravel() - s).max() for w, s in zip(weights, start, strict=True)]
        assert max(moved) > 1e-2, "nothing was trained"
        for mine, plain in zip(weights, model.trainable_variables, strict=True):
            np.testing.assert_allclose(mine, plain.numpy(), rtol=1e-5, atol=1e-5, err_msg=plain.path)
        kept = [v for v in state if v.dtype.kind == "f"]
        for mine, plain in zip(kept, state_of(model), strict=True):
            np.testing.assert_allclose(mine, plain, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("builder", FUSED)
def test_lanes_side_by_side_end_where_the_plain_loop_ends(builder: str) -> None:
    kind = FUSED[builder]
    check([custom(builder, MOMENTUM, kind, lr=lr, seed=seed) for lr, seed in ((0.1, 3), (0.03, 4))], alone=False)


@pytest.mark.parametrize("builder", ALONE)
def test_a_lane_by_itself_ends_where_the_plain_loop_ends(builder: str) -> None:
    check([custom(builder, MOMENTUM, ALONE[builder], seed=3)], alone=True)


@pytest.mark.parametrize(
    ("builder", "alone"),
    [("embedding", False), ("without_gradient", False), ("batch_normalization", True), ("dropout", True)],
)
def test_the_state_of_the_optimizer_is_that_of_the_plain_loop(builder: str, alone: bool) -> None:
    values = {"optimizer": "adam", "optimizer.weight_decay": 0.01, "optimizer.epsilon": 1e-3}
    run = custom(builder, values, FUSED[builder], lr=0.01, seed=3)
    facts = facts_of(run, alone)
    [first, *_], _ = train([run], NONE, np.array([0]), facts)
    [start] = starts_of(first, [run], facts)
    theirs = followed(run, built(run), start, keras.losses.BinaryCrossentropy()).variables
    step = program_of(structure(run, facts))._loop._step
    ours = step.optimizer_variables(of_lanes=True)
    for mine, plain in zip(ours, theirs[2:], strict=True):  # after the iterations, and the rate
        value = mine.numpy() if alone else mine.numpy().reshape(step.lanes.width, -1)[0].reshape(plain.shape)
        np.testing.assert_allclose(value, plain.numpy(), rtol=1e-4, atol=1e-6, err_msg=plain.path)


def test_weights_that_a_builder_set_are_what_every_lane_starts_from() -> None:
    runs = [custom("trained_before", seed=seed) for seed in (1, 2)]
    [first, *_], _ = train(runs, NONE, np.array([0]), facts_of(runs[0]))
    own, other = starts_of(first, runs, facts_of(runs[0]))
    assert np.array_equal(own[0], np.linspace(-1, 1, 30, dtype=np.float32))
    assert np.array_equal(own[0], other[0])
    assert not np.array_equal(own[2], other[2])


def test_a_layer_that_is_not_trained_starts_from_the_lanes_own_seed_and_stays() -> None:
    runs = [custom("frozen", seed=seed) for seed in (1, 2)]
    together = train(runs, facts=facts_of(runs[0]))[1].state
    [own, *_] = train([runs[1]], facts=facts_of(runs[0]))[1].state
    assert not np.array_equal(together[0][0], together[0][1])
    assert np.array_equal(together[0][1], own[0])


@pytest.mark.parametrize("builder", ["constrained", "noisy"])
def test_what_only_one_lane_can_have_is_refused_side_by_side(builder: str) -> None:
    run = custom(builder)
    with pytest.raises(ValueError, match="trains one lane at a time"):
        train([run], facts=facts_of(run))


def test_noise_of_keras_by_itself_follows_from_the_seed() -> None:
    def ended(seed: int) -> Any:
        run = custom("noisy", seed=seed)
        return [w.tobytes() for w in train([run], facts=facts_of(run, alone=True))[1].weights]

    assert ended(1) == ended(1) != ended(2)
