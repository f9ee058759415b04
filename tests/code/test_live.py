"""What a function of this process uses: what changes its hash, and what does not."""

from __future__ import annotations

import functools
import importlib
import linecache
import os
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from xor_sweep.code.live import live

NUMBERS = count()

CELL = '''
import functools
import math as tools
from dataclasses import dataclass

ACT = "relu"
LAYERS = {"first": [1, 2.0, None], "set": {"a", "b"}}


def helper(x):
    """Help."""
    return x  # as it is


def decorate(function):
    @functools.wraps(function)
    def wrapped(*arguments):
        return helper(function(*arguments))
    return wrapped


class Base:
    def half(self):
        return tools.pi / 2


class Block(Base):
    size = 3

    @property
    def area(self):
        return self.size * 2

    @staticmethod
    def make():
        return Block()


@dataclass
class Options:
    units: int = 4


def even(n):
    return n == 0 or odd(n - 1)


def odd(n):
    return n != 0 and even(n - 1)


def outer(scale):
    def inner(x):
        return x * scale
    return inner


scaled = outer(2)
options = Options()
alike = lambda x: x + 1


@decorate
def build(units=2, *, depth=3):
    """Build it."""
    def nested():
        return [ACT for _ in range(units)]
    return nested(), LAYERS, Block.make(), options, even(depth), scaled(units), alike(units)


def unused():
    return 1
'''


def cell(text: str, names: dict[str, Any] | None = None, wanted: str = "build") -> Any:
    """Run a cell as IPython does, whose source `linecache` holds."""
    names = {"__name__": "__main__"} if names is None else names
    file = f"<a cell of a test {next(NUMBERS)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), names)
    return names[wanted]


CHANGES = {
    "its body": ("range(units)", "range(units + 1)"),
    "a default": ("units=2", "units=3"),
    "a keyword's default": ("depth=3", "depth=4"),
    "a global": ('"relu"', '"tanh"'),
    "a number in a global": ("2.0, None", "2, None"),
    "a set": ('"b"}', '"c"}'),
    "a function that its decorator uses": ("return x  #", "return -x  #"),
    "its decorator": ("return helper(function(*arguments))", "return function(*arguments)"),
    "a base class": ("tools.pi / 2", "tools.pi / 3"),
    "a class's value": ("size = 3", "size = 4"),
    "a property": ("self.size * 2", "self.size * 3"),
    "a static method": ("return Block()", "return Block"),
    "a field's default": ("units: int = 4", "units: int = 5"),
    "a function of two that call each other": ("even(n - 1)", "even(n - 3)"),
    "an enclosed value": ("outer(2)", "outer(3)"),
    "an enclosing function's code": ("x * scale", "x + scale"),
    "a lambda": ("x + 1", "x + 2"),
    "an installed name": ("import math as tools", "import cmath as tools"),
}


@pytest.mark.parametrize(("old", "new"), CHANGES.values(), ids=CHANGES)
def test_what_it_uses_changes_its_hash(old: str, new: str) -> None:
    assert CELL.count(old) == 1
    assert live(cell(CELL)).digest != live(cell(CELL.replace(old, new))).digest


NO_CHANGES = {
    "nothing": ("", ""),
    "a comment": ("# as it is", "# here it is"),
    "its docstring": ("Build it.", "Make it."),
    "the docstring of what it uses": ("Help.", "Assist."),
    "formatting": ("nested(), LAYERS,", "nested(), LAYERS  ,"),
    "lines above": ("import functools", "\n\n\nimport functools"),
    "a function that it does not use": ("return 1\n", "return 2\n"),
    "the order of a set": ('{"a", "b"}', '{"b", "a"}'),
}


@pytest.mark.parametrize(("old", "new"), NO_CHANGES.values(), ids=NO_CHANGES)
def test_what_it_does_not_use_leaves_its_hash(old: str, new: str) -> None:
    before, after = live(cell(CELL)), live(cell(CELL.replace(old, new, 1)))
    assert before == after
    assert (after.unfollowed, after.stale) == ((), ())


