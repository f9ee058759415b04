"""Functions handed over from Python, kept in this process under their name and the hash of what they are.

A configuration names one as `xor_sweep.given.build`. Nothing is imported for such a name: it stands for a function that
this process was given, or for none.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from xor_sweep.code.live import live
from xor_sweep.errors import ConfigError
from xor_sweep.function_hash import function_hash
from xor_sweep.keras_settings import with_settings

PREFIX = "xor_sweep.given."

_functions: dict[tuple[str, str], Callable[..., Any]] = {}
_latest: dict[str, Given] = {}


@dataclass(frozen=True)
class Given:
    """What is known of a function that was handed over.

    Attributes:
        target: the dotted name that a configuration holds.
        source: the hash of its code and of all that this refers to.
        file_source: the hash by which releases up to 0.2.0 knew it; empty if they did not take it.
        unfollowed: what it uses that no hash can hold.
        stale: files that hold other code by now than what was imported.
    """

    target: str
    source: str
    file_source: str
    unfollowed: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The function's own name."""
        return self.target.removeprefix(PREFIX)


def give_function(function: Callable[..., Any], *, apart: bool = False) -> Given:
    """Hand a function over, for a `_target_`; it stays until the process ends.

    Args:
        function: the function, or a class.
        apart: whether its hash is part of its name, so that functions of one name are there side by side.

    Raises:
        ConfigError: where it is no function, class or `functools.partial`.
    """
    if not isinstance(function, FunctionType | functools.partial | type):
        what = "a bound method" if inspect.ismethod(function) else f"a {type(function).__name__}"
        raise ConfigError(f"model: takes a function that returns a Keras model; got {what}")
    inner: Any = function
    while isinstance(inner, functools.partial):
        inner = inner.func
    name = getattr(inner, "__name__", "") or "function"
    found, name = live(function), re.sub(r"\W", "_", name)
    digest = with_settings(found.digest)
    target = f"{PREFIX}h{digest[:8]}.{name}" if apart else PREFIX + name
    try:
        before = function_hash(function)
    except ConfigError:
        before = ""
    given = Given(target, digest, before, found.unfollowed, found.stale)
    _functions[target, given.source] = function
    _latest[target] = given
    return given


def is_given(target: object) -> bool:
    """Whether a `_target_` names a function that was, or was to be, given from Python."""
    return isinstance(target, str) and target.startswith(PREFIX)


def latest(target: str) -> Given:
    """What is known of the function that was last given under a name.

    Raises:
        ConfigError: where none was.
    """
    if target not in _latest:
        raise _absent(target)
    return _latest[target]


def given_function(target: str, source: str) -> Callable[..., Any]:
    """The function of that name and hash.

    Raises:
        ConfigError: where none was given.
    """
    if (target, source) not in _functions:
        raise _absent(target)
    return _functions[target, source]


def _absent(target: str) -> ConfigError:
    name = target.removeprefix(PREFIX)
    return ConfigError(
        f"_target_={target}: no function {name} was given to this process; "
        f"give it with xor_sweep.sweep(…, model={name})"
    )
