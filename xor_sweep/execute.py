"""Chunks trained on this machine, and written down while they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from xor_sweep.checkpoint import Checkpoint
from xor_sweep.checkpoint_file import Saved
from xor_sweep.claims import Claim
from xor_sweep.config.spec import RunSpec
from xor_sweep.errors import TrainingProcessDied
from xor_sweep.executors.engine import Begun, Engine, Graph, Stopped
from xor_sweep.kept import Keeper, Trained
from xor_sweep.plan import Chunk
from xor_sweep.record import ChunkRecord
from xor_sweep.runs import RunResult, SweepPaths
from xor_sweep.segment import Ending, Segment
from xor_sweep.structure import Structure

MOMENT = 0.1
"""Seconds between two looks at whether training is to stop."""

Watch = Callable[[Chunk, int, Sequence[tuple[int, float]]], None]
"""Called after each segment with the chunk, the steps that are behind it, and the first run's cost at milestones."""


def execute(
    work: Sequence[Work],
    sweep: SweepPaths,
    watch: Watch,
    started: Callable[[Claim], None] | None,
    keeper: Keeper,
    engine: Engine,
    checkpoint_seconds: float | None = None,
    stop_asked: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[Chunk, list[RunResult]]]:
    """Train and record chunks; yields each with its results as they stand on disk.

    A chunk whose training raises is halved and tried again, until the run that raises stands alone: it has failed,
    and its neighbours have their results.

    Args:
        work: chunks.
        sweep: the sweep directory.
        watch: follows training.
        started: told about a run whose directory is made and whose training starts, more than once where it is tried
            again; None where one of Hydra's own launchers made the directory and wrote `.hydra/`.
        keeper: given the trained weights.
        engine: trains.
        checkpoint_seconds: how often, at least, a chunk's checkpoint is written; None is never.
        stop_asked: whether training is to end with the segments that are under way; then it ends with checkpoints, and
            chunks that have not come to their end are not yielded. Asked several times a second.

    Raises:
        OSError: where a run directory cannot be written.
    """
    open_chunks: dict[int, OpenChunk] = {}

    def train(task: Work) -> None:
        opened = OpenChunk(task, sweep, hydra_files=started is not None)
        open_chunks[opened.ask(engine, checkpoint_seconds)] = opened

    for task in largest_first(work):
        train(task)
    stopping = False
    while open_chunks:
        if not stopping and stop_asked():
            stopping = True
            engine.stop()
        answer = engine.next(MOMENT)
        if answer is None:
            continue
        number, given = answer
        current = open_chunks[number]
        if isinstance(given, Begun):
            current.begin(started)
        elif isinstance(given, Graph):
            current.record.open_events(given.serialized)
        elif isinstance(given, Segment):
            costs = current.add(given)
            watch(current.task.chunk, current.done, costs)
        elif isinstance(given, Checkpoint):
            current.keep(given)
        elif isinstance(given, Ending):
            del open_chunks[number]
            keeper.take(current.task.chunk, current.task.claims, given)
            results = current.record.finish(given)
            current.forget()
            yield current.task.chunk, results
        elif isinstance(given, Stopped):
            del open_chunks[number]
        elif isinstance(given, Exception) and not isinstance(given, OSError):
            del open_chunks[number]
            if stopping:
                continue
            again = current.again(given)
            for task in again:
                train(task)
            if not again:
                if not current.begun:
                    current.begin(started)
                results = current.record.fail(given)
                current.forget()
                yield current.task.chunk, results
        else:
            assert isinstance(given, BaseException)
            raise given


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


def largest_first(work: Sequence[Work]) -> list[Work]:
    """Chunks by the work of all chunks of their structure: the longest training leaves most time to trace the rest."""
    totals: dict[Structure, int] = {}
    for task in work:
        structure = task.chunk.structure
        totals[structure] = totals.get(structure, 0) + task.chunk.work
    return sorted(work, key=lambda task: -totals[task.chunk.structure])


def train_again(spec: RunSpec, structure: Structure, engine: Engine) -> Trained:
    """Train one run once more, for its weights alone: a run's bits depend on its spec, so they come out the same."""
    chunk = Chunk(structure, spec.data, (spec,))
    nothing = np.array([], np.int64)
    engine.train(chunk, graph=False, record=nothing, snapshots=nothing, train_scores=nothing)
    while True:
        answer = engine.next()
        if answer is None:
            continue
        if isinstance(answer[1], Ending):
            return Trained.of(chunk, answer[1], 0)
        if isinstance(answer[1], BaseException):
            raise answer[1]
