"""Jobs against what is on disk: which runs are finished, which train, and in which directories."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from xor_sweep.jobs import Job
from xor_sweep.logs.append import event_files
from xor_sweep.runs import RunPaths, RunResult, SweepPaths, beside, load_result, load_results


@dataclass(frozen=True)
class Claim:
    """A run's place in the sweep directory.

    Attributes:
        job: what is asked for.
        paths: the run directory.
        finished: the result that is kept; None where the run trains.
    """

    job: Job
    paths: RunPaths
    finished: RunResult | None


def claim(jobs: Sequence[Job], sweep: SweepPaths) -> list[Claim]:
    """Give each distinct run its directory and find the finished ones.

    A finished run is recognised by its identity, under whatever name. Where a directory of the wanted name holds a
    run of another identity, the new run goes beside it. Jobs of one identity are one run: the first one's name holds.
    Nothing is written.
    """
    results = load_results(sweep)
    known = {result.identity: result for result in reversed(results)}
    owners = {result.run: result.identity for result in results}
    claims: dict[str, Claim] = {}
    for job in jobs:
        if job.identity in claims:
            continue
        result = known.get(job.identity)
        name = result.run if result else job.name
        if owners.setdefault(name, job.identity) != job.identity:
            name = beside(name, job.identity)
            owners[name] = job.identity
        keep = result is not None and result.status != "failed" and not job.settings.overwrite
        claims[job.identity] = Claim(job, sweep.run(name), result if keep else None)
    return list(claims.values())


def clear(paths: RunPaths, sweep: SweepPaths, *, keep_hydra: bool = False) -> None:
    """Make a run's directory ready for training.

    A run that is finished is moved aside until its new result stands; what an interrupted run left is removed. Files
    that are not ours stay.

    Args:
        paths: the run directory, which may not be there.
        sweep: the sweep directory.
        keep_hydra: whether `.hydra/` is that of the new run already.
    """
    if load_result(paths) is not None:
        aside = sweep.replaced / paths.name
        shutil.rmtree(aside, ignore_errors=True)
        aside.parent.mkdir(parents=True, exist_ok=True)
        paths.directory.rename(aside)
        if keep_hydra:
            shutil.copytree(sweep.replaced / paths.name / paths.hydra.name, paths.hydra)
    for leftover in [*event_files(paths.directory), paths.error, paths.result]:
        leftover.unlink(missing_ok=True)


def let_go(paths: RunPaths, sweep: SweepPaths) -> None:
    """Remove what was moved aside for a run whose new result stands."""
    shutil.rmtree(sweep.replaced / paths.name, ignore_errors=True)


def bring_back(sweep: SweepPaths) -> None:
    """Undo what a killed command left half replaced: a run whose new result is missing gets its old directory back."""
    if not sweep.replaced.is_dir():
        return
    for aside in list(sweep.replaced.iterdir()):
        paths = sweep.run(aside.name)
        if load_result(paths) is None:
            shutil.rmtree(paths.directory, ignore_errors=True)
            aside.rename(paths.directory)
        else:
            shutil.rmtree(aside)
