"""Where the training of a chunk stands between two segments: enough to go on to the same bits. NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.named_arrays import Named, above, below, in_order, numbered
from xor_sweep.segment import Ending

Ints = NDArray[np.int64]
Arrays = tuple[NDArray[Any], ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The lanes of a chunk as they are.

    Attributes:
        steps: that are behind each lane, `(lanes,)`.
        parked: all that a program holds of its lanes, each `(lanes, …)`; zeros for one that has not begun, and nothing
            where none that is to go on has.
        shared: by step, what all lanes have in common there.
        ended: the lanes that train no further.
        ending: what those ended with; None where there are none.
    """

    steps: Ints
    parked: Arrays
    shared: Mapping[int, Arrays]
    ended: Ints
    ending: Ending | None

    @property
    def done(self) -> int:
        """Steps that are behind its lanes, on average."""
        return int(self.steps.mean())

    def of(self, lanes: Ints) -> Checkpoint:
        """Some of the lanes alone, in ascending order, numbered anew."""
        kept = np.flatnonzero(np.isin(self.ended, lanes))
        return replace(
            self,
            steps=self.steps[lanes],
            parked=tuple(array[lanes] for array in self.parked),
            ended=np.searchsorted(lanes, self.ended[kept]),
            ending=self.ending.of(kept) if self.ending is not None and len(kept) else None,
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it by name, for a file."""
        named: dict[str, NDArray[Any]] = {"steps": self.steps, "ended": self.ended}
        named |= numbered("parked", self.parked)
        for step, values in self.shared.items():
            named |= numbered(f"shared/{step}", values)
        if self.ending is not None:
            named |= above("ending", self.ending.arrays())
        return named

    @classmethod
    def from_arrays(cls, named: Named) -> Checkpoint:
        """What `arrays` gave.

        Raises:
            KeyError, ValueError: where something is missing or its numbers of lanes do not fit.
        """
        steps, ended = named["steps"].astype(np.int64), named["ended"].astype(np.int64)
        parked = in_order("parked", named)
        shared = {int(name.split("/")[0]) for name in below("shared", named)}
        of_ending = below("ending", named)
        ending = Ending.from_arrays(of_ending) if of_ending else None
        lanes = np.arange(len(steps))
        if any(len(array) != len(steps) for array in parked) or not np.isin(ended, lanes).all():
            raise ValueError("a checkpoint's arrays are of different lanes")
        if len(ended) != (0 if ending is None else len(ending.best_cost)):
            raise ValueError("a checkpoint's ending is of other lanes")
        return cls(steps, parked, {step: in_order(f"shared/{step}", named) for step in sorted(shared)}, ended, ending)
