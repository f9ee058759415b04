"""Which modules are the user's own: files that are neither Python's nor an installed package's."""

from __future__ import annotations

import site
import sys
import sysconfig
from collections.abc import Sequence
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

PACKAGE = __name__.partition(".")[0]

INSTALLED_PARTS = frozenset({"site-packages", "dist-packages"})


@cache
def _installed_places() -> tuple[Path, ...]:
    places = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    places |= {*site.getsitepackages(), site.getusersitepackages()}
    return tuple({Path(place).resolve() for place in places} | {Path(place) for place in places})


@cache
def is_installed_file(file: str) -> bool:
    """Return whether a file is Python's own or lies where packages are installed."""
    path = Path(file)
    if INSTALLED_PARTS & set(path.parts):
        return True
    return any(place in path.parents for place in _installed_places())


def is_own_file(file: str) -> bool:
    """Return whether a file with source text is the user's own."""
    return file.endswith(".py") and not is_installed_file(file)


def is_own_module(module: ModuleType) -> bool:
    """Return whether a live module is the user's own; the one that was started is, also without a file."""
    name = str(module.__name__)
    if name == "__main__":
        return True
    if name.partition(".")[0] == PACKAGE or name in sys.builtin_module_names:
        return False
    file = getattr(module, "__file__", None)
    if file is not None:
        return is_own_file(str(file))
    folders = list(getattr(module, "__path__", ()))  # a folder without __init__.py
    return bool(folders) and not any(is_installed_file(str(Path(folder) / "x.py")) for folder in folders)


class Place(NamedTuple):
    """Where a module is.

    Attributes:
        file: its file; None if it is a folder without `__init__.py`.
        folders: those in which the modules below a package are; None if it is not a package.
    """

    file: Path | None
    folders: tuple[str, ...] | None

    @property
    def is_own(self) -> bool:
        """Whether it is the user's own, with its source."""
        if self.file is not None:
            return is_own_file(str(self.file))
        return not any(is_installed_file(str(Path(folder, "x.py"))) for folder in self.folders or ())


def find_module(name: str) -> Place | None:
    """Find a module without importing anything; None if there is no such module."""
    folders: Sequence[str] | None = None
    parts, spec = name.split("."), None
    for number, part in enumerate(parts, start=1):
        # `importlib.util.find_spec` would import the packages above a module, and so does a finder that is told its
        # whole name if one of them is a folder without __init__.py.
        spec = _top(part) if folders is None else PathFinder.find_spec(part, list(folders))
        if spec is None:
            return None
        folders = spec.submodule_search_locations
        if folders is None and number < len(parts):
            return None
    assert spec is not None
    file = Path(spec.origin) if spec.has_location and spec.origin else None
    return Place(file, None if folders is None else tuple(folders))


def _top(name: str) -> ModuleSpec | None:
    """The spec of a module at the top, by whichever finder knows it: editable installs have their own."""
    specs = (finder.find_spec(name, None) for finder in sys.meta_path)
    return next((spec for spec in specs if spec is not None), None)