def test_another_cell_that_redefines_a_helper_or_a_global_changes_its_hash() -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    seen = {live(cell(CELL, names)).digest}
    for more in ("ACT = 'gelu'\n", "def helper(x):\n    return 3 * x\n", "LAYERS['first'].append(4)\n"):
        cell(f"{more}\nbuild = build\n", names)
        assert live(names["build"]).digest not in seen
        seen.add(live(names["build"]).digest)
    assert live(cell(CELL, names)).digest in seen, "it is again what it was"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.arange(4.0), np.arange(4.0) * 2),
        (np.arange(4), np.arange(4.0)),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (np.array([1, "a"], object), np.array([1, "b"], object)),
        (np.float32(1), np.float64(1)),
        (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 3]})),
        (pd.Series([1, 2], name="a"), pd.Series([1, 2], name="b")),
        (Path("a"), Path("b")),
        (functools.partial(int, base=2), functools.partial(int, base=3)),
        (threading.Lock, threading.RLock),
        (1, True),
        ((1, 2), [1, 2]),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_global_counts_by_its_value(one: Any, other: Any) -> None:
    def digest(value: Any) -> str:
        return live(cell("def build():\n    return VALUE\n", {"__name__": "__main__", "VALUE": value})).digest

    import copy

    assert digest(one) != digest(other)
    assert digest(one) == digest(copy.deepcopy(one))


@pytest.mark.parametrize("value", [threading.Lock(), np.random.default_rng(0), (n for n in "ab")])
def test_what_cannot_be_followed_is_named_and_is_not_an_error(value: Any) -> None:
    found = live(cell("def build():\n    return VALUE\n", {"__name__": "__main__", "VALUE": value}))
    assert found.unfollowed == (f"VALUE ({type(value).__name__})",)
    other = live(cell("def build():\n    return VALUE\n", {"__name__": "__main__", "VALUE": 1}))
    assert found.digest != other.digest


def test_a_value_that_holds_itself_is_followed() -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    function = cell("LOOP = [1]\nLOOP.append(LOOP)\n\n\ndef build():\n    return LOOP, build\n", names)
    before = live(function).digest
    names["LOOP"][0] = 2
    assert live(function).digest != before


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module of the user's, imported."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path = tmp_path / f"my_module_of_a_test_{next(NUMBERS)}.py"
    path.write_text(CELL)
    return path


def test_a_module_counts_as_it_was_imported_and_not_as_its_file_is_now(module: Path) -> None:
    imported = importlib.import_module(module.stem)
    before = live(imported.build)
    assert before.stale == ()
    module.write_text(CELL.replace("range(units)", "range(units + 1)"))
    edited = live(imported.build)
    assert edited.digest == before.digest
    assert edited.stale == (str(module),)
    again = live(importlib.reload(imported).build)
    assert again.digest != before.digest
    assert again.stale == ()


def test_a_module_in_which_only_comments_changed_is_not_stale(module: Path) -> None:
    imported = importlib.import_module(module.stem)
    before = live(imported.build)
    module.write_text(CELL.replace("# as it is", "# here it is").replace("Build it.", "Make it.", 1))
    assert live(imported.build) == before


def test_an_attribute_of_a_module_counts_by_its_value_and_its_other_names_do_not(module: Path) -> None:
    imported: Any = importlib.import_module(module.stem)
    function = cell(f"import {module.stem} as config\n\n\ndef build():\n    return config.ACT\n")
    before = live(function).digest
    imported.LAYERS = 3
    assert live(function).digest == before
    imported.ACT = "gelu"
    assert live(function).digest != before


def test_what_is_imported_in_a_function_counts(module: Path) -> None:
    function = cell(f"def build():\n    from {module.stem} import helper\n    return helper\n")
    before = live(function).digest
    sys.modules[module.stem].helper = len  # type: ignore[attr-defined]  # of the user's module
    assert live(function).digest != before


SCRIPT = "from xor_sweep.code.live import live; import {0}; print(live({0}.build).digest)"


def test_the_hash_is_the_same_in_every_process(module: Path) -> None:
    digests = set()
    for seed, written in (("0", "1"), ("7", ""), ("9", "")):  # the last one imports what the second one compiled
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT.format(module.stem)],
            env=os.environ
            | {"PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": written}
            | {"PYTHONPATH": os.pathsep.join([str(module.parent), *sys.path])},
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(done.stdout.strip())
    assert len(digests) == 1
