"""The best configuration's model: written into its run's directory, and scored once on what was held out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from xor_sweep.claims import Claim, remove
from xor_sweep.errors import TrainingProcessDied
from xor_sweep.execute import train_again
from xor_sweep.executors.engine import Engine
from xor_sweep.kept import Keeper
from xor_sweep.manifest import load_manifest, save_manifest
from xor_sweep.outcome import whole_reason
from xor_sweep.prepare import Prepared, prepare
from xor_sweep.results import RunResult
from xor_sweep.runs import SweepPaths
from xor_sweep.summary import Summary


@dataclass(frozen=True)
class Kept:
    """What was kept.

    Attributes:
        model: the file; None where none was kept.
        test: cost and accuracy on it, by name; None where there is none.
        reason: why no model was kept, for a reader; None where one was, or where no run completed.
        without: the runs that this is about, where every run's model was to be kept.
    """

    model: Path | None = None
    test: dict[str, Any] | None = None
    reason: str | None = None
    without: tuple[str, ...] = ()


def keep_best(
    summary: Summary,
    claims: Iterable[Claim],
    prepared: Prepared,
    keeper: Keeper,
    sweep: SweepPaths,
    engine: Engine,
) -> Kept:
    """Keep the model of the best configuration's run at the median, and no other command's in its place.

    Where it was kept already nothing is done. Where its weights are not in memory, the run trains again.

    Args:
        summary: of the sweep directory.
        claims: the runs of this command.
        prepared: the structures of those that it trained.
        keeper: their weights.
        sweep: the sweep directory.
        engine: trains, writes and scores.
    """
    if summary.best_run is None:
        unusable = "fewer than half of each configuration's runs completed"
        return Kept(reason=unusable if summary.best else None)
    paths, manifest = sweep.run(summary.best_run), load_manifest(sweep)
    if paths.model.exists() and manifest.kept == summary.best_run:
        return Kept(paths.model, test=manifest.test)
    if paths.directory.is_symlink():
        return Kept(reason=f"the best run, {summary.best_run}, is a link to elsewhere, where nothing is written")
    claim = next((claim for claim in claims if claim.paths.name == summary.best_run), None)
    if claim is None:
        reason = f"the best run, {summary.best_run}, is of an earlier command; that command again keeps its model"
        return Kept(reason=reason)
    if summary.best_run in (manifest.unkept or {}) and claim.finished is not None:
        return Kept(reason=(manifest.unkept or {})[summary.best_run])
    trained = keeper.held(claim.job.identity)
    if trained is None:
        spec = claim.job.spec
        structure = prepared.structures.get(spec) or prepare([spec], engine).structures[spec]
        trained = train_again(spec, structure, engine)
    if not keeper.write(trained, paths):
        assert keeper.problem is not None
        reason = whole_reason(keeper.problem)
        if not isinstance(keeper.problem, TrainingProcessDied):  # which says nothing about the network
            save_manifest(sweep, replace(manifest, unkept={summary.best_run: reason}))
        return Kept(reason=reason)
    if manifest.kept and manifest.kept != summary.best_run:
        remove([sweep.run(manifest.kept).model, sweep.run(manifest.kept).model_facts])
    test = trained.test_score(claim.job.spec.data, engine)
    save_manifest(sweep, replace(manifest, kept=summary.best_run, test=test and {"run": summary.best_run, **test}))
    return Kept(paths.model, test=test)


def kept_of_all(claims: Iterable[Claim], results: Mapping[str, RunResult], keeper: Keeper) -> Kept:
    """Which completed runs have no model, where each was to keep its own, and why.

    Args:
        claims: the runs of this command.
        results: theirs, by identity.
        keeper: which has written the models of those that it trained.
    """
    completed = (taken for taken in claims if results[taken.job.identity].status == "completed")
    without = tuple(taken.paths.name for taken in completed if not taken.paths.model.exists())
    if not without:
        return Kept()
    finished_without = "finished without one; overwrite=true trains again and keeps it"
    return Kept(reason=whole_reason(keeper.problem) if keeper.problem else finished_without, without=without)
