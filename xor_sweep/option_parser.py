"""The options of the commands beside a sweep's own."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from xor_sweep.errors import ConfigError


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, and which takes options as they are spelled."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False} | settings)

    def error(self, message: str) -> NoReturn:
        """Complain.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(f"{message}; --help shows what there is")
