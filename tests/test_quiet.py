from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.command import environment

START = """
import sys
from xor_sweep.quiet import OPTIONAL, quiet_start, without
with quiet_start(), without(*OPTIONAL if len(sys.argv) > 1 else ()):
    import keras
print("sklearn" in sys.modules, "matplotlib" in sys.modules)
import matplotlib.pyplot, sklearn.base
print(keras.layers.Dense(1)(keras.ops.ones((1, 1))).shape)
"""


def started(*words: str, cwd: Path) -> tuple[list[str], str]:
    done = subprocess.run(
        [sys.executable, "-c", START, *words], cwd=cwd, env=environment(), capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines(), done.stderr


def test_a_process_of_ours_starts_keras_without_what_it_imports_for_nothing(tmp_path: Path) -> None:
    assert started("ours", cwd=tmp_path) == (["False False", "(1, 1)"], "")


def test_another_process_has_keras_whole(tmp_path: Path) -> None:
    assert started(cwd=tmp_path) == (["True True", "(1, 1)"], "")
