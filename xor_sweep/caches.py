"""The user's own cache directory: what can be made again at any time, and belongs to the user alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def home() -> Path:
    """Where the user's caches are: the XDG base directory, or its default."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xor_sweep"


def private(directory: Path) -> bool:
    """Make a directory that is the user's alone; False where that cannot be."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = directory.stat()
    except OSError:
        return False
    others = stat.S_IRWXG | stat.S_IRWXO
    return found.st_uid == os.getuid() and not found.st_mode & others and os.access(directory, os.W_OK)
