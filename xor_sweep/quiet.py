"""TensorFlow's start: without its chatter, and without what it would import for nothing."""

from __future__ import annotations

import logging
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from xor_sweep.compile_cache import use_compile_cache
from xor_sweep.keras_settings import BACKEND

LEVEL = "TF_CPP_MIN_LOG_LEVEL"

OPTIONAL = ("sklearn", "matplotlib")
"""What Keras imports where it is installed: for its scikit-learn wrappers and its picture galleries, which no training
uses. It takes a second; in a process that is xor_sweep's own Keras can do without."""


CHATTER = re.compile(rb"I\d{4} |E\d{4} .* (text_format|cpu_aot_loader)\.cc:")
"""Lines that XLA logs of programs that are sound."""

_chatty = False
"""Whether TensorFlow logs in this process, since it was imported before its level was set here."""


@contextmanager
def quiet_start() -> Iterator[None]:
    """Hide what is written to standard error while TensorFlow is imported in the block.

    TensorFlow 2.21 logs two lines before it has read its log level, so the level alone does not hide them. Where
    `TF_CPP_MIN_LOG_LEVEL` is set nothing is hidden; where the block raises, what was hidden is shown. Its warnings
    that a function is traced again are hidden too: each structure is a program of its own. After the block, XLA can use
    the compile cache. Keras, if the block imports it, has TensorFlow as its backend, whatever the environment says.
    """
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = BACKEND
    cache = use_compile_cache()
    try:
        with _quiet():
            yield
    finally:
        if cache is not None:
            cache.wait()


@contextmanager
def _quiet() -> Iterator[None]:
    global _chatty
    if LEVEL in os.environ:
        yield
        return
    _chatty = "tensorflow" in sys.modules
    os.environ[LEVEL] = "3"
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with _caught(lambda content, raised: content if raised else b""):
        yield


@contextmanager
def quiet_compilation() -> Iterator[None]:
    """Hide what XLA logs while the block compiles a program or takes it from the compile cache.

    That is for a process that imported TensorFlow before `quiet_start` could set its log level. XLA reports errors for
    every entry that it reads: that it is no text, and that it was compiled for features which are no processor's
    (`prefer-no-gather`). Whatever else is written to standard error appears at the end of the block.
    """
    if not _chatty:
        yield
        return
    with _caught(lambda content, _: b"".join(line for line in content.splitlines(True) if not CHATTER.match(line))):
        yield


@contextmanager
def _caught(shown: Callable[[bytes, bool], bytes]) -> Iterator[None]:
    """Catch what is written to standard error in the block.

    Args:
        shown: takes what was written, and whether the block raised; returns what is to appear at the end.
    """
    sys.stderr.flush()
    outside, raised = os.dup(2), True
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
            raised = False
        finally:
            sys.stderr.flush()
            os.dup2(outside, 2)
            caught.seek(0)
            os.write(outside, shown(caught.read(), raised))
            os.close(outside)


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
