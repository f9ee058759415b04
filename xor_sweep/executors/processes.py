"""The engine in processes of its own, which import TensorFlow while this one reads its command.

Two that train one chunk each on half of the cores take three quarters of the time of one that trains them in turn on
all cores, measured on 64-256-10, and two thirds on 64-32-10. Whatever happens to such a process, from a crash to the
system's running out of memory, costs the chunk that it was training, and no other run.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from multiprocessing.connection import wait

from xor_sweep.errors import SweepError, TrainingProcessDied
from xor_sweep.executors.engine import Begun, Call, Engine, Given, Returned, Stop, Stopped, Train
from xor_sweep.executors.worker import Setting, Worker
from xor_sweep.segment import Ending

AT_ONCE = 2
"""Chunks that train at the same time."""

WORTH_A_PROCESS = 5 * 10**11
"""Floating-point operations from which on another process is worth its start: about ten seconds of one core."""

DEPTH = 2
"""Chunks that a process is given: the one that trains, and the next one, whose program it makes ready."""


class Processes(Engine):
    """An engine in other processes; `start` may come long before the first request."""

    def __init__(self) -> None:
        super().__init__()
        self._workers: list[Worker] = []
        self._waiting: list[Train] = []
        self._known: deque[tuple[int, Given]] = deque()
        self._stopping = self._silent = False

    def start(self) -> None:
        """Start a process, which begins to import TensorFlow."""
        if not self._workers:
            self._workers.append(Worker())

    def send(self, request: Train | Call) -> None:
        """Hand a request over."""
        self.start()
        if isinstance(request, Train):
            self._waiting.append(request)
        else:
            self._give(min(self._workers, key=lambda worker: len(worker.open)), request)

    def receive(self, seconds: float | None) -> tuple[int, Given] | None:
        """Wait for what comes next of any request; None where nothing came in so many seconds.

        Raises:
            SweepError: where the processes cannot train at all.
        """
        self._grow()
        while not self._known:
            self._hand_out()
            ready = wait([worker.pipe for worker in self._workers], seconds)
            if not ready:
                return None
            worker = next(worker for worker in self._workers if worker.pipe is ready[0])
            try:
                number, given = worker.pipe.recv()
            except (EOFError, ConnectionResetError):
                self._died(worker)
                continue
            worker.spoke, self._silent = True, False
            if number is None:
                raise SweepError(f"TensorFlow cannot be imported: {given}")
            if isinstance(given, Begun):
                worker.begun.add(number)
            elif isinstance(given, Ending | Stopped | Returned | BaseException):
                worker.open.pop(number, None)
                worker.begun.discard(number)
                self._hand_out()
            return number, given
        return self._known.popleft()

    def stop(self) -> None:
        """Have each chunk that was asked for end with the segment that is under way."""
        self._stopping = True
        given_up = [task.number for task in self._waiting]
        self._waiting = []
        for worker in list(self._workers):
            if worker.begun:
                worker.tell(Stop())
            elif worker.chunks:
                given_up += worker.open
                worker.close()
                self._workers.remove(worker)
        self._known += [(number, Stopped()) for number in given_up]

    def _grow(self) -> None:
        """Start more processes where what waits is worth it."""
        size = min(AT_ONCE, cores(), len(self._waiting))
        if len(self._workers) < size and sum(task.chunk.work for task in self._waiting) > WORTH_A_PROCESS:
            self._workers += [Worker() for _ in range(size - len(self._workers))]

    def _hand_out(self) -> None:
        """Give each process something to train, and then something to make ready."""
        for depth in range(1, DEPTH + 1):
            for worker in self._workers:
                if worker.chunks < depth and (task := self._choose(worker)):
                    self._waiting.remove(task)
                    self._give(worker, task)

    def _choose(self, worker: Worker) -> Train | None:
        """The next chunk for a process: of a structure that it has compiled, or of one that no other process has.

        An idle process takes any: compiling it once more costs the others nothing.
        """
        taken = {structure for other in self._workers if other is not worker for structure in other.structures}
        own = (task for task in self._waiting if task.chunk.structure in worker.structures)
        free = (task for task in self._waiting if task.chunk.structure not in taken)
        last = self._waiting[-1] if self._waiting and not worker.chunks else None
        return next(own, None) or next(free, None) or last

    def _give(self, worker: Worker, request: Train | Call) -> None:
        if not worker.told:
            worker.tell(Setting(list(sys.path), max(1, cores() // AT_ONCE)))
        worker.give(request)

    def _died(self, worker: Worker) -> None:
        """Give up what a process was at, and have another one do the rest, which is all where it had not started."""
        what = f"the process that trains {worker.how_it_ended()}"
        if not worker.spoke and self._silent:
            raise SweepError(f"{what} while it started, and so did another one")
        self._silent = not worker.spoke
        error = TrainingProcessDied("TrainingProcessDied", what, f"{what}\n")
        worker.close()
        self._workers.remove(worker)
        if not self._stopping:
            self._workers.append(Worker())
        rest: list[Train] = []
        for number, request in worker.open.items():
            if number in worker.begun or (isinstance(request, Call) and (worker.spoke or self._stopping)):
                self._known.append((number, error))
            elif isinstance(request, Call):
                self._give(self._workers[-1], request)
            elif self._stopping:
                self._known.append((number, Stopped()))
            else:
                rest.append(request)
        self._waiting = [*rest, *self._waiting]

    def close(self) -> None:
        """End the processes, whatever they do."""
        for worker in self._workers:
            worker.close()
        self._workers, self._waiting, self._stopping = [], [], False
        self._known.clear()


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
