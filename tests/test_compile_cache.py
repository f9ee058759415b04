from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import succeed
from xor_sweep.caches import private
from xor_sweep.compile_cache import FLAGS, SWITCH, key, prune, use_compile_cache
from xor_sweep.sealed_cache import SealedCache, delete_left_behind


@pytest.fixture
def flags(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment without flags, whose cache lies in the test's directory."""
    monkeypatch.setenv(FLAGS, "")
    monkeypatch.delenv(SWITCH, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("xor_sweep.compile_cache._of_this_process", None)
    return monkeypatch


def test_the_cache_lies_in_the_users_cache_directory_and_is_the_users_alone(
    flags: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    flags.setenv(FLAGS, "--other=1")
    use_compile_cache()
    other, _, link = os.environ[FLAGS].partition(" --tf_xla_persistent_cache_directory=")
    directory = Path(link).readlink()
    assert other == "--other=1"
    assert directory == tmp_path / "xor_sweep" / "xla" / key()
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_it_can_be_switched_off_moved_or_left_to_ones_own_flags(flags: pytest.MonkeyPatch, tmp_path: Path) -> None:
    flags.setenv(SWITCH, "off")
    assert use_compile_cache() is None
    flags.setenv(SWITCH, str(tmp_path / "elsewhere"))
    assert use_compile_cache() is not None
    assert (tmp_path / "elsewhere" / key()).is_dir()
    flags.setattr("xor_sweep.compile_cache._of_this_process", None)
    flags.setenv(FLAGS, "--tf_xla_persistent_cache_directory=/own")
    assert use_compile_cache() is None
    assert os.environ[FLAGS] == "--tf_xla_persistent_cache_directory=/own"


def test_machine_code_is_not_taken_from_a_directory_that_others_can_write_to(tmp_path: Path) -> None:
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    assert not private(open_to_all)
    assert private(tmp_path / "own")


def test_the_entries_that_were_not_used_longest_go_first(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "middle", "old")):
        (tmp_path / name).write_bytes(bytes(100))
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    prune(tmp_path, 250)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["middle", "new"]


def test_a_link_that_a_starting_process_left_in_the_environment_is_not_used(
    flags: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    left = tmp_path / "xor_sweep" / "xla" / "links" / "elsewhere-1"
    flags.setenv(FLAGS, f"--other=1 --tf_xla_persistent_cache_directory={left}")
    use_compile_cache()
    assert str(left) not in os.environ[FLAGS]
    assert os.environ[FLAGS].startswith("--other=1 --tf_xla_persistent_cache_directory=")


DAMAGE = {
    "cut to half": lambda content: content[: len(content) // 2],
    "filled with random bytes": lambda content: os.urandom(len(content)),
    "with one flipped bit": lambda content: content[:500] + bytes([content[500] ^ 1]) + content[501:],
    "emptied": lambda content: content[:0],
}


def sealed(tmp_path: Path) -> SealedCache:
    cache = SealedCache(tmp_path / "entries", tmp_path / "link")
    cache.wait()
    return cache


@pytest.fixture
def entry(tmp_path: Path) -> Path:
    """An entry of a cache that another process has sealed."""
    path = tmp_path / "entries" / "program.pb"
    path.parent.mkdir()
    path.write_bytes(bytes(range(256)) * 4)
    sealed_by = SealedCache(path.parent, tmp_path / "other")
    sealed_by.wait()
    path.write_bytes(bytes(range(256)) * 4)  # as XLA wrote it, after the check
    sealed_by.seal()
    return path


def test_a_sealed_entry_stays_and_nothing_is_said_of_it(entry: Path, tmp_path: Path) -> None:
    assert sealed(tmp_path).notices() == []
    assert entry.exists()


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_an_entry_that_is_not_what_was_sealed_is_deleted_and_that_is_said_once(
    damage: Callable[[bytes], bytes], entry: Path, tmp_path: Path
) -> None:
    entry.write_bytes(damage(entry.read_bytes()))
    cache = sealed(tmp_path)
    [line] = cache.notices()
    assert line == f"Compile cache {entry.parent}: 1 entry was damaged and deleted; it compiles again"
    assert list(entry.parent.iterdir()) == []
    assert cache.notices() == []


STRANGE: dict[str, Callable[[Path], None]] = {
    "a pipe": os.mkfifo,
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to a file": lambda path: path.symlink_to(__file__),
}


@pytest.mark.parametrize("make", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("which", ["the entry", "its seal"])
def test_what_is_no_file_is_deleted_and_not_waited_for(
    which: str, make: Callable[[Path], None], entry: Path, tmp_path: Path
) -> None:
    path = entry if which == "the entry" else entry.with_name(f"{entry.name}.sha256")
    path.unlink()
    make(path)
    assert sealed(tmp_path).notices() == [
        f"Compile cache {entry.parent}: 1 entry was damaged and deleted; it compiles again"
    ]
    assert list(entry.parent.iterdir()) == []


def test_an_entry_without_a_seal_is_deleted_silently_as_its_process_may_have_been_killed(tmp_path: Path) -> None:
    (tmp_path / "entries").mkdir()
    (tmp_path / "entries" / "program.pb").write_bytes(b"code")
    assert sealed(tmp_path).notices() == []
    assert list((tmp_path / "entries").iterdir()) == []


def test_what_a_killed_process_left_behind_is_deleted_by_the_next_one(tmp_path: Path) -> None:
    links, host = tmp_path / "links", socket.gethostname()
    links.mkdir()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for name in (f"{host}-{ended.pid}", f"{host}-{os.getpid()}", f"another-{host}-{ended.pid}"):
        (links / name).symlink_to(tmp_path)
    delete_left_behind(links)
    assert sorted(path.name for path in links.iterdir()) == sorted(
        [f"{host}-{os.getpid()}", f"another-{host}-{ended.pid}"]
    )


@pytest.mark.proof
def test_damaged_entries_cost_a_compilation_and_no_run(tmp_path: Path) -> None:
    cache = {SWITCH: str(tmp_path / "cache")}

    def costs(experiment: str) -> tuple[list[str], list[str]]:
        words = ("-m", "network.hidden=[2],[3],[4]", "steps=20", f"experiment={experiment}", "save=none", "logging=off")
        lines = succeed(*words, cwd=tmp_path, env=cache).splitlines()
        table = (tmp_path / "outputs" / experiment / "summary.csv").read_text().splitlines()
        found = [",".join(line.split(",")[:6]) for line in table]
        return found, [line for line in lines if line.startswith("Compile cache")]

    first, said = costs("first")
    assert said == []
    entries = sorted((tmp_path / "cache").rglob("*.pb"))
    assert len(entries) == 3
    for path, damage in zip(entries, DAMAGE.values(), strict=False):
        path.write_bytes(damage(path.read_bytes()))
    again, said = costs("again")
    assert again == first
    [line] = said
    assert line.endswith("3 entries were damaged and deleted; it compiles again")
    assert costs("third") == (first, [])


@pytest.mark.proof
def test_a_program_is_found_again_whatever_was_compiled_before_it(tmp_path: Path) -> None:
    cache = tmp_path / "cache"

    def entries_after(hidden: str, experiment: str) -> int:
        words = ("-m", f"network.hidden={hidden}", "steps=20", f"experiment={experiment}", "save=none", "logging=off")
        succeed(*words, cwd=tmp_path, env={SWITCH: str(cache)})
        return len(list(cache.rglob("*.pb")))

    assert entries_after("[2],[3]", "first") == 2
    assert entries_after("[3],[4],[2]", "second") == 3
