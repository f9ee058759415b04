"""Bytes -> event files. The only module that knows how an event file is named."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import socket
from collections.abc import Sequence
from pathlib import Path

from xor_sweep.durable import between, naming

_PREFIX = "events.out.tfevents."
_SECONDS = re.compile(re.escape(_PREFIX) + r"(\d{10})\.")
COMPARISON = "hparams.tfevents."
"""How the name of a file begins that holds what a summary says."""

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


def comparison_files(directory: Path) -> list[Path]:
    """The event files in `directory` that hold what a summary says, and nothing of a training."""
    return sorted(directory.glob(COMPARISON + "*"))


def put_comparison(directory: Path, data: bytes) -> None:
    """Have `data`, whole records, be what a summary says in `directory`; a file that says so already stays.

    Its name goes by its content, for TensorBoard reads a file once; it sorts after those of a training. It is not
    synced: another summary makes it again.

    Raises:
      OSError: it cannot be written.
    """
    path = directory / f"{COMPARISON}{hashlib.sha256(data).hexdigest()[:16]}"
    there = comparison_files(directory)
    if there != [path] or path.is_symlink() or path.stat().st_size != len(data):
        aside = directory / ".hparams.part"  # whatever is called tfevents is read
        aside.unlink(missing_ok=True)
        with naming(path), aside.open("xb") as file:
            file.write(data)
        aside.replace(path)
        for old in there:
            if old != path:
                old.unlink(missing_ok=True)


def intact(directory: Path, kept: Sequence[tuple[str, int]]) -> bool:
    """Whether a run's directory has these event files, each with so many bytes at least.

    Args:
        directory: the run's.
        kept: names and sizes.
    """
    files = {path.name: path for path in event_files(directory)}
    return directory.is_dir() and all(
        name in files and not files[name].is_symlink() and 0 <= size <= files[name].stat().st_size
        for name, size in kept
    )


def cut(directory: Path, kept: Sequence[tuple[str, int]]) -> None:
    """Bring a run's event files back to what they were: so many bytes of each, and no others.

    Nothing is done where they are not there any more.
    """
    if not intact(directory, kept):
        return
    sizes = dict(kept)
    for path in event_files(directory):
        if path.name in sizes:
            os.truncate(path, sizes[path.name])
        else:
            path.unlink()


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
            between("events about to be appended")
            with naming(path):
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
        except BaseException:
            os.ftruncate(descriptor, before)
            raise
    finally:
        os.close(descriptor)
