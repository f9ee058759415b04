"""One sweep directory, one sweeper: a lock that dies with its process."""

from __future__ import annotations

import fcntl
import json
import os
import socket

from xor_sweep.errors import ConfigError, SweepError
from xor_sweep.runs import SweepPaths


class SweepDirectoryInUseError(SweepError):
    """Another process is sweeping into this directory."""


class SweepLock:
    """Held from its making until the process ends or `release` is called.

    Args:
        sweep: the sweep directory, which is made where it is not there.

    Raises:
        SweepDirectoryInUseError: where another process holds it; the line names its process and host.
        ConfigError: where the directory cannot be made.
    """

    def __init__(self, sweep: SweepPaths) -> None:
        try:
            sweep.state.mkdir(parents=True, exist_ok=True)
            self._file = sweep.lock.open("a+")
        except OSError as error:
            reason = f"{error.filename or sweep.directory}: {error.strerror}"
            raise ConfigError(f"outputs: {reason}; set outputs=… to a directory that can be written") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = self._owner()
            self._file.close()
            raise SweepDirectoryInUseError(
                f"{sweep.directory}: another command is sweeping into it ({owner}); "
                "wait for it, or give this one an experiment of its own"
            ) from error
        self._file.truncate(0)
        self._file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}) + "\n")
        self._file.flush()

    def release(self) -> None:
        """Let the next command in."""
        self._file.close()

    def _owner(self) -> str:
        self._file.seek(0)
        try:
            owner = json.loads(self._file.read())
            return f"process {owner['pid']} on {owner['host']}"
        except (ValueError, KeyError, TypeError):
            return "its process is not known"
