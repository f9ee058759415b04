"""Runs into chunks: which runs train together as lanes of one program. Pure: no disk, no clock, no TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from xor_sweep.config.schema import OPTIMIZERS
from xor_sweep.config.spec import DataSpec, RunSpec, Value

WIDEST = 128
"""Lanes of the narrowest networks; more of them cost as much a lane."""

LANES_STEP = 16
"""Widths are multiples of it: below 16 lanes XLA compiles some networks differently."""

WORK_OF_A_STEP = 4_000_000
"""Floating-point operations that one step of a program should do at most: about a millisecond of one core."""

WORK_OF_A_WIDE_LANE = 1_000_000
"""A network of more operations a step fills the machine by itself and trains alone."""

NORM_CLIPPING = ("clipnorm", "global_clipnorm")
"""Arguments under which an optimizer takes norms over whole variables, and so would mix lanes."""


@dataclass(frozen=True, slots=True)
class Structure:
    """What a compiled program depends on; runs of one structure train together.

    Attributes:
        hidden, activation, kernel_initializer, bias_initializer: the network.
        optimizer: the string that `keras.optimizers.get` takes.
        fixed: the optimizer's arguments that are compiled in.
        lane_arguments: the names of the optimizer's arguments that each lane has its own value of.
        data: the points that every step is an update on.
        steps: updates.
    """

    hidden: tuple[int, ...]
    activation: str
    kernel_initializer: str
    bias_initializer: str
    optimizer: str
    fixed: tuple[tuple[str, Value], ...]
    lane_arguments: tuple[str, ...]
    data: DataSpec
    steps: int

    @property
    def units(self) -> tuple[int, ...]:
        """Units of all layers: inputs, hidden ones, the one output."""
        return (self.data.bits, *self.hidden, 1)

    @property
    def points(self) -> int:
        """Points of the data."""
        return 1 << self.data.bits

    @property
    def parameters(self) -> int:
        """Weights and biases of one lane."""
        return sum((n_in + 1) * n_out for n_in, n_out in zip(self.units, self.units[1:], strict=False))

    @property
    def work(self) -> int:
        """Floating-point operations of one lane's step, about.

        A multiplication and an addition for each weight and point, forward once and backward twice.
        """
        return 6 * self.points * self.parameters

    @property
    def alone_because(self) -> str | None:
        """Why runs of this structure train one lane at a time; None where they train fused."""
        clipped = [name for name, value in self.fixed if name in NORM_CLIPPING and value is not None]
        if clipped:
            return f"optimizer.{clipped[0]} takes norms over whole variables"
        if self.work > WORK_OF_A_WIDE_LANE:
            return "the network fills the machine by itself"
        return None

    @property
    def width(self) -> int:
        """Lanes of the program: a function of the structure alone, so that a run's bits depend on its spec alone."""
        if self.alone_because:
            return 1
        lanes = WORK_OF_A_STEP // self.work // LANES_STEP * LANES_STEP
        return max(LANES_STEP, min(WIDEST, lanes))


@dataclass(frozen=True, slots=True)
class Lane:
    """The numbers that one run feeds a program.

    Attributes:
        arguments: the values of the structure's `lane_arguments`, in their order.
    """

    seed: int
    init_scale: float
    learning_rate: float
    arguments: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """The runs that one program call trains: the unit of work and of failure.

    Attributes:
        structure: what is compiled.
        specs: at most `structure.width` runs.
    """

    structure: Structure
    specs: tuple[RunSpec, ...]

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The lanes of the runs, in their order; the program pads them to its width."""
        return tuple(lane_of(spec) for spec in self.specs)


def structure_of(spec: RunSpec) -> Structure:
    """The part of a spec that changes the compiled program."""
    per_lane = lane_arguments(spec)
    return Structure(
        hidden=spec.network.hidden,
        activation=spec.network.activation,
        kernel_initializer=spec.network.kernel_initializer,
        bias_initializer=spec.network.bias_initializer,
        optimizer=spec.optimizer.name,
        fixed=tuple((key, value) for key, value in spec.optimizer.arguments if key not in per_lane),
        lane_arguments=per_lane,
        data=spec.data,
        steps=spec.steps,
    )


def lane_of(spec: RunSpec) -> Lane:
    """The part of a spec that is only numbers fed to the program."""
    arguments = dict(spec.optimizer.arguments)
    return Lane(
        seed=spec.seed,
        init_scale=spec.network.init_scale,
        learning_rate=spec.optimizer.learning_rate,
        arguments=tuple(float(arguments[name] or 0.0) for name in lane_arguments(spec)),
    )


def lane_arguments(spec: RunSpec) -> tuple[str, ...]:
    """The optimizer's arguments that are numbers per lane; one that is null changes the program instead."""
    per_lane = {field.name for field in fields(OPTIMIZERS[spec.optimizer.name]) if field.metadata.get("lane")}
    return tuple(key for key, value in spec.optimizer.arguments if key in per_lane and value is not None)


def plan(specs: Sequence[RunSpec]) -> list[Chunk]:
    """Partition runs into chunks: by structure in the order of first appearance, each cut to the program's width."""
    by_structure: dict[Structure, list[RunSpec]] = {}
    for spec in specs:
        by_structure.setdefault(structure_of(spec), []).append(spec)
    return [
        Chunk(structure, tuple(members[start : start + structure.width]))
        for structure, members in by_structure.items()
        for start in range(0, len(members), structure.width)
    ]
