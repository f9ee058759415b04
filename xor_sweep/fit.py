"""Whether a run's data, loss and batches fit: what neither the configuration nor the data says by itself."""

from __future__ import annotations

from xor_sweep.calls import Call
from xor_sweep.config.limits import shown
from xor_sweep.config.spec import NetworkSpec, RunSpec
from xor_sweep.data import Dataset
from xor_sweep.errors import ConfigError
from xor_sweep.loss_facts import OF_A_TASK, LossFacts, loss_facts
from xor_sweep.metric_fit import words
from xor_sweep.outputs import last_activation, misfit
from xor_sweep.shapes import target_range

MOST_EPOCHS = 10_000_000
"""The ends of a run's epochs are held in memory."""


def check_fit(spec: RunSpec, data: Dataset) -> None:
    """Hold a spec against its data.

    Raises:
        ConfigError: where they do not fit; the line names the key and the remedy.
    """
    training, points = spec.training, len(data.train.x)
    name = data.spec.name
    if training.batch_size is not None and training.batch_size > points:
        raise ConfigError(
            f"batch_size={training.batch_size}: the training part of {name} has {points:,} points; "
            f"write batch_size={points} or less, or batch_size=null for all of them"
        )
    epochs = training.epochs or (training.steps or 0) * (training.batch_size or points) // points
    if epochs > MOST_EPOCHS and not spec.data.truth_table:
        asked = f"epochs={training.epochs}" if training.epochs else f"steps={training.steps}"
        raise ConfigError(f"{asked}: makes {epochs:,} epochs of {name}; it takes {MOST_EPOCHS:,} at most")
    if data.task == "regression":
        if training.early_stopping and training.early_stopping.metric == "accuracy":
            raise ConfigError(f"early_stopping.metric=accuracy: {name} is a regression, which has none; write cost")
        if training.class_weight is not None:
            raise ConfigError(
                f"class_weight={shown(training.class_weight)}: {name} is a regression without classes; leave it out"
            )
    elif isinstance(training.class_weight, tuple) and len(training.class_weight) != len(data.classes):
        raise ConfigError(
            f"class_weight={shown(training.class_weight)}: {name} has {len(data.classes)} classes, "
            f"{shown(list(data.classes[:20]))}; give a weight for each, in this order"
        )
    check_loss(spec, data)


def check_loss(spec: RunSpec, data: Dataset) -> None:
    """Hold a loss and the output layer against the task.

    Raises:
        ConfigError: where the labels do not fit the loss.
    """
    loss = spec.training.loss
    network = spec.network if isinstance(spec.network, NetworkSpec) else None
    if network and network.output_units is not None and network.output_units != data.outputs:
        raise ConfigError(
            f"network.output_units={network.output_units}: {data.spec.name} needs {data.outputs} "
            f"({data.task}); leave it out"
        )
    facts = loss_facts(loss, data.task)
    if facts is not None and loss is not None:
        _check_target(_key(loss), facts, data)
    last = "" if network is None else last_activation(network, loss, data.task)
    found = misfit(last, facts, data.task, data.outputs, standardized=is_standardized(data))
    if network is None or found is None:
        return
    if network.output_activation is None and loss is not None:
        raise ConfigError(f"{_key(loss)}: {found.what}; {found.remedy.replace('end it with ', ENDING)}")
    remedy = "leave it out"
    if "standardize_target" in found.remedy:
        remedy += ", or write data.standardize_target=false"
    raise ConfigError(f"network.output_activation={last}: {found.what}; {remedy}")


ENDING = "write network.output_activation="


def is_standardized(data: Dataset) -> bool:
    """Whether it is a regression whose target is standardised."""
    return data.preprocessing.target_mean is not None


def _key(loss: str | Call) -> str:
    """A loss as a message names it."""
    return f"loss={{_target_: {loss.target}}}" if isinstance(loss, Call) else f"loss={loss}"


def _check_target(key: str, loss: LossFacts, data: Dataset) -> None:
    """Refuse a loss of Keras's that the target does not fit."""
    usual = OF_A_TASK[data.task]
    if data.task not in loss.ends:
        raise ConfigError(
            f"{key}: does not fit {data.spec.name}, whose target is {words(data)}; write loss={usual}, or leave it out"
        )
    counts = data.task == "multiclass" and all(isinstance(label, int) for label in data.classes)
    if counts and data.spec.task == "auto" and loss.raw_target:
        what = f"is for numbers such as counts, and the target of {data.spec.name} is taken for classes"
        raise ConfigError(f"{key}: {what}; write data.task=regression, or data.task=multiclass")
    if data.task != "regression":
        return
    if loss.directions and data.outputs == 1:
        what = f"compares directions of several columns, and {data.spec.name} has one"
        raise ConfigError(f"{key}: {what}; write loss={usual}, or leave it out")
    if not loss.raw_target:
        return
    if is_standardized(data):
        what = f"takes a target in its own units, and that of {data.spec.name} is standardised"
        raise ConfigError(f"{key}: {what}; write data.standardize_target=false, or loss={usual}")
    low, has_zero = target_range(data)
    if loss.name == "mean_absolute_percentage_error" and has_zero:
        raise ConfigError(f"{key}: divides by the target of {data.spec.name}, which is 0 in some rows; write loss=mae")
    if loss.name != "mean_absolute_percentage_error" and low < 0:
        what = f"takes a target from 0 on, and that of {data.spec.name} goes down to {shown(low)}"
        raise ConfigError(f"{key}: {what}; write loss={usual}, or leave it out")
