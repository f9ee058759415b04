"""Chunks run in this process, one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from xor_sweep.claims import Claim
from xor_sweep.plan import Chunk
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

    Raises:
        OSError: where a run directory cannot be written.
    """
    with quiet_start():
        from xor_sweep.training import compile_program, graph_of

    waiting = deque(work)
    while waiting:
        chunk, claims = waiting.popleft()
        record = ChunkRecord(claims, sweep, hydra_files=started is not None)
        record.begin()
        if started is not None:
            for taken in claims:
                started(taken)
        begun = False
        try:
            record.open_events(partial(graph_of, chunk.structure))
            program = compile_program(chunk.structure)
            for segment in program.train(chunk.lanes, record.record, record.snapshots):
                watch(chunk, segment.done, record.add(segment))
                begun = True
            ending = program.ending(len(claims))
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever a program raises is the run's failure, not the sweep's
            # What does not come to its first segment, as a program that does not compile, is no single run's fault.
            if len(claims) == 1 or not begun:
                yield record.fail(error)
                continue
            middle = len(claims) // 2
            for half in (slice(middle, None), slice(None, middle)):
                waiting.appendleft((Chunk(chunk.structure, chunk.specs[half]), claims[half]))
            continue
        yield record.finish(ending)
