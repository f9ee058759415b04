"""The processes that train: what they cost when they die, and that none outlives its command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.chaos.states import state_of
from tests.command import begin, run, without_tensorflow
from xor_sweep.executors.processes import AT_ONCE, cores

pytestmark = pytest.mark.proof

SERVE = "xor_sweep.executors.serve"
PATIENCE = 90.0

LONG = ("-m", "data=parity", "data.bits=2", "network.hidden=[3],[5]", "steps=100000", "logging=scalars")
"""Two chunks of some seconds each."""

WIDE = (
    *("-m", "data=sklearn", "data.name=digits", "network.hidden=[256]", "network.activation=relu", "epochs=50"),
    *("seed=range(0,64)", "batch_size=128", "logging=scalars"),
)
"""Chunks of one structure, with work enough for two processes."""


def children(process: int) -> list[int]:
    """The processes that train for another one."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().split(b"\0")
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        if parent == process and SERVE.encode() in words:
            found.append(int(path.name))
    return found


@contextmanager
def command(*words: str, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    process = begin(*words, cwd=cwd)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(condition: object, process: subprocess.Popen[str]) -> None:
    assert callable(condition)
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def results(sweep: Path) -> dict[str, dict[str, object]]:
    return {path.parent.name: json.loads(path.read_text()) for path in sweep.glob("*/result.json")}


def gone(process: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def grown(sweep: Path) -> bool:
    """Whether a first segment is written of some run that is not finished."""
    return any(
        path.stat().st_size > 500 and not (path.parent / "result.json").exists() for path in sweep.glob("*/events*")
    )


def kill_what_trains(process: subprocess.Popen[str], sweep: Path, killed: Sequence[int] = ()) -> int:
    until(lambda: grown(sweep) and set(children(process.pid)) - set(killed), process)
    [child] = set(children(process.pid)) - set(killed)
    os.kill(child, signal.SIGKILL)
    return child


def test_the_death_of_a_training_process_costs_what_it_did_since_the_last_checkpoint(tmp_path: Path) -> None:
    sweep = tmp_path / "outputs" / "parity"
    assert run(*LONG, "outputs=whole", cwd=tmp_path).returncode == 0
    with command(*LONG, "executor.checkpoint_seconds=0", cwd=tmp_path) as process:
        until(lambda: list(sweep.glob(".sweep/checkpoints/*")), process)
        kill_what_trains(process, sweep)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, ""), out
    assert state_of(sweep) == state_of(tmp_path / "whole" / "parity")


def test_a_second_death_costs_the_chunk_that_was_trained(tmp_path: Path) -> None:
    sweep = tmp_path / "outputs" / "parity"
    words = ("-m", "data=parity", "data.bits=2", "network.hidden=[3]", "seed=1,2", "steps=100000", "logging=scalars")
    with command(*words, cwd=tmp_path) as process:
        first = kill_what_trains(process, sweep)
        begun = {path.name for path in sweep.glob("*/events*")}
        until(lambda: begun.isdisjoint(path.name for path in sweep.glob("*/events*")) and grown(sweep), process)
        kill_what_trains(process, sweep, [first])
        out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, out
    ended = results(sweep)
    assert {result["status"] for result in ended.values()} == {"failed"}
    [reason] = {str(result["reason"]) for result in ended.values()}
    assert "the process that trains was ended by SIGKILL, as the system does where memory runs out" in reason
    assert "2 runs failed" in out
    for name in ended:
        assert "SIGKILL" in (sweep / name / "error.txt").read_text()
    again = run(*words, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert {result["status"] for result in results(sweep).values()} == {"completed"}


def test_a_process_that_dies_before_it_trains_anything_is_replaced_once(tmp_path: Path) -> None:
    words = ("-m", "lr=0.1,0.01", "steps=20", "logging=off")
    for deaths in (1, 2):
        with command(*words, f"outputs={deaths}", cwd=tmp_path) as process:
            killed: set[int] = set()
            for _ in range(deaths):
                until(lambda: set(children(process.pid)) - killed, process)  # noqa: B023  # called here and now
                [child] = set(children(process.pid)) - killed
                os.kill(child, signal.SIGKILL)
                killed.add(child)
            out, err = process.communicate(timeout=PATIENCE)
        if deaths == 1:
            assert (process.returncode, err) == (0, ""), out
            assert {result["status"] for result in results(tmp_path / "1" / "xor").values()} == {"completed"}
        else:
            assert process.returncode == 1
            assert err.startswith("xor_sweep: the process that trains was ended by SIGKILL"), err
            assert err.endswith("while it started, and so did another one\n")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_training_process_outlives_its_command_and_no_temporary_file(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep, scratch = tmp_path / "outputs" / "parity", tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    with command(*LONG, cwd=tmp_path) as process:
        until(lambda: list(sweep.glob("*/events*")), process)
        found = children(process.pid)
        assert found
        process.send_signal(number)
        process.communicate(timeout=30)
        assert all(map(gone, found))
    assert list(scratch.iterdir()) == []


def test_a_command_that_trains_leaves_no_temporary_file(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert run("-m", "lr=0.1,0.01", "steps=20", cwd=tmp_path, env={"TMPDIR": str(scratch)}).returncode == 0
    assert list(scratch.iterdir()) == []


@pytest.mark.skipif(cores() < AT_ONCE, reason="one core trains one chunk at a time")
def test_a_long_sweep_trains_in_two_processes_to_the_same_bits_as_one_run_by_itself(tmp_path: Path) -> None:
    with command(*WIDE, "outputs=two", cwd=tmp_path) as process:
        until(lambda: len(children(process.pid)) == AT_ONCE, process)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    ended = results(tmp_path / "two" / "digits")
    assert len(ended) == 64
    words = [word if not word.startswith("seed") else "seed=63" for word in WIDE]
    assert run(*words, "outputs=one", cwd=tmp_path).returncode == 0
    [alone] = results(tmp_path / "one" / "digits").values()
    for key in ("final_cost", "final_accuracy", "best_cost", "train_cost"):
        assert alone[key] == ended["seed=63"][key]


def test_where_tensorflow_cannot_be_imported_one_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "blocker").mkdir()
    done = run("lr=0.1", cwd=tmp_path, env=without_tensorflow(tmp_path / "blocker"))
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["xor_sweep: TensorFlow cannot be imported: keras was imported"]
