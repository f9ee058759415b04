"""Whether a run's data, loss and batches fit: what neither the configuration nor the data says by itself."""

from __future__ import annotations

from xor_sweep.calls import Call
from xor_sweep.config.limits import shown
from xor_sweep.config.spec import NetworkSpec, RunSpec
from xor_sweep.data import Dataset
from xor_sweep.errors import ConfigError

OF_NUMBERS = (
    "cosine_similarity",
    "huber",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
)
"""Keras's losses that make sense for a regression, in snake case."""

SHORT = {"mae": "mean_absolute_error", "mape": "mean_absolute_percentage_error", "mse": "mean_squared_error"}
SHORT |= {"msle": "mean_squared_logarithmic_error", "logcosh": "log_cosh"}

MOST_EPOCHS = 10_000_000
"""The ends of a run's epochs are held in memory."""

TWO_CLASSES = ("binary_crossentropy", "binary_focal_crossentropy", "hinge", "squared_hinge")


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
    if isinstance(loss, Call) or loss is None:
        return
    plain = snake_case(loss)
    plain = SHORT.get(plain, plain)
    fits = {
        "regression": plain in OF_NUMBERS,
        "binary": plain in (*TWO_CLASSES, *OF_NUMBERS),
        "multiclass": plain not in ("hinge", "squared_hinge", "ctc", "dice", "tversky", "circle"),
    }[data.task]
    if not fits:
        example = {"regression": "mean_squared_error", "binary": "binary_crossentropy"}
        raise ConfigError(
            f"loss={loss}: does not fit {data.spec.name}, whose target is {words(data)}; "
            f"write loss={example.get(data.task, 'sparse_categorical_crossentropy')}, or leave it out"
        )


def words(data: Dataset) -> str:
    """The task for a reader."""
    if data.task == "regression":
        return "a number"
    return f"one of {len(data.classes)} classes"


def snake_case(name: str) -> str:
    """`MeanSquaredError` as `mean_squared_error`."""
    pieces = ["_" + letter.lower() if letter.isupper() else letter for letter in name]
    return "".join(pieces).lstrip("_")
