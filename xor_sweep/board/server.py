"""A TensorBoard of one's own, on this machine alone: started, asked, ended with all that it started."""

from __future__ import annotations

import http.client
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from xor_sweep.errors import ConfigError
from xor_sweep.foreign import read_file
from xor_sweep.visible import visible

FIRST_PORT, PORTS = 6006, 100
"""TensorBoard's own port, and how many from it on are tried."""

LAST_LINES = 12
"""What it printed is shown to so many lines, and read to so many bytes."""
LAST_BYTES = 8192

ANSWER_S, END_S = 2.0, 5.0
"""How long one answer may take, and how long an end that was asked for."""


def free_port(asked: int | None) -> int:
    """The port that was asked for, or else the first that is free from 6006 on.

    Raises:
        ConfigError: where somebody listens there.
    """
    if asked is None:
        for port in range(FIRST_PORT, FIRST_PORT + PORTS):
            if not _taken(port):
                return port
        raise ConfigError(f"no port from {FIRST_PORT} to {FIRST_PORT + PORTS - 1} is free; name another with --port")
    if _taken(asked):
        raise ConfigError(f"--port {asked}: is taken; name another, or leave it out for the next free one")
    return asked


def _taken(port: int) -> bool:
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(ANSWER_S)
            if probe.connect_ex((host, port)) == 0:
                return True
    return False


def allow_files() -> int:
    """Let this process, and those that it starts, open as many files as they may; returns how many that is.

    TensorBoard keeps one open for each run.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # macOS allows fewer than it says
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


class TensorBoard:
    """A TensorBoard process and the data server that it may start, in a process group of their own.

    A guard ends them if this process dies without having done so.

    Args:
        logdir: what it shows.
        port: where it listens.
        scratch: an empty directory for what it prints and for its temporary files.
    """

    def __init__(self, logdir: Path, port: int, scratch: Path) -> None:
        self.port = port
        self._printed = scratch / "printed"
        # No module is imported from where the person happens to be.
        python = [sys.executable, "-P", "-m"]
        command = [*python, "tensorboard.main", "--logdir", str(logdir), "--host", "localhost", "--port", str(port)]
        theirs, self._pipe = os.pipe()
        with self._printed.open("wb") as printed:
            self._process = subprocess.Popen(
                [*python, "xor_sweep.board.guard", str(theirs), str(scratch), *command],
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                env=os.environ | {"TMPDIR": str(scratch)},
                pass_fds=[theirs],
                start_new_session=True,
            )
        os.close(theirs)

    @property
    def ended(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll()

    def runs(self) -> int | None:
        """How many runs it has read so far; None where it does not answer."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=ANSWER_S)
        try:
            connection.request("GET", "/data/runs")
            answer = connection.getresponse()
            runs = json.load(answer) if answer.status == http.client.OK else None
        except (OSError, ValueError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        return len(runs) if isinstance(runs, list) else None

    def last_lines(self) -> list[str]:
        """What it printed last."""
        with suppress(OSError):
            text = visible(read_file(self._printed)[-LAST_BYTES:].decode(errors="replace"))
            return [line for line in text.splitlines() if line.strip()][-LAST_LINES:]
        return []

    def end(self) -> None:
        """End it and what it started, gently first."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group that has ended
                os.killpg(self._process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(END_S)
                break
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        os.close(self._pipe)
