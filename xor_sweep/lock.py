"""One sweep directory, one sweeper: a lock that dies with its process."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from pathlib import Path

from xor_sweep.errors import ConfigError, SweepError
from xor_sweep.foreign import links_in, refuse_links
from xor_sweep.owner import Owner, words
from xor_sweep.owner_file import OwnedError, OwnerFile, check_free, latest_number
from xor_sweep.runs import SweepPaths

NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOTTY}
"""What `flock` says where the file system has no such lock: without a lock server, in the kernel, or by its kind."""


class SweepDirectoryInUseError(SweepError):
    """Another process is sweeping into this directory."""


class SweepLock:
    """Held from its making until `release` is called, the lock is forgotten or the process ends.

    Where the file system has no locks that die with a process, an owner file stands in.

    Args:
        sweep: the sweep directory, which is made where it is not there.

    Raises:
        SweepDirectoryInUseError: where another process holds it; the line names its process and host.
        ConfigError: where the directory cannot be made, or a link stands where the sweep would write.
    """

    def __init__(self, sweep: SweepPaths) -> None:
        self._sweep = sweep
        self._descriptor: int | None = None
        self._owner_file: OwnerFile | None = None
        refuse_links([sweep.state, *links_in(sweep.state)])
        try:
            sweep.state.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(sweep.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
            self._require_file(sweep.lock)
            self._take(self._descriptor)
        except OwnedError as error:
            self.release()
            raise SweepDirectoryInUseError(
                f"{sweep.directory}: another command is sweeping into it ({error}); "
                "wait for it, or give this one an experiment of its own"
            ) from error
        except OSError as error:
            self.release()
            reason = f"{error.filename or sweep.directory}: {error.strerror}"
            raise ConfigError(f"outputs: {reason}; set outputs=… to a directory that can be written") from error

    def _take(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OwnedError(words(Owner.read(os.read(descriptor, 1000)))) from error
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            self._owner_file = OwnerFile(self._sweep)
            return
        # Another host may have mounted the file system without its locks.
        check_free(self._sweep, latest_number(self._sweep))
        os.ftruncate(descriptor, 0)
        os.write(descriptor, Owner.this().written)

    def check(self) -> None:
        """Return where the directory is still this process's.

        Raises:
            SweepDirectoryInUseError: where another command took it over: without locks, a process that was suspended
                for long looks like a dead one from another host.
        """
        if self._owner_file is not None and self._owner_file.lost:
            raise SweepDirectoryInUseError(
                f"{self._sweep.directory}: another command has taken it over while this one stood still; "
                "the same command goes on when that one has ended"
            )

    def _require_file(self, path: Path) -> None:
        """Refuse what is no file, or a file that has another name elsewhere too: the lock's content is replaced."""
        assert self._descriptor is not None
        found = os.fstat(self._descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            self.release()
            raise ConfigError(f"{path}: no file of the sweep's own; remove it, or name another directory")

    def release(self) -> None:
        """Let the next command in."""
        if self._owner_file is not None:
            self._owner_file.release()
            self._owner_file = None
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __del__(self) -> None:
        self.release()
