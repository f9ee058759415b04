"""Bytes -> event files. The only module that knows how an event file is named."""

from __future__ import annotations

import itertools
import os
import re
import socket
from pathlib import Path

_PREFIX = "events.out.tfevents."
_SECONDS = re.compile(re.escape(_PREFIX) + r"(\d{10})\.")
_numbers = itertools.count()


def event_files(directory: Path) -> list[Path]:
    """The event files in `directory`, in the order in which TensorBoard reads them: oldest first."""
    return sorted(directory.glob(_PREFIX + "*"))


def new_event_file(directory: Path, wall_time: float) -> Path:
    """Create an empty event file whose name sorts after those in `directory`.

    The name holds `wall_time`, seconds since 1970, or a later second where an older file took that one.

    Raises:
      FileNotFoundError: `directory` does not exist.
    """
    taken = [int(match[1]) for path in event_files(directory) if (match := _SECONDS.match(path.name))]
    seconds = max(int(wall_time), 1 + max(taken, default=-1))
    path = directory / f"{_PREFIX}{seconds:010d}.{socket.gethostname()}.{os.getpid()}.{next(_numbers)}"
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    return path


def append(path: Path, data: bytes) -> None:
    """Append `data`, whole records, to an event file that exists; the file is open only for that long.

    A failed write leaves the file as it was, as far as the disk allows: readers see nothing after a torn record.

    Raises:
      FileNotFoundError: `path` is gone; it is not made anew, for a file without its first records would mislead.
      OSError: the disk is full, or another failure of the system.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        before = os.fstat(descriptor).st_size
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except BaseException:
            os.ftruncate(descriptor, before)
            raise
    finally:
        os.close(descriptor)


def sync(path: Path) -> None:
    """Return once the file's contents are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
