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
    """Held from its making until `release` is called, the lock is forgotten or the process ends.

    Args:
        sweep: the sweep directory, which is made where it is not there.

    Raises:
        SweepDirectoryInUseError: where another process holds it; the line names its process and host.
        ConfigError: where the directory cannot be made.
    """

    def __init__(self, sweep: SweepPaths) -> None:
        self._descriptor: int | None = None
        try:
            sweep.state.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(sweep.lock, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            reason = f"{error.filename or sweep.directory}: {error.strerror}"
            raise ConfigError(f"outputs: {reason}; set outputs=… to a directory that can be written") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = _owner(os.read(self._descriptor, 1000))
            self.release()
            raise SweepDirectoryInUseError(
                f"{sweep.directory}: another command is sweeping into it ({owner}); "
                "wait for it, or give this one an experiment of its own"
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode())

    def release(self) -> None:
        """Let the next command in."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __del__(self) -> None:
        self.release()


def _owner(content: bytes) -> str:
    try:
        owner = json.loads(content)
        return f"process {owner['pid']} on {owner['host']}"
    except (ValueError, KeyError, TypeError):
        return "its process is not known"
