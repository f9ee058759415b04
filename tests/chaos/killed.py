"""The command, ended by SIGKILL at a certain point of what it writes: `killed.py POINT COUNT_FILE WORDS…`.

POINT counts the points that `xor_sweep.durable.between` names, from 1; `torn` and a number write half of that append
to an event file before. At 0 nothing is killed. COUNT_FILE then holds how many points and appends there were.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from xor_sweep import durable
from xor_sweep.__main__ import command
from xor_sweep.logs import append


def main() -> None:
    """Carry out the words behind the first two."""
    where, count_file = sys.argv[1], Path(sys.argv[2])
    del sys.argv[1:3]
    torn, at = where.startswith("torn"), int(where.removeprefix("torn"))
    passed = {"points": 0, "appends": 0}

    def point(_name: str) -> None:
        passed["points"] += 1
        if at == passed["points"] and not torn:
            os.kill(os.getpid(), signal.SIGKILL)

    class Torn:
        """The system's calls, but for one write that is only half done."""

        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

        def write(self, descriptor: int, data: memoryview) -> int:
            passed["appends"] += 1
            if torn and at == passed["appends"]:
                os.write(descriptor, data[: len(data) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return os.write(descriptor, data)

    durable.hook = point
    append.os = Torn()  # type: ignore[assignment]
    try:
        command()
    finally:
        count_file.write_text(f"{passed['points']} {passed['appends']}")


if __name__ == "__main__":
    main()
