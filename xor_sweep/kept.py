"""Which trained weights stay: in run directories, or in memory until it is known whose are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.claims import Claim, remove
from xor_sweep.config.spec import DataSpec
from xor_sweep.data import dataset
from xor_sweep.durable import partial
from xor_sweep.errors import TrainingProcessDied
from xor_sweep.executors.engine import Engine
from xor_sweep.model_facts import Moment
from xor_sweep.plan import Chunk
from xor_sweep.runs import RunPaths
from xor_sweep.segment import Ending
from xor_sweep.structure import Structure

BYTES = 1_000_000_000
"""Weights in memory at most; a run whose weights have gone is trained again, to the same bits, if they are wanted."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained network.

    Attributes:
        structure: of its program.
        data: what it has learnt.
        weights, state: its variables, as `training.keep` takes them.
        moment: when in its training it had these.
    """

    structure: Structure
    data: DataSpec
    weights: tuple[NDArray[Any], ...]
    state: tuple[NDArray[Any], ...]
    moment: Moment

    @classmethod
    def of(cls, chunk: Chunk, ending: Ending, lane: int) -> Trained:
        """What one lane of a chunk ended with."""
        weights, state = ([np.array(array[lane]) for array in arrays] for arrays in (ending.weights, ending.state))
        cost = float(next(iter(ending.scalars.values()))[lane])
        moment = Moment(int(ending.kept_at[lane]), chunk.structure.steps, cost)
        return cls(chunk.structure, chunk.data, tuple(weights), tuple(state), moment)

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return sum(array.nbytes for array in (*self.weights, *self.state))

    def write(self, paths: RunPaths, engine: Engine) -> None:
        """Keep the model in a run's directory.

        Raises:
            Exception: whatever Keras raises where a user's network cannot be saved.
        """
        preprocessing = dataset(self.data).preprocessing
        engine.call("keep_model", self.structure, preprocessing, self.weights, self.state, paths, self.moment)

    def test_score(self, data: DataSpec, engine: Engine) -> dict[str, float] | None:
        """Cost and accuracy on the test part of some data; None where it has none."""
        points = dataset(data)
        if points.test is None:
            return None
        found: dict[str, float] = engine.call(
            "score", self.structure, points.without_raw(), "test", self.weights, self.state
        )
        return found


class Keeper:
    """Takes the weights of every run that completes.

    Args:
        engine: writes models.

    Attributes:
        save: `all` writes each of them into its run's directory, `best` keeps as many as fit into memory, `none` none.
        lowest: whether a model is to have the weights of the lowest cost, so that `all` writes only those.
        problem: the first of what Keras raised while models were written; None where it raised nothing.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.save, self.lowest = "best", False
        self.problem: Exception | None = None
        self._held: dict[str, Trained] = {}
        self._bytes = 0

    def take(self, chunk: Chunk, claims: Sequence[Claim], ending: Ending) -> None:
        """Take what a chunk's lanes ended with."""
        if self.save == "none":
            return
        for lane, claim in enumerate(claims):
            if ending.diverged_at[lane] >= 0:
                continue
            trained = Trained.of(chunk, ending, lane)
            if self.save == "all":
                if not self.lowest or ending.best_cost[lane] == np.float32(trained.moment.cost):
                    self.write(trained, claim.paths)
            elif self._bytes + trained.size <= BYTES:
                self._bytes += trained.size
                self._held[claim.job.identity] = trained

    def held(self, identity: str) -> Trained | None:
        """The weights of a run of this command, where they are in memory."""
        return self._held.get(identity)

    def write(self, trained: Trained, paths: RunPaths) -> bool:
        """Write a model; whether that worked, which is up to the network where it is the user's own."""
        try:
            try:
                trained.write(paths, self._engine)
            except TrainingProcessDied:  # which another one has replaced
                trained.write(paths, self._engine)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001  # a model that cannot be saved is still a run that completed
            self.problem = self.problem or error
            remove([partial(path) for path in (paths.model, paths.model_facts)])
            return False
        return True
