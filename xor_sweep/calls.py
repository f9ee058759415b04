"""A user's own functions: found, called with their arguments, and known by their source."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xor_sweep.code.closure import Closure
from xor_sweep.code.own import find_module, is_own_file
from xor_sweep.errors import ConfigError
from xor_sweep.given import given_function, is_given, latest
from xor_sweep.keras_settings import with_settings


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A user's own function with its arguments: a `_target_` and what stands beside it.

    Two calls are equal where their arguments are written alike: `units=1` is not `units=true`.

    Attributes:
        target: its dotted name, in a trusted module or in Keras.
        arguments: by name, lists as tuples and mappings as tuples of pairs, in the order of the configuration.
        source: SHA-256 of its code and of all that this refers to; empty for Keras's own.
        file_source: SHA-256 of its module's file, or of a given function's own source: what releases up to 0.2.0 knew
            it by. Empty if they could not know it.
    """

    target: str
    arguments: tuple[tuple[str, Any], ...] = ()
    source: str = ""
    file_source: str = field(default="", repr=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Call) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))


def short_name(asked: str | Call) -> str:
    """A loss or a metric as a person knows it: Keras's name, or the last part of a function's."""
    return asked.target.rpartition(".")[2] if isinstance(asked, Call) else asked


def keywords(call: Call) -> dict[str, Any]:
    """A call's arguments as Python's own lists and dictionaries.

    A tuple of pairs that each begin with a different word was a mapping, and every other tuple a list. So a list of
    such pairs comes out as a mapping, and an empty mapping as a list: the form of `Call` does not tell them apart.
    """
    return {name: _plain(value) for name, value in call.arguments}


def _plain(value: Any) -> Any:
    if not isinstance(value, tuple):
        return value
    pairs = all(isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str) for item in value)
    if value and pairs and len({item[0] for item in value}) == len(value):
        return {name: _plain(item) for name, item in value}
    return [_plain(item) for item in value]


def load(call: Call) -> object:
    """What a call's dotted name stands for, imported; whether it may be imported was asked before.

    Raises:
        ConfigError: where there is no such module or name, or importing the module raises.
    """
    if is_given(call.target):
        return given_function(call.target, call.source)
    parts = _parts(call.target)
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        try:
            found: object = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name and (name + ".").startswith(error.name + "."):
                continue  # a shorter name may be the module, and this one what stands in it
            raise _cannot_import(call.target, error) from error
        except Exception as error:  # whatever a user's module raises is theirs to read
            raise _cannot_import(call.target, error) from error
        for done, part in enumerate(parts[length:], length):
            if not hasattr(found, part):
                inside = ".".join(parts[:done])
                raise ConfigError(f"{call.target}: {inside} has no {part}; write module.function")
            found = getattr(found, part)
            if inspect.ismodule(found) and found.__name__.split(".")[0] != parts[0]:
                raise ConfigError(f"{call.target}: {part} is a module that another one imports; name its own function")
        if not call.target.startswith("keras.") and _pythons_own(found):
            raise ConfigError(f"{call.target}: a function of Python's own; name one that you wrote")
        _check_imported(call, found)
        return found
    raise _no_module(call.target)


_imported: dict[str, tuple[object, str]] = {}
"""What dotted names stood for when this process first loaded them, with the hash that they had then."""


def _check_imported(call: Call, found: object) -> None:
    """Refuse a function that was imported before its files changed: it is not what the run's identity says.

    Raises:
        ConfigError: if it is.
    """
    if not call.source:
        return
    known, source = _imported.get(call.target, (None, ""))
    if known is not found:
        source = source_of(call.target)  # it has just been imported, or imported again
    if source != call.source:
        what = "has changed since it was imported; import its module again (importlib.reload), or start Python again"
        raise ConfigError(f"{call.target}: {what}")
    _imported[call.target] = found, source


