"""The hash by which releases up to 0.2.0 knew a function that was given from Python.

It stays as it is, so that their results are recognised. `code/live.py` has what counts now.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import pickle
import sys
import textwrap
from types import CodeType, FunctionType
from typing import Any

from xor_sweep.errors import ConfigError


def function_hash(function: object) -> str:
    """SHA-256 of a function, in hex.

    It is that of its source, or of its bytecode and constants where there is no source, as of a lambda. Defaults and
    the variables of an enclosing function are held too, since one source may stand for many of them; globals are not.

    Raises:
        ConfigError: where it is no function, class or `functools.partial`, or holds a value that cannot be told apart
            from others.
    """
    if not isinstance(function, FunctionType | functools.partial | type):
        what = "a bound method" if inspect.ismethod(function) else f"a {type(function).__name__}"
        raise ConfigError(f"model: takes a function that returns a Keras model; got {what}")
    return hashlib.sha256(_told(function, ()).encode()).hexdigest()


def _told(value: Any, around: tuple[int, ...]) -> str:
    """A value as text that is the same in every process; `around` holds the `id`s of what it stands in."""
    if id(value) in around:
        return "itself"
    around = (*around, id(value))
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}[{', '.join(_told(item, around) for item in value)}]"
    if isinstance(value, set | frozenset):
        return f"set[{', '.join(sorted(_told(item, around) for item in value))}]"
    if isinstance(value, dict):
        return f"dict[{', '.join(f'{_told(k, around)}: {_told(v, around)}' for k, v in value.items())}]"
    if isinstance(value, functools.partial):
        return f"partial[{_told([value.func, list(value.args), value.keywords], around)}]"
    if isinstance(value, FunctionType):
        return _function(value, around)
    if isinstance(value, type):
        return _class(value, around)
    if isinstance(value, CodeType):
        return _code(value, around)
    if inspect.ismodule(value):
        return f"module {value.__name__}"
    return _object(value)


def _function(function: FunctionType, around: tuple[int, ...]) -> str:
    source = None if function.__name__ == "<lambda>" else _source(function)
    text = _code(function.__code__, around) if source is None else source
    if len(around) > 1 and _importable(function):
        return f"{function.__module__}.{function.__qualname__}: {text}"
    held: dict[str, Any] = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            held[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            held[name] = None
    beside = [part for part in (function.__defaults__, function.__kwdefaults__, held) if part]
    return text + "".join("\n" + _told(part, around) for part in beside)


def _class(kind: type, around: tuple[int, ...]) -> str:
    name = f"{kind.__module__}.{kind.__qualname__}"
    if len(around) > 1 and _importable(kind):
        return name
    source = _source(kind)
    if source is not None:
        return source
    functions = {key: value for key, value in vars(kind).items() if isinstance(value, FunctionType)}
    return f"{name}: {_told(functions, around)}"


def _source(thing: Any) -> str | None:
    try:
        return textwrap.dedent(inspect.getsource(thing))
    except (OSError, TypeError):
        return None


def _code(code: CodeType, around: tuple[int, ...]) -> str:
    """Bytecode with its constants and names, without the place where it stood."""
    names = [code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars]
    return f"code {code.co_code.hex()} {_told([code.co_consts, names], around)}"


def _importable(thing: Any) -> bool:
    """Whether a module other than the one that was started holds it under its own name."""
    module = sys.modules.get(thing.__module__)
    return thing.__module__ != "__main__" and getattr(module, thing.__qualname__, None) is thing


def _object(value: Any) -> str:
    """Any other object: by its Keras configuration, or by its pickle."""
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    try:
        if type(value).__module__.startswith("keras."):
            return f"{kind} {value.get_config()!r}"
        return f"{kind} {hashlib.sha256(pickle.dumps(value)).hexdigest()}"
    except Exception as error:  # whatever an object raises that cannot be written down
        raise ConfigError(
            f"model: it uses a {type(value).__name__} of an enclosing function, which no record can hold; "
            "make it inside, or make what it depends on a parameter"
        ) from error
