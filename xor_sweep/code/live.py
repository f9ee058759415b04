"""What a function of this process uses, as a hash: its syntax, and the values of all that it refers to."""

from __future__ import annotations

import builtins
import contextlib
import dataclasses
import functools
import hashlib
import importlib
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any

from xor_sweep.code.installed import installed_name, is_installed_code
from xor_sweep.code.names import Chain, imported, reads, referred
from xor_sweep.code.own import PACKAGE, find_module, is_own_module
from xor_sweep.code.running import syntax_of
from xor_sweep.code.values import Unfollowed, attribute, plain, registered_name, state_of

OF_MODULES = frozenset(
    {"__name__", "__file__", "__builtins__", "__spec__", "__loader__", "__package__", "__doc__", "__path__"}
)
"""Globals that say where a module is, and not what it does."""

OF_CLASSES = frozenset(
    {
        *("__abstractmethods__", "__annotations__", "__annotate__", "__annotate_func__", "__annotations_cache__"),
        *("__dict__", "__doc__", "__firstlineno__", "__module__", "__qualname__", "__static_attributes__"),
        *("__weakref__", "__dataclass_fields__", "__dataclass_params__", "_abc_impl"),
    }
)
"""Attributes of a class that follow from others, or say where it is."""

DEEPEST = 50
"""Levels of values in values; a deeper one is not followed."""

MOST_PARTS = 100_000
"""Values of which all together may consist; those beyond are not followed."""


@dataclass(frozen=True)
class Live:
    """What a function is.

    Attributes:
        digest: SHA-256, in hex.
        unfollowed: what it uses that no hash can hold, in words.
        stale: files that hold other code by now than what was imported.
    """

    digest: str
    unfollowed: tuple[str, ...]
    stale: tuple[str, ...]


def live(function: Any) -> Live:
    """Return what a function, a class or a `functools.partial` of this process is."""
    found = Uses()
    parts = [found.told(function, getattr(function, "__name__", "the function")), *found.parts()]
    digest = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return Live(digest, tuple(found.unfollowed), tuple(sorted(found.stale)))


