"""The command that opens TensorBoard on a sweep: `python -m xor_sweep.board outputs/xor`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from xor_sweep.errors import ConfigError, SweepError
from xor_sweep.option_parser import Parser
from xor_sweep.stopping import SIGNALS, Interrupted, handled, interrupt
from xor_sweep.visible import one_line

CONFIG_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Show a directory in TensorBoard until a signal comes.

    Returns:
        the exit code: 130, 143 and 129 after SIGINT, SIGTERM and SIGHUP; 1 where TensorBoard ended by itself; 2 where
        there is nothing to show, or nowhere to show it.
    """
    try:
        with handled(interrupt):
            options = _parser().parse_args(arguments)
            from xor_sweep.board.show import show  # late: it brings NumPy and Hydra

            return show(options.directory, port=options.port, every_run=options.all)
    except ConfigError as error:
        return _complain(str(error), CONFIG_ERROR)
    except SweepError as error:
        return _complain(str(error), 1)
    except Interrupted as stop:
        return stop.exit_code
    except OSError as error:
        return _complain(f"{f'{error.filename}: ' if error.filename else ''}{error.strerror or error}", 1)


def _parser() -> Parser:
    parser = Parser(
        prog="python -m xor_sweep.board",
        description="Open TensorBoard on the cost of a sweep's runs, a colour for each value of the first swept key.",
        epilog="example: python -m xor_sweep.board outputs/xor",
    )
    what = "a sweep directory, several in one, or one run (default: outputs)"
    parser.add_argument("directory", type=Path, nargs="?", default=Path("outputs"), help=what)
    parser.add_argument("--all", action="store_true", help="show every run, where there are more than 500 too")
    parser.add_argument("--port", type=_port, help="where it listens (default: 6006, or the next that is free)")
    return parser


def _port(word: str) -> int:
    if not (word.isascii() and word.isdecimal() and 1 <= int(word[:6]) <= 65535):
        raise argparse.ArgumentTypeError(f"{word}: takes a number from 1 to 65535")
    return int(word)


def _complain(line: str, code: int) -> int:
    sys.stderr.write(f"xor_sweep: {one_line(line)}\n")
    return code


def command() -> NoReturn:
    """Carry out this process's command line."""
    try:
        with handled(interrupt):
            code = main()
    except Interrupted as stop:
        code = stop.exit_code
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # it is over, and a late one would show a traceback
    sys.exit(code)


if __name__ == "__main__":
    command()
