"""A process that lives as long as the board and ends TensorBoard after it: `python -m xor_sweep.board.guard FD DIR …`.

However the board ends, by SIGKILL too, its end of the pipe FD is closed. The guard leads the process group of what it
starts.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from typing import NoReturn

from xor_sweep.stopping import SIGNALS

POLL_INTERVAL_S = 0.2
TERM_S = 5.0
"""How long TensorBoard may take to end before it is killed."""


def main() -> NoReturn:
    """Run a command until it ends or the pipe is closed; then remove the scratch directory if the pipe is closed."""
    pipe, scratch, *command = sys.argv[1:]
    for number in SIGNALS:  # sent to the whole group; a handler, unlike SIG_IGN, is not inherited
        signal.signal(number, lambda *_: None)
    process = subprocess.Popen(command)
    while process.poll() is None and not _closed(int(pipe)):
        pass
    if process.poll() is None:
        os.killpg(0, signal.SIGTERM)
        try:
            process.wait(TERM_S)
        except subprocess.TimeoutExpired:
            process.kill()
    code = process.wait()
    if _closed(int(pipe)):
        shutil.rmtree(scratch, ignore_errors=True)
        os.killpg(0, signal.SIGKILL)  # what TensorBoard has started, and this process
    sys.exit(code if code >= 0 else 128 - code)


def _closed(pipe: int) -> bool:
    """Wait a moment for the other end of the pipe to be closed; nothing is ever written to it."""
    ready, _, _ = select.select([pipe], [], [], POLL_INTERVAL_S)
    return bool(ready)


if __name__ == "__main__":
    main()
