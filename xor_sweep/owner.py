"""Who sweeps into a directory: a process, known by what tells it from every other one."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Owner:
    """A process of some machine.

    Attributes:
        pid, host: its number and its machine's name.
        machine: tells apart what that name may stand for: machines, their starts, and containers, which count their
            processes by themselves; empty where the system does not say.
        started: when it began, in the system's own unit; empty where the system does not say.
    """

    pid: int
    host: str
    machine: str = ""
    started: str = ""

    @classmethod
    def this(cls) -> Owner:
        """This process."""
        return cls(os.getpid(), socket.gethostname(), this_machine(), start_of(os.getpid()) or "")

    @classmethod
    def read(cls, content: bytes) -> Owner | None:
        """What was written with `written`; None where it is not whole."""
        try:
            found = json.loads(content)
            machine, started = (str(found.get(key, "")) for key in ("machine", "started"))
            return cls(int(found["pid"]), str(found["host"]), machine, started)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            return None

    @property
    def written(self) -> bytes:
        """It as one line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @property
    def lives(self) -> bool | None:
        """Whether the process is still there; None where that cannot be known from here.

        Where the system says when processes began, another one that got the same number is told apart.
        """
        if (self.host, self.machine) != (socket.gethostname(), this_machine()):
            return None
        began = start_of(self.pid)
        if not exists(self.pid):
            return False
        return None if began is None or not self.started else began == self.started


def words(owner: Owner | None) -> str:
    """An owner for a reader."""
    return f"process {owner.pid} on {owner.host}" if owner else "its process is not known"


def exists(pid: int) -> bool:
    """Whether there is a process of that number, whoever's it is."""
    if pid <= 0:  # which stand for groups of processes
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def start_of(pid: int) -> str | None:
    """When a process began, in clock ticks since the machine started; None where the system does not say.

    A process that has ended and was not waited for began at no time: nothing of it is left but its number.
    """
    try:
        # The second field is the program's name in parentheses, which may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return "" if fields[0] in (b"Z", b"X") else fields[19].decode()


def this_machine() -> str:
    """This start of this machine and this container's processes, where the system tells them."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""
