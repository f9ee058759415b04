"""The board as a person starts it, in a process of its own that a terminal's Ctrl-C reaches."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.command import environment

PATIENCE = 90.0  # seconds; a busy machine takes 15 to start TensorBoard

PYTHON_LOADER = {"TENSORBOARD_DATA_SERVER_BINARY": "/nowhere"}
"""An environment in which TensorBoard finds no data server."""


@dataclass
class Board:
    """A board that runs, or has ended.

    Attributes:
        process: the command.
        out, err: the files of what it said.
        scratch: where its temporary files go.
    """

    process: subprocess.Popen[bytes]
    out: Path
    err: Path
    scratch: Path

    @property
    def said(self) -> str:
        return self.out.read_text()

    @property
    def link(self) -> str:
        return re.findall(r"^http://localhost:\d+/.*$", self.said, re.MULTILINE)[0]

    @property
    def url(self) -> str:
        return self.link.split("/?")[0]

    def wait(self, words: str) -> None:
        """Until it has said that."""
        deadline = time.monotonic() + PATIENCE
        while words not in " ".join(self.said.split()):  # lines are wrapped
            assert self.process.poll() is None, self.err.read_text()
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)

    def stop(self, *numbers: int) -> int:
        """Its exit code, once these signals have come as from a terminal: to its whole group."""
        for number in numbers:
            os.killpg(self.process.pid, number)
            time.sleep(0.1)
        return self.process.wait(timeout=30)

    def left(self) -> list[str]:
        """Processes of this board that live, and its temporary files."""
        found = [str(path) for path in self.scratch.rglob("*")]
        for process in Path("/proc").glob("[0-9]*"):
            try:
                surroundings = (process / "environ").read_bytes()
                alive = (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
            except OSError:
                continue
            if alive and f"XOR_SWEEP_TEST={self.scratch}\0".encode() in surroundings:
                found.append(process.name)
        return found


@contextmanager
def opened(*words: str, cwd: Path, env: Mapping[str, str] | None = None) -> Iterator[Board]:
    """A board that was just started; it has ended when this is left."""
    scratch = cwd / "scratch"
    scratch.mkdir()
    own = environment(env) | {"TMPDIR": str(scratch), "XOR_SWEEP_TEST": str(scratch), "COLUMNS": "80"}
    with (cwd / "out").open("wb") as out, (cwd / "err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "xor_sweep.board", *words],
            cwd=cwd,
            env=own,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
            # A shell's background job ignores SIGINT.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        board = Board(process, cwd / "out", cwd / "err", scratch)
        try:
            yield board
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(timeout=30)
