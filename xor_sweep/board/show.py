"""A directory in TensorBoard, from what is said of it to the end of every process."""

from __future__ import annotations

import getpass
import os
import shlex
import sys
import tempfile
import textwrap
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from xor_sweep.board.link import address, keys
from xor_sweep.board.logged import Logged, link_runs, logged
from xor_sweep.board.server import LAST_LINES, TensorBoard, allow_files, free_port
from xor_sweep.board.sweeps import BEST, MOST, MOST_ROOTS, Sweep, choose, read_sweeps
from xor_sweep.errors import ConfigError, SweepError
from xor_sweep.stopping import handled
from xor_sweep.visible import visible

WIDTH = 79
LOOK_S = 0.2
"""How often signals and TensorBoard are looked at."""

START_S, LOAD_S = 120.0, 10.0
"""How long TensorBoard may take until it answers, and how long its runs are waited for then."""

OWN_FILES = 100
"""About what TensorBoard keeps open beside a file a run."""


@dataclass(frozen=True)
class Shown:
    """What TensorBoard is to show.

    Attributes:
        directory: where the runs are.
        sweeps: they, with the runs that are shown.
        roots: the directories of sweeps whose summary is shown.
        linked: whether it gets links to these runs in place of the directory.
    """

    directory: Path
    sweeps: tuple[Sweep, ...]
    roots: tuple[str, ...]
    linked: bool

    @property
    def runs(self) -> list[str]:
        """The names of all runs."""
        return [run for sweep in self.sweeps for run in sweep.runs]

    @property
    def listed(self) -> int:
        """How many runs TensorBoard lists."""
        return len(self.runs) + len(self.roots)


def show(directory: Path, *, port: int | None, every_run: bool) -> int:
    """Show a directory in TensorBoard until a signal comes.

    Args:
        directory: a sweep directory, one that holds several, or that of a run.
        port: where TensorBoard listens; None takes a free one.
        every_run: whether all runs are shown where there are more than it selects by itself.

    Returns:
        the exit code: 128 and the signal's number.

    Raises:
        ConfigError: where there is nothing to show, or the port is taken.
        SweepError: where TensorBoard ended by itself, or does not answer.
    """
    found = _found(directory)
    sweeps = read_sweeps(directory, found.runs)
    shown = Shown(directory, tuple(sweeps), found.roots, linked=found.strange)
    if shown.listed > MOST and not every_run:
        shown = _few(shown)
    port = free_port(port)
    _introduce(shown, found, allow_files())
    return _serve(shown, port)


def _few(shown: Shown) -> Shown:
    """As many runs as TensorBoard selects by itself."""
    roots = shown.roots if len(shown.roots) <= MOST_ROOTS else ()
    chosen = set(choose(shown.sweeps, MOST - len(roots)))
    few = (replace(sweep, runs=tuple(run for run in sweep.runs if run in chosen)) for sweep in shown.sweeps)
    return replace(shown, sweeps=tuple(sweep for sweep in few if sweep.runs), roots=roots, linked=True)


def _found(directory: Path) -> Logged:
    if directory.exists() and not directory.is_dir():
        raise ConfigError(f"{directory}: is no directory; name that of a sweep, such as outputs/xor")
    if not directory.is_dir():
        raise ConfigError(f"{directory}: no such directory; {_make_some(directory)}")
    found = logged(directory)
    if not found.runs:
        beside = " but for runs with links in them, which are not followed" if found.apart else ""
        raise ConfigError(f"{directory}: no TensorBoard log in it{beside}; {_make_some(directory)}")
    return found


def _make_some(directory: Path) -> str:
    outputs = Path("outputs")
    where = [] if directory == outputs else [f"experiment={directory.resolve().name}"]
    where += [] if outputs in (directory, directory.parent) else [f"outputs={directory.parent}"]
    return f"make some with {shlex.join(['python', '-m', 'xor_sweep', '-m', 'lr=0.1,0.01,0.001', *where])}"


