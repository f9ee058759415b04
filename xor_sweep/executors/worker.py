"""A process that trains, as the one that started it sees it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import Pipe

from xor_sweep.config.spec import DataSpec
from xor_sweep.data import Dataset, dataset
from xor_sweep.executors.engine import Call, Stop, Train
from xor_sweep.stopping import SIGNALS
from xor_sweep.structure import Structure

DATA_HELD = 4
"""Data sets that a process holds, more than it is given chunks; each is sent once while it does."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the process needs to know before its first request.

    Attributes:
        path: `sys.path`, on which a user's own modules are found.
        threads: cores that it may use.
    """

    path: list[str]
    threads: int


@contextmanager
def blocked() -> Iterator[None]:
    """Start processes that no Ctrl-C reaches, not even while Python starts: who starts them decides when they end."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Worker:
    """A process of `serve`, started.

    Its temporary files, such as the code that AutoGraph generates, are in a directory that ends with it.

    Attributes:
        pipe: where it says `(number, given)`.
        told: whether it has had its setting.
        spoke: whether it has said anything yet.
        open: what it has not come to the end of, by number, in order.
        begun: which of that it is training.
        structures: those that it has compiled.
    """

    def __init__(self) -> None:
        self.pipe, theirs = Pipe()
        self._scratch = tempfile.mkdtemp(prefix="xor_sweep_train_")
        with theirs, blocked():
            self._process = subprocess.Popen(
                [sys.executable, "-m", "xor_sweep.executors.serve", str(theirs.fileno()), self._scratch],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=os.environ | {"TMPDIR": self._scratch},
            )
        self.told = self.spoke = False
        self.open: dict[int, Train | Call] = {}
        self.begun: set[int] = set()
        self.structures: set[Structure] = set()
        self._sent: deque[DataSpec] = deque(maxlen=DATA_HELD)

    @property
    def chunks(self) -> int:
        """Chunks that it has been given and has not trained to their end."""
        return sum(isinstance(request, Train) for request in self.open.values())

    def give(self, request: Train | Call) -> None:
        """Hand a request over, with the data of a chunk where the process does not hold it."""
        self.open[request.number] = request
        if isinstance(request, Train):
            self.structures.add(request.chunk.structure)
            if request.chunk.data not in self._sent:
                self._sent.append(request.chunk.data)
                self.tell(dataset(request.chunk.data).without_raw())
        self.tell(request)

    def tell(self, message: Setting | Dataset | Train | Call | Stop) -> None:
        """Say something; where the process has died its pipe says so when it is read."""
        self.told = True
        with suppress(BrokenPipeError, ConnectionResetError):
            self.pipe.send(message)

    def how_it_ended(self) -> str:
        """How the process ended, for a reader."""
        code = self._process.wait()
        if code >= 0:
            return f"ended with code {code}"
        name = signal.Signals(-code).name
        memory = ", as the system does where memory runs out" if name == "SIGKILL" else ""
        return f"was ended by {name}{memory}"

    def close(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        self.pipe.close()
        shutil.rmtree(self._scratch, ignore_errors=True)
