"""The command in this process, stopped by a real signal after so many segments."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.engine import ENGINE
from xor_sweep.__main__ import main
from xor_sweep.record import ChunkRecord


@contextmanager
def signalled(*after: int, number: int = signal.SIGTERM) -> Iterator[None]:
    """While the block runs, a signal comes after so many segments, one for each number."""
    add, seen = ChunkRecord.add, [0]

    def counted(record: ChunkRecord, segment: Any) -> Any:
        costs = add(record, segment)
        seen[0] += 1
        for _ in range(after.count(seen[0])):
            os.kill(os.getpid(), number)
        return costs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ChunkRecord, "add", counted)
        yield


def run(*words: str) -> int:
    """The exit code of the command, trained in this process."""
    return main(words, ENGINE)


def finished(outputs: Path, *words: str) -> Path:
    """The directory of a sweep of exclusive or that was trained below `outputs`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["xor_sweep"])
        assert run(*words, f"outputs={outputs}") == 0
    return outputs / "xor"


def stop(*words: str, after: int, number: int = signal.SIGTERM) -> int:
    """The exit code of the command, stopped after so many segments."""
    with signalled(after, number=number):
        return run(*words)
