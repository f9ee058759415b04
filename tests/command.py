"""The command as a person types it, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from tests.engine import ENGINE
from xor_sweep.__main__ import main
from xor_sweep.compile_cache import FLAGS
from xor_sweep.quiet import LEVEL

TREE = Path(__file__).parents[1]

NOT_INHERITED = ("PYTHONDONTWRITEBYTECODE", LEVEL, FLAGS)
"""What would slow the imports down, and what an import of TensorFlow in the tests' own process leaves behind.

An inherited level would show TensorFlow's chatter, inherited flags would name another compile cache.
"""


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ours, with this checkout as the first place where Python looks; `more` comes on top."""
    own = {key: value for key, value in os.environ.items() if key not in NOT_INHERITED}
    path = os.pathsep.join(filter(None, [str(TREE), own.get("PYTHONPATH")]))
    return own | {"PYTHONPATH": path} | dict(more or {})


@contextmanager
def in_this_process(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The command may be carried out here, as typed in that directory; what it changes in its process is put back."""
    monkeypatch.chdir(directory)
    monkeypatch.setattr(sys, "argv", ["xor_sweep"])
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    before = signal.getsignal(signal.SIGTERM)
    yield directory
    signal.signal(signal.SIGTERM, before)


def run(
    *words: str, cwd: Path, env: Mapping[str, str] | None = None, timeout: float = 120, module: str = "xor_sweep"
) -> subprocess.CompletedProcess[str]:
    """`python -m xor_sweep` with these words, whatever its exit code."""
    return subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=cwd,
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def run_here(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The same in this process, which has TensorFlow already and trains in threads."""
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, in_this_process(cwd, patch), redirect_stdout(out), redirect_stderr(err):
        code = main(words, ENGINE)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def begin(*words: str, cwd: Path, group: bool = False) -> subprocess.Popen[str]:
    """The command, running, in a process group of its own where that is asked for; who begins it ends it."""
    return subprocess.Popen(
        [sys.executable, "-m", "xor_sweep", *words],
        cwd=cwd,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=group,
        # A shell's background job ignores SIGINT, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def succeed(*words: str, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """The standard output of a command that ends with 0 and has nothing to complain about."""
    return succeeded(run(*words, cwd=cwd, env=env))


def succeed_here(*words: str, cwd: Path) -> str:
    """The same in this process."""
    return succeeded(run_here(*words, cwd=cwd))


def succeeded(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stderr) == (0, ""), f"{done.args}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def without_tensorflow(directory: Path) -> dict[str, str]:
    """An environment in which an import of TensorFlow or Keras ends the command; `directory` is to be empty."""
    for name in ("tensorflow", "keras"):
        (directory / f"{name}.py").write_text(f"raise RuntimeError('{name} was imported')\n")
    return {"PYTHONPATH": os.pathsep.join([str(TREE), str(directory)])}