def _introduce(shown: Shown, found: Logged, files: int) -> None:
    """Say what there will be to see, and what not."""
    runs, total = len(shown.runs), len(found.runs)
    by = ", ".join(keys(shown.sweeps)) or "run"
    say(f"{shown.directory}: " + ("1 run" if total == 1 else f"{total:,} runs, coloured by {by}"))
    if runs < total:
        say(
            f"TensorBoard gets {runs:,} of them: of each configuration the same number, spread over its ranks; of more "
            f"than {MOST} configurations the middle run of the best {BEST} and of others. "
            f"It selects at most {MOST} runs by itself; --all shows every run, selected or not."
        )
    elif shown.listed > MOST:
        say(f"Of more than {MOST} runs TensorBoard selects none by itself: tick the box above its list.")
    if found.apart:
        say(f"Left out, for there are links in them: {len(found.apart):,} more")
    elif found.strange:
        say("Links in it are not followed.")
    if runs + OWN_FILES > files:
        say(f"TensorBoard keeps a file open a run, of at most {files:,}: where runs are missing, raise ulimit -Hn.")


def _serve(shown: Shown, port: int) -> int:
    signals: list[int] = []
    # Nothing raises in here, so that all that was started is ended.
    with handled(lambda number, _frame: signals.append(number)):
        with tempfile.TemporaryDirectory(prefix="xor_sweep_board_", ignore_cleanup_errors=True) as scratch:
            logdir = shown.directory.absolute()
            if shown.linked:
                logdir = Path(scratch, "runs")
                link_runs(shown.directory, shown.runs, shown.roots, logdir)
            server = TensorBoard(logdir, port, Path(scratch))
            try:
                if _answers(server, shown.listed, signals):
                    _invite(address(port, shown.sweeps), port)
                while not signals and server.ended is None:
                    time.sleep(LOOK_S)
                if not signals:
                    raise SweepError(_last_words(server))
            finally:
                server.end()
        return 128 + signals[0]


def _answers(server: TensorBoard, runs: int, signals: Sequence[int]) -> bool:
    """Wait until TensorBoard answers, and a while for its runs; False where something else came first.

    Raises:
        SweepError: where it takes too long.
    """
    began = time.monotonic()
    answered: float | None = None
    while not signals and server.ended is None:
        read, now = server.runs(), time.monotonic()
        if read is not None and answered is None:
            answered = now
        if answered is not None and ((read or 0) >= runs or now - answered > LOAD_S):
            return True
        if answered is None and now - began > START_S:
            raise SweepError(f"TensorBoard does not answer after {START_S:.0f} s; {_last_words(server)}")
        time.sleep(LOOK_S)
    return False


def _invite(link: str, port: int) -> None:
    """Say what to open and how to stop."""
    say()
    if ssh := os.environ.get("SSH_CONNECTION", "").split():
        say("On your own machine, first:")
        say_whole(f"  {_forward(ssh, port)}")
    say("Open in a browser:")
    say_whole(link)
    say("Ctrl-C stops it.")


def _forward(connection: Sequence[str], port: int) -> str:
    """The command that brings the port to the machine at the other end of an SSH connection.

    Args:
        connection: `SSH_CONNECTION`'s words: address and port there, address and port here.
        port: TensorBoard's.
    """
    here, at = (connection[2], connection[3]) if len(connection) == 4 else ("this-machine", "22")
    other = [] if at == "22" else ["-p", at]
    with suppress(KeyError, OSError):  # a container may run as somebody without a name
        here = f"{getpass.getuser()}@{here}"
    return shlex.join(["ssh", "-L", f"{port}:localhost:{port}", *other, here])


def _last_words(server: TensorBoard) -> str:
    """Show what TensorBoard printed last; returns what to say of it in one line."""
    lines = server.last_lines()
    sys.stderr.write("".join(f"{line}\n" for line in lines[-LAST_LINES:]))
    return f"TensorBoard ended with exit code {server.ended}{'; it said that above' if lines else ''}"


def say(line: str = "") -> None:
    """Print a line, on several where a terminal would break it."""
    say_whole("\n".join(textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False)))


def say_whole(line: str) -> None:
    """Print a line that is there to be copied."""
    sys.stdout.write(visible(line) + "\n")
    sys.stdout.flush()
