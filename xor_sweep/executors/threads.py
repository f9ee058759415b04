"""The engine in threads of this process: one trains, one makes programs ready, one carries out calls.

Training needs Python for little: XLA runs without its lock. What is written down meanwhile needs nothing but Python.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, Queue, SimpleQueue
from threading import Event, Thread

from xor_sweep.data import dataset
from xor_sweep.executors.ahead import Ahead
from xor_sweep.executors.engine import Begun, Call, Engine, Given, Graph, Returned, Train
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
        self._leaving = Event()
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

    def receive(self) -> tuple[int, Given]:
        """Wait for what comes next of any request."""
        return self._given.get()

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
                self._train(task)
            except BaseException as error:  # noqa: BLE001  # as above
                self._given.put((task.number, error))

    def _train(self, task: Train) -> None:
        chunk = task.chunk
        self._given.put((task.number, Begun()))
        program = self._ahead.program(chunk.structure)
        data, wants_graph = dataset(chunk.data), task.graph
        for segment in program.train(
            chunk.lanes, data, task.record, task.snapshots, chunk.class_weight, task.train_scores
        ):
            if wants_graph:  # it is traced while the first segment trains
                self._given.put((task.number, Graph(self._ahead.graph(chunk.structure))))
                wants_graph = False
            self._given.put((task.number, segment))
            if self._leaving.is_set():
                return
        self._given.put((task.number, program.ending()))