def _pythons_own(found: object) -> bool:
    """Whether a function or a class comes from Python's own library, into whatever module it was imported."""
    module = getattr(found, "__module__", None) if inspect.isroutine(found) or inspect.isclass(found) else None
    top = str(module).split(".")[0]
    if top not in sys.stdlib_module_names:
        return False
    file = getattr(sys.modules.get(top), "__file__", None)  # a person's own module may have such a name
    return file is None or Path(sysconfig.get_path("stdlib")) in Path(file).parents


def source_of(target: str) -> str:
    """SHA-256 of what a dotted name stands for, in hex: its code and all that this refers to in the user's modules.

    Comments, formatting and docstrings do not count. Nothing is imported to find it. The name of a function in an
    installed package stands for the package's file. A function that was given from Python has its own hash.

    Raises:
        ConfigError: where there is no such module, or it has no file of its own.
    """
    return latest(target).source if is_given(target) else with_settings(_found(target)[0])


def reads_of(target: str) -> tuple[str, ...]:
    """Return the names by which a function of the user's reads files and the environment, whose content is in no hash.

    Raises:
        ConfigError: where there is no such module, or it has no file of its own.
    """
    return latest(target).unfollowed if is_given(target) else _found(target)[1]


def _found(target: str) -> tuple[str, tuple[str, ...]]:
    """The hash of what a dotted name stands for, and what it reads."""
    module, file = _module_of(target)
    if not is_own_file(str(file)):
        return file_source_of(target), ()
    key = (target, str(Path.cwd()), tuple(sys.path))
    signature, found = _known.get(key, ((), ("", ())))
    if not signature or any(state_of(path) != state for path, state in signature):
        closure = Closure(module, tuple(target.removeprefix(f"{module}.").split(".")))
        digest = closure.digest() if module in closure.files else file_source_of(target)
        found = digest, tuple(sorted(closure.reads))
        paths = {file, *closure.files.values()}
        _known[key] = tuple((path, state_of(path)) for path in paths | {path.parent for path in paths}), found
    return found


_known: dict[tuple[object, ...], tuple[tuple[tuple[Path, object], ...], tuple[str, tuple[str, ...]]]] = {}
"""What was found out about functions, with the state of the files and folders that they were found in."""


def state_of(path: Path) -> tuple[int, ...] | None:
    """What tells that a file or a folder has changed; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def file_source_of(target: str) -> str:
    """SHA-256 of the file that a dotted name stands in, in hex, as releases up to 0.2.0 knew a function.

    Raises:
        ConfigError: as `source_of` does.
    """
    if is_given(target):
        return latest(target).file_source
    _, path = _module_of(target)
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(f"{target}: {path} cannot be read: {error.strerror}") from error


def _module_of(target: str) -> tuple[str, Path]:
    """The longest part of a dotted name that is a module, with its file.

    Raises:
        ConfigError: where there is no such module, or it has no file.
    """
    parts = _parts(target)
    found: tuple[str, Path] | None = None
    for length in range(1, len(parts) + 1):
        place = find_module(".".join(parts[:length]))
        if place is None:
            break
        if place.file is None:
            found = None
        else:
            found = ".".join(parts[:length]), place.file
        if place.folders is None:
            break
    if found is None:
        raise _no_module(target)
    return found


def _parts(target: str) -> list[str]:
    parts = target.split(".")
    if len(parts) < 2 or not all(part.isidentifier() for part in parts):
        raise ConfigError(f"_target_={target}: takes a dotted name, such as my_project.models.build")
    return parts


def _no_module(target: str) -> ConfigError:
    module = target.rpartition(".")[0]
    what = f"_target_={target}: no module {module} with a source file is found"
    return ConfigError(f"{what}; start in the directory that holds it, or install it")


def _cannot_import(target: str, error: Exception) -> ConfigError:
    return ConfigError(f"_target_={target}: importing its module raised {type(error).__name__}: {error}")
