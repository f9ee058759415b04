"""Values that are each in order but do not fit together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from xor_sweep.calls import Call, short_name
from xor_sweep.config.limits import shown
from xor_sweep.config.spec import DataSpec, OptimizerSpec, RunSpec, ScheduleSpec, Settings
from xor_sweep.errors import ConfigError
from xor_sweep.metric_facts import NAME, TAKEN, arguments_of, metric_name

EXPERIMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._=,+@-]{0,99}")


def check_together(spec: RunSpec, settings: Settings) -> None:
    """Hold values against each other.

    Raises:
        ConfigError: where two of them do not fit.
    """
    check_settings(settings)
    check_optimizer(spec.optimizer)
    check_metrics(spec.training.metrics)
    if spec.training.early_stopping and dict(spec.optimizer.arguments).get("use_ema"):
        raise ConfigError(
            f"early_stopping.patience={spec.training.early_stopping.patience} and optimizer.use_ema=true: the best "
            "weights are those of one step, and averages are of many; leave one of the two out"
        )
    check_schedule(spec.schedule)
    check_data(spec.data)
    validated = not spec.data.truth_table and (spec.data.validation_fraction > 0 or spec.data.fold is not None)
    if spec.training.early_stopping and not validated:
        why = f"{spec.data.name} has none" if spec.data.truth_table else "data.validation_fraction=0 makes none"
        raise ConfigError(
            f"early_stopping.patience={spec.training.early_stopping.patience}: is about a validation part, and {why}; "
            + ("leave it out" if spec.data.truth_table else "write data.validation_fraction=0.2, say")
        )


def check_settings(settings: Settings) -> None:
    """Where results go and how they are ranked."""
    if not EXPERIMENT.fullmatch(settings.experiment):
        raise ConfigError(
            f"experiment={settings.experiment}: takes a directory's name of letters, digits and . _ - = , + @ "
            f"(at most 100, no / and no leading dot or dash); write experiment=my_sweep, say"
        )
    if "tfevents" in settings.experiment.lower():
        raise ConfigError(
            f"experiment={settings.experiment}: TensorBoard takes what is called tfevents for an event file; "
            "write experiment=my_sweep, say"
        )
    if settings.outputs == Path():
        raise ConfigError("outputs: takes the name of a directory; write outputs=outputs, or outputs=$PWD for this one")
    if str(settings.outputs).startswith("~"):
        raise ConfigError(f"outputs={settings.outputs}: ~ stands for nothing here; write outputs=$HOME/…")
    if "${" in str(settings.outputs):
        raise ConfigError(f"outputs={settings.outputs}: Hydra would take ${{ for a reference; name another directory")
    if settings.objective == "final_accuracy" and settings.direction == "minimize":
        raise ConfigError("objective=final_accuracy: a larger accuracy is better; add direction=maximize")
    if settings.objective != "final_accuracy" and settings.direction == "maximize":
        raise ConfigError(f"direction=maximize: a smaller {settings.objective} is better; leave direction out")


def check_optimizer(optimizer: OptimizerSpec) -> None:
    """One way of clipping."""
    arguments = dict(optimizer.arguments)
    clips = [name for name in ("clipnorm", "clipvalue", "global_clipnorm") if arguments[name] is not None]
    if len(clips) > 1:
        raise ConfigError(f"optimizer.{clips[0]} and optimizer.{clips[1]}: Keras takes one of the two; set one to null")


def check_metrics(metrics: Sequence[str | Call]) -> None:
    """Each metric has a name of its own, under which it is logged."""
    names = [_metric_name(metric) for metric in metrics]
    for name, metric in zip(names, metrics, strict=True):
        if names.count(name) > 1:
            target = metric.target if isinstance(metric, Call) else f"keras.metrics.{metric}"
            example = f"{{_target_: {target}, name: my_{name.lower()}}}"
            raise ConfigError(f"metrics: two are called {name}, under which they are logged; name one, as {example}")
        if isinstance(metric, Call) and name.lower().partition(".")[0] in TAKEN:
            what = f"{metric.target} would be logged as {name}, which is taken"
            raise ConfigError(f"metrics: {what}; give it another name: {{_target_: {metric.target}, name: …}}")


def _metric_name(metric: str | Call) -> str:
    """The name that a metric is logged under."""
    given = arguments_of(metric).get("name")
    if given is not None and not (isinstance(given, str) and NAME.fullmatch(given)):
        takes = "takes letters, digits and spaces, and _ - . + @ % ( ) between them, 60 at most"
        raise ConfigError(f"metrics: name={shown(given)} of {short_name(metric)}: {takes}; write name: pr_auc, say")
    return metric_name(metric)


def check_schedule(schedule: ScheduleSpec | None) -> None:
    """Stretches and their factors; a warm-up and its length."""
    if schedule is None:
        return
    arguments = dict(schedule.arguments)
    if schedule.name == "piecewise_constant_decay":
        boundaries, factors = arguments["boundaries"], arguments["factors"]
        got = f"schedule.boundaries={shown(boundaries)} and schedule.factors={shown(factors)}"
        example = "write schedule.boundaries=[1000,5000] schedule.factors=[1,0.1,0.01], say"
        if not boundaries:
            raise ConfigError(f"schedule.boundaries=[]: takes at least one step; {example}")
        if len(factors) != len(boundaries) + 1:
            raise ConfigError(f"{got}: one factor more than boundaries is needed; {example}")
        if any(low >= high for low, high in pairwise(boundaries)):
            raise ConfigError(f"schedule.boundaries={shown(boundaries)}: takes steps in rising order; {example}")
    if schedule.name == "cosine_decay" and (arguments["warmup_target"] is None) != (arguments["warmup_steps"] == 0):
        raise ConfigError(
            "schedule.warmup_target and schedule.warmup_steps: a warm-up needs both; write "
            "schedule.warmup_target=0.01 schedule.warmup_steps=100, say, or leave both out"
        )


def check_data(data: DataSpec) -> None:
    """A file's path, and shares and folds that leave something to train on."""
    if data.kind in ("csv", "npz"):
        if not data.path:
            raise ConfigError(f"data.path: takes a file; write data.path=customers.{data.kind}, say")
        if data.path.startswith("~"):
            raise ConfigError(f"data.path={data.path}: ~ stands for nothing here; write data.path=$HOME/…")
    if data.kind == "arrays" and not data.sha256:
        raise ConfigError("data=arrays: is for arrays given from Python; write data=npz data.path=arrays.npz, say")
    if data.fold is not None and data.fold >= data.folds:
        raise ConfigError(
            f"data.fold={data.fold}: folds are counted from 0, so that the last of data.folds={data.folds} is "
            f"{data.folds - 1}"
        )
    validation = data.validation_fraction if data.fold is None else 0
    if validation + data.test_fraction >= 1:
        raise ConfigError(
            f"data.validation_fraction={shown(data.validation_fraction)} and "
            f"data.test_fraction={shown(data.test_fraction)}: leave nothing to train on; their sum is to be below 1"
        )
