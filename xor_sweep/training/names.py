"""Names that Keras and TensorFlow count up, the same for a program whatever was made before it.

XLA's persistent cache knows a program by them.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# `keras.backend.reset_uids` alone would leave a person's own models, in a notebook, with names that are taken.
from keras.src.backend.common import global_state

# TensorFlow has no other way to name the functions that it traces.
from tensorflow.python.framework import ops

COUNTERS = "object_name_uids"


@contextmanager
def fresh_names(taken: Iterable[str] = ()) -> Iterator[None]:
    """While a model is built in the block, its layers are counted from the start: `dense`, `dense_1`.

    Args:
        taken: names that are given to none.
    """
    before = global_state.get_global_attribute(COUNTERS)
    global_state.set_global_attribute(COUNTERS, defaultdict(int, dict.fromkeys(taken, 1)))
    try:
        yield
    finally:
        global_state.set_global_attribute(COUNTERS, before)


FIRST = 1 << 52
"""Numbers from here on are ours; TensorFlow counts from 0, in every thread."""

OF_A_PROGRAM, OF_A_TRACE = 1 << 20, 1 << 14
"""How far numbers of two programs, and of two traces of one program, lie apart; a program takes about 2,000."""

_numbers: ContextVar[Iterator[int] | None] = ContextVar("_numbers", default=None)
_traced: Counter[str] = Counter()
_tensorflows = ops.uid


def _uid() -> int:
    numbers = _numbers.get()
    return _tensorflows() if numbers is None else next(numbers)


ops.uid = _uid


@contextmanager
def names_of(program: str) -> Iterator[None]:
    """While a program is made in the block, and in this thread alone, the numbers in its names follow from the program.

    Args:
        program: a text that tells programs apart.
    """
    digest = int.from_bytes(hashlib.sha256(program.encode()).digest()[:4], "big")
    first = FIRST + digest * OF_A_PROGRAM + _traced[program] * OF_A_TRACE
    _traced[program] += 1
    token = _numbers.set(itertools.count(first))
    try:
        with fresh_names():
            yield
    finally:
        _numbers.reset(token)
