"""The command: `python -m xor_sweep`."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from xor_sweep.errors import SweepError

CONFIG_ERROR = 2
INTERRUPTED = 130
TERMINATED = 143


class Terminated(KeyboardInterrupt):
    """The process was asked to end by SIGTERM."""


def main(words: Sequence[str] | None = None) -> int:
    """Carry out a command line; returns the exit code.

    0 where all runs completed or some diverged, 1 where one failed or none completed, 2 for a mistake in the
    configuration, 130 and 143 after SIGINT and SIGTERM.
    """
    if os.name == "nt":
        print("xor_sweep runs on Linux, macOS and WSL; on Windows, start it inside WSL", file=sys.stderr)
        return CONFIG_ERROR
    words = sys.argv[1:] if words is None else list(words)
    signal.signal(signal.SIGTERM, _terminate)
    try:
        return _run(words)
    except SweepError as error:
        print(f"xor_sweep: {error}", file=sys.stderr)
        return CONFIG_ERROR
    except OSError as error:
        print(f"xor_sweep: {error.filename or 'a file'}: {error.strerror or error}", file=sys.stderr)
        return 1


def _run(words: Sequence[str]) -> int:
    from xor_sweep.commandline import read

    command = read(words)
    if not command.runs:
        return _hydra(command.words, _nothing)
    from xor_sweep.application import Application
    from xor_sweep.console import Console
    from xor_sweep.orchestrate import Sweep

    sweep = Sweep(command.swept, command.single, Console())
    try:
        code = _hydra(command.words, Application(sweep))
        return code or sweep.finish()
    except KeyboardInterrupt as stop:
        sweep.interrupted(shlex.join(["python", "-m", "xor_sweep", *words]))
        return TERMINATED if isinstance(stop, Terminated) else INTERRUPTED


def _hydra(words: Sequence[str], task: object) -> int:
    """Hand a checked command line to Hydra; returns its exit code."""
    import hydra

    from xor_sweep.config import schema
    from xor_sweep.places import CONF

    schema.register()
    sys.argv = [sys.argv[0], *words]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # exceptions reach us, in place of Hydra's own printing and exit
    try:
        hydra.main(config_path=str(CONF), config_name="config", version_base="1.3")(task)()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _nothing(_: object) -> None:
    """The task where Hydra only shows something."""


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise Terminated


if __name__ == "__main__":
    sys.exit(main())
