"""Jobs against what is on disk: which runs are finished, which train, and in which directories."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from xor_sweep.config import codes_of, earlier_identity, file_identity
from xor_sweep.foreign import refuse_links
from xor_sweep.jobs import Job
from xor_sweep.logs.append import comparison_files, event_files
from xor_sweep.manifest import load_manifest
from xor_sweep.names import candidates, folded
from xor_sweep.results import RunResult, load_result, load_results
from xor_sweep.runs import RunPaths, SweepPaths


@dataclass(frozen=True)
class Claim:
    """A run's place in the sweep directory.

    Attributes:
        job: what is asked for.
        paths: the run directory.
        finished: the result that is kept; None where the run trains.
        earlier: the run that differs from this one only in its batches, whose order `data.seed` drew up to release
            0.2.0; None if there is no such result.
    """

    job: Job
    paths: RunPaths
    finished: RunResult | None
    earlier: str | None = None

    @property
    def code_of_files(self) -> dict[str, str]:
        """By the hash of a function's file, that of its code, if the finished result is known by the files alone."""
        if self.finished is None or self.finished.identity == self.job.identity:
            return {}
        return codes_of(self.job.spec)


def claim(jobs: Sequence[Job], sweep: SweepPaths, *, hydra_rewritten: str | None = None) -> list[Claim]:
    """Give each distinct run its directory and find the finished ones.

    A finished run is recognised by its identity, under whatever name. Where the wanted name is that of another run, of
    a file or of a link, the new run goes beside it. Jobs of one identity are one run: the first one's name holds.
    Nothing is written.

    Args:
        jobs: what is asked for.
        sweep: the sweep directory.
        hydra_rewritten: the name of the run whose `.hydra/` one of Hydra's launchers has just written anew, if any.

    Raises:
        ConfigError: where a run would train into a directory with links, which lead elsewhere.
    """
    places = Places(sweep, hydra_rewritten)
    claims: dict[str, Claim] = {}
    for job in jobs:
        if job.identity in claims:
            continue
        result = places.result(job)
        keep = result is not None and result.status != "failed" and not job.settings.overwrite
        name = result.run if keep and result else places.take(job)
        claims[job.identity] = Claim(job, sweep.run(name), result if keep else None, places.earlier(job))
        if not keep:
            refuse_links(sweep.run(name).links)
    return list(claims.values())


class Places:
    """The names in a sweep directory: those of the runs that are there, and those that new runs take.

    Names that differ in case alone count as one, as they do on macOS and Windows.

    Attributes:
        known: the results that are there, by identity. Where several directories hold one run, it is one that stands
            rather than one that failed, and a directory rather than a link to one.
    """

    def __init__(self, sweep: SweepPaths, hydra_rewritten: str | None = None) -> None:
        self._sweep = sweep
        results, self._entries = load_results(sweep, hydra_rewritten=hydra_rewritten), sweep.entries()
        self.known: dict[str, RunResult] = {}
        for stands in sorted(results, key=lambda each: (each.status == "failed", not self._is_directory(each.run))):
            self.known.setdefault(stands.identity, stands)
        self._owners = {result.run: result.identity for result in results}
        self._there: dict[str, set[str]] = {}
        for name in self._entries:
            self._there.setdefault(folded(name), set()).add(name)
        self._taken: set[str] = set()
        self._unordered = any(result.batch_order is None for result in results)

    def result(self, job: Job) -> RunResult | None:
        """Return the result of a job, also one of release 0.2.0, which knew functions by their files; None without one.

        What such a file refers to may have changed since. Once a result of that release has been taken for that of some
        code, it is not taken for that of other code.
        """
        if job.identity in self.known or not self._unordered:
            return self.known.get(job.identity)
        before = file_identity(job.spec)
        found = None if before is None else self.known.get(before)
        return found if found is not None and self._is_same_code(job) else None

    def _is_same_code(self, job: Job) -> bool:
        code_of_files = self._code_of_files
        return all(code_of_files.get(file, code) == code for file, code in codes_of(job.spec).items())

    @cached_property
    def _code_of_files(self) -> dict[str, str]:
        return load_manifest(self._sweep).code_of_files

    def earlier(self, job: Job) -> str | None:
        """Return the run that differs from a job only in the order of its batches; None if it has no result."""
        result = self._earlier(job)
        return None if result is None or result.status == "failed" else result.run

    def _earlier(self, job: Job) -> RunResult | None:
        before = earlier_identity(job.spec) if self._unordered else None
        return None if before is None else self.known.get(before)

    def take(self, job: Job) -> str:
        """The name of the directory in which a job trains: that of its earlier try, its own, or one beside that."""
        result, earlier = self.result(job), self._earlier(job)
        if result is None and earlier is not None and earlier.status == "failed":
            result = earlier  # nobody needs a failed run beside the one that replaces it
        if result and self._is_directory(result.run):
            name = result.run  # it is no other run's, whatever lies there in another case
        else:
            name = next(name for name in candidates(job.name, job.identity) if self._is_free(name, job.identity))
        self._taken.add(folded(name))
        return name

    def _is_free(self, name: str, identity: str) -> bool:
        """Whether nothing has a name, or what has it is a directory, of this run or of none."""
        if folded(name) in self._taken:
            return False
        there = self._there.get(folded(name))
        mine = self._owners.get(name, identity) == identity
        return not there or (there == {name} and self._is_directory(name) and mine)

    def _is_directory(self, name: str) -> bool:
        return self._entries.get(name, False)


