"""Runs of networks and data made in tests, and the plain Keras loop that they are held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tests.specs import spec
from tests.training import networks
from xor_sweep.calls import Call
from xor_sweep.config import RunSpec
from xor_sweep.data import dataset, give
from xor_sweep.shapes import shape_of
from xor_sweep.structure import NetworkFacts
from xor_sweep.training.batches import batch_rows
from xor_sweep.training.network import OPTIMIZERS, network_of
from xor_sweep.training.noise import dropouts, mask
from xor_sweep.training.schedule import CLASSES

POINTS = 50
STEPS = 20
SHAPES: dict[str, tuple[int, ...]] = {"flat": (6,), "whole": (5,), "sequence": (6, 3), "image": (6, 6, 1)}


def given(kind: str = "flat", task: str = "binary", points: int = POINTS, validated: float = 0.2) -> dict[str, Any]:
    """The node of data that follows a rule: flat or whole numbers, sequences or images, for a task."""
    random = np.random.default_rng(7)
    shape = (points, *SHAPES[kind])
    x: Any = random.integers(0, 9, shape) if kind == "whole" else random.normal(size=shape)
    rule = x.reshape(points, -1)[:, :3].sum(1)
    y: Any = rule[:, None] * [1.0, -0.5] + 0.1 if task == "regression" else rule > np.median(rule)
    if task == "multiclass":
        y = np.digitize(rule, np.quantile(rule, [0.5, 0.8]))
    sha256 = give(x if kind == "whole" else x.astype(np.float32), y)
    keys = {"standardize": False, "validation_fraction": validated, "sha256": sha256}
    return {f"data.{key}": value for key, value in keys.items()} | {"data": "arrays"}


def custom(builder: str, values: dict[str, Any] | None = None, kind: str = "flat", **top: Any) -> RunSpec:
    """A run of a builder in `tests.training.networks`, in batches that do not divide the training part."""
    network = {"_target_": f"tests.training.networks.{builder}"}
    common = {"network": network, "trusted_modules": ["tests"], "batch_size": 16, "steps": STEPS}
    return spec({**given(kind), "optimizer": "sgd", **common, **(values or {}), **top})


def facts_of(run: RunSpec, alone: bool = False) -> NetworkFacts | None:
    """What is known of a run's own network; None for a chain, which speaks for itself."""
    if not isinstance(run.network, Call):
        return None
    model = built(run)
    weights = tuple((str(v.path), int(np.prod(v.shape))) for v in model.trainable_variables)
    looked_up = tuple(k for k, (path, _) in enumerate(weights) if path.endswith("/embeddings"))
    return NetworkFacts(_told_apart(weights), 64, "a test asks for it" if alone else None, looked_up=looked_up)


def _told_apart(weights: Sequence[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """Keras numbers the layers of a process on; the structure must not know."""
    return tuple((f"weight{number}", size) for number, (_, size) in enumerate(weights))


def built(run: RunSpec) -> Any:
    """A run's network as plain Keras makes it."""
    data = dataset(run.data)
    assert isinstance(run.network, Call)
    function = getattr(networks, run.network.target.rpartition(".")[2])
    shape = shape_of(data)
    if function in (networks.subclassed, networks.untold):
        model = function(outputs=shape.outputs)
        model(np.zeros((1, *shape.inputs), np.float32))
        return model
    return function(input_shape=shape.inputs, outputs=shape.outputs)


def optimizer_of(run: RunSpec) -> Any:
    """Keras's own optimizer with a run's arguments and schedule."""
    chosen, schedule = run.optimizer, run.schedule
    rate: Any = chosen.learning_rate
    if schedule is not None:
        arguments = dict(schedule.arguments)
        for key in ("decay_steps", "first_decay_steps"):
            if key in arguments and arguments[key] is None:
                arguments[key] = run.training.steps
        if schedule.name == "piecewise_constant_decay":
            rate = CLASSES[schedule.name](list(arguments["boundaries"]), [rate * f for f in arguments["factors"]])
        else:
            rate = CLASSES[schedule.name](rate, **arguments)
    name = chosen.name
    kind = OPTIMIZERS[name] if name in OPTIMIZERS else type(keras.optimizers.get(name))
    return kind(**dict(chosen.arguments), learning_rate=rate)


def given_masks(model: Any, seed: int) -> Any:
    """Have a model's dropout layers multiply by the masks of a run; the step is told by the returned function."""
    at = {"step": 0, "number": 0}

    def masked(layer: Any) -> Any:
        def call(inputs: Any, training: bool = False) -> Any:
            if not training:
                return inputs
            number, at["number"] = at["number"], at["number"] + 1
            shape = tuple(inputs.shape)
            step = tf.convert_to_tensor(at["step"])
            return inputs * mask(tf.constant(seed), number, step, shape, tf.constant(layer.rate))

        return call

    for layer in dropouts(model):
        layer.call = masked(layer)
    return lambda step: at.update(step=step, number=0)


def followed(
    run: RunSpec, model: Any, start: Sequence[NDArray[Any]], loss: Any, weights: NDArray[np.float32] | None = None
) -> Any:
    """Train a model as a run says, in a plain loop of Keras and TensorFlow; returns the optimizer.

    XLA compiles the gradients, as `jit_compile="auto"` of `model.fit` has it. Without it, other rounding in float32
    grows to 1e-5 in 20 steps of attention, half of it the plain loop's distance from the same loop in float64.
    """
    data = dataset(run.data)
    for variable, value in zip(model.trainable_variables, start, strict=True):
        variable.assign(value.reshape(variable.shape))
    optimizer, tell = optimizer_of(run), given_masks(model, run.seed)
    optimizer.build(model.trainable_variables)
    count = len(data.train.x)

    @tf.function(jit_compile=True)
    def gradients_at(step: Any, x: Any, y: Any, factors: Any) -> Any:
        tell(step)
        with tf.GradientTape() as tape:
            told = {"training": True} if model._call_has_training_arg else {}  # as `model.fit` does
            cost = loss(y, model(x, **told), sample_weight=factors) + sum(model.losses)
        return tape.gradient(cost, model.trainable_variables)

    for step in range(run.training.steps or 0):
        rows = batch_rows(run.seed, count, run.training.batch_size or count, step)
        factors = None if weights is None else tf.constant(weights[rows])
        gradients = gradients_at(
            tf.constant(step), tf.constant(data.train.x[rows]), tf.constant(data.train.y[rows]), factors
        )
        pairs = zip(gradients, model.trainable_variables, strict=True)
        optimizer.apply_gradients([pair for pair in pairs if pair[0] is not None])
    return optimizer


def state_of(model: Any) -> list[NDArray[Any]]:
    """What a model keeps beside its weights, without the states of its noise."""
    return [v.numpy() for v in model.non_trainable_variables if not v.path.endswith("seed_generator_state")]


def chain_of(run: RunSpec, structure: Any) -> Any:
    """A chain's model with its prediction alone, and dropout at the run's own rate."""
    model = network_of(structure).model
    for layer in dropouts(model):
        layer.rate = getattr(run.network, "dropout", 0.0)
    return keras.Model(model.input, model.outputs[-1])
