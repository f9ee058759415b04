"""From Python in a process of its own: how light the import is, and the documentation's examples."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import TREE, environment

pytestmark = pytest.mark.proof

PAGE = (TREE / "docs" / "python.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def python(code: str, cwd: Path, *, stdin: bool = False) -> str:
    """The standard output of a program that ends well and has nothing to complain about."""
    words = ["-"] if stdin else ["-c", code]
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", *words],
        input=code if stdin else None,
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_importing_the_package_imports_nothing_that_takes_time(tmp_path: Path) -> None:
    heavy = "{'tensorflow', 'keras', 'pandas', 'numpy', 'hydra', 'omegaconf', 'matplotlib'}"
    code = "import time; start = time.perf_counter(); import xor_sweep; took = time.perf_counter() - start; "
    code += f"import sys; print(sorted({heavy} & set(sys.modules))); print(took)"
    loaded, took = python(code, tmp_path).splitlines()
    assert loaded == "[]"
    assert float(took) < 0.1


def test_what_is_public_is_listed_and_found(tmp_path: Path) -> None:
    found = "name in dir(xor_sweep) and hasattr(xor_sweep, name)"
    code = f"import xor_sweep; print(all({found} for name in xor_sweep.__all__))"
    assert python(code, tmp_path).strip() == "True"


def test_results_are_read_without_tensorflow(tmp_path: Path) -> None:
    code = "import sys; from xor_sweep import sweep, load_results, load_history; print('tensorflow' in sys.modules)"
    assert python(code, tmp_path).strip() == "False"


def test_a_program_from_an_empty_directory_trains_and_leaves_signals_and_arguments_alone(tmp_path: Path) -> None:
    code = """
import os, signal, sys
before = (list(sys.argv), os.getcwd(), [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)])
from xor_sweep import sweep

def build(units, input_shape):
    import keras
    layers = [keras.layers.Dense(units, "tanh"), keras.layers.Dense(1, "sigmoid")]
    return keras.Sequential([keras.Input(input_shape), *layers])

results = sweep({"units": [2, 3], "steps": 20}, model=build, save="none", quiet=True)
again = sweep({"units": [2, 3], "steps": 20}, model=build, save="none", quiet=True)
assert list(results.started_at) == list(again.started_at)
assert before == (list(sys.argv), os.getcwd(), [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)])
print(*results.status)
"""
    assert python(code, tmp_path).strip() == "completed completed"
    assert [path.name for path in tmp_path.iterdir()] == ["outputs"]
    started = [path.stat().st_mtime_ns for path in tmp_path.rglob("result.json")]
    assert python(code, tmp_path).strip() == "completed completed"
    assert started == [path.stat().st_mtime_ns for path in tmp_path.rglob("result.json")]


def test_the_documentations_examples_can_be_carried_out_as_they_stand(tmp_path: Path) -> None:
    assert len(EXAMPLES) >= 7
    said = python("\n".join(EXAMPLES), tmp_path, stdin=True)
    assert "there is no key lrr; did you mean lr?" in said
    assert {path.name for path in (tmp_path / "outputs").iterdir()} == {
        *("xor", "wine", "compiled", "random", "search")
    }
