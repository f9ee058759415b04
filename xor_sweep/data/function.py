"""Data from a function of the user's."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from dataclasses import fields
from typing import Any

from xor_sweep.calls import Call, keywords, load
from xor_sweep.config.schema import PythonConf
from xor_sweep.config.spec import DataSpec
from xor_sweep.data.content import arrays_hash
from xor_sweep.data.errors import DataError
from xor_sweep.data.table import Table, refuse_tensorflow_data, table_of
from xor_sweep.errors import ConfigError

HELD = 4
"""Tables that are held at most; a function is called again for an earlier one."""

KEYS = frozenset(field.name for field in fields(PythonConf))
"""Keys of the data beside the function's arguments."""

_tables: OrderedDict[str, Table] = OrderedDict()
_digests: dict[str, str] = {}


def begin_command() -> None:
    """Call each function again: what it reads may have changed since the command before."""
    _tables.clear()
    _digests.clear()


def content_of_function(data: DataSpec) -> str:
    """SHA-256 of what the function of `data.call` returns, in hex; it is called once for a command.

    Of Keras's own data sets, whose version a result records, nothing is loaded.

    Raises:
        DataError: as `read_function` does.
    """
    if data.call is None or data.call.target.startswith("keras."):
        return ""
    if (key := repr(data.call)) not in _digests:
        read_function(data)
    return _digests[key]


def read_function(data: DataSpec) -> Table:
    """What the function of `data.call` returns: `(x, y)`, or `((x, y), (x_validation, y_validation))`.

    Raises:
        DataError: where it cannot be imported, raises, returns something else, or not what it returned before.
    """
    if data.call is None:
        raise DataError("data._target_: which function gives the data? Write data._target_=module.function")
    key = repr(data.call)
    if key in _tables:
        _tables.move_to_end(key)
        return _tables[key]
    table = _returned(data.call)
    digest = arrays_hash(table.x, table.y, table.own_validation)
    if _digests.setdefault(key, digest) != digest:
        what = "returned other data when it was called again"
        raise DataError(f"{data.call.target}: {what}; if it draws random numbers, seed them")
    while len(_tables) >= HELD:
        _tables.popitem(last=False)
    _tables[key] = table
    return table


def _returned(call: Call) -> Table:
    target = call.target
    try:
        function = load(call)
    except ConfigError as error:
        raise DataError(str(error)) from error
    if not callable(function):
        raise DataError(f"{target}: a {type(function).__name__}, which is no function; name one that returns x and y")
    for parameter in _keys_of_data(function):
        if parameter.default is parameter.empty:
            raise DataError(f"{target}: {_of_parameter(parameter)}, so that nothing gives it a value; rename it")
    try:
        result = function(**keywords(call))
    except Exception as error:  # whatever a user's function raises is theirs to read
        raise DataError(f"{target}: raised {type(error).__name__}: {error}") from error
    refuse_tensorflow_data(result, target)
    if not _pair(result):
        got = f"{len(result)} values" if isinstance(result, tuple) else f"a {type(result).__name__}"
        raise DataError(f"{target}: returned {got}; return (x, y), or ((x, y), (x_validation, y_validation))")
    first, second = result
    if _pair(first) and _pair(second):
        return table_of(first[0], first[1], second, target)
    return table_of(first, second, None, target)


def about_parameters(data: DataSpec) -> list[str]:
    """Say which parameters of the function are keys of the data themselves, so that no key sets them; a line each."""
    if data.call is None:
        return []
    found = _keys_of_data(load(data.call))
    return [f"{data.call.target}: {_of_parameter(each)}, and keeps its default; rename it to set it" for each in found]


def _keys_of_data(function: Any) -> list[inspect.Parameter]:
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return []
    named = (parameter for parameter in parameters.values() if parameter.kind is not parameter.VAR_KEYWORD)
    return [parameter for parameter in named if parameter.name in KEYS]


def _of_parameter(parameter: inspect.Parameter) -> str:
    return f"the parameter {parameter.name} is not data.{parameter.name}, which is a key of its own"


def _pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2
