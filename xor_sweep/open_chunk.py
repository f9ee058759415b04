"""A chunk that is not written to its end: what it has come to, and what is tried where its training raises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from xor_sweep.checkpoint import Checkpoint
from xor_sweep.checkpoint_file import Saved
from xor_sweep.claims import Claim
from xor_sweep.errors import TrainingProcessDied
from xor_sweep.executors.engine import Engine
from xor_sweep.plan import Chunk
from xor_sweep.record import ChunkRecord
from xor_sweep.runs import SweepPaths
from xor_sweep.segment import Segment


@dataclass(frozen=True)
class Work:
    """A chunk to train.

    Attributes:
        chunk: the runs.
        claims: theirs, in the order of its lanes.
        saved: where they go on; None is from their start.
        deaths: how often a process died that trained them from there.
    """

    chunk: Chunk
    claims: Sequence[Claim]
    saved: Saved | None = None
    deaths: int = 0


class OpenChunk:
    """A chunk that is not written to its end.

    Args:
        task: the chunk.
        sweep: the sweep directory.
        hydra_files: whether `.hydra/` is to be written.

    Attributes:
        record: writes its runs.
        begun, trained: whether its training began, and whether it came to a first segment.
        steps: that are behind each of its runs.
    """

    def __init__(self, task: Work, sweep: SweepPaths, *, hydra_files: bool) -> None:
        self.task = task
        self.record = ChunkRecord(task.claims, task.chunk.structure, sweep, hydra_files=hydra_files)
        self._sweep = sweep
        self.begun = self.trained = False
        self.steps = [0] * len(task.claims)
        self._kept: Saved | None = None
        self._graph = self.record.wants_graph and task.saved is None

    @property
    def done(self) -> int:
        """Steps that are behind its runs, on average."""
        return sum(self.steps) // len(self.steps)

    def ask(self, engine: Engine, checkpoint_seconds: float | None) -> int:
        """Have an engine train it; returns its number there."""
        return engine.train(
            self.task.chunk,
            graph=self._graph,
            record=self.record.record,
            snapshots=self.record.snapshots,
            train_scores=self.record.train_scores,
            checkpoint=None if self.task.saved is None else self.task.saved.checkpoint,
            checkpoint_seconds=checkpoint_seconds,
        )

    def begin(self, started: Callable[[Claim], None] | None) -> None:
        """Make the run directories, or take up what is in them; open event files where no graph is to come for them."""
        self.begun = True
        if self.task.saved is None:
            self.record.begin()
        else:
            self.record.go_on(self.task.saved)
            self.steps = self.task.saved.checkpoint.steps.tolist()
        if started is not None:
            for taken in self.task.claims:
                started(taken)
        if not self._graph and self.task.saved is None:
            self.record.open_events(None)

    def add(self, segment: Segment) -> list[tuple[int, float]]:
        """Write a segment; returns the first run's costs at its milestones."""
        self.trained = True
        for lane in segment.lanes:
            self.steps[lane] = segment.done
        return self.record.add(segment)

    def keep(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint."""
        self._kept = self.record.keep(checkpoint)

    def forget(self) -> None:
        """Remove its checkpoints: its runs have their results, or begin anew."""
        for saved in filter(None, (self.task.saved, self._kept)):
            (self._sweep.checkpoints / saved.file_name).unlink(missing_ok=True)

    def again(self, error: Exception) -> list[Work]:
        """What is tried now that training raised; nothing where that would not help.

        Halves, to find the run that raised. What does not come to its first segment, as a program that does not
        compile, is no single run's fault, and neither is the death of the process that trains: the halves would have a
        program of the same size. That may have been the fault of something else on the machine, so it is tried once
        more from where the chunk last was safe.
        """
        task = self.task
        if isinstance(error, TrainingProcessDied):
            deaths = 0 if self._kept else task.deaths
            return [replace(task, saved=self._kept or task.saved, deaths=deaths + 1)] if deaths == 0 else []
        self.forget()
        if task.saved is not None and not self.trained:  # it may be of another program
            return [replace(task, saved=None)]
        if len(task.claims) == 1 or not self.trained:
            return []
        middle = len(task.claims) // 2
        return [
            Work(replace(task.chunk, specs=task.chunk.specs[half]), task.claims[half])
            for half in (slice(None, middle), slice(middle, None))
        ]
