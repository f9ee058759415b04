"""Compiled programs kept from one command to the next, in the user's cache directory.

XLA's persistent cache takes an executable from disk where the same program was compiled before: 0.2 s in place of 1 to
2 s. What it holds is machine code, so it belongs to the user alone, and to one TensorFlow build and one kind of
processor. `xor_sweep.training.names` sees to it that a program is found again whatever was traced before it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import stat
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from xor_sweep.caches import home, private

FLAGS = "TF_XLA_FLAGS"
FLAG = "--tf_xla_persistent_cache_directory="

SWITCH = "XOR_SWEEP_COMPILE_CACHE"
"""An environment variable: `off`, or the directory to use in place of the user's cache directory."""

MOST_BYTES = 500_000_000
"""What the cache may hold; the entries that were not used longest go first."""


def use_compile_cache() -> Path | None:
    """Point XLA, before TensorFlow is imported, at the cache; returns its directory.

    None where there is none to be had: switched off, set by the user's own flags, not to be written, or not private.
    """
    flags = os.environ.get(FLAGS, "")
    wanted = os.environ.get(SWITCH, "")
    if FLAG in flags or wanted == "off":
        return None
    directory = (Path(wanted) if wanted else home() / "xla") / key()
    if any(letter.isspace() for letter in str(directory)) or not private(directory):
        return None  # XLA parts its flags at spaces
    prune(directory, MOST_BYTES)
    os.environ[FLAGS] = f"{flags} {FLAG}{directory}".strip()
    return directory


def key() -> str:
    """A name for this TensorFlow on this kind of processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        features = next(line for line in lines if line.startswith(("flags", "Features")))
    except (OSError, StopIteration):
        features = platform.processor()
    try:
        build = version("tensorflow")
    except PackageNotFoundError:
        build = "unknown"
    digest = hashlib.sha256(f"{platform.machine()} {features}".encode()).hexdigest()[:12]
    return f"tensorflow-{build}-{digest}"


def prune(directory: Path, most: int) -> None:
    """Remove the oldest files until the others hold at most so many bytes."""
    files = []
    for path in directory.rglob("*"):
        with contextlib.suppress(OSError):
            found = path.lstat()
            if stat.S_ISREG(found.st_mode):
                files.append((max(found.st_atime, found.st_mtime), found.st_size, path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= most:
            return
        with contextlib.suppress(OSError):
            path.unlink()
            total -= size
