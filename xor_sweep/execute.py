"""Chunks trained on this machine, and written down while they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from xor_sweep.claims import Claim
from xor_sweep.config.spec import RunSpec
from xor_sweep.errors import TrainingProcessDied
from xor_sweep.executors.engine import Begun, Engine, Graph
from xor_sweep.kept import Keeper, Trained
from xor_sweep.plan import Chunk
from xor_sweep.record import ChunkRecord
from xor_sweep.runs import RunResult, SweepPaths
from xor_sweep.segment import Ending, Segment
from xor_sweep.structure import Structure

Watch = Callable[[Chunk, int, Sequence[tuple[int, float]]], None]
"""Called after each segment with the chunk, the steps that are behind it, and the first run's cost at milestones."""


def execute(
    work: Sequence[tuple[Chunk, Sequence[Claim]]],
    sweep: SweepPaths,
    watch: Watch,
    started: Callable[[Claim], None] | None,
    keeper: Keeper,
    engine: Engine,
) -> Iterator[tuple[Chunk, list[RunResult]]]:
    """Train and record chunks; yields each with its results as they stand on disk.

    A chunk whose training raises is halved and tried again, until the run that raises stands alone: it has failed,
    and its neighbours have their results.

    Args:
        work: chunks with the claims of their runs, in the order of their lanes.
        sweep: the sweep directory.
        watch: follows training.
        started: told about a run whose directory is made and whose training starts, more than once where it is tried
            again; None where one of Hydra's own launchers made the directory and wrote `.hydra/`.
        keeper: given the trained weights.
        engine: trains.

    Raises:
        OSError: where a run directory cannot be written.
    """
    open_chunks: dict[int, OpenChunk] = {}

    def train(chunk: Chunk, claims: Sequence[Claim]) -> None:
        record = ChunkRecord(claims, chunk.structure, sweep, hydra_files=started is not None)
        number = engine.train(
            chunk,
            graph=record.wants_graph,
            record=record.record,
            snapshots=record.snapshots,
            train_scores=record.train_scores,
        )
        open_chunks[number] = OpenChunk(chunk, claims, record)

    for chunk, claims in largest_first(work):
        train(chunk, claims)
    while open_chunks:
        number, given = engine.next()
        current = open_chunks[number]
        if isinstance(given, Begun):
            current.begin(started)
        elif isinstance(given, Graph):
            current.record.open_events(given.serialized)
        elif isinstance(given, Segment):
            costs = current.add(given)
            watch(current.chunk, current.done, costs)
        elif isinstance(given, Ending):
            del open_chunks[number]
            keeper.take(current.chunk, current.claims, given)
            yield current.chunk, current.record.finish(given)
        elif isinstance(given, Exception) and not isinstance(given, OSError):
            del open_chunks[number]
            if halves := current.halves(given):
                for half in halves:
                    train(*half)
                continue
            if not current.begun:
                current.begin(started)
            yield current.chunk, current.record.fail(given)
        else:
            assert isinstance(given, BaseException)
            raise given


@dataclass
class OpenChunk:
    """A chunk that is not written to its end.

    Attributes:
        chunk, claims: its runs.
        record: writes it.
        begun, trained: whether its training began, and whether it came to its first segment.
        steps: that are behind each of its runs.
    """

    chunk: Chunk
    claims: Sequence[Claim]
    record: ChunkRecord
    begun: bool = False
    trained: bool = False
    steps: list[int] = field(default_factory=list)

    @property
    def done(self) -> int:
        """Steps that are behind its runs, on average."""
        return sum(self.steps) // len(self.steps)

    def begin(self, started: Callable[[Claim], None] | None) -> None:
        """Make the run directories, and open the event files where no graph is to come for them."""
        self.begun = True
        self.record.begin()
        if started is not None:
            for taken in self.claims:
                started(taken)
        if not self.record.wants_graph:
            self.record.open_events(None)

    def add(self, segment: Segment) -> list[tuple[int, float]]:
        """Write a segment; returns the first run's costs at its milestones."""
        self.trained = True
        self.steps = self.steps or [0] * len(self.claims)
        for lane in segment.lanes:
            self.steps[lane] = segment.done
        return self.record.add(segment)

    def halves(self, error: Exception) -> list[tuple[Chunk, Sequence[Claim]]]:
        """Its halves, to find the run that raised; none where it stands alone.

        What does not come to its first segment, as a program that does not compile, is no single run's fault, and
        neither is the death of the process that trains: the halves would have a program of the same size.
        """
        if len(self.claims) == 1 or not self.trained or isinstance(error, TrainingProcessDied):
            return []
        middle = len(self.claims) // 2
        return [
            (replace(self.chunk, specs=self.chunk.specs[half]), self.claims[half])
            for half in (slice(None, middle), slice(middle, None))
        ]


def largest_first(work: Sequence[tuple[Chunk, Sequence[Claim]]]) -> list[tuple[Chunk, Sequence[Claim]]]:
    """Chunks by the work of all chunks of their structure: the longest training leaves most time to trace the rest."""
    totals: dict[Structure, int] = {}
    for chunk, _ in work:
        totals[chunk.structure] = totals.get(chunk.structure, 0) + chunk.work
    return sorted(work, key=lambda pair: -totals[pair[0].structure])


def train_again(spec: RunSpec, structure: Structure, engine: Engine) -> Trained:
    """Train one run once more, for its weights alone: a run's bits depend on its spec, so they come out the same."""
    chunk = Chunk(structure, spec.data, (spec,))
    nothing = np.array([], np.int64)
    engine.train(chunk, graph=False, record=nothing, snapshots=nothing, train_scores=nothing)
    while True:
        _, given = engine.next()
        if isinstance(given, Ending):
            return Trained.of(chunk, given, 0)
        if isinstance(given, BaseException):
            raise given
