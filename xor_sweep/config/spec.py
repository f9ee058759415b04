"""A configuration, parsed, validated, frozen and hashable: what every module below the edge works with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

Value = float | int | bool | str | None
"""A single setting of an optimizer."""


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A chain of dense layers; the last one has one sigmoid unit, the hypothesis.

    Attributes:
        hidden: units of each hidden layer, first to last.
        activation: Keras's name of the hidden layers' activation.
        kernel_initializer, bias_initializer: the distributions that start weights are drawn from.
        init_scale: what the drawn start weights are multiplied by.
    """

    hidden: tuple[int, ...]
    activation: str
    kernel_initializer: str
    bias_initializer: str
    init_scale: float


@dataclass(frozen=True, slots=True)
class OptimizerSpec:
    """A Keras optimizer and all its arguments.

    Attributes:
        name: the string that `keras.optimizers.get` takes.
        learning_rate: the step size.
        arguments: every other argument with its value, in the order of the schema.
    """

    name: str
    learning_rate: float
    arguments: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class DataSpec:
    """Truth tables that a run is trained on: the parity of `bits` bits; XOR is the parity of two."""

    name: str
    bits: int


@dataclass(frozen=True, slots=True)
class RunSpec:
    """One run's configuration: everything that its numbers depend on, and nothing else."""

    network: NetworkSpec
    optimizer: OptimizerSpec
    data: DataSpec
    seed: int
    steps: int


@dataclass(frozen=True, slots=True)
class LoggingSpec:
    """What a run's event file holds.

    Attributes:
        scalars, histograms: at most so many points, evenly spread; None means every step, 0 means none.
        graph: whether the network's graph is written.
    """

    scalars: int | None
    histograms: int | None
    graph: bool

    @property
    def off(self) -> bool:
        """Whether there is nothing to write, so that a run has no event file."""
        return self.scalars == 0 and self.histograms == 0 and not self.graph


@dataclass(frozen=True, slots=True)
class Settings:
    """What a command asks for beside the runs themselves: where results go and how they are ranked."""

    outputs: Path
    experiment: str
    objective: str
    direction: str
    overwrite: bool
    dry_run: bool
    logging: LoggingSpec

    @property
    def sweep_dir(self) -> Path:
        """The sweep directory: sibling run directories and their summary."""
        return self.outputs / self.experiment
