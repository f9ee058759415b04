"""The keys at the top, and the nodes that are no choice of a group."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import II, MISSING

from xor_sweep.config.limits import limited
from xor_sweep.config.schema import special
from xor_sweep.config.schema.optimizers import OptimizerConf
from xor_sweep.config.schema.schedules import ScheduleConf

OBJECTIVES = ("best_cost", "final_accuracy", "final_cost")
DIRECTIONS = ("maximize", "minimize")
SAVE = ("all", "best", "none")
POLICIES = ("continue", "stop")
STOPPING_METRICS = ("accuracy", "cost")


@dataclass
class LoggingConf:
    """What a run's event file holds; `null` points mean every step, 0 means none."""

    scalars: int | None = limited(1000, at_least=0, example="1000")
    histograms: int | None = limited(51, at_least=0, example="51")
    graph: bool = True


@dataclass
class EarlyStoppingConf:
    """When a run ends before its last step; a patience of `null` means never."""

    patience: int | None = limited(None, at_least=1, example="10")
    metric: str = limited("cost", choices=STOPPING_METRICS)
    min_delta: float = limited(0.0, at_least=0, example="0.001")


@dataclass
class ExecutorConf:
    """How chunks are trained."""

    checkpoint_seconds: float = limited(60.0, at_least=0, example="60")


@dataclass
class FailureConf:
    """What a run that fails means for the others."""

    policy: str = limited("continue", choices=POLICIES)


@dataclass
class Config:
    """The keys at the top.

    Network and data are `Any`, since a function of the user's has arguments that no schema knows; their own options
    bring their schemas.
    """

    network: Any = MISSING
    optimizer: OptimizerConf = MISSING
    schedule: ScheduleConf = MISSING
    data: Any = MISSING
    logging: LoggingConf = field(default_factory=LoggingConf)
    early_stopping: EarlyStoppingConf = field(default_factory=EarlyStoppingConf)
    executor: ExecutorConf = field(default_factory=ExecutorConf)
    failure: FailureConf = field(default_factory=FailureConf)
    lr: float = limited(0.01, above=0, example="0.01")
    seed: int = limited(5, at_least=0, at_most=2**31 - 1, example="1")
    steps: int | None = limited(None, at_least=1, at_most=10**9, example="10001")
    epochs: int | None = limited(None, at_least=1, at_most=10**9, example="30")
    batch_size: Any = limited("auto", special=special.batch_size, spelt=special.BATCH_SIZE, example="32")
    loss: Any = limited(None, special=special.loss, spelt=special.LOSS, example="mse")
    metrics: Any = limited([], special=special.metrics, spelt=special.METRICS, example="[AUC,Precision]")
    class_weight: Any = limited(None, special=special.class_weight, spelt=special.CLASS_WEIGHT, example="balanced")
    experiment: str = II("data.name")
    outputs: str = "outputs"
    overwrite: bool = False
    objective: str = limited("final_cost", choices=OBJECTIVES)
    direction: str = limited("minimize", choices=DIRECTIONS)
    solved_accuracy: float = limited(1.0, above=0, at_most=1, example="0.95")
    save: str = limited("best", choices=SAVE)
    dry_run: bool = False
    trusted_modules: list[str] = limited([], example="[my_project]")
    sweep: Any = None
