"""The command: `python -m xor_sweep`."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from xor_sweep import __version__
from xor_sweep.durable import FULL
from xor_sweep.errors import ConfigError, Raised, RunFailedError, SweepError
from xor_sweep.stopping import SIGNALS, Interrupted, handled, interrupt, unmasked
from xor_sweep.visible import one_line

if TYPE_CHECKING:
    from hydra.types import TaskFunction

    from xor_sweep.executors.engine import Engine

CONFIG_ERROR = 2


def main(words: Sequence[str] | None = None, engine: Engine | None = None) -> int:
    """Carry out a command line; returns the exit code.

    0 where all runs completed or some diverged, 1 where one failed or none completed, 2 for a mistake in the
    configuration, 130, 143 and 129 after SIGINT, SIGTERM and SIGHUP.

    Args:
        words: the command line; None is this process's.
        engine: what trains; None trains in threads of this process.
    """
    if os.name == "nt":
        return _complain("it runs on Linux, macOS and WSL; on Windows, start it inside WSL", CONFIG_ERROR)
    words = sys.argv[1:] if words is None else list(words)
    try:
        with handled(interrupt):
            return _run(words, engine)
    except ConfigError as error:
        return _complain(str(error), CONFIG_ERROR)
    except SweepError as error:
        return _complain(str(error), 1)
    except Raised as error:
        from xor_sweep.outcome import whole_reason

        return _complain(whole_reason(error), 1)
    except Interrupted as stop:
        return stop.exit_code
    except OSError as error:
        goes_on = "; the same command goes on from here when there is room" if error.errno in FULL else ""
        return _complain(f"{error.filename or 'a file'}: {error.strerror or error}{goes_on}", 1)


def _run(words: Sequence[str], engine: Engine | None) -> int:
    if "--version" in words:
        sys.stdout.write(f"xor_sweep {__version__}\n")
        return 0
    from xor_sweep.commandline import read

    with unmasked():
        command = read(words)
    if not command.runs:
        return _shown(command.words)
    from xor_sweep.application import Application
    from xor_sweep.console import Console
    from xor_sweep.executors.threads import Threads
    from xor_sweep.orchestrate import Sweep

    again = shlex.join(["python", "-m", "xor_sweep", *words])
    sweep = Sweep(command.swept, command.single, Console(again=again), engine or Threads(), line=again)
    try:
        with unmasked():
            code = _hydra(command.words, Application(sweep))
        return code or sweep.finish()
    except RunFailedError:  # the sweep was to end there, or Hydra's own sweeper does
        return sweep.finish() or 1
    except Interrupted as stop:
        sweep.interrupted()
        return stop.exit_code
    finally:
        sweep.release()


def _shown(words: Sequence[str]) -> int:
    """Have Hydra show help or a configuration."""
    try:
        return _hydra(words, _nothing)
    except ValueError as error:
        raise ConfigError(" ".join(str(error).split())) from error


def _hydra(words: Sequence[str], task: TaskFunction) -> int:
    """Hand a checked command line to Hydra; returns its exit code."""
    import hydra
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from xor_sweep.config import schema
    from xor_sweep.grammar import read_by_hydra
    from xor_sweep.places import CONF

    schema.register()
    sys.argv = [sys.argv[0], *words]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # exceptions reach us, in place of Hydra's own printing and exit
    try:
        with read_by_hydra():
            hydra.main(config_path=str(CONF), config_name="config", version_base="1.3")(task)()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(" ".join(str(error).split())) from error
    return 0


def _complain(line: str, code: int) -> int:
    """One line for the person, and the exit code for their script."""
    sys.stderr.write(f"xor_sweep: {one_line(line)}\n")
    return code


def _nothing(_: object) -> None:
    """The task where Hydra only shows something."""


def command() -> NoReturn:
    """Carry out this process's command line, training in processes of their own, the first of which starts at once.

    Modules in the current directory can be named in `trusted_modules`, as under `python -m`.
    """
    try:
        with handled(interrupt):
            code = _command(sys.argv[1:])
    except Interrupted as stop:
        code = stop.exit_code
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # it is over, and a late one would show a traceback
    sys.exit(code)


def _command(words: Sequence[str]) -> int:
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    from xor_sweep.executors.processes import Processes

    engine = Processes()
    try:
        if trains(words):
            engine.start()
        return main(engine=engine)
    finally:
        engine.close()


def trains(words: Sequence[str]) -> bool:
    """Whether a command line looks as if it trained something: then TensorFlow may be imported while it is read."""
    flags = (word for word in words if word.startswith("-"))
    return "dry_run=true" not in words and all(flag in ("-m", "--multirun") for flag in flags)


if __name__ == "__main__":
    command()
