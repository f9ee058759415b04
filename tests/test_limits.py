"""What large sweeps may take: memory, and files that are open at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import environment

MB = 1024
"""In kilobytes, in which the system counts resident memory."""

MEASURED = """
import atexit, sys
from pathlib import Path
from xor_sweep.__main__ import command
def say():
    # getrusage would count what the process was before it became this one: a copy of the tests'.
    print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0], file=sys.stderr)
atexit.register(say)
command()
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def peak(*words: str, cwd: Path, limits: str = ":") -> int:
    """The most resident memory that a command's own process had, in kB; the processes that train are not counted.

    Args:
        *words: the command line.
        cwd: where.
        limits: shell commands that come before it.
    """
    script = cwd / "measured.py"
    script.write_text(MEASURED)
    done = subprocess.run(
        ["bash", "-c", f'{limits}; exec "$@"', "bash", sys.executable, str(script), *words],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return int(done.stderr)


def planned(runs: int, cwd: Path) -> int:
    return peak("-m", "lr=range(0.001,0.1001,0.001)", f"seed=range(0,{runs // 100})", "dry_run=true", cwd=cwd)


def test_a_plan_keeps_a_few_kilobytes_of_each_run(tmp_path: Path) -> None:
    few, many = planned(1_000, tmp_path), planned(6_000, tmp_path)
    assert many - few < 5_000 * 4


@pytest.mark.proof
def test_100_000_runs_are_planned_in_a_gigabyte(tmp_path: Path) -> None:
    assert planned(100_000, tmp_path) < 400 * MB


@pytest.mark.proof
def test_10_000_runs_train_with_256_files_open_and_a_few_kilobytes_of_each_in_memory(tmp_path: Path) -> None:
    sizes = {}
    for runs, limits in ((1_000, ":"), (10_000, "ulimit -n 256")):
        words = ("-m", "lr=range(0.01,0.101,0.01)", f"seed=range(0,{runs // 10})", "steps=20", "logging=scalars")
        sizes[runs] = peak(*words, f"experiment=of_{runs}", cwd=tmp_path, limits=limits)
        sweep = tmp_path / "outputs" / f"of_{runs}"
        assert len(list(sweep.glob("*/result.json"))) == runs
        assert len(list(sweep.glob("*/events.out.tfevents.*"))) == runs
        summary = json.loads((sweep / "summary.json").read_text())
        assert {run["status"] for run in summary["runs"]} == {"completed"}
    # The summary, at the end, holds a row of each run.
    assert sizes[10_000] - sizes[1_000] < 9_000 * 20
