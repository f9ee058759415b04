"""The process that trains: `python -m xor_sweep.executors.serve FD DIR`, started by `Worker` at the other end of FD.

It lives as long as the command that started it: when that ends, however it does, the connection does too. Its temporary
files are in DIR.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import NoReturn

from xor_sweep.data import Dataset, remember
from xor_sweep.errors import Raised, SweepError
from xor_sweep.executors.engine import Call, Given, Stop, Train
from xor_sweep.executors.threads import Threads
from xor_sweep.executors.worker import DATA_HELD, Setting
from xor_sweep.quiet import OPTIONAL, quiet_start, without
from xor_sweep.stopping import SIGNALS

Requests = SimpleQueue[Setting | Dataset | Train | Call | Stop]


def main() -> NoReturn:
    """Serve until the connection ends."""
    for stop in SIGNALS:
        signal.signal(stop, signal.SIG_IGN)  # who started it decides when it ends
    pipe = Connection(int(sys.argv[1]))
    requests: Requests = SimpleQueue()
    Thread(target=_read, args=(pipe, requests), daemon=True).start()
    gc.disable()  # of what an import makes nothing is garbage, and looking for it takes a fifth of the time
    try:
        with quiet_start(), without(*OPTIONAL):
            import xor_sweep.training  # noqa: F401  # here, and not when the first request comes
    except BaseException as error:  # noqa: BLE001  # said when it matters: many commands train nothing
        pipe.send((None, as_words(error)))
        signal.pause()
    gc.freeze()
    gc.enable()
    engine = Threads()
    Thread(target=_hand_over, args=(requests, engine), daemon=True).start()
    while True:
        answer = engine.receive(None)
        assert answer is not None
        number, given = answer
        try:
            pipe.send((number, as_words(given)))
        except OSError:
            leave()


def _read(pipe: Connection, requests: Requests) -> None:
    while True:
        try:
            request = pipe.recv()
        except (EOFError, OSError):
            leave()
        if isinstance(request, Setting):
            sys.path[:] = request.path  # before a request is read that names a user's module
        requests.put(request)


def leave() -> NoReturn:
    """End this process at once, whose command has ended, and with it the directory of its temporary files."""
    shutil.rmtree(sys.argv[2], ignore_errors=True)
    os._exit(0)


def _hand_over(requests: Requests, engine: Threads) -> None:
    while True:
        request = requests.get()
        if isinstance(request, Setting):
            use_threads(request.threads)
        elif isinstance(request, Dataset):
            remember(request, DATA_HELD)
        elif isinstance(request, Stop):
            engine.stop()
        else:
            engine.send(request)


def use_threads(threads: int) -> None:
    """Have TensorFlow use so many cores, before it is used."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)


def as_words(given: Given) -> Given:
    """What can be sent: an exception that is not ours may hold what cannot."""
    if not isinstance(given, BaseException) or isinstance(given, SweepError):
        return given
    if isinstance(given, OSError) and type(given).__module__ == "builtins":
        return given
    return Raised(type(given).__name__, str(given), "".join(traceback.format_exception(given)))


if __name__ == "__main__":
    main()
