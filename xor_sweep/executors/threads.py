"""The engine in threads of this process: one trains, one makes programs ready, one carries out calls.

Training needs Python for little: XLA runs without its lock. What is written down meanwhile needs nothing but Python.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, Queue, SimpleQueue
from threading import Event, Thread

from xor_sweep.compile_cache import compile_cache
from xor_sweep.data import dataset
from xor_sweep.executors.ahead import Ahead
from xor_sweep.executors.engine import Begun, Call, Engine, Given, Graph, Notice, Returned, Stopped, Train
from xor_sweep.quiet import quiet_start

UNTAKEN = 4
"""What may wait to be written down; a segment holds a few megabytes."""

MOMENT = 0.05
"""Seconds between two looks at whether a thread has ended."""


class Threads(Engine):
    """An engine that shares this process, as functions that were given from Python need it.

    It begins with its first request, which imports TensorFlow. After `close` it can begin anew, and what was compiled
    stays compiled.
    """

    def __init__(self) -> None:
        super().__init__()
        self._ahead = Ahead()
        self._trainer: Thread | None = None
        self._renew()

    def _renew(self) -> None:
        self._leaving, self._stopping = Event(), Event()
        self._tasks: SimpleQueue[Train | None] = SimpleQueue()
        self._given: Queue[tuple[int, Given]] = Queue(UNTAKEN)
        self._calls = ThreadPoolExecutor(1, thread_name_prefix="xor_sweep-call")
        self._early.clear()

    def send(self, request: Train | Call) -> None:
        """Hand a request over."""
        if self._trainer is None:
            with quiet_start():
                import xor_sweep.training  # noqa: F401  # TensorFlow, before threads import it
            self._trainer = Thread(target=self._work, name="xor_sweep-train", daemon=True)
            self._trainer.start()
        if isinstance(request, Call):
            self._calls.submit(self._answer, request)
        else:
            self._ahead.expect(request.chunk.structure, graph=request.graph)
            self._tasks.put(request)

    def receive(self, seconds: float | None) -> tuple[int, Given] | None:
        """Wait for what comes next of any request; None where nothing came in so many seconds."""
        try:
            return self._given.get(timeout=seconds)
        except Empty:
            return None

    def forget(self) -> None:
        """Compile what functions of the user's build anew, whatever was compiled before."""
        self._ahead.forget()

    def stop(self) -> None:
        """Have each chunk that was asked for end with the segment that is under way."""
        self._stopping.set()

    def close(self) -> None:
        """End what it does, with the segment that is under way."""
        if self._trainer is None:
            return
        self._leaving.set()
        with suppress(Empty):
            while True:
                self._tasks.get_nowait()
        self._tasks.put(None)
        self._calls.shutdown(wait=False, cancel_futures=True)
        while self._trainer.is_alive():
            with suppress(Empty):
                self._given.get(timeout=MOMENT)
        self._ahead.close()
        self._trainer = None
        self._renew()

    def _answer(self, call: Call) -> None:
        import xor_sweep.training

        try:
            given: Given = Returned(getattr(xor_sweep.training, call.function)(*call.arguments))
        except BaseException as error:  # noqa: BLE001  # whatever it is, who called waits for it
            given = error
        self._given.put((call.number, given))

    def _work(self) -> None:
        while task := self._tasks.get():
            try:
                for given in self._train(task):
                    self._given.put((task.number, given))
            except BaseException as error:  # noqa: BLE001  # as above
                self._given.put((task.number, error))

    def _train(self, task: Train) -> Iterator[Given]:
        if self._stopping.is_set():
            yield Stopped()
            return
        yield Begun()
        chunk, wants_graph = task.chunk, task.graph
        program = self._ahead.program(chunk.structure, self._stopping)
        if program is None:
            yield Stopped()
            return
        if cache := compile_cache():
            yield from map(Notice, cache.notices())
        kept_at = time.monotonic()
        for segment in program.train(
            chunk.lanes,
            dataset(chunk.data),
            task.record,
            task.snapshots,
            chunk.class_weight,
            task.train_scores,
            task.checkpoint,
            task.until,
        ):
            if wants_graph:  # it is traced while the first segment trains
                yield Graph(self._ahead.graph(chunk.structure))
                wants_graph = False
            yield segment
            if self._leaving.is_set():
                return
            every, stopping = task.checkpoint_seconds, self._stopping.is_set()
            if stopping or (every is not None and time.monotonic() - kept_at >= every):
                if (checkpoint := program.checkpoint()) is None:
                    break
                yield checkpoint
                kept_at = time.monotonic()
            if stopping:
                yield Stopped()
                return
        yield program.ending()
