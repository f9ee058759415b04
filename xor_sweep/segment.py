"""What training gives: segments while it goes on, an ending when it is over. NumPy alone, to go between processes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.named_arrays import Named, above, below, in_order, numbered

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Segment:
    """What was recorded between two returns to Python.

    Attributes:
        done: steps that are behind its lanes now.
        lanes: which of the chunk's lanes these are, `(lanes,)`; all but where lanes train in groups.
        steps: where scalars were recorded, `(points,)`: after so many updates.
        scalars: by tag, float32 `(points, lanes)`; NaN after a lane has stopped early, and where those of the training
            part were not asked for.
        snapshot_steps: where weights and activations were recorded, `(snapshots,)`, some of `steps`.
        snapshots: by tag, float32 `(snapshots, lanes, size)`, flattened; NaN after a lane has stopped early.
        began, ended: seconds since the epoch.
    """

    done: int
    lanes: Ints
    steps: Ints
    scalars: dict[str, Floats]
    snapshot_steps: Ints
    snapshots: dict[str, Floats]
    began: float
    ended: float

    @property
    def cost(self) -> Floats:
        """The cost that ranks runs, `(points, lanes)`."""
        return next(iter(self.scalars.values()))


@dataclass(frozen=True, slots=True)
class Ending:
    """What the lanes ended with.

    Attributes:
        scalars: by tag, float32 `(lanes,)`: of the weights that are kept.
        best_cost: float32 `(lanes,)`, the lowest cost of all checks, or of all steps where there is no validation part.
        diverged_at: int64 `(lanes,)`, the first step whose cost was NaN or infinite, -1 where none was.
        stopped_at: int64 `(lanes,)`, the step at which a lane stopped early, -1 where it did not.
        kept_at: int64 `(lanes,)`, after how many updates the kept weights were.
        hypothesis: float32 `(points, lanes)`, the network's outputs for each point of a truth table; None otherwise.
        weights, state: the kept trainable and other variables in the model's order, each `(lanes, …)`.
    """

    scalars: dict[str, Floats]
    best_cost: Floats
    diverged_at: Ints
    stopped_at: Ints
    kept_at: Ints
    hypothesis: Floats | None
    weights: tuple[NDArray[Any], ...]
    state: tuple[NDArray[Any], ...]

    def of(self, lanes: Ints) -> Ending:
        """Some of the lanes alone."""
        return Ending(
            scalars={tag: values[lanes] for tag, values in self.scalars.items()},
            best_cost=self.best_cost[lanes],
            diverged_at=self.diverged_at[lanes],
            stopped_at=self.stopped_at[lanes],
            kept_at=self.kept_at[lanes],
            hypothesis=None if self.hypothesis is None else self.hypothesis[:, lanes],
            weights=tuple(values[lanes] for values in self.weights),
            state=tuple(values[lanes] for values in self.state),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it by name, for a file."""
        named = {name: getattr(self, name) for name in OF_LANES} | above("scalars", self.scalars)
        named |= numbered("weights", self.weights) | numbered("state", self.state)
        return named if self.hypothesis is None else named | {"hypothesis": self.hypothesis}

    @classmethod
    def from_arrays(cls, named: Named) -> Ending:
        """What `arrays` gave; raises KeyError where something is missing."""
        return cls(
            scalars=below("scalars", named),
            hypothesis=named.get("hypothesis"),
            weights=in_order("weights", named),
            state=in_order("state", named),
            **{name: named[name] for name in OF_LANES},
        )


OF_LANES = ("best_cost", "diverged_at", "stopped_at", "kept_at")
"""The fields of an ending that are one number a lane."""


def joined(parts: Sequence[tuple[Ints, Ending]]) -> tuple[Ints, Ending]:
    """The endings of groups of lanes as one, and the lanes, in the order of their places."""
    if len(parts) == 1:
        return parts[0]
    places = np.concatenate([places for places, _ in parts])
    order = np.argsort(places)
    endings = [ending for _, ending in parts]

    def of_all(arrays: Iterable[NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate(list(arrays))[order]

    return places[order], Ending(
        scalars={tag: of_all(ending.scalars[tag] for ending in endings) for tag in endings[0].scalars},
        best_cost=of_all(ending.best_cost for ending in endings),
        diverged_at=of_all(ending.diverged_at for ending in endings),
        stopped_at=of_all(ending.stopped_at for ending in endings),
        kept_at=of_all(ending.kept_at for ending in endings),
        hypothesis=None,
        weights=tuple(map(of_all, zip(*(ending.weights for ending in endings), strict=True))),
        state=tuple(map(of_all, zip(*(ending.state for ending in endings), strict=True))),
    )
