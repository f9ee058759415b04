"""Writes that a crash cannot leave half done."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path


def partial(path: Path) -> Path:
    """What a file is called until it is whole."""
    return path.with_name(f".{path.name}.part")


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file that is either whole or absent, whoever dies meanwhile."""
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = partial(path)
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def sync_directories(directories: Sequence[Path]) -> None:
    """Bring what was written into these directories onto the disk: one sync a file system, or one a directory."""
    if not directories:
        return
    descriptor = os.open(directories[0].parent, os.O_RDONLY)
    try:
        if not _syncfs(descriptor):
            for directory in directories:
                _sync_files(directory)
    finally:
        os.close(descriptor)


def _syncfs(descriptor: int) -> bool:
    """Linux's syncfs(2); False where the system has none."""
    import ctypes

    call = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    return call is not None and call(descriptor) == 0


def _sync_files(directory: Path) -> None:
    for path in [*directory.rglob("*"), directory]:
        with contextlib.suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
