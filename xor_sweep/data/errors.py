"""What is wrong with data."""

from __future__ import annotations

from collections.abc import Iterable

from xor_sweep.errors import ConfigError


class DataError(ConfigError):
    """The data cannot be read, or not be learnt as the configuration asks."""


def listed(names: Iterable[object], most: int = 20) -> str:
    """`a, b, c`, and how many more where there are many."""
    words = [str(name) for name in names]
    rest = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + rest
