"""Compiled programs kept from one command to the next, in the user's cache directory.

XLA's persistent cache takes an executable from disk if the same program was compiled before: 0.2 s in place of 1 to
2 s. Its entries are machine code, so the directory belongs to the user alone, and to one TensorFlow build and one kind
of processor. `xor_sweep.training.names` makes sure that a program is found again whatever was traced before it.
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
from xor_sweep.sealed_cache import SealedCache, delete_left_behind, process_name

FLAGS = "TF_XLA_FLAGS"
FLAG = "--tf_xla_persistent_cache_directory="

SWITCH = "XOR_SWEEP_COMPILE_CACHE"
"""An environment variable: `off`, or the directory to use in place of the user's cache directory."""

MAX_BYTES = 500_000_000
"""What the cache may hold; the entries that were not used longest go first."""

LINKS = "links"
"""The directory, beside those of the entries, of the links that processes have given to XLA."""

_of_this_process: SealedCache | None = None
"""XLA's flags are the process's, and so is the cache that they name."""


def compile_cache() -> SealedCache | None:
    """The cache that this process's XLA was given; None if it was given none."""
    return _of_this_process


def use_compile_cache() -> SealedCache | None:
    """Give XLA, before TensorFlow is imported, a cache without damaged entries; call its `wait` before XLA compiles.

    Returns:
        None if there is none: switched off, set by the user's own flags, not writable, or not private.
    """
    global _of_this_process
    wanted = os.environ.get(SWITCH, "")
    root = Path(wanted) if wanted else home() / "xla"
    directory, links = root / key(), (root / LINKS).absolute()
    # A process that started this one may have left its own link in the environment.
    flags = " ".join(word for word in os.environ.get(FLAGS, "").split() if not word.startswith(f"{FLAG}{links}/"))
    if _of_this_process or FLAG in flags or wanted == "off":
        return _of_this_process
    if any(letter.isspace() for letter in str(root)) or not (private(directory) and private(links)):
        return None  # XLA splits its flags at spaces
    prune(directory, MAX_BYTES)
    delete_left_behind(links)
    try:
        _of_this_process = SealedCache(directory, link := links / process_name())
    except OSError:
        return None
    os.environ[FLAGS] = f"{flags} {FLAG}{link}".strip()
    return _of_this_process


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
