"""The owner file in the place of a lock, on a file system that has none: `flock` is made to say so in each process."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.command import environment, run, succeed
from xor_sweep import owner_file
from xor_sweep.lock import SweepDirectoryInUseError, SweepLock
from xor_sweep.owner import Owner, start_of
from xor_sweep.owner_file import OLD
from xor_sweep.runs import SweepPaths

WITHOUT_LOCKS = """
import fcntl, os
def flock(descriptor, how):
    raise OSError({errno}, os.strerror({errno}))
fcntl.flock = flock
"""

HOLDER = """
import sys
from pathlib import Path
from xor_sweep import owner_file
from xor_sweep.lock import SweepLock
from xor_sweep.runs import SweepPaths
owner_file.BEAT = 0.02
lock = SweepLock(SweepPaths(Path(sys.argv[1])))
print("held", flush=True)
sys.stdin.read()
"""

RACER = """
import os, random, sys, time
from pathlib import Path
from xor_sweep import owner_file
from xor_sweep.lock import SweepDirectoryInUseError, SweepLock
from xor_sweep.runs import SweepPaths
look = owner_file.check_free
def look_and_ponder(*arguments):
    look(*arguments)
    time.sleep(random.random() / 20)
owner_file.check_free = look_and_ponder
print("ready", flush=True)
sys.stdin.readline()
try:
    lock = SweepLock(SweepPaths(Path(sys.argv[1])))
    print("won", flush=True)
except SweepDirectoryInUseError:
    print("lost", flush=True)
sys.stdin.readline()
"""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def lockless(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process for which no file system has locks."""
    return without_locks(tmp_path_factory.mktemp("lockless"), errno.ENOLCK)


def without_locks(directory: Path, number: int) -> dict[str, str]:
    (directory / "sitecustomize.py").write_text(WITHOUT_LOCKS.format(errno=number))
    return {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), str(directory)])}


@pytest.fixture
def start(lockless: dict[str, str]) -> Iterator[Start]:
    """Starts a script in a process of its own and waits for its first word; they all end with the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(script: str, directory: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(lockless),
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() in ("held\n", "ready\n")
        return process

    yield begin
    for process in started:
        process.kill()
        with process:
            pass


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process has no locks either."""

    def flock(_descriptor: int, _how: int) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr("fcntl.flock", flock)


def written(sweep: SweepPaths, owner: Owner | bytes, seconds_ago: float = 0.0) -> Path:
    """An owner file as another process left it, with the age of its last heartbeat."""
    sweep.state.mkdir(parents=True, exist_ok=True)
    path = sweep.owner(1)
    path.write_bytes(owner if isinstance(owner, bytes) else owner.written)
    beaten = time.time() - seconds_ago
    os.utime(path, (beaten, beaten))
    return path


def test_a_second_command_refuses_and_names_the_first_ones_process(
    start: Start, lockless: dict[str, str], tmp_path: Path
) -> None:
    holder = start(HOLDER, tmp_path / "outputs" / "xor")
    refused = run("lr=0.1", "steps=10", cwd=tmp_path, env=lockless)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert f"another command is sweeping into it (process {holder.pid} on " in refused.stderr
    assert not (tmp_path / "outputs" / "xor" / "lr=0.1,steps=10").exists()


@pytest.mark.proof
def test_a_sweep_without_locks_trains_lets_go_and_goes_on(lockless: dict[str, str], tmp_path: Path) -> None:
    for lr in ("0.1,0.2", "0.1,0.3"):
        succeed("-m", f"lr={lr}", "steps=10", "logging=off", "save=none", cwd=tmp_path, env=lockless)
    sweep = SweepPaths(tmp_path / "outputs" / "xor")
    assert [paths.name for paths in sweep.runs()] == ["lr=0.1", "lr=0.2", "lr=0.3"]
    assert [sweep.owner(number).read_bytes() for number in sweep.owners()] == [owner_file.FREE]


@pytest.mark.proof
def test_a_summary_needs_no_lock(start: Start, lockless: dict[str, str], tmp_path: Path) -> None:
    succeed("steps=10", cwd=tmp_path, env=lockless)
    start(HOLDER, tmp_path / "outputs" / "xor")
    done = run("outputs/xor", cwd=tmp_path, env=lockless, module="xor_sweep.summary")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL], ids=os.strerror)