def clear(paths: RunPaths, sweep: SweepPaths, *, keep_hydra: bool = False) -> None:
    """Make a run's directory ready for training.

    What a finished run wrote is moved aside until its new result stands; what an interrupted run left is removed.
    Files that a person put there stay.

    Args:
        paths: the run directory, which may not be there.
        sweep: the sweep directory.
        keep_hydra: whether `.hydra/` is that of the new run already.
    """
    old = [path for path in written(paths) if not (keep_hydra and path == paths.hydra)]
    if load_result(paths, hydra_rewritten=keep_hydra) is None:
        remove(old)
        return
    aside = sweep.replaced / paths.name
    remove([aside])
    aside.mkdir(parents=True)
    # The result goes last: until then the directory is that of a finished run.
    for path in sorted(old, key=lambda path: path == paths.result):
        path.rename(aside / path.name)
    if keep_hydra:
        shutil.copytree(paths.hydra, aside / paths.hydra.name, symlinks=True)


def let_go(paths: RunPaths, sweep: SweepPaths) -> None:
    """Remove what was moved aside for a run whose new result stands."""
    remove([sweep.replaced / paths.name])


def bring_back(sweep: SweepPaths) -> None:
    """Undo what a killed command left half replaced: a run whose new result is missing gets its old files back.

    Links are no part of that, neither in place of what was moved aside nor of where it came from.
    """
    if sweep.replaced.is_symlink() or not sweep.replaced.is_dir():
        return
    for aside in list(sweep.replaced.iterdir()):
        paths, old = sweep.run(aside.name), RunPaths(aside)
        if aside.is_symlink() or paths.directory.is_symlink() or aside.name.startswith(".") or not aside.is_dir():
            continue
        if not old.result.exists():  # it was on its way out, or back: what stands in the directory is the old run's
            move_back(aside, paths)
        elif load_result(paths) is None:
            remove(written(paths))
            paths.directory.mkdir(parents=True, exist_ok=True)
            old.result.rename(paths.result)
            move_back(aside, paths)
        remove([aside])


def move_back(aside: Path, paths: RunPaths) -> None:
    """Move what was set aside into the run directory."""
    for path in list(aside.iterdir()):
        remove([paths.directory / path.name])
        path.rename(paths.directory / path.name)


def written(paths: RunPaths) -> list[Path]:
    """What a run wrote into its directory, and links of those names, through which nothing is to be written."""
    events = (*event_files(paths.directory), *comparison_files(paths.directory))
    return [path for path in (*events, *paths.owned) if os.path.lexists(path)]


def remove(paths: Sequence[Path]) -> None:
    """Remove files and directories, where they are; of a link the link alone."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
