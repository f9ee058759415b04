"""A lock for file systems that have none: a file that says whose the sweep directory is, renewed while that lives.

Files are numbered, and the one of the latest number is the one that counts. Who finds it stale makes the next number,
which the file system lets one process do alone; what stays behind keeps the count, so that a command that was slow to
decide cannot win with a number that was passed meanwhile.
"""

from __future__ import annotations

import os
from contextlib import suppress
from threading import Event, RLock, Thread

from xor_sweep.owner import Owner, words
from xor_sweep.runs import SweepPaths

BEAT = 10.0
"""Seconds from one heartbeat to the next."""

OLD = 60.0
"""Seconds after which a heartbeat is old: of an owner that cannot be asked, it says that it died. Several times `BEAT`,
for a file server that is busy or restarts."""

FREE = b"free\n"
"""What an owner leaves that has let go."""


class OwnedError(Exception):
    """Another process owns the sweep directory; its words say which."""


class OwnerFile:
    """The ownership of a sweep directory, from its making until `release` or the end of the process.

    Args:
        sweep: the sweep directory, whose state directory is there.

    Raises:
        OwnedError: where another process owns it.
        OSError: where no file can be made there.
    """

    def __init__(self, sweep: SweepPaths) -> None:
        self._sweep = sweep
        self._owner = Owner.this()
        self._number = take_number(sweep, self._owner)
        self._heart = Heart(os.open(sweep.owner(self._number), os.O_RDWR), self._owner.written)
        self._heart.start()

    @property
    def lost(self) -> bool:
        """Whether another process took the directory over, while this one was suspended for long on another host."""
        try:
            latest = latest_number(self._sweep)
            content = self._sweep.owner(latest).read_bytes() if latest else self._owner.written
        except FileNotFoundError:  # a person may remove all of it
            return False
        return latest > self._number or Owner.read(content) != self._owner

    def release(self) -> None:
        """Let the next command in."""
        self._heart.stop()


class Heart(Thread):
    """Renews an owner file, which it closes when it stops; it knows nothing of its owner, who may be forgotten."""

    def __init__(self, descriptor: int, content: bytes) -> None:
        super().__init__(name="xor_sweep-heartbeat", daemon=True)
        self._descriptor = descriptor
        self._content = content
        self._stopped = Event()
        # The owner may be forgotten, and so stop the heart, in the midst of a beat.
        self._writing = RLock()

    def run(self) -> None:
        """Beat until it is stopped."""
        while not self._stopped.wait(BEAT):
            with self._writing, suppress(OSError):  # the next beat may reach the disk again
                if not self._stopped.is_set():
                    write(self._descriptor, self._content)

    def stop(self) -> None:
        """Leave word that the owner has let go."""
        with self._writing:
            if self._stopped.is_set():
                return
            self._stopped.set()
            with suppress(OSError):
                write(self._descriptor, FREE)
            os.close(self._descriptor)


def take_number(sweep: SweepPaths, owner: Owner) -> int:
    """Make the next owner file and remove those that it follows; returns its number.

    Raises:
        OwnedError: where the latest one is of a process that lives.
    """
    while True:
        latest = latest_number(sweep)
        check_free(sweep, latest)
        number = latest + 1
        try:
            descriptor = os.open(sweep.owner(number), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            continue
        try:
            write(descriptor, owner.written)
        finally:
            os.close(descriptor)
        if latest_number(sweep) == number:
            break
        # The number was passed, and removed, between the look and the making.
        sweep.owner(number).unlink(missing_ok=True)
    for passed in sweep.owners():
        if passed < number:
            sweep.owner(passed).unlink(missing_ok=True)
    return number


def check_free(sweep: SweepPaths, number: int) -> None:
    """Return where nobody owns the directory by the file of that number, 0 being none.

    A process that can be asked for is asked, so that one that is only suspended keeps what it owns; of any other one
    the heartbeat tells.

    Raises:
        OwnedError: where a process does.
    """
    try:
        with sweep.owner(number).open("rb") as file:
            content, beaten = file.read(), os.fstat(file.fileno()).st_mtime
    except FileNotFoundError:
        return
    owner = Owner.read(content)
    lives = None if owner is None else owner.lives
    # A heartbeat in the future is one that has not come since the file server's clock was set back.
    if content != FREE and (abs(now(sweep) - beaten) <= OLD if lives is None else lives):
        raise OwnedError(words(owner))


def latest_number(sweep: SweepPaths) -> int:
    """The number of the owner file that counts, 0 where there is none."""
    return (sweep.owners() or [0])[-1]


def now(sweep: SweepPaths) -> float:
    """The time by the file system's clock, in seconds since 1970: hosts that share it may have others of their own."""
    descriptor = os.open(sweep.clock, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        write(descriptor, b"\n")
        return os.fstat(descriptor).st_mtime
    finally:
        os.close(descriptor)


def write(descriptor: int, content: bytes) -> None:
    """Make this a file's whole content, and the file system's present time that of its change."""
    os.pwrite(descriptor, content, 0)
    os.ftruncate(descriptor, len(content))
    with suppress(OSError):  # some file systems have no such call, and have written at once
        os.fsync(descriptor)
