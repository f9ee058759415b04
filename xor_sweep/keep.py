"""The best configuration's model: written into its run's directory, and scored once on what was held out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from xor_sweep.again import train_again, train_to_lowest
from xor_sweep.amounts import count
from xor_sweep.claims import Claim, remove
from xor_sweep.config import RunSpec, Settings
from xor_sweep.errors import SweepError, TrainingProcessDied
from xor_sweep.executors.engine import Engine
from xor_sweep.kept import Keeper, Trained
from xor_sweep.manifest import Manifest, load_manifest, save_manifest
from xor_sweep.model_facts import Moment, is_whole_model, load_facts
from xor_sweep.outcome import made_with, whole_reason
from xor_sweep.plan import plan
from xor_sweep.prepare import Prepared, prepare
from xor_sweep.rebuilt import rebuild
from xor_sweep.results import RunResult
from xor_sweep.runs import RunPaths, SweepPaths
from xor_sweep.structure import Structure
from xor_sweep.summary import Ranked, Summary

LOWEST = "best_cost"
"""The objective that ranks a run by the weights that it had at its lowest cost, and not by those that it ends with."""

ROUNDING = 1e-5
"""By how much, of itself, a cost may differ from the one that was ranked: a truth table's lowest cost comes from an
update, and that of a model from an evaluation, which may round differently."""


@dataclass(frozen=True)
class Kept:
    """What was kept.

    Attributes:
        model: the file; None where none was kept.
        test: cost and accuracy on it, by name; None where there is none.
        reason: why no model was kept, for a reader; None where one was, or where no run completed.
        without: the runs that this is about, where every run's model was to be kept.
        weights: of which moment of the training it has the weights; None if they are those that the run ended with.
        note: what is different from what was ranked; None where nothing is.
    """

    model: Path | None = None
    test: dict[str, Any] | None = None
    reason: str | None = None
    without: tuple[str, ...] = ()
    weights: Moment | None = None
    note: str | None = None


@dataclass(frozen=True)
class Models:
    """Keeps the models of a command's runs.

    Attributes:
        claims: the runs of this command.
        prepared: the structures of those that it trained.
        keeper: their weights.
        sweep: the sweep directory.
        engine: trains, writes and scores.
        settings: of the command.
        say: told what takes a while.
    """

    claims: Sequence[Claim]
    prepared: Prepared
    keeper: Keeper
    sweep: SweepPaths
    engine: Engine
    settings: Settings
    say: Callable[[str], None]

    def keep(self, found: Ranked, results: Mapping[str, RunResult]) -> Kept:
        """Keep what the command wants: the best run's model, each run's, or none.

        Args:
            found: the runs of the sweep directory, ranked.
            results: of this command's runs, by identity.
        """
        if self.settings.save == "best":
            return self._keep_best(found)
        return self._keep_all(results) if self.settings.save == "all" else Kept()

    def _keep_best(self, found: Ranked) -> Kept:
        """Keep the model of the best run, with the weights that were ranked; an earlier one goes when it stands.

        If it is kept already nothing is done. If its weights are not in memory, the run trains again, even if it is of
        an earlier command.
        """
        summary, manifest = found.summary, load_manifest(self.sweep)
        result = summary.best_result
        if result is None:
            unusable = "fewer than half of each configuration's runs completed"
            return Kept(reason=unusable if summary.best else None)
        paths, cost = self.sweep.run(result.run), ranked_cost(result, summary.objective)
        before = result.final_cost if manifest.kept_cost is None else manifest.kept_cost
        if paths.model.exists() and manifest.kept == result.run and before == cost:
            if _is_whole(paths):
                return Kept(paths.model, test=manifest.test)
            self.say(f"{paths.model}: damaged, and is replaced")
        if paths.directory.is_symlink():
            return self._none(manifest, f"the best run, {result.run}, is a link to elsewhere, where nothing is written")
        claim = next((claim for claim in self.claims if claim.paths.name == result.run), None)
        if result.run in (manifest.unkept or {}) and (claim is None or claim.finished is not None):
            return self._none(manifest, (manifest.unkept or {})[result.run])
        try:
            trained = self._ranked(result, claim, found, cost)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever a user's network or data raises, the runs are finished
            why = str(error) if isinstance(error, SweepError) else whole_reason(error)
            return self._none(manifest, f"the best run, {result.run}, cannot be trained again: {why}")
        if not self.keeper.write(trained, paths):
            assert self.keeper.problem is not None
            reason = whole_reason(self.keeper.problem)
            if not isinstance(self.keeper.problem, TrainingProcessDied):  # which says nothing about the network
                save_manifest(self.sweep, replace(manifest, unkept={result.run: reason}))
            return self._none(manifest, reason)
        if manifest.kept and manifest.kept != result.run:
            remove([self.sweep.run(manifest.kept).model, self.sweep.run(manifest.kept).model_facts])
        test: dict[str, Any] | None = trained.test_score(trained.data, self.engine)
        scores = None if test is None else {"run": result.run, **test}
        save_manifest(self.sweep, replace(manifest, kept=result.run, kept_cost=cost, test=scores))
        early = None if trained.moment.step == last_step(result) else trained.moment
        return Kept(paths.model, test=test, weights=early, note=difference(trained.moment, result, cost))

    def _none(self, manifest: Manifest, reason: str) -> Kept:
        """No model of the best run; the one that was kept before stays."""
        before = manifest.kept and self.sweep.run(manifest.kept).model
        return Kept(reason=f"{reason}; the earlier model stays: {before}" if before and before.exists() else reason)

    def _ranked(self, result: RunResult, claim: Claim | None, found: Ranked, cost: float) -> Trained:
        """The run with the weights that were ranked: from memory, or trained again.

        Raises:
            Exception: where it cannot be trained again.
        """
        trained = self.keeper.held(result.identity)
        if trained is not None and trained.moment.cost == cost:
            return trained
        if claim is None:
            spec = rebuild(result, found.configs.mapping(result.run), self.settings.trusted_modules)
        else:
            spec = claim.job.spec
        structure = self._structure(spec)
        self.say(f"Training {result.run} again, for its model")
        if cost != result.final_cost:
            return train_to_lowest([spec], structure, self.engine)[0]
        return train_again(spec, structure, self.engine)

    def _structure(self, spec: RunSpec) -> Structure:
        if spec in self.prepared.structures:
            return self.prepared.structures[spec]
        prepared = prepare([spec], self.engine)
        if spec in prepared.unbuilt:
            raise prepared.unbuilt[spec]
        return prepared.structures[spec]

    def _keep_all(self, results: Mapping[str, RunResult]) -> Kept:
        """Write the models that are still to come, and say which completed runs have none and why.

        Runs that rank by their lowest cost, and end with a higher one, train again for the weights that they had there.
        """
        ended = [(taken, results[taken.job.identity]) for taken in self.claims if taken.job.identity in results]
        completed = [(taken, result) for taken, result in ended if result.status == "completed"]
        objective = self.settings.objective
        without = [(taken, result) for taken, result in completed if not has_model(taken.paths, result, objective)]
        lowest = {
            taken.job.spec: taken for taken, result in without if ranked_cost(result, objective) != result.final_cost
        }
        if lowest:
            self.say(f"Training {count(len(lowest), 'run')} again, for the weights of the lowest cost")
            self._write_lowest(lowest)
            without = [(taken, result) for taken, result in without if not has_model(taken.paths, result, objective)]
        if not without:
            return Kept()
        finished_without = "finished without one; overwrite=true trains again and keeps it"
        reason = whole_reason(self.keeper.problem) if self.keeper.problem else finished_without
        return Kept(reason=reason, without=tuple(taken.paths.name for taken, _ in without))

    def _write_lowest(self, claims: Mapping[RunSpec, Claim]) -> None:
        """Write the model of each run with the weights that it had at its lowest cost; runs train side by side."""
        known = self.prepared.structures
        known = known | prepare((spec for spec in claims if spec not in known), self.engine).structures
        for chunk in plan([(spec, known[spec]) for spec in claims if spec in known]):
            for start in range(0, len(chunk.specs), chunk.structure.width):
                specs = chunk.specs[start : start + chunk.structure.width]
                for spec, trained in zip(specs, train_to_lowest(specs, chunk.structure, self.engine), strict=True):
                    self.keeper.write(trained, claims[spec].paths)


def best_model(sweep: SweepPaths, summary: Summary) -> Path | None:
    """Return the file of the model of the best configuration, which is that of the first ranking.

    None if no run of it completed, or if the model of that run is not kept with the weights that rank it.
    """
    result = summary.best_result
    if result is None:
        return None
    paths = sweep.run(result.run)
    return paths.model if has_model(paths, result, summary.objective) else None


def ranked_cost(result: RunResult, objective: str) -> float:
    """The cost of the weights that rank a completed run."""
    cost = result.best_cost if objective == LOWEST else result.final_cost
    return math.inf if cost is None else cost


def difference(moment: Moment, result: RunResult, cost: float) -> str | None:
    """What a reader has to know of a model whose cost is not the one that was ranked; None if it is."""
    if math.isclose(moment.cost, cost, rel_tol=ROUNDING):
        return None
    before: dict[str, str] = {"cpu": result.cpu, **result.versions}
    why = (
        "with dropout or class weights, in training"
        if before == made_with()
        else "by another processor or other versions"
    )
    return f"its cost is {moment.cost:.6g}, and {cost:.6g} was ranked, which was computed {why}"


def last_step(result: RunResult) -> int:
    """After how many updates a run had the weights that it ended with."""
    return result.steps if result.kept_at is None else result.kept_at


def has_model(paths: RunPaths, result: RunResult, objective: str) -> bool:
    """Return whether a completed run has a model of the weights that rank it."""
    if not paths.model.exists():
        return False
    facts = load_facts(paths.model_facts)
    if facts is None:
        return False
    moment = facts.weights
    last = moment is None or moment.step == last_step(result)  # None of 0.2.0, which kept the last weights
    return last == (ranked_cost(result, objective) == result.final_cost)


def _is_whole(paths: RunPaths) -> bool:
    """Whether a run's model and what stands beside it are what was written."""
    facts = load_facts(paths.model_facts)
    return facts is not None and is_whole_model(paths.model, facts)
