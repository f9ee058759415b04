"""Whether lanes of a network can train in one program: only where it is certain."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from xor_sweep.calls import Call, short_name
from xor_sweep.errors import ConfigError
from xor_sweep.metric_facts import metric_name
from xor_sweep.structure import WORK_OF_A_WIDE_LANE, Structure
from xor_sweep.training.graph_ops import Traced, refuse_shared, traced_as
from xor_sweep.training.noise import dropouts, is_generator
from xor_sweep.training.trial import Trial

CONVOLUTIONS = (
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv1D,
    keras.layers.SeparableConv2D,
)
RECURRENT = (keras.layers.RNN, keras.layers.Bidirectional)

LOOPS = ("While", "StatelessWhile", "If", "StatelessIf", "Case", "StatelessCase")
HARMLESS = ("PartitionedCall", "StatefulPartitionedCall", "Placeholder", "NoOp", "Const")
"""Operations that count as stateful only because they could hold others."""

PREFACES = ("Graph execution error", "Detected at node", "in user code")
"""Lines that TensorFlow writes before what happened."""

TOLERANCE = 1e-3
"""How far a lane's result may be off beside another one, as a share of the largest value; rounding is far below it."""


class Fusing(NamedTuple):
    """Whether lanes of a network can train in one program.

    Attributes:
        alone_because: why its runs train one at a time; None where they certainly can train as lanes.
        looked_up: the positions of the weights of which a batch looks up rows.
        looped: the places of metrics that do not vectorise.
    """

    alone_because: str | None
    looked_up: tuple[int, ...]
    looped: tuple[int, ...] = ()


def fusing(structure: Structure, model: Any, points: NDArray[Any] | None, where: str) -> Fusing:
    """Find out whether lanes of a network can train in one program.

    Args:
        structure: of the network, as if they could.
        model: the network, built.
        points: those to try it with; None for any.
        where: what messages call the network.

    Raises:
        ConfigError: where runs would share something, or draw from what no seed reaches.
        Exception: what the user's own layers, loss or metrics raise.
    """
    trial, *metrics = [_trial(one, model, points) for one in _with_each_metric(structure)]
    step = traced_as(trial.step, trial.specs())
    refuse_shared(step, where)
    looked_up = trial.looked_up
    if found := _known_layer(model) or _known_weight(model) or _known_operation(step, model):
        return Fusing(found, looked_up)
    lanes = trial.specs(lanes=2)
    with quietly():
        for what, function, specs in [
            ("the network", trial.network_alone, lanes),
            ("the loss", trial.fused_step, lanes),
            ("the loss", trial.fused_scores, trial.score_specs(lanes=2)),
        ]:
            traced = _traced_or_reason(function, specs)
            if isinstance(traced, str):
                return Fusing(f"{what} does not vectorise: {traced}", looked_up)
            if function == trial.fused_step and structure.work <= WORK_OF_A_WIDE_LANE:
                with _fitting(replace(structure, metrics=())):
                    if _differs(step, traced, trial):
                        return Fusing("its lanes do not come out as alone", looked_up)
        tried = (_traced_or_reason(each.fused_scores, each.score_specs(lanes=2)) for each in metrics)
        looped = tuple(place for place, traced in enumerate(tried) if isinstance(traced, str))
        return Fusing(None, looked_up, looped)


def _with_each_metric(structure: Structure) -> Iterator[Structure]:
    """A structure without metrics, and with each metric by itself."""
    yield replace(structure, metrics=())
    for metric in structure.metrics:
        yield replace(structure, metrics=(metric,))


def _trial(structure: Structure, model: Any, points: NDArray[Any] | None) -> Trial:
    """A trial of a loss, or of one metric, which is known to fit the data."""
    with _fitting(structure):
        trial = Trial(structure, model, points)
        refuse_shared(traced_as(trial.scores, trial.score_specs()), *map(metric_name, structure.metrics or ("loss",)))
    return trial


