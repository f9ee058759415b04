"""Runs into chunks: which runs train together as lanes of one program. Pure: no disk, no clock, no TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xor_sweep.config.spec import DataSpec, NetworkSpec, RunSpec
from xor_sweep.structure import Structure, lane_numbers

GROUPS = 8
"""Groups of lanes that train in turn in one chunk where lanes may stop early, and so make room for others."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The numbers that one run feeds a program.

    Attributes:
        numbers: the values of the structure's `numbers`, in their order.
    """

    seed: int
    init_scale: float
    numbers: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """The runs that one program call trains: the unit of work and of failure.

    Attributes:
        structure: what is compiled.
        data: what it is fed.
        specs: at most `structure.width` runs; `GROUPS` times as many where they may stop early.
    """

    structure: Structure
    data: DataSpec
    specs: tuple[RunSpec, ...]

    @property
    def work(self) -> int:
        """Floating-point operations of the training of one group of its lanes, about."""
        return self.structure.work * self.structure.width * self.structure.steps

    @property
    def class_weight(self) -> str | tuple[float, ...] | None:
        """The weights of classes, which all runs of a chunk share."""
        return self.specs[0].training.class_weight

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The lanes of the runs, in their order; the program pads them to its width."""
        return tuple(lane_of(spec) for spec in self.specs)


def lane_of(spec: RunSpec) -> Lane:
    """The part of a spec that is only numbers fed to the program."""
    scale = spec.network.init_scale if isinstance(spec.network, NetworkSpec) else 1.0
    return Lane(seed=spec.seed, init_scale=scale, numbers=tuple(lane_numbers(spec).values()))


def plan(work: Sequence[tuple[RunSpec, Structure]]) -> list[Chunk]:
    """Partition runs into chunks: by structure and data in the order of first appearance, cut to a program's width."""
    alike: dict[tuple[Structure, DataSpec, object], list[RunSpec]] = {}
    for spec, structure in work:
        alike.setdefault((structure, spec.data, spec.training.class_weight), []).append(spec)
    return [
        Chunk(structure, data, tuple(members[start : start + lanes_of_a_chunk(structure)]))
        for (structure, data, _), members in alike.items()
        for start in range(0, len(members), lanes_of_a_chunk(structure))
    ]


def lanes_of_a_chunk(structure: Structure) -> int:
    """How many runs of a structure train together at most."""
    return structure.width * (GROUPS if structure.stops_early and not structure.alone_because else 1)
