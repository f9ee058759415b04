"""What is wrong with data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from xor_sweep.errors import ConfigError


class DataError(ConfigError):
    """The data cannot be read, or not be learnt as the configuration asks."""


def listed(names: Iterable[object], most: int = 20) -> str:
    """`a, b, c`, and how many more where there are many."""
    words = [str(name) for name in names]
    rest = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + rest


@contextmanager
def in_memory(where: str) -> Iterator[None]:
    """Turn a lack of memory for data, which a damaged header may claim, into one line.

    Raises:
        DataError: if the block runs out of memory.
    """
    try:
        yield
    except MemoryError as error:
        what = str(error).partition(" for an array")[0] or "out of memory"
        raise DataError(f"{where}: does not fit into memory: {what}; give fewer rows or columns") from error
