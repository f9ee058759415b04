"""The files that a run's result vouches for, and whether they are still as they were."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from xor_sweep.foreign import read_file


class RecordedFile(NamedTuple):
    """A file of a run as it was when the result was written.

    Attributes:
        name: its path below the run directory.
        size: bytes.
        modified_ns: its modification time, in nanoseconds since the epoch.
        sha256: of its content, the first 16 hex digits; None for event files, which are large and have checksums
            inside.
    """

    name: str
    size: int
    modified_ns: int
    sha256: str | None


def record_files(directory: Path, configuration: Iterable[Path], logs: Iterable[Path]) -> tuple[RecordedFile, ...]:
    """Record files of a run directory as they are now: configuration with its content, logs with their size."""
    there = [(path, digest(path.read_bytes())) for path in configuration if path.is_file()]
    return tuple(
        RecordedFile(str(path.relative_to(directory)), (found := path.stat()).st_size, found.st_mtime_ns, sha256)
        for path, sha256 in (*there, *((path, None) for path in logs))
    )


def recorded_file(value: Any) -> RecordedFile:
    """Return what a result says of a file.

    Raises:
        TypeError, ValueError: if it is not what `record_files` records, or names a file elsewhere.
    """
    name, size, modified_ns, sha256 = value
    if PurePath(name).is_absolute() or ".." in PurePath(name).parts:
        raise ValueError(name)
    return RecordedFile(name, int(size), int(modified_ns), None if sha256 is None else str(sha256))


def changed_file(directory: Path, files: Sequence[RecordedFile]) -> Path | None:
    """Return the first file recorded with its content that is missing or has another one; None if there is none."""
    changed = (file for file in files if file.sha256 is not None and not _is_same(directory / file.name, file))
    first = next(changed, None)
    return None if first is None else directory / first.name


def _is_same(path: Path, file: RecordedFile) -> bool:
    try:
        return digest(read_file(path)) == file.sha256
    except OSError:
        return False


def cut_logs(directory: Path, files: Sequence[RecordedFile]) -> list[tuple[Path, int, int]]:
    """Return the logs that are not as long as they were recorded: `(path, bytes, recorded bytes)`.

    Logs that are not there are not among them: the user may delete a log to save space.
    """
    sizes = ((directory / file.name, file.size) for file in files if file.sha256 is None)
    there = ((path, path.stat().st_size, size) for path, size in sizes if path.is_file())
    return [(path, found, size) for path, found, size in there if found != size]


def digest(content: bytes) -> str:
    """Return the SHA-256 of a content, the first 16 hex digits."""
    return hashlib.sha256(content).hexdigest()[:16]
