"""A notebook session that edits what its model function uses and never sees a stale number."""

from __future__ import annotations

import code
import importlib
import linecache
import sys
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.proof

CELLS = {
    "start": "import keras\nimport numpy as np\nimport my_notebook_parts\nfrom xor_sweep import sweep",
    "global": "ACT = 'relu'",
    "helper": "def helper(x, units):\n    return keras.layers.Dense(units, activation=ACT)(x)",
    "class": "class Sizes:\n    second = 3",
    "decorator": (
        "def seen(function):\n    def wrapped(x, units):\n        return function(x, units)\n    return wrapped"
    ),
    "closure": (
        "def maker(scale):\n    def scaled(x):\n        return keras.layers.Rescaling(scale)(x)\n    return scaled\n"
        "scaled = maker(1.0)"
    ),
    "decorated": "@seen\ndef more(x, units):\n    return keras.layers.Dense(units, activation='gelu')(x)",
    "build": (
        "def build(units=4, *, input_shape, outputs):\n    start = keras.Input(input_shape)  # the start\n"
        "    x = more(helper(scaled(start), units), Sizes.second)\n    x = my_notebook_parts.part(x)\n"
        "    return keras.Model(start, keras.layers.Dense(outputs, activation='sigmoid')(x))"
    ),
    "data": (
        "def table():\n    x = np.loadtxt('table.txt')\n    return x, (x.sum(1) > 0).astype(int)\n\ndata = table()"
    ),
}

EDITS = {
    "the function's body": (
        "build",
        "outputs, activation='sigmoid')",
        "outputs, use_bias=False, activation='sigmoid')",
    ),
    "a helper of another cell": ("helper", "Dense(units,", "Dense(units + 1,"),
    "a global": ("global", "relu", "tanh"),
    "a class": ("class", "second = 3", "second = 5"),
    "a default": ("build", "units=4", "units=6"),
    "an enclosed value": ("closure", "maker(1.0)", "maker(0.5)"),
    "a decorator": ("decorator", "return function(x, units)", "return function(x, units + 2)"),
    "the data's function": ("data", "x.sum(1) > 0", "x.sum(1) > 0.5"),
}


class Notebook:
    """Cells run one after the other, with their sources where IPython puts them."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self._shell = code.InteractiveInterpreter(self.names)
        self._numbers = count(1)
        self.cells = dict(CELLS)
        for name in self.cells:
            self.run(self.cells[name])

    def run(self, text: str) -> None:
        file = f"<ipython-input-{next(self._numbers)}-of-a-test>"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        self._shell.runcode(compile(f"{text}\n", file, "exec"))

    def edit(self, name: str, old: str, new: str) -> None:
        assert old in self.cells[name]
        self.cells[name] = self.cells[name].replace(old, new)
        for each in list(self.cells)[list(self.cells).index(name) :]:
            if each in (name, "decorated"):
                self.run(self.cells[each])

    def sweep(self, **more: Any) -> Any:
        names = self.names
        words = {"overrides": "epochs=3", "save": "none", "experiment": "notebook"} | more
        return names["sweep"]({"lr": 0.05}, model=names["build"], data=names["data"], **words).final_cost[0]


def test_ten_edits_and_never_a_stale_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    np.savetxt("table.txt", np.random.default_rng(0).normal(size=(60, 3)))
    module = tmp_path / "my_notebook_parts.py"
    module.write_text("import keras\n\n\ndef part(x):\n    return keras.layers.LayerNormalization()(x)\n")
    notebook = Notebook()
    seen = [notebook.sweep()]

    def check(what: str) -> None:
        capsys.readouterr()
        cost = notebook.sweep()
        assert "finished already" not in capsys.readouterr().out, what
        assert cost not in seen, what
        assert cost == notebook.sweep(overwrite=True), what
        seen.append(cost)

    for what, (cell, old, new) in EDITS.items():
        notebook.edit(cell, old, new)
        check(what)
    np.savetxt("table.txt", np.random.default_rng(1).normal(size=(60, 3)))
    notebook.run(notebook.cells["data"])
    check("the data's file")
    module.write_text("import keras\n\n\ndef part(x):\n    return keras.layers.Dense(2)(x)\n")
    assert notebook.sweep() == seen[-1]
    assert f"{module} has changed since it was imported" in capsys.readouterr().out
    importlib.reload(sys.modules[module.stem])
    check("a module that was imported again")
    for name, text in notebook.cells.items():
        if name not in ("start", "data"):
            notebook.run(f"# a remark\n\n{text}")
    assert notebook.sweep() == seen[-1]
    assert "finished already" in capsys.readouterr().out
