"""Which runs below a directory have a TensorBoard log, and what lies beside them that TensorBoard should not open."""

from __future__ import annotations

import os
from collections.abc import Sequence, Set
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
        roots: directories that are no run, of which a summary says something; TensorBoard lists them among the runs.
        apart: the runs that hold a link, or an event file that is no file; they are none of `runs`.
        strange: whether there is such a link or file anywhere, in a run or beside it.
    """

    runs: tuple[str, ...]
    roots: tuple[str, ...]
    apart: tuple[str, ...]
    strange: bool


def logged(directory: Path) -> Logged:
    """Find the runs that have an event file, at whatever depth; what is hidden is looked at for links alone.

    TensorBoard follows links wherever they lead, and opens pipes.

    Raises:
        OSError: where the directory itself cannot be read.
    """
    runs: set[str] = set()
    summarised: set[str] = set()
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
                elif not _is_hidden(below):
                    (summarised if entry.name.startswith(COMPARISON) else runs).add(below or ITSELF)
    around = {str(parent) for name in strange for parent in PurePosixPath(name).parents}
    own = runs - around
    sweeps = {run.rpartition("/")[0] or ITSELF for run in own}
    roots = tuple(sorted(sweeps & summarised - runs))
    return Logged(tuple(sorted(own)), roots, tuple(sorted(runs & around)), bool(strange))


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


def link_runs(directory: Path, runs: Sequence[str], roots: Sequence[str], into: Path) -> None:
    """Make a directory of links to runs, under the same names, and to what summaries say of the sweeps they are of.

    Args:
        directory: where the runs are.
        runs: their names.
        roots: the sweeps'.
        into: where the links go; it is not there yet.
    """
    into.mkdir()
    linked: set[str] = set()
    for name in sorted(runs):
        if name == ITSELF or _is_in(linked, name):
            continue  # it shows already, and what is made below a link would be made in the run
        linked.add(name)
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        (into / name).symlink_to((directory / name).resolve(), target_is_directory=True)
    for root in roots:
        if _is_in(linked, root):
            continue
        (into / root).mkdir(parents=True, exist_ok=True)
        for path in comparison_files(directory / root):
            if path.is_file() and not path.is_symlink():
                (into / root / path.name).symlink_to(path.resolve())


def _is_in(linked: Set[str], name: str) -> bool:
    return name in linked or not linked.isdisjoint(map(str, PurePosixPath(name).parents))
