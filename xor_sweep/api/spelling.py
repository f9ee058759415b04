"""Keys and values of Python as a configuration holds them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from xor_sweep.errors import ConfigError

KEY = re.compile(r"(\+{0,2})([A-Za-z_]\w*(?:[./@][\w.]+)*)", re.ASCII)
"""A key as on a command line, its `+` apart."""


def key_of(key: object) -> str:
    """A key as it was given.

    Raises:
        ConfigError: where it is none.
    """
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise ConfigError(f"{key!r}: takes a key in quotes, such as 'lr' or 'optimizer.momentum'")
    return key


def plain(key: str, value: Any) -> Any:
    """NumPy's and pandas' numbers and arrays, tuples, ranges and paths as what a configuration holds.

    Raises:
        ConfigError: where it is something else, such as an object.
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, Mapping):
        return {name: plain(f"{key}.{name}", item) for name, item in value.items()}
    if isinstance(value, list | tuple | range | set | frozenset):
        return [plain(key, item) for item in value]
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "tolist"):  # a NumPy scalar or array, a pandas Series or Index
        return plain(key, value.tolist())
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    what = f"the function {value.__name__}" if hasattr(value, "__name__") else type(value).__name__
    raise ConfigError(f"{key}: takes numbers, words, True, False, None, and lists of these; got {what}")
