"""The entries of XLA's persistent cache: each with a seal, and the link by which XLA finds them.

XLA trusts what it reads, and fails if it cannot read or write an entry. So each entry has a seal, a file with its
SHA-256 that is written after the entry, and entries without a matching seal are deleted before XLA can read them. XLA's
flags hold for the life of the process, so they name a link, which can be pointed at another directory.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Lock, Thread

from xor_sweep.durable import write_whole
from xor_sweep.foreign import read_file

SEAL = ".sha256"
"""What a seal's file name adds to that of its entry."""

ENTRIES, TORN = "*.pb", "*.tmp"
"""File names of entries, and of those that XLA is writing or could not finish."""

MOST_BYTES = 1 << 30
"""A larger entry is not XLA's."""

TORN_AFTER_S = 600
"""XLA writes an entry in well under a second."""

SCRATCH = "xor_sweep-xla-"

IN_MEMORY = Path("/dev/shm")


class SealedCache:
    """The cache of this process.

    Args:
        directory: of the entries.
        link: a path for the link that XLA is given. Its name ends with host and process, so that links of processes
            that have died can be told apart.
    """

    def __init__(self, directory: Path, link: Path) -> None:
        self._directory, self._link = directory, link
        self._point_at(directory)
        self._lock = Lock()
        self._usable = True
        self._notices: list[str] = []
        self._checking = Thread(target=self.delete_unsealed, daemon=True)
        self._checking.start()

    def wait(self) -> None:
        """Wait until no damaged entry is left; before that, XLA must not compile."""
        self._checking.join()

    def delete_unsealed(self) -> None:
        """Delete entries that do not match their seals, seals without entries, and what was not written whole."""
        damaged = 0
        for entry in self._directory.glob(ENTRIES):
            with contextlib.suppress(OSError):
                if not _is_sealed(entry):
                    damaged += os.path.lexists(_seal_of(entry))
                    entry.unlink()
        for seal in self._directory.glob(ENTRIES + SEAL):
            if not seal.with_suffix("").exists():
                with contextlib.suppress(OSError):
                    seal.unlink(missing_ok=True)
        for torn in self._directory.glob(TORN):
            with contextlib.suppress(OSError):
                if time.time() - torn.stat().st_mtime > TORN_AFTER_S or f"-{os.getpid()}-" in torn.name:
                    torn.unlink()
        if damaged:
            entries = "1 entry was" if damaged == 1 else f"{damaged} entries were"
            self._notices.append(f"Compile cache {self._directory}: {entries} damaged and deleted; it compiles again")

    def seal(self) -> None:
        """Seal the entries that XLA has written; it renames them into place when they are whole."""
        with contextlib.suppress(OSError):
            for entry in self._directory.glob(ENTRIES):
                if not os.path.lexists(_seal_of(entry)):
                    write_whole(_seal_of(entry), _digest(entry).encode())

    @property
    def usable(self) -> bool:
        """Whether XLA can read and write the entries, as far as is known."""
        return self._usable

    @contextlib.contextmanager
    def bypassed(self, because: str) -> Iterator[None]:
        """Have XLA compile without the cache in the block, after it failed to read or write an entry.

        If the block succeeds, the cache counts as unusable from now on, which is noted once.

        Args:
            because: what XLA raised.
        """
        self.delete_unsealed()
        with self._lock:
            scratch = Path(tempfile.mkdtemp(prefix=f"{SCRATCH}{process_name()}-", dir=_roomy()))
            try:
                self._point_at(scratch)
                yield
                if self._usable:
                    self._usable = False
                    self._notices.append(f"Compile cache {self._directory}: {because}; it compiles without the cache")
            finally:
                self._point_at(self._directory)
                shutil.rmtree(scratch, ignore_errors=True)

    def notices(self) -> list[str]:
        """What there is to say of the cache since the last call, a line each."""
        said, self._notices = self._notices, []
        return said

    def _point_at(self, directory: Path) -> None:
        """Have the link lead to a directory; it is replaced in one step."""
        aside = self._link.with_name(f"{self._link.name}.new")
        aside.unlink(missing_ok=True)
        aside.symlink_to(directory.absolute())
        aside.replace(self._link)


def delete_left_behind(links: Path) -> None:
    """Delete the links and scratch directories of this host's processes that were killed."""
    for link in links.iterdir():
        if not _is_alive(link.name.removesuffix(".new")):
            with contextlib.suppress(OSError):
                link.unlink()
    for parent in {IN_MEMORY, Path(tempfile.gettempdir())}:
        for scratch in parent.glob(f"{SCRATCH}*"):
            if not _is_alive(scratch.name.removeprefix(SCRATCH).rpartition("-")[0]):
                shutil.rmtree(scratch, ignore_errors=True)


def process_name() -> str:
    """A name for this process among those of all hosts that share the cache."""
    return f"{socket.gethostname()}-{os.getpid()}"


def _is_alive(process: str) -> bool:
    """Whether a process of that name may still run; one of another host may."""
    host, _, pid = process.rpartition("-")
    if host != socket.gethostname() or not pid.isdecimal():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _roomy() -> Path | None:
    """Where scratch files of a few megabytes fit although a disk is full: in memory, if the system has such a place."""
    return IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None


def _seal_of(entry: Path) -> Path:
    return entry.with_name(entry.name + SEAL)


def _is_sealed(entry: Path) -> bool:
    """Whether an entry is a file with the content that its seal says. A pipe is not waited for."""
    try:
        return read_file(_seal_of(entry)) == _digest(entry).encode()
    except OSError:
        return False


def _digest(entry: Path) -> str:
    return hashlib.sha256(read_file(entry, MOST_BYTES)).hexdigest()
