"""What comes from installed packages, and so counts by its name alone."""

from __future__ import annotations

import inspect
import sys
from types import FunctionType, ModuleType
from typing import Any

from xor_sweep.code.own import PACKAGE, is_installed_file, is_own_module
from xor_sweep.code.values import attribute


def is_installed_code(function: FunctionType) -> bool:
    """Return whether a function's code is that of an installed package or of this one."""
    file, home = function.__code__.co_filename, str(function.__globals__.get("__name__", ""))
    if not file.startswith("<"):
        return home.partition(".")[0] == PACKAGE or is_installed_file(file)
    module = sys.modules.get(home)
    return module is not None and not is_own_module(module)


def installed_name(value: Any) -> str | None:
    """Return the name under which an installed package holds a module, a class or a function; None for anything else.

    A function that a library made when it ran, such as the wrapper of a decorator, has no such name.
    """
    if isinstance(value, ModuleType):
        return None if is_own_module(value) else f"module {value.__name__}"
    name = attribute(value, "__qualname__")
    if not isinstance(name, str) or not (isinstance(value, type) or inspect.isroutine(value) or callable(value)):
        return None
    home = attribute(value, "__module__") or attribute(attribute(value, "__objclass__"), "__module__")
    module = sys.modules.get(str(home))
    if module is None or is_own_module(module):
        return None
    found: Any = module
    for part in name.split("."):
        found = inspect.getattr_static(found, part, None)
    return f"{home}.{name}" if found is value or isinstance(value, type) else None
