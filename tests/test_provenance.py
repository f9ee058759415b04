"""A sweep directory says which commands swept into it, and from which commit."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.stopped import run
from xor_sweep import provenance
from xor_sweep.api import sweep as from_python
from xor_sweep.manifest import add_command, load_manifest
from xor_sweep.provenance import FROM_PYTHON, MOST_CHARACTERS, MOST_COMMANDS, Asked, latest, state_of
from xor_sweep.runs import SweepPaths

WORDS = ("-m", "lr=0.1,0.2", "steps=20", "save=none", "logging=off")
OURS = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def git(*words: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    return subprocess.run(["git", *who, *words], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory to work in, in no repository."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["xor_sweep"])
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for name, value in OURS.items():
        monkeypatch.setenv(name, value)
    return tmp_path


@pytest.fixture
def commit(here: Path) -> str:
    """The first commit of a repository in the working directory."""
    git("init", "-q")
    (here / "mine.py").write_text("a = 1\n")
    git("add", "mine.py")
    git("commit", "-q", "-m", "first")
    return git("rev-parse", "HEAD")


def test_a_command_is_written_down_as_typed_with_its_commit(commit: str, here: Path) -> None:
    assert run(*WORDS) == 0
    [command] = load_manifest(SweepPaths(Path("outputs/xor"))).commands
    assert command.line == "python -m xor_sweep -m lr=0.1,0.2 steps=20 save=none logging=off"
    assert (command.commit, command.dirty) == (commit, False), "outputs/ are untracked, which is not dirty"
    assert command.host == os.uname().nodename
    assert command.versions.keys() >= {"python", "tensorflow", "keras", "numpy", "xor_sweep"}
    assert command.started_at.endswith("+00:00")
    (here / "mine.py").write_text("a = 2\n")
    assert run(*WORDS) == 0
    first, second = load_manifest(SweepPaths(Path("outputs/xor"))).commands
    assert first == command
    assert (second.commit, second.dirty) == (commit, True)
    assert second.started_at > first.started_at


def test_a_call_from_python_is_one_and_a_dry_run_is_none() -> None:
    assert run(*WORDS, "dry_run=true") == 0
    assert not Path("outputs").exists()
    from_python({"lr": 0.1}, overrides=WORDS[2:], quiet=True)
    [command] = load_manifest(SweepPaths(Path("outputs/xor"))).commands
    assert (command.line, command.commit, command.dirty) == (FROM_PYTHON, None, None)


@pytest.mark.usefixtures("commit")
def test_no_git_and_one_that_hangs_are_no_commit(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert state_of(here)[0] is not None
    (here / "bin").mkdir()
    monkeypatch.setenv("PATH", str(here / "bin"))
    assert state_of(here) == (None, None)
    (here / "bin/git").write_text("#!/bin/sh\nexec /bin/sleep 30\n")
    (here / "bin/git").chmod(0o755)
    monkeypatch.setattr(provenance, "PATIENCE", 2.0)
    before = time.monotonic()
    asked = Asked("a", {}, here)
    assert asked.command().commit is None
    assert time.monotonic() - before < 1, "git is not waited for"
    assert asked.command(wait=10).commit is None
    assert time.monotonic() - before < 10


def test_a_repository_without_a_commit_has_none(here: Path) -> None:
    git("init", "-q")
    assert state_of(here) == (None, None)


@pytest.mark.usefixtures("commit")
def test_asking_writes_nothing_and_starts_no_monitor(here: Path) -> None:
    (here / "monitor").write_text(f"#!/bin/sh\ntouch {here / 'called'}\n")
    (here / "monitor").chmod(0o755)
    git("config", "core.fsmonitor", str(here / "monitor"))
    os.utime(here / "mine.py", (1, 1))  # git would write the index anew
    before = (here / ".git/index").read_bytes()
    assert state_of(here)[1] is False
    assert (here / ".git/index").read_bytes() == before
    assert not (here / "called").exists()


def test_the_latest_commands_are_kept_and_what_becomes_known_takes_the_place_of_what_was(here: Path) -> None:
    sweep = SweepPaths(here / "sweep")
    for number in range(MOST_COMMANDS + 5):
        add_command(sweep, Asked(f"{number}" * MOST_CHARACTERS, {}).command())
    commands = load_manifest(sweep).commands
    assert [each.line[0] for each in commands[-2:]] == ["2", "2"]
    assert len(commands) == MOST_COMMANDS
    assert {len(each.line) for each in commands} == {MOST_CHARACTERS}
    asked = Asked("a", {}, here)
    assert len(latest(latest(commands, asked.command()), asked.command(wait=5))) == MOST_COMMANDS


@pytest.mark.parametrize("wrong", [{"line": 3}, {"versions": {"a": 1}}, {"dirty": "yes"}, {"commit": ["a"]}, None])
def test_commands_that_are_none_are_no_manifest(wrong: dict[str, object] | None, here: Path) -> None:
    sweep = SweepPaths(here / "sweep")
    add_command(sweep, Asked("a", {}).command())
    content = json.loads(sweep.manifest.read_text())
    content["commands"] = [asdict(load_manifest(sweep).commands[0]) | wrong if wrong else wrong]
    sweep.manifest.write_text(json.dumps(content))
    assert load_manifest(sweep).commands == ()
