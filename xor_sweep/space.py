"""Whether what a sweep will write fits on the disk: said before it starts."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from xor_sweep.amounts import count
from xor_sweep.config import Settings
from xor_sweep.errors import ConfigError
from xor_sweep.runs import RunPaths
from xor_sweep.size import Size

SURE = 0.8
"""The share of the need that has to be free. The estimate is right within a quarter, so that a sweep which is refused
for less than this does not fit; one that is let through and does not fit either goes on where it stopped."""

DIRECTORIES_OF_A_RUN = 2
"""The run directory and `.hydra/`, which take an inode each, as files do."""


def check_space(size: Size, settings: Settings, train: Iterable[RunPaths]) -> None:
    """Refuse a sweep that does not fit on the disk that its directory lies on, or will lie on.

    A file fills half of its last block on average, which for small files is more than what they hold. What the runs
    have in their directories from before, to be replaced, is given back. A file system that does not say how much is
    free, or does not count its files, refuses nothing.

    Args:
        size: what the runs will write.
        settings: where to.
        train: the directories of the runs.

    Raises:
        ConfigError: where the sweep does not fit.
    """
    here = existing(settings.sweep_dir)
    try:
        disk = os.statvfs(here)
    except OSError:
        return
    # A few blocks and inodes are for root alone.
    root = os.geteuid() == 0
    blocks, inodes = (disk.f_bfree, disk.f_ffree) if root else (disk.f_bavail, disk.f_favail)
    free = blocks * disk.f_frsize
    need = size.bytes + size.files * disk.f_frsize // 2
    entries = size.files + DIRECTORIES_OF_A_RUN * size.runs
    short = disk.f_blocks > 0 and free < SURE * need
    crowded = disk.f_files > 0 and inodes < SURE * entries
    if not short and not crowded:
        return
    old_bytes, old_entries = taken(train)
    what = f"outputs={settings.outputs}: {count(size.runs, 'run')} would take"
    remedy = "make room, log less (logging=scalars or logging=off), or give it another directory"
    if short and free + old_bytes < SURE * need:
        raise ConfigError(f"{what} about {in_mb(need)}, and {here} has {in_mb(free)} free; {remedy}")
    if crowded and inodes + old_entries < SURE * entries:
        raise ConfigError(
            f"{what} {entries:,} files and directories, and {here} has room for {inodes:,}; "
            "remove some, or give it another directory"
        )


def existing(path: Path) -> Path:
    """The path, or the nearest of its parents that is there."""
    while not os.path.lexists(path):
        path = path.parent
    return path


def taken(runs: Iterable[RunPaths]) -> tuple[int, int]:
    """Bytes of the disk, and files and directories, that run directories take as they stand."""
    found = [
        entry.lstat()
        for paths in runs
        if paths.directory.is_dir()
        for entry in (paths.directory, *paths.directory.rglob("*"))
    ]
    return sum(status.st_blocks * 512 for status in found), len(found)


def in_mb(size: int) -> str:
    """Bytes for a reader."""
    return f"{size / 1e6:,.1f} MB"
