"""Where a command came from: its line, its time, its host, and the git commit of the directory it ran in."""

from __future__ import annotations

import contextlib
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

MOST_COMMANDS = 20
"""So many of the latest commands are kept."""

MOST_CHARACTERS = 10_000
"""A longer command is cut there."""

COMMIT_DIGITS = 12
"""So many digits of a commit are shown where room is short."""

FROM_PYTHON = "call from Python"

PATIENCE = 2.0
"""Seconds after which git is not waited for."""

GIT = (
    *("git", "--no-optional-locks", "-c", "core.fsmonitor=false"),
    *("status", "--porcelain=v2", "--branch", "--no-ahead-behind", "--no-renames"),
    # A sweep's own outputs are untracked, and submodules would be asked one by one.
    *("--untracked-files=no", "--ignore-submodules=dirty"),
)
"""Asks for the commit and whether tracked files differ from it; writes nothing and starts nothing."""

COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Command:
    """A command that swept into a directory.

    Attributes:
        line: as typed, or `FROM_PYTHON`.
        started_at: UTC, ISO 8601.
        host: the machine's name.
        commit: of the git repository that the command ran in; None where there is none, or git did not answer.
        dirty: whether tracked files differed from it; None where there is no commit.
        versions: of Python and of the packages, by name.
    """

    line: str
    started_at: str
    host: str
    commit: str | None
    dirty: bool | None
    versions: dict[str, str]

    def revision(self, digits: int | None = None) -> str:
        """The commit, or so many digits of it, and whether files differed from it; empty where there is none."""
        return f"{self.commit[:digits]}{' with changes' if self.dirty else ''}" if self.commit else ""


class Asked:
    """The present command. Git is asked in the background, from when this is made.

    Args:
        line: as typed; None for a call from Python.
        versions: of Python and of the packages, by name.
        directory: where it runs.
    """

    def __init__(self, line: str | None, versions: Mapping[str, str], directory: Path | None = None) -> None:
        self._command = Command(
            line=_cut(FROM_PYTHON if line is None else line),
            started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            host=platform.node(),
            commit=None,
            dirty=None,
            versions=dict(versions),
        )
        self._directory = directory
        self._git = Thread(target=self._ask, name="git", daemon=True)
        self._git.start()

    def command(self, wait: float = 0.0) -> Command:
        """What is known of it, after at most `wait` seconds more for git."""
        if wait:
            self._git.join(wait)
        return self._command

    def _ask(self) -> None:
        commit, dirty = state_of(self._directory)
        self._command = replace(self._command, commit=commit, dirty=dirty)


def state_of(directory: Path | None) -> tuple[str | None, bool | None]:
    """The commit of a directory's git repository, and whether tracked files differ from it.

    None and None where there is no git, no repository, no commit yet, or no answer within `PATIENCE`.
    """
    said = ""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            GIT,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=True,
        )
        said = done.stdout.decode(errors="replace")
    lines = said.splitlines()
    commit = next((line.removeprefix("# branch.oid ") for line in lines if line.startswith("# branch.oid ")), "")
    if not COMMIT.fullmatch(commit):
        return None, None
    return commit, any(not line.startswith("#") for line in lines)


def latest(before: Sequence[Command], command: Command) -> tuple[Command, ...]:
    """The commands with this one as the last, in place of what was known of it before; the oldest ones are dropped."""
    others = [each for each in before if (each.started_at, each.line) != (command.started_at, command.line)]
    return (*others, command)[-MOST_COMMANDS:]


def from_json(content: Any) -> Command:
    """A command from what a file says.

    Raises:
        TypeError, KeyError: where it says something else.
    """
    for name in ("line", "started_at", "host"):
        _of(str, content[name])
    versions = _of(dict, content["versions"])
    return Command(
        line=_cut(content["line"]),
        started_at=content["started_at"],
        host=content["host"],
        commit=None if content["commit"] is None else _of(str, content["commit"]),
        dirty=None if content["dirty"] is None else _of(bool, content["dirty"]),
        versions={_of(str, name): _of(str, version) for name, version in versions.items()},
    )


def _of(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def _cut(line: str) -> str:
    return line if len(line) <= MOST_CHARACTERS else f"{line[: MOST_CHARACTERS - 1]}…"
