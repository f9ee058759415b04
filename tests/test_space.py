"""Whether a sweep fits on its disk: a small one that is mounted where tests may, and numbers of a disk elsewhere."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.command import environment, run, succeed
from tests.specs import jobs
from xor_sweep.config import Settings
from xor_sweep.errors import ConfigError
from xor_sweep.runs import RunPaths
from xor_sweep.size import Size
from xor_sweep.space import SURE, check_space

COMMAND = shlex.join([sys.executable, "-m", "xor_sweep"])


@dataclass(frozen=True)
class Disk:
    """What a file system says of itself."""

    f_bavail: int
    f_favail: int = 10**9
    f_frsize: int = 4096
    f_blocks: int = 10**9
    f_files: int = 10**9

    @property
    def f_bfree(self) -> int:
        return self.f_bavail

    @property
    def f_ffree(self) -> int:
        return self.f_favail


def settings(outputs: Path) -> Settings:
    [job] = jobs([f"outputs={outputs}"])
    return job.settings


def fits(monkeypatch: pytest.MonkeyPatch, disk: Disk, size: Size, outputs: Path, *runs: RunPaths) -> bool:
    monkeypatch.setattr(os, "statvfs", lambda _path: disk)
    try:
        check_space(size, settings(outputs), runs)
    except ConfigError:
        return False
    return True


THOUSAND = Size(runs=1000, structures=1, chunks=8, files=5000, bytes=150_000_000)
NEED = THOUSAND.bytes + 5000 * 4096 // 2
ENTRIES = 5000 + 2 * 1000


@pytest.mark.parametrize(
    ("disk", "enough"),
    [
        (Disk(NEED // 4096 + 1), True),
        (Disk(int(SURE * NEED) // 4096 + 1), True),
        (Disk(int(SURE * NEED) // 4096 - 1), False),
        (Disk(0), False),
        (Disk(0, f_blocks=0), True),
        (Disk(10**9, int(SURE * ENTRIES) + 1), True),
        (Disk(10**9, int(SURE * ENTRIES) - 1), False),
        (Disk(10**9, 0, f_files=0), True),
    ],
    ids=[
        "more than it takes",
        "within the estimate's error",
        "surely too little",
        "a full disk",
        "a file system that does not say what is free",
        "inodes within the error",
        "too few inodes",
        "a file system that counts no inodes",
    ],
)
def test_a_sweep_is_refused_where_it_surely_does_not_fit(
    disk: Disk, *, enough: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fits(monkeypatch, disk, THOUSAND, tmp_path) is enough


def test_runs_that_are_finished_need_nothing_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fits(monkeypatch, Disk(0, 0), Size(0, 0, 0, 0, 0), tmp_path)


def test_what_runs_replace_is_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = RunPaths(tmp_path / "xor" / "lr=0.1")
    old.directory.mkdir(parents=True)
    (old.directory / "events").write_bytes(os.urandom(1_000_000))
    one = Size(runs=1, structures=1, chunks=1, files=5, bytes=500_000)
    assert fits(monkeypatch, Disk(10), one, tmp_path, old)
    assert not fits(monkeypatch, Disk(10), one, tmp_path, RunPaths(tmp_path / "xor" / "lr=0.2"))


def test_the_line_says_how_much_it_takes_how_much_is_free_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _path: Disk(1000))
    with pytest.raises(ConfigError) as refused:
        check_space(THOUSAND, settings(tmp_path / "not" / "yet"), ())
    line = str(refused.value)
    assert "1,000 runs would take about 160.2 MB" in line
    assert f"{tmp_path} has 4.1 MB free" in line
    assert "logging=scalars" in line


@cache
def why_no_mount() -> str | None:
    """Why this process cannot mount a file system for itself alone; None where it can."""
    try:
        tried = subprocess.run(
            ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /mnt"], capture_output=True, text=True, check=False
        )
    except OSError as error:
        return str(error)
    return tried.stderr.strip() or "not allowed" if tried.returncode else None


def on_small_disk(options: str, script: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """A shell script on a file system of its own, which ends with it."""
    if (reason := why_no_mount()) is not None:
        pytest.skip(f"a file system cannot be mounted here: {reason}")
    mounted = f"mount -t tmpfs -o {options} none {shlex.quote(str(directory))} && cd {shlex.quote(str(directory))}"
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", f"{mounted} && {script}"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("options", "words", "said"),
    [
        ("size=1m", "-m 'seed=range(0,100)'", "MB free"),
        ("size=1m", "-m 'seed=range(0,100)' hydra.sweeper.max_batch_size=2", "MB free"),
        ("size=100m,nr_inodes=200", "-m 'seed=range(0,100)' logging=off", "has room for 199"),
    ],
    ids=["bytes", "batch by batch", "inodes"],
)
def test_a_sweep_that_does_not_fit_is_one_line_and_writes_nothing(
    options: str, words: str, said: str, tmp_path: Path
) -> None:
    done = on_small_disk(options, f"{COMMAND} {words}; code=$?; ls -A; exit $code", tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
    assert said in done.stderr


def test_a_dry_run_says_that_a_sweep_does_not_fit(tmp_path: Path) -> None:
    done = on_small_disk("size=1m", f"{COMMAND} -m 'seed=range(0,100)' dry_run=true", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Too little space: outputs=outputs: 100 runs would take about ")
    assert "Plan for outputs/xor" in done.stdout


@pytest.mark.proof
def test_a_small_sweep_trains_on_a_disk_that_is_nearly_full_and_once_finished_needs_nothing_more(
    tmp_path: Path,
) -> None:
    words = "-m 'seed=range(0,10)' steps=50 save=none"
    fill = "head -c $(($(df --output=avail -B1 . | tail -1) - 400000)) /dev/zero > filler"
    done = on_small_disk("size=3m", f"{COMMAND} {words} && {fill} && {COMMAND} {words}", tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert "10 runs finished already" in done.stdout


def test_a_dry_run_on_a_disk_with_room_says_nothing_of_space(tmp_path: Path) -> None:
    assert "space" not in succeed("-m", "lr=0.1,0.2", "dry_run=true", cwd=tmp_path)
    assert run("lr=0.1", "dry_run=true", cwd=tmp_path).returncode == 0
