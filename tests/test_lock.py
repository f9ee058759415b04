from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import run
from xor_sweep.errors import ConfigError
from xor_sweep.lock import SweepDirectoryInUseError, SweepLock
from xor_sweep.runs import SweepPaths

HOLDER = """
import sys, time
from pathlib import Path
from xor_sweep.lock import SweepLock
from xor_sweep.runs import SweepPaths
lock = SweepLock(SweepPaths(Path(sys.argv[1])))
print("held", flush=True)
time.sleep(600)
"""


def hold(directory: Path) -> subprocess.Popen[str]:
    """Another process that sweeps into a directory."""
    root = str(Path(__file__).resolve().parent.parent)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(directory)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def end(holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    assert holder.stdout is not None
    holder.stdout.close()


def test_a_second_command_refuses_and_names_the_first_ones_process(tmp_path: Path) -> None:
    holder = hold(tmp_path / "outputs" / "xor")
    try:
        refused = run("lr=0.1", "steps=10", cwd=tmp_path)
    finally:
        end(holder)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert f"process {holder.pid} on " in refused.stderr
    assert not (tmp_path / "outputs" / "xor" / "lr=0.1,steps=10").exists()


def test_a_killed_command_leaves_nothing_that_keeps_the_next_one_out(tmp_path: Path) -> None:
    end(hold(tmp_path))
    SweepLock(SweepPaths(tmp_path)).release()


def test_a_lock_lets_the_next_one_in_when_it_is_released(tmp_path: Path) -> None:
    sweep = SweepPaths(tmp_path / "new" / "xor")
    first = SweepLock(sweep)
    with pytest.raises(SweepDirectoryInUseError, match=str(os.getpid())):
        SweepLock(sweep)
    first.release()
    SweepLock(sweep).release()


def test_a_place_that_cannot_be_made_is_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="outputs"):
        SweepLock(SweepPaths(tmp_path / "file" / "xor"))
