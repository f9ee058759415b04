"""Functions handed over from Python, kept in this process under their name and the hash of what they are.

A configuration names one as `xor_sweep.given.build`. Nothing is imported for such a name: it stands for a function that
this process was given, or for none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from xor_sweep.errors import ConfigError
from xor_sweep.function_hash import function_hash

PREFIX = "xor_sweep.given."

_functions: dict[tuple[str, str], Callable[..., Any]] = {}
_latest: dict[str, str] = {}


def give_function(function: Callable[..., Any]) -> str:
    """Hand a function over, for a `_target_`; it stays until the process ends.

    Returns:
        The dotted name that a configuration holds.

    Raises:
        ConfigError: where it cannot be known again, as `function_hash` says.
    """
    source = function_hash(function)
    target = PREFIX + re.sub(r"\W", "_", getattr(function, "__name__", "") or "function")
    _functions[target, source] = function
    _latest[target] = source
    return target


def is_given(target: object) -> bool:
    """Whether a `_target_` names a function that was, or was to be, given from Python."""
    return isinstance(target, str) and target.startswith(PREFIX)


def given_source(target: str) -> str:
    """The hash of the function that was last given under a name.

    Raises:
        ConfigError: where none was.
    """
    if target not in _latest:
        raise _absent(target)
    return _latest[target]


def given_file_source(target: str) -> str:
    """The hash by which releases up to 0.2.0 knew the function that was last given under a name.

    Raises:
        ConfigError: where none was.
    """
    return given_source(target)


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
