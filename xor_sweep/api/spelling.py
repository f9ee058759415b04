"""Python's values as plain ones, and as a command line spells them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from hydra.core.override_parser.types import Quote, QuotedString

from xor_sweep.errors import ConfigError

KEY = re.compile(r"(\+{0,2})([A-Za-z_]\w*(?:[./@][\w.]+)*)", re.ASCII)
"""A key as on a command line, its `+` apart."""

BARE = re.compile(r"[A-Za-z_/][\w./-]*", re.ASCII)
WORDS = ("true", "false", "null", "nan", "inf", "none")
"""What is a value of another type, or may be taken for one, where it stands without quotes."""


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


def spelled(value: Any) -> str:
    """A plain value as a command line spells it; words that could be read otherwise are in quotes."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        bare = BARE.fullmatch(value) and value.lower() not in WORDS
        return value if bare else QuotedString(value, Quote.single).with_quotes()
    if isinstance(value, list):
        return f"[{','.join(map(spelled, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{spelled(name)}:{spelled(item)}" for name, item in value.items()) + "}"
    return repr(value)
