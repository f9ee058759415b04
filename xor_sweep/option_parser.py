"""The commands beside a sweep's own: their options, and how they end."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from xor_sweep.errors import ConfigError


def complain(message: str) -> NoReturn:
    """Refuse an option, in place of argparse's own lines.

    Raises:
        ConfigError: always.
    """
    raise ConfigError(f"{message}; --help shows what there is")


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, and which takes options as they are spelled."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False} | settings)

    def error(self, message: str) -> NoReturn:
        """Refuse an option; raises `ConfigError`."""
        complain(message)


def end_with(main: Callable[[], int]) -> NoReturn:
    """Carry out this process's command; where its reader goes away it ends as every filter does, and is not a 1."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
