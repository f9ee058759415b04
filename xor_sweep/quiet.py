"""TensorFlow's start: without its chatter, and without what it would import for nothing."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from xor_sweep.compile_cache import use_compile_cache

LEVEL = "TF_CPP_MIN_LOG_LEVEL"

OPTIONAL = ("sklearn", "matplotlib")
"""What Keras imports where it is installed: for its scikit-learn wrappers and its picture galleries, which no training
uses. It takes a second; in a process that is xor_sweep's own Keras can do without."""


@contextmanager
def quiet_start() -> Iterator[None]:
    """Hide what is written to standard error while TensorFlow is imported in the block.

    TensorFlow 2.21 logs two lines before it has read its log level, so the level alone does not hide them. Where
    `TF_CPP_MIN_LOG_LEVEL` is set nothing is hidden; where the block raises, what was hidden is shown. Its warnings
    that a function is traced again are hidden too: each structure is a program of its own. After the block, XLA can use
    the compile cache.
    """
    cache = use_compile_cache()
    try:
        with _quiet():
            yield
    finally:
        if cache is not None:
            cache.wait()


@contextmanager
def _quiet() -> Iterator[None]:
    if LEVEL in os.environ:
        yield
        return
    os.environ[LEVEL] = "3"
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    sys.stderr.flush()
    shown = os.dup(2)
    with tempfile.TemporaryFile() as hidden:
        os.dup2(hidden.fileno(), 2)
        try:
            yield
        except BaseException:
            hidden.seek(0)
            os.write(shown, hidden.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(shown, 2)
            os.close(shown)


@contextmanager
def without(*modules: str) -> Iterator[None]:
    """While the block imports, modules that nobody has imported yet count as not installed; later it imports them."""
    absent = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None is how Python marks them
    try:
        yield
    finally:
        for name in absent:
            if sys.modules.get(name, ...) is None:
                del sys.modules[name]
