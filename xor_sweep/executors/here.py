"""Chunks run in this process: trained in one thread, written down in this one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from xor_sweep.claims import Claim
from xor_sweep.config.spec import RunSpec
from xor_sweep.data import dataset
from xor_sweep.executors.ahead import Ahead
from xor_sweep.executors.trainer import Begun, Task, Trainer
from xor_sweep.kept import Keeper, Trained
from xor_sweep.plan import Chunk, Structure
from xor_sweep.quiet import quiet_start
from xor_sweep.record import ChunkRecord
from xor_sweep.runs import RunResult, SweepPaths

if TYPE_CHECKING:
    from xor_sweep.training import Segment

Watch = Callable[[Chunk, int, Sequence[tuple[int, float]]], None]
"""Called after each segment with the chunk, the steps that are behind it, and the first run's cost at milestones."""


def execute(
    work: Sequence[tuple[Chunk, Sequence[Claim]]],
    sweep: SweepPaths,
    watch: Watch,
    started: Callable[[Claim], None] | None,
    keeper: Keeper,
) -> Iterator[list[RunResult]]:
    """Train and record chunks; yields the results of each as they stand on disk.

    A chunk whose training raises is halved and tried again, until the run that raises stands alone: it has failed,
    and its neighbours have their results.

    Args:
        work: chunks with the claims of their runs, in the order of their lanes.
        sweep: the sweep directory.
        watch: follows training.
        started: told about a run whose directory is made and whose training starts, more than once where it is tried
            again; None where one of Hydra's own launchers made the directory and wrote `.hydra/`.
        keeper: given the trained weights.

    Raises:
        OSError: where a run directory cannot be written.
    """
    with quiet_start():
        from xor_sweep.training import Ending, Segment  # TensorFlow, before a thread imports it

    order = largest_first(work)
    graphs = [(chunk.structure, claims[0].job.settings.logging.graph) for chunk, claims in order]
    with Ahead(graphs) as ahead, Trainer(ahead.program) as trainer:
        open_chunks: dict[int, OpenChunk] = {}
        numbers = count()

        def train(chunk: Chunk, claims: Sequence[Claim]) -> None:
            record = ChunkRecord(claims, chunk.structure, sweep, hydra_files=started is not None)
            number = next(numbers)
            open_chunks[number] = OpenChunk(chunk, claims, record)
            trainer.add(Task(number, chunk, record.record, record.snapshots, record.train_scores))

        for chunk, claims in order:
            train(chunk, claims)
        while open_chunks:
            number, given = trainer.next()
            current = open_chunks[number]
            if isinstance(given, Begun):
                current.begin(started, ahead)
                continue
            if isinstance(given, Segment):
                watch(current.chunk, given.done, current.add(given))
                continue
            del open_chunks[number]
            if isinstance(given, OSError) or not isinstance(given, Exception | Ending):
                raise given
            failure = current.failure or (given if isinstance(given, Exception) else None)
            if isinstance(given, Ending) and failure is None:
                keeper.take(current.chunk, current.claims, given)
                yield current.record.finish(given)
            elif halves := current.halves():
                for half in halves:
                    train(*half)
            else:
                assert failure is not None
                yield current.record.fail(failure)


@dataclass
class OpenChunk:
    """A chunk that is not written to its end.

    Attributes:
        chunk, claims: its runs.
        record: writes it.
        trained: whether it came to its first segment.
        failure: what its graph raised.
    """

    chunk: Chunk
    claims: Sequence[Claim]
    record: ChunkRecord
    trained: bool = False
    failure: Exception | None = None

    def begin(self, started: Callable[[Claim], None] | None, ahead: Ahead) -> None:
        """Make the run directories and open the event files."""
        self.record.begin()
        if started is not None:
            for taken in self.claims:
                started(taken)
        try:
            self.record.open_events(partial(ahead.graph, self.chunk.structure))
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001  # what a network raises is its runs' failure, not the sweep's
            self.failure = error

    def add(self, segment: Segment) -> list[tuple[int, float]]:
        """Write a segment; returns the first run's costs at its milestones."""
        self.trained = True
        return self.record.add(segment)

    def halves(self) -> list[tuple[Chunk, Sequence[Claim]]]:
        """Its halves, to find the run that raised; none where it stands alone.

        What does not come to its first segment, as a program that does not compile, is no single run's fault.
        """
        if len(self.claims) == 1 or not self.trained:
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
        structure = chunk.structure
        totals[structure] = totals.get(structure, 0) + structure.work * structure.width * structure.steps
    return sorted(work, key=lambda pair: -totals[pair[0].structure])


def train_again(spec: RunSpec, structure: Structure) -> Trained:
    """Train one run once more, for its weights alone: a run's bits depend on its spec, so they come out the same."""
    with quiet_start():
        from xor_sweep.training import compile_program

    chunk = Chunk(structure, spec.data, (spec,))
    program = compile_program(structure)
    nothing = np.array([], np.int64)
    for _ in program.train(chunk.lanes, dataset(spec.data), nothing, nothing, chunk.class_weight):
        pass
    return Trained.of(chunk, program.ending(), 0)
