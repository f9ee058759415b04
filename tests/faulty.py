"""A program with a fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import xor_sweep.training
from xor_sweep.plan import Lane
from xor_sweep.structure import Structure

FAULTY = 4
COMPILE = xor_sweep.training.compile_program


class FaultyProgram:
    """A real program that raises in mid-training when a certain seed is among its lanes."""

    def __init__(self, structure: Structure) -> None:
        self._program = COMPILE(structure)

    def train(self, lanes: Sequence[Lane], *points: Any) -> Iterator[Any]:
        for segment in self._program.train(lanes, *points):
            yield segment
            if FAULTY in [lane.seed for lane in lanes]:
                raise MemoryError("no room for seed 4")

    def checkpoint(self) -> Any:
        return self._program.checkpoint()

    def ending(self) -> Any:
        return self._program.ending()
