"""Which runs below a directory have a TensorBoard log, and what lies beside them that TensorBoard should not open."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from xor_sweep.logs.append import COMPARISON, comparison_files
from xor_sweep.names import EVENTS

ITSELF = "."
"""What TensorBoard calls the run whose event file lies in the directory that it was given."""


@dataclass(frozen=True)
class Logged:
    """What was found below a directory.

    Attributes:
        runs: the names of the runs, as TensorBoard has them: paths below the directory, in their order.
        apart: the runs that hold a link, or an event file that is no file; they are none of `runs`.
        strange: whether there is such a link or file anywhere, in a run or beside it.
    """

    runs: tuple[str, ...]
    apart: tuple[str, ...]
    strange: bool


def logged(directory: Path) -> Logged:
    """Find the runs that have an event file, at whatever depth; what is hidden is looked at for links alone.

    What a summary says of a run, or of a sweep at its root, makes no run.

    TensorBoard follows links wherever they lead, and opens pipes.

    Raises:
        OSError: where the directory itself cannot be read.
    """
    runs: set[str] = set()
    strange: list[str] = []
    waiting = [""]
    while waiting:
        below = waiting.pop()
        try:
            with os.scandir(directory / below) as entries:
                found = [(entry, f"{below}/{entry.name}".lstrip("/")) for entry in entries]
        except OSError:
            if not below:
                raise
            continue  # gone meanwhile, or not ours to read
        for entry, name in found:
            if entry.is_symlink():
                strange.append(name)
            elif entry.is_dir(follow_symlinks=False):
                waiting.append(name)
            elif EVENTS.search(entry.name):
                if not entry.is_file(follow_symlinks=False):
                    strange.append(name)
                elif not (entry.name.startswith(COMPARISON) or _is_hidden(below)):
                    runs.add(below or ITSELF)
    around = {str(parent) for name in strange for parent in PurePosixPath(name).parents}
    return Logged(tuple(sorted(runs - around)), tuple(sorted(runs & around)), bool(strange))


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


def link_runs(directory: Path, runs: Sequence[str], into: Path) -> None:
    """Make a directory of links to runs, under the same names, and to what summaries say of the sweeps they are of.

    Args:
        directory: where the runs are.
        runs: their names.
        into: where the links go; it is not there yet.
    """
    into.mkdir()
    linked: set[str] = set()
    for name in sorted(runs):
        parents = [str(parent) for parent in PurePosixPath(name).parents]
        if name == ITSELF or not linked.isdisjoint(parents):
            continue  # it shows already, and what is made below a link would be made in the run
        linked.add(name)
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        (into / name).symlink_to((directory / name).resolve(), target_is_directory=True)
    for parent in {parent for name in linked for parent in PurePosixPath(name).parents}:
        for path in comparison_files(directory / parent):
            if path.is_file() and not path.is_symlink():
                (into / parent / path.name).symlink_to(path.resolve())
