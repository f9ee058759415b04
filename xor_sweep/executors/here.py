"""Chunks run in this process, one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from xor_sweep.claims import Claim
from xor_sweep.config.spec import RunSpec
from xor_sweep.data import dataset
from xor_sweep.executors.ahead import Ahead
from xor_sweep.kept import Keeper, Trained
from xor_sweep.plan import Chunk, Structure
from xor_sweep.quiet import quiet_start
from xor_sweep.record import ChunkRecord
from xor_sweep.runs import RunResult, SweepPaths

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
        import xor_sweep.training  # noqa: F401  # TensorFlow, before a thread imports it

    waiting = deque(largest_first(work))
    graphs = [(chunk.structure, claims[0].job.settings.logging.graph) for chunk, claims in waiting]
    with Ahead(graphs) as ahead:
        while waiting:
            chunk, claims = waiting.popleft()
            record = ChunkRecord(claims, chunk.structure, sweep, hydra_files=started is not None)
            record.begin()
            if started is not None:
                for taken in claims:
                    started(taken)
            begun = False
            try:
                record.open_events(partial(ahead.graph, chunk.structure))
                program = ahead.program(chunk.structure)
                data = dataset(chunk.data)
                for segment in program.train(chunk.lanes, data, record.record, record.snapshots, chunk.class_weight):
                    watch(chunk, segment.done, record.add(segment))
                    begun = True
                ending = program.ending()
                keeper.take(chunk, claims, ending)
            except OSError:
                raise
            except Exception as error:  # noqa: BLE001  # what a program raises is the run's failure, not the sweep's
                # What does not come to its first segment, as one that does not compile, is no single run's fault.
                if len(claims) == 1 or not begun:
                    yield record.fail(error)
                    continue
                middle = len(claims) // 2
                for half in (slice(middle, None), slice(None, middle)):
                    waiting.appendleft((Chunk(chunk.structure, chunk.data, chunk.specs[half]), claims[half]))
                continue
            yield record.finish(ending)


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