class Uses:
    """What is come across: functions, classes and modules by numbers, in the order in which they are first met.

    Values stand where they are used, so that it does not matter whether two names share one.

    Attributes:
        unfollowed, stale: as in `Live`.
    """

    def __init__(self) -> None:
        self.unfollowed: dict[str, None] = {}
        self.stale: set[str] = set()
        self._numbers: dict[int, str] = {}
        self._waiting: deque[Any] = deque()
        self._held: list[Any] = []  # no other object may get the `id` of one that was met
        self._texts: dict[int, str] = {}
        self._around: list[int] = []

    def parts(self) -> Iterator[str]:
        """Yield the text of each function, class and module that was met."""
        while self._waiting:
            value = self._waiting.popleft()
            if isinstance(value, FunctionType):
                yield self._function(value)
            else:
                yield self._class(value) if isinstance(value, type) else self._module(value)

    def told(self, value: Any, where: str) -> str:
        """Return a value as text that is the same in every process."""
        if (text := plain(value)) is not None:
            return text
        if id(value) in self._texts:
            return self._texts[id(value)]
        if id(value) in self._around:
            return "itself"
        self._held.append(value)
        if (text := installed_name(value)) is None:
            text = self._numbered(value) if isinstance(value, FunctionType | type | ModuleType) else None
        if text is None:
            self._around.append(id(value))
            try:
                text = self._value(value, where)
            except Exception:  # noqa: BLE001  # whatever an object raises that is looked at
                kind = type(value)
                text = f"a {kind.__module__}.{kind.__qualname__}"
                self.unfollowed[f"{where} ({kind.__name__})"] = None
            finally:
                self._around.pop()
        self._texts[id(value)] = text
        return text

    def _numbered(self, value: Any) -> str:
        if id(value) not in self._numbers:
            self._numbers[id(value)] = f"#{len(self._numbers)}"
            self._waiting.append(value)
        return self._numbers[id(value)]

    def _value(self, value: Any, where: str) -> str:
        if len(self._around) > DEEPEST or len(self._held) > MOST_PARTS:
            raise Unfollowed
        if isinstance(value, dict):
            return f"{self._kind(value)} {self._mapping(value, where)}{self._of_container(value, where)}"
        if isinstance(value, list | tuple):
            return f"{self._kind(value)} {self._several(value, where)}{self._of_container(value, where)}"
        if isinstance(value, set | frozenset):
            items = sorted(self.told(each, where) for each in sorted(value, key=_sorting))
            return f"{self._kind(value)} {items}{self._of_container(value, where)}"
        if isinstance(value, functools.partial):
            inner: list[Any] = [value.func, value.args, value.keywords]
        elif isinstance(value, MethodType):
            inner = [value.__self__, value.__func__]
        elif isinstance(value, staticmethod | classmethod):
            inner = [value.__func__]
        elif isinstance(value, property):
            inner = [value.fget, value.fset, value.fdel]
        elif isinstance(value, functools.cached_property):
            inner = [value.func]
        elif (wrapped := attribute(value, "__wrapped__")) is not None:  # such as what functools.cache makes
            own = {} if installed_name(type(value)) else attribute(value, "__dict__") or {}
            inner = [
                wrapped,
                {name: own[name] for name in sorted(own) if name[:2] != "__" and own[name] is not wrapped},
            ]
        else:
            inner = state_of(value)
        return f"{self._kind(value)} {self._several(inner, where)}"

    def _of_container(self, value: Any, where: str) -> str:
        """What a dict, list, tuple or set holds beside its items."""
        held = None if installed_name(type(value)) else attribute(value, "__dict__")
        beside = {} if held is None or held is value else {name: held[name] for name in sorted(held)}
        if isinstance(value, defaultdict):
            beside["default_factory"] = value.default_factory
        return f" {self._mapping(beside, where)}" if beside else ""

    def _several(self, values: Iterable[Any], where: str) -> str:
        return f"[{', '.join(self.told(each, where) for each in values)}]"

    def _mapping(self, values: Mapping[Any, Any], where: str) -> str:
        pairs = [f"{self.told(key, where)}: {self.told(value, where)}" for key, value in list(values.items())]
        return f"{{{', '.join(pairs)}}}"

    def _named(self, values: Mapping[str, Any]) -> str:
        return "".join(f"\n  {name}={self.told(values[name], name)}" for name in sorted(values))

    def _kind(self, value: Any) -> str:
        return self.told(type(value), type(value).__name__)

    def _function(self, function: FunctionType) -> str:
        if is_installed_code(function):  # such as a wrapper that a library put around a function of the user's
            text = f"{function.__module__}.{function.__code__.co_qualname}"
        else:
            syntax = syntax_of(function.__code__, function.__globals__)
            self.stale |= {syntax.stale} if syntax.stale else set()
            text = syntax.text + self._globals(function)
            self.unfollowed |= dict.fromkeys(sorted(reads(function.__code__, _aliases(function))))
        beside = {
            "(defaults)": function.__defaults__,
            "(keyword defaults)": function.__kwdefaults__,
            "(attributes)": {name: each for name, each in vars(function).items() if name != "__signature__"},
        }
        held = dict(_enclosed(function)) | {name: each for name, each in beside.items() if each}
        return text + self._named(held)

    def _globals(self, function: FunctionType) -> str:
        """The values of the globals that a function reads, and of what it imports when it runs."""
        texts = []
        for chain in sorted(referred(function.__code__)):
            if chain[0] in function.__globals__ and chain[0] not in OF_MODULES:
                texts.append(f"{'.'.join(chain)}={self._attribute(function.__globals__[chain[0]], chain)}")
            elif not hasattr(builtins, chain[0]):
                texts.append(f"{chain[0]} is not there")
        texts += [f"import {'.'.join(chain)}={self._imported(chain)}" for chain in sorted(imported(function.__code__))]
        return "".join(f"\n  {text}" for text in texts)

    def _attribute(self, value: Any, chain: Chain) -> str:
        """What a name stands for, or its attribute if it is a module."""
        known = 1
        while isinstance(value, ModuleType) and known < len(chain):
            if not is_own_module(value):
                return ".".join([value.__name__, *chain[known:]])
            if (found := attribute(value, chain[known])) is None and chain[known] not in vars(value):
                return "is not there"
            value = found
            known += 1
        return self.told(value, ".".join(chain[:known]))

    def _imported(self, chain: Chain) -> str:
        place = find_module(chain[0])
        if place is None or not place.is_own or chain[0].partition(".")[0] == PACKAGE:
            return "not the user's"
        try:
            return self._attribute(importlib.import_module(chain[0]), chain)
        except Exception:  # noqa: BLE001  # whatever it raises, it raises it again where the function runs
            return "cannot be imported"

    def _class(self, kind: type) -> str:
        hidden = MemberDescriptorType | GetSetDescriptorType
        names = [name for name, value in vars(kind).items() if not (name in OF_CLASSES or isinstance(value, hidden))]
        attributes = {name: vars(kind)[name] for name in names}
        if dataclasses.is_dataclass(kind):
            attributes = {name: value for name, value in attributes.items() if not _is_generated(value)}
            attributes["(fields)"] = [
                [each.name, str(each.type), each.default, each.default_factory, each.init, each.kw_only]
                for each in dataclasses.fields(kind)
            ]
        if installed_name(type(kind)) is None:
            attributes["(metaclass)"] = type(kind)
        if (name := registered_name(kind)) is not None:
            attributes["(registered)"] = name
        return f"class {kind.__qualname__} {self._several(kind.__bases__, kind.__name__)}{self._named(attributes)}"

    def _module(self, module: ModuleType) -> str:
        names = {name: value for name, value in vars(module).items() if name[:2] != "__"}
        return f"module {module.__name__}{self._named(names)}"


def _aliases(function: FunctionType) -> dict[str, str]:
    """What the global names that a function reads stand for, as far as these are modules and functions."""
    found = {}
    for name in {chain[0] for chain in referred(function.__code__)} & function.__globals__.keys():
        value = function.__globals__[name]
        if isinstance(value, ModuleType):
            found[name] = value.__name__
        elif isinstance(value, FunctionType | BuiltinFunctionType):
            found[name] = f"{value.__module__}.{value.__name__}"
    return found


def _enclosed(function: FunctionType) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):  # not assigned yet
            yield name, cell.cell_contents


def _sorting(value: Any) -> str:
    return plain(value) or f"{type(value).__name__} {getattr(value, '__qualname__', '')}"


def _is_generated(value: Any) -> bool:
    """Whether a dataclass has a method because of its fields."""
    code = attribute(attribute(value, "__wrapped__") or value, "__code__")
    return isinstance(code, CodeType) and code.co_filename == "<string>"
