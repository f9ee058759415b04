from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.command import succeed
from xor_sweep.caches import private
from xor_sweep.compile_cache import FLAGS, SWITCH, key, prune, use_compile_cache


@pytest.fixture
def flags(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment without flags, whose cache lies in the test's directory."""
    monkeypatch.setenv(FLAGS, "")
    monkeypatch.delenv(SWITCH, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return monkeypatch


def test_the_cache_lies_in_the_users_cache_directory_and_is_the_users_alone(
    flags: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    flags.setenv(FLAGS, "--other=1")
    directory = use_compile_cache()
    assert directory == tmp_path / "xor_sweep" / "xla" / key()
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert os.environ[FLAGS] == f"--other=1 --tf_xla_persistent_cache_directory={directory}"


def test_it_can_be_switched_off_moved_or_left_to_ones_own_flags(flags: pytest.MonkeyPatch, tmp_path: Path) -> None:
    flags.setenv(SWITCH, "off")
    assert use_compile_cache() is None
    flags.setenv(SWITCH, str(tmp_path / "elsewhere"))
    assert use_compile_cache() == tmp_path / "elsewhere" / key()
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


@pytest.mark.proof
def test_a_program_is_found_again_whatever_was_compiled_before_it(tmp_path: Path) -> None:
    cache = tmp_path / "cache"

    def entries_after(hidden: str, experiment: str) -> int:
        words = ("-m", f"network.hidden={hidden}", "steps=20", f"experiment={experiment}", "save=none", "logging=off")
        succeed(*words, cwd=tmp_path, env={SWITCH: str(cache)})
        return sum(path.is_file() for path in cache.rglob("*"))

    assert entries_after("[2],[3]", "first") == 2
    assert entries_after("[3],[4],[2]", "second") == 3
