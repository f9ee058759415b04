"""What people write for a key that has another name, or that there is none of."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields

from xor_sweep.config.limits import did_you_mean
from xor_sweep.errors import ConfigError
from xor_sweep.refusals import options_of

OTHER_WORDS = {
    "alpha": "lr",
    "batch": "batch_size",
    "batchsize": "batch_size",
    "csv": "data.path",
    "cv": "data.folds",
    "dataset": "data",
    "decay": "schedule",
    "dropout": "network.dropout",
    "dropout_rate": "network.dropout",
    "dry": "dry_run",
    "epoch": "epochs",
    "file": "data.path",
    "force": "overwrite",
    "hidden_units": "network.hidden",
    "iterations": "steps",
    "k_folds": "data.folds",
    "l1": "network.l1",
    "l2": "network.l2",
    "label": "data.target",
    "layers": "network.hidden",
    "learning_rate": "lr",
    "learningrate": "lr",
    "loss_function": "loss",
    "lr_schedule": "schedule",
    "metric": "objective",
    "min_delta": "early_stopping.min_delta",
    "model": "network",
    "name": "experiment",
    "normalize": "data.standardize",
    "opt": "optimizer",
    "out": "outputs",
    "output": "outputs",
    "output_dir": "outputs",
    "path": "data.path",
    "patience": "early_stopping.patience",
    "random_seed": "seed",
    "random_state": "seed",
    "regularization": "network.l2",
    "save_model": "save",
    "scheduler": "schedule",
    "target": "data.target",
    "test_size": "data.test_fraction",
    "test_split": "data.test_fraction",
    "trust": "trusted_modules",
    "units": "network.hidden",
    "val_fraction": "data.validation_fraction",
    "val_split": "data.validation_fraction",
    "valid_split": "data.validation_fraction",
    "validation_size": "data.validation_fraction",
    "validation_split": "data.validation_fraction",
    "weight_decay": "optimizer.weight_decay",
}
"""What people write for a key of another name."""

FLOAT32 = "training is in float32 alone, so that a run's numbers are the same everywhere; leave it out"
CALLBACKS = (
    "Keras's callbacks see one model, and here many runs are one program; early_stopping.patience, schedule=… and "
    "save=… take their place"
)
ARRAYS = "data is arrays, which all runs share; data=csv, data=npz, or data=python with a function that returns arrays"
NOT_TAKEN = {
    "callback": CALLBACKS,
    "callbacks": CALLBACKS,
    "dtype": FLOAT32,
    "dtype_policy": FLOAT32,
    "mixed_precision": FLOAT32,
    "precision": FLOAT32,
    "tf_data": ARRAYS,
    "tfdata": ARRAYS,
    "tfrecord": ARRAYS,
    "tfrecords": ARRAYS,
}
"""What there is no key for, with what takes its place."""


def unknown(key: str, line: str, known: set[str]) -> ConfigError:
    """The one line for a key that there is none of.

    Args:
        key, line: what was typed.
        known: every dotted key of the configuration.
    """
    group, _, last = key.rpartition(".")
    if not group and last in NOT_TAKEN:
        return ConfigError(f"{line}: is not taken: {NOT_TAKEN[last]}")
    if group and group in known:
        siblings = sorted(name.removeprefix(f"{group}.") for name in known if name.startswith(f"{group}."))
        listed = f"; {group} has {', '.join(siblings)}" if siblings else f"; set {group} as a whole"
        hint = elsewhere(group, last) or did_you_mean(last, siblings) or listed
    else:
        same_name = sorted(name for name in known if name.rpartition(".")[2] == last and not name.endswith(".name"))
        guess = OTHER_WORDS.get(last) or (same_name[0] if same_name else None)
        hint = f"; did you mean {guess}?" if guess else did_you_mean(key, known | {"sweep"})
    return ConfigError(f"{line}: there is no key {key}{hint or '; --help lists the keys'}")


def elsewhere(group: str, name: str) -> str:
    """`; data=csv has it` where other options of a small group have a key of that name."""
    if group not in ("data", "schedule", "network"):
        return ""
    options = [option for option, conf in options_of(group).items() if has(conf, name) and option != "arrays"]
    return f"; {listed([f'{group}={option}' for option in options])} it" if options else ""


def has(conf: type, name: str) -> bool:
    """Whether a schema has a key of that name."""
    return any(field.name == name for field in fields(conf))


def listed(words: Collection[str]) -> str:
    """`a has`, `a and b have`."""
    *first, last = words
    return f"{', '.join(first)} and {last} have" if first else f"{last} has"
