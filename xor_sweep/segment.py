"""What training gives: segments while it goes on, an ending when it is over. NumPy alone, to go between processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Segment:
    """What was recorded between two returns to Python.

    Attributes:
        done: steps that are behind all lanes now.
        steps: where scalars were recorded, `(points,)`: after so many updates.
        scalars: by tag, float32 `(points, lanes)`; NaN after a lane has stopped early, and where those of the training
            part were not asked for.
        snapshot_steps: where weights and activations were recorded, `(snapshots,)`, some of `steps`.
        snapshots: by tag, float32 `(snapshots, lanes, size)`, flattened; NaN after a lane has stopped early.
        began, ended: seconds since the epoch.
    """

    done: int
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
