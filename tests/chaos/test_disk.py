"""A disk that takes no more: one line that names the path, nothing that looks finished and is not, and a way on."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.states import state_of
from tests.command import begin, environment
from tests.command import run as command
from xor_sweep.compile_cache import SWITCH
from xor_sweep.results import load_result
from xor_sweep.runs import RunPaths

WORDS = ("-m", "seed=1,2,3,4", "steps=4000", "logging=every_step", "save=none")
"""Runs of some 800 kB each."""


def limited(*words: str, cwd: Path, size: int) -> subprocess.CompletedProcess[str]:
    """The command where no file may grow past a size: writes past it are short, and then fail."""
    return subprocess.run(
        [sys.executable, "-m", "xor_sweep", *words],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY)),
    )


def assert_one_line(done: subprocess.CompletedProcess[str], says: str) -> None:
    assert done.returncode == 1, done
    [line] = done.stderr.splitlines()
    assert line.startswith("xor_sweep: outputs/xor/")
    assert says in line
    assert "Traceback" not in done.stdout


def nothing_false(sweep: Path) -> None:
    """What has a result has a whole one, with the log that it vouches for."""
    for path in sweep.glob("*/result.json"):
        result = load_result(RunPaths(path.parent))
        assert result is not None
        assert result.status == "completed"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    directory = tmp_path_factory.mktemp("whole")
    assert command(*WORDS, cwd=directory).returncode == 0
    return state_of(directory / "outputs/xor")


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(100_000, marks=pytest.mark.proof),
        *(pytest.param(kb * 1000, marks=pytest.mark.chaos) for kb in (1, 7, 20, 50, 250, 600)),
    ],
)
def test_a_file_that_may_not_grow_ends_the_sweep_with_a_line_and_the_command_goes_on_later(
    size: int, whole: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    assert_one_line(limited(*WORDS, cwd=tmp_path, size=size), "File too large; the same command goes on from here")
    nothing_false(tmp_path / "outputs/xor")
    done = command(*WORDS, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert state_of(tmp_path / "outputs/xor") == whole


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own."""
    directory = tmp_path / "small"
    directory.mkdir()
    if os.geteuid() or shutil.which("mount") is None or mount(directory, "size=60m"):
        pytest.skip("needs to mount a file system: run it as root")
    try:
        yield directory
    finally:
        subprocess.run(["umount", str(directory)], check=True)


def mount(directory: Path, options: str) -> int:
    """The exit code of mounting a tmpfs with some options."""
    words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(directory)]
    return subprocess.run(words, capture_output=True, check=False).returncode


def fill(directory: Path, left: int) -> Path:
    """Fill a file system up to so many bytes, with one file."""
    ballast = directory / "ballast"
    usage = os.statvfs(directory)
    with ballast.open("wb") as file:
        file.write(bytes(usage.f_bavail * usage.f_frsize - left))
    return ballast


@pytest.mark.parametrize(
    "left",
    [
        pytest.param(300_000, marks=pytest.mark.proof),
        *(pytest.param(kb * 1000, marks=pytest.mark.chaos) for kb in (0, 12, 50, 1000, 3000, 6000)),
    ],
)
def test_a_disk_that_fills_up_ends_the_sweep_with_a_line_and_the_command_goes_on_when_there_is_room(
    left: int, whole: dict[str, dict[str, Any]], small: Path
) -> None:
    process = begin(*WORDS, cwd=small)
    try:
        while not list(small.glob("outputs/xor/*/events*")):
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(signal.SIGSTOP)
        ballast = fill(small, left)
        process.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=100)
    finally:
        process.kill()
        process.communicate()
    full = f"{os.strerror(errno.ENOSPC)}; the same command goes on from here when there is room"
    assert_one_line(subprocess.CompletedProcess(process.args, process.returncode, out, err), full)
    nothing_false(small / "outputs/xor")
    ballast.unlink()
    done = command(*WORDS, cwd=small)
    assert (done.returncode, done.stderr) == (0, "")
    assert state_of(small / "outputs/xor") == whole


def test_a_disk_that_is_full_already_is_said_before_anything_is_trained(small: Path) -> None:
    fill(small, 300_000)
    done = command(*WORDS, cwd=small)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "0.3 MB free" in line
    assert not (small / "outputs").exists()


@pytest.mark.proof
def test_a_full_disk_of_the_compile_cache_alone_costs_no_run_and_is_said_once(small: Path, tmp_path: Path) -> None:
    fill(small, 100_000)
    words = ("-m", "network.hidden=[2],[3]", "steps=20", "save=none", "logging=off")
    done = command(*words, cwd=tmp_path, env={SWITCH: str(small / "cache")})
    assert (done.returncode, done.stderr) == (0, "")
    [line] = [line for line in done.stdout.splitlines() if line.startswith("Compile cache")]
    assert line.endswith(": No space left on device; it compiles without the cache")
    nothing_false(tmp_path / "outputs/xor")
    assert len(list(tmp_path.glob("outputs/xor/*/result.json"))) == 2
    assert not list(Path("/dev/shm").glob("xor_sweep-xla-*"))


def test_a_disk_that_cannot_be_written_is_said_in_one_line(small: Path) -> None:
    (small / "outputs").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    done = command(*WORDS, cwd=small)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "outputs" in line