def test_a_file_system_may_say_in_several_ways_that_it_has_no_locks(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(_descriptor: int, _how: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", flock)
    first = SweepLock(SweepPaths(tmp_path))
    with pytest.raises(SweepDirectoryInUseError, match=f"process {os.getpid()} on "):
        SweepLock(SweepPaths(tmp_path))
    first.release()
    SweepLock(SweepPaths(tmp_path)).release()


@pytest.mark.usefixtures("here")
def test_a_killed_owner_leaves_nothing_that_keeps_the_next_one_out(start: Start, tmp_path: Path) -> None:
    holder = start(HOLDER, tmp_path)
    with pytest.raises(SweepDirectoryInUseError, match=str(holder.pid)):
        SweepLock(SweepPaths(tmp_path))
    holder.send_signal(signal.SIGKILL)
    while start_of(holder.pid):  # it is dead, though nobody has waited for it
        time.sleep(0.001)
    lock = SweepLock(SweepPaths(tmp_path))
    holder.wait()
    assert not lock.release()
    assert len(SweepPaths(tmp_path).owners()) == 1


@pytest.mark.usefixtures("here")
def test_another_process_of_the_owners_number_is_not_the_owner(tmp_path: Path) -> None:
    sweep, mine = SweepPaths(tmp_path), Owner.this()
    written(sweep, Owner(mine.pid, mine.host, mine.machine, str(int(mine.started) - 1)))
    SweepLock(sweep).release()


@pytest.mark.usefixtures("here")
def test_an_owner_that_only_stands_still_keeps_what_it_owns(start: Start, tmp_path: Path) -> None:
    holder = start(HOLDER, tmp_path)
    holder.send_signal(signal.SIGSTOP)
    long_ago = time.time() - 10 * OLD
    os.utime(SweepPaths(tmp_path).owner(1), (long_ago, long_ago))
    with pytest.raises(SweepDirectoryInUseError, match=str(holder.pid)):
        SweepLock(SweepPaths(tmp_path))


ELSEWHERE = Owner(os.getpid(), "elsewhere", "another start", "1")
SILENT = {
    "of another host": ELSEWHERE,
    "of a container with this host's name": Owner(os.getpid(), os.uname().nodename, "another start", "1"),
    "of a system that does not say when processes start": Owner(os.getpid(), os.uname().nodename, Owner.this().machine),
    "that was not written to its end": b'{"pid": 12, "ho',
    "that is empty": b"",
    "that holds something else": b"[1]",
}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("owner", SILENT.values(), ids=SILENT)
def test_where_the_owner_cannot_be_asked_its_heartbeat_tells(owner: Owner | bytes, tmp_path: Path) -> None:
    sweep = SweepPaths(tmp_path)
    written(sweep, owner, OLD - 10)
    with pytest.raises(SweepDirectoryInUseError, match="another command is sweeping into it"):
        SweepLock(sweep)
    written(sweep, owner, OLD + 10)
    SweepLock(sweep).release()


@pytest.mark.usefixtures("here")
def test_heartbeats_are_old_by_the_file_systems_clock_and_not_by_this_hosts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = SweepPaths(tmp_path)
    written(sweep, ELSEWHERE)
    monkeypatch.setattr(time, "time", lambda: 10_000_000_000.0)
    with pytest.raises(SweepDirectoryInUseError, match="on elsewhere"):
        SweepLock(sweep)
    # The file server's clock was set back, and no heartbeat has come since.
    os.utime(sweep.owner(1), (9_000_000_000, 9_000_000_000))
    SweepLock(sweep).release()


def test_an_owners_heart_beats(start: Start, tmp_path: Path) -> None:
    start(HOLDER, tmp_path)
    path = SweepPaths(tmp_path).owner(1)
    os.utime(path, (0, 0))
    before, until = json.loads(path.read_bytes()), time.monotonic() + 10
    while path.stat().st_mtime == 0:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert json.loads(path.read_bytes()) == before


@pytest.mark.usefixtures("here")
def test_an_owner_that_is_forgotten_has_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owner_file, "BEAT", 0.001)
    for _ in range(20):
        SweepLock(SweepPaths(tmp_path))
        time.sleep(0.002)
    time.sleep(0.01)
    SweepLock(SweepPaths(tmp_path)).release()


@pytest.mark.parametrize("stale", [True, False], ids=["after a dead one", "from the start"])
def test_of_several_commands_that_come_at_once_one_wins(start: Start, tmp_path: Path, *, stale: bool) -> None:
    sweep = SweepPaths(tmp_path)
    if stale:
        written(sweep, ELSEWHERE, 2 * OLD)
    racers = [start(RACER, tmp_path) for _ in range(6)]
    for racer in racers:
        say(racer)
    words = [heard(racer) for racer in racers]
    assert sorted(words) == ["lost\n"] * 5 + ["won\n"]
    assert len(sweep.owners()) == 1


@pytest.mark.usefixtures("here")
def test_a_command_that_was_slow_to_decide_does_not_win_with_a_number_that_was_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = SweepPaths(tmp_path)
    written(sweep, ELSEWHERE, 2 * OLD)
    look, others = owner_file.check_free, []

    def slow(paths: SweepPaths, number: int) -> None:
        look(paths, number)
        monkeypatch.setattr(owner_file, "check_free", look)
        SweepLock(paths).release()  # one came and went, and made the number that this one is about to make
        others.append(SweepLock(paths))

    monkeypatch.setattr(owner_file, "check_free", slow)
    with pytest.raises(SweepDirectoryInUseError):
        SweepLock(sweep)
    [other] = others
    other.check()
    assert sweep.owners() == [3]
    other.release()


@pytest.mark.usefixtures("here")
def test_an_owner_whose_directory_was_taken_over_is_told(tmp_path: Path) -> None:
    sweep = SweepPaths(tmp_path)
    lock = SweepLock(sweep)
    lock.check()
    sweep.owner(2).write_bytes(ELSEWHERE.written)
    with pytest.raises(SweepDirectoryInUseError, match="taken it over"):
        lock.check()
    lock.release()


@pytest.mark.usefixtures("here")
def test_a_person_may_remove_the_sweeps_state_while_it_trains(tmp_path: Path) -> None:
    sweep = SweepPaths(tmp_path)
    lock = SweepLock(sweep)
    for path in sweep.state.iterdir():
        path.unlink()
    lock.check()
    sweep.state.rmdir()
    lock.check()
    lock.release()


def test_a_command_that_has_locks_respects_an_owner_that_has_none(start: Start, tmp_path: Path) -> None:
    holder = start(HOLDER, tmp_path)
    with pytest.raises(SweepDirectoryInUseError, match=str(holder.pid)):
        SweepLock(SweepPaths(tmp_path))
    say(holder)
    with suppress(BrokenPipeError):
        holder.communicate(timeout=10)
    SweepLock(SweepPaths(tmp_path)).release()


def say(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def heard(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()
