"""Data from a function of the user's."""

from __future__ import annotations

from typing import Any

from xor_sweep.calls import keywords, load
from xor_sweep.config.spec import DataSpec
from xor_sweep.data.errors import DataError
from xor_sweep.data.table import Table, refuse_tensorflow_data, table_of
from xor_sweep.errors import ConfigError


def read_function(data: DataSpec) -> Table:
    """What the function of `data.call` returns: `(x, y)`, or `((x, y), (x_validation, y_validation))`.

    Raises:
        DataError: where it cannot be imported, raises, or returns something else.
    """
    if data.call is None:
        raise DataError("data._target_: which function gives the data? Write data._target_=module.function")
    target = data.call.target
    try:
        function = load(data.call)
    except ConfigError as error:
        raise DataError(str(error)) from error
    if not callable(function):
        raise DataError(f"{target}: a {type(function).__name__}, which is no function; name one that returns x and y")
    try:
        result = function(**keywords(data.call))
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


def _pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2
