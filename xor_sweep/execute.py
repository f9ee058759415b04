"""Chunks trained on this machine, and written down while they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from xor_sweep.checkpoint import Checkpoint
from xor_sweep.claims import Claim
from xor_sweep.executors.engine import Begun, Engine, Graph, Notice, Stopped
from xor_sweep.kept import Keeper
from xor_sweep.open_chunk import OpenChunk, Work
from xor_sweep.plan import Chunk
from xor_sweep.results import RunResult
from xor_sweep.runs import SweepPaths
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
    say: Callable[[str], None] = lambda _: None,
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
        say: told lines that the user should read, each once.

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
    said: set[str] = set()
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
        elif isinstance(given, Notice):
            if given.text not in said:
                said.add(given.text)
                say(given.text)
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


def largest_first(work: Sequence[Work]) -> list[Work]:
    """Chunks by the work of all chunks of their structure: the longest training leaves most time to trace the rest."""
    totals: dict[Structure, int] = {}
    for task in work:
        structure = task.chunk.structure
        totals[structure] = totals.get(structure, 0) + task.chunk.work
    return sorted(work, key=lambda task: -totals[task.chunk.structure])