@contextmanager
def _fitting(structure: Structure) -> Iterator[None]:
    """Where Keras's own loss, or the one metric, raises in the block, the configuration asks for what does not fit.

    What a function of the user's raises is theirs to read.
    """
    try:
        yield
    except ConfigError:
        raise
    except Exception as error:
        asked = structure.metrics[0] if structure.metrics else structure.loss
        if isinstance(asked, Call) and not asked.target.startswith("keras."):
            raise
        key = f"loss={asked and short_name(asked)}"
        if structure.metrics:
            key = f"metrics=[{metric_name(structure.metrics[0])}]"
        lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.startswith(PREFACES)]
        first = lines[0] if lines else type(error).__name__
        kind = f"{structure.data.task} data of {structure.data.outputs} output{'s' * (structure.data.outputs != 1)}"
        raise ConfigError(f"{key}: does not fit {kind}: {first[:200]}") from error


def _known_layer(model: Any) -> str | None:
    for layer in model._flatten_layers():
        kind = type(layer).__name__
        if isinstance(layer, CONVOLUTIONS):
            return f"{kind} has a kernel for each lane"
        if isinstance(layer, RECURRENT):
            return f"{kind} steps through its inputs"
    return None


def _known_weight(model: Any) -> str | None:
    for variable in model.trainable_variables:
        if variable.constraint is not None:
            return f"{variable.path} has a constraint, which acts on a whole variable"
    ours = {id(layer.seed_generator.state) for layer in dropouts(model) if layer.rate > 0}
    for variable in model.non_trainable_variables:
        if is_generator(variable) and id(variable) not in ours:
            return f"{_drawing_layer(model)} can draw noise of its own"
        if variable.dtype != "float32" and not is_generator(variable):
            return f"{variable.path} is {variable.dtype}"
    return None


def _known_operation(step: Traced, model: Any) -> str | None:
    for kind in step.kinds:
        if kind.startswith("Stateless") and ("Random" in kind or "Normal" in kind or "Multinomial" in kind):
            return f"{_drawing_layer(model)} draws noise of its own"
        if "Conv" in kind:
            return f"{kind} has a kernel for each lane"
        if kind in LOOPS or kind.startswith("TensorList"):
            return f"it holds a loop or a condition ({kind})"
        if kind not in HARMLESS and kind in step.stateful:
            return f"{kind} keeps something between steps"
    return None


def _drawing_layer(model: Any) -> str:
    """The kind of the first layer with a random generator that is not a dropout layer."""
    for layer in model._flatten_layers():
        generators = [value for value in vars(layer).values() if isinstance(value, keras.random.SeedGenerator)]
        if generators and layer not in dropouts(model):
            return type(layer).__name__
    return "a layer"


def _traced_or_reason(function: Any, specs: Any) -> Traced | str:
    """A function of lanes traced, or why it cannot be. What raises without lanes has raised before."""
    try:
        return traced_as(function, specs)
    except Exception as error:  # noqa: BLE001  # whatever TensorFlow raises: the lanes train alone then
        message = " ".join(str(error).split())
        operation = re.search(r"vectorization defined for (\w+)|of op '(\w+)'", message)
        return next(filter(None, operation.groups())) if operation else type(error).__name__


def _differs(step: Traced, fused: Traced, trial: Trial) -> bool:
    """Whether one of two lanes comes out otherwise than by itself."""
    lanes = trial.examples(lanes=2)
    together = tf.nest.flatten(fused(*tf.nest.flatten(lanes)))
    for lane in range(2):
        own = tf.nest.flatten(trial.lane_of(lanes, lane))
        for alone, beside in zip(tf.nest.flatten(step(*own)), together, strict=True):
            a, b = np.asarray(alone), np.asarray(beside)[lane]
            if not np.allclose(a, b, rtol=0, atol=TOLERANCE * float(np.abs(a).max(initial=1e-3)), equal_nan=True):
                return True
    return False


@contextmanager
def quietly() -> Iterator[None]:
    """TensorFlow logs at length what it cannot vectorise; that is the answer here, and no error."""
    logger = logging.getLogger("tensorflow")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
