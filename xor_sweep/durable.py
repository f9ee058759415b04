"""Writes that a crash cannot leave half done, and that say where they failed."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What the system says if a disk is full, a quota used up, or a file as large as it may be."""


def _nothing(_point: str) -> None:
    """What happens between two steps of a write, unless a test ends the process there."""


hook: Callable[[str], None] = _nothing
"""Told of each point between two steps of a write whose order matters; only tests set it, to end the process there."""


def between(point: str) -> None:
    """Name a point at which a crash must leave nothing half done."""
    hook(point)


def partial(path: Path) -> Path:
    """What a file is called until it is whole."""
    return path.with_name(f".{path.name}.part")


def write_whole(path: Path, content: str | bytes | memoryview) -> None:
    """Write a file that is either whole or absent, whoever dies meanwhile.

    Raises:
        OSError: where it cannot be written; what stood there stands.
    """
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = partial(path)
    try:
        aside.unlink(missing_ok=True)  # it may be a link, which would be written through
        with naming(path), aside.open("xb") as file:
            between(f"{path.name} opened")
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        between(f"{path.name} written aside")
        aside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
    between(f"{path.name} renamed")
    _sync(path.parent)


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Have an error of the system say which file it is about, as a full disk does not."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def _sync(path: Path) -> None:
    """Bring a file's content, or a directory's names, onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with naming(path):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directories(directories: Sequence[Path]) -> None:
    """Bring what was written into these directories onto the disk: one sync a file system, or one a directory.

    Args:
        directories: siblings; one that is gone is passed over.

    Raises:
        OSError: where the disk does not take it.
    """
    if not directories:
        return
    descriptor = os.open(directories[0].parent, os.O_RDONLY)
    try:
        with naming(directories[0].parent):
            if _syncfs(descriptor):
                return
        for directory in directories:
            _sync_files(directory)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _syncfs(descriptor: int) -> bool:
    """Linux's syncfs(2); False where the system has none.

    Raises:
        OSError: where the disk does not take what was written, as since Linux 5.8 the call says.
    """
    import ctypes

    call = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if call is None:
        return False
    if call(descriptor) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL):
        return False
    raise OSError(number, os.strerror(number))


def _sync_files(directory: Path) -> None:
    for path in [*directory.rglob("*"), directory]:
        with contextlib.suppress(FileNotFoundError):
            _sync(path)
