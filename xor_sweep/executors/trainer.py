"""Chunks trained in a thread of their own, while this one writes down what they gave.

Training needs Python for little: XLA runs without its lock. What is written needs nothing but Python.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, Queue, SimpleQueue
from threading import Event, Thread
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from xor_sweep.data import dataset
from xor_sweep.plan import Chunk, Structure

if TYPE_CHECKING:
    from xor_sweep.training import Ending, Program, Segment

UNTAKEN = 4
"""What may wait to be written; a segment holds a few megabytes."""

MOMENT = 0.05
"""Seconds between two looks at whether a thread has ended."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A chunk's training begins."""


@dataclass(frozen=True, slots=True)
class Task:
    """A chunk to train.

    Attributes:
        number: told with everything that comes of it.
        chunk: the runs.
        record, snapshots, train_scores: steps, as `Program.train` takes them.
    """

    number: int
    chunk: Chunk
    record: NDArray[np.int64]
    snapshots: NDArray[np.int64]
    train_scores: NDArray[np.int64]


class Trainer:
    """Trains tasks in the order in which they were added.

    Of each it gives `Begun`, its segments, and its ending or what it raised. Leaving the block ends the training with
    the segment that is under way.

    Args:
        program_of: makes the program of a structure ready; called in the thread.
    """

    def __init__(self, program_of: Callable[[Structure], Program]) -> None:
        self._program_of = program_of
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._given: Queue[tuple[int, Begun | Segment | Ending | BaseException]] = Queue(UNTAKEN)
        self._leaving = Event()
        self._thread = Thread(target=self._work, name="xor_sweep-train", daemon=True)

    def add(self, task: Task) -> None:
        """Train one more chunk, after the others."""
        self._tasks.put(task)

    def next(self) -> tuple[int, Begun | Segment | Ending | BaseException]:
        """Wait for what comes next: the number of its task, and what it is."""
        return self._given.get()

    def _work(self) -> None:
        while task := self._tasks.get():
            try:
                self._train(task)
            except BaseException as error:  # noqa: BLE001  # whatever it is, the other thread waits for it
                self._given.put((task.number, error))

    def _train(self, task: Task) -> None:
        self._given.put((task.number, Begun()))
        chunk = task.chunk
        program = self._program_of(chunk.structure)
        data = dataset(chunk.data)
        for segment in program.train(
            chunk.lanes, data, task.record, task.snapshots, chunk.class_weight, task.train_scores
        ):
            self._given.put((task.number, segment))
            if self._leaving.is_set():
                return
        self._given.put((task.number, program.ending()))

    def __enter__(self) -> Trainer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        with suppress(Empty):
            while True:
                self._tasks.get_nowait()
        self._tasks.put(None)
        while self._thread.is_alive():
            with suppress(Empty):
                self._given.get(timeout=MOMENT)
