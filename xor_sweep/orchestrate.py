"""Plan, execute, record, summarise: one command's sweep from its jobs to its exit code."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from threading import Thread

from xor_sweep.calls import reads_of
from xor_sweep.claims import Claim, bring_back, claim
from xor_sweep.compiled_models import CompiledModels
from xor_sweep.config import Settings
from xor_sweep.console import Console
from xor_sweep.data import begin_command
from xor_sweep.errors import ConfigError, RunFailedError
from xor_sweep.execute import execute
from xor_sweep.executors.engine import Engine
from xor_sweep.jobs import Job, shared_settings
from xor_sweep.keep import LOWEST, Models
from xor_sweep.kept import Keeper
from xor_sweep.keras_settings import check_settings
from xor_sweep.lock import SweepLock
from xor_sweep.log_points import check_points
from xor_sweep.manifest import add_command, extend_manifest, load_manifest
from xor_sweep.measure import Measure
from xor_sweep.names import is_utf8
from xor_sweep.open_chunk import Work
from xor_sweep.outcome import versions
from xor_sweep.plan import Chunk, plan
from xor_sweep.prepare import Prepared, forget, prepare
from xor_sweep.provenance import PATIENCE, Asked
from xor_sweep.record import fail_unbuilt, vouch
from xor_sweep.recorded_files import cut_logs
from xor_sweep.results import RunResult, damaged_file
from xor_sweep.resume import clean, resumed
from xor_sweep.runs import SweepPaths
from xor_sweep.scored import measure_of
from xor_sweep.size import size_of
from xor_sweep.sources import changed, named_functions, sources_of
from xor_sweep.space import check_space, existing
from xor_sweep.stopping import Interrupted, stopping
from xor_sweep.summary import Summary, import_ahead, rank_runs, summarise, write_summary


@dataclass
class Sweep:
    """One command's runs.

    Attributes:
        swept: the keys that the command sweeps.
        single: whether it asks for one run and not for a sweep.
        console: where it says what it does.
        engine: trains.
        line: the command as typed; None for a call from Python.
        claims: every run that was asked for, by identity, in order.
        results: what the runs ended with, by identity.
        settings: where results go and how they rank; known with the first jobs.
        summary: of the sweep directory, when the command has finished; None before, and under `dry_run`.
        compiled: what the runs' models were compiled with.
    """

    swept: tuple[str, ...]
    single: bool
    console: Console
    engine: Engine
    line: str | None = None
    claims: dict[str, Claim] = field(default_factory=dict)
    results: dict[str, RunResult] = field(default_factory=dict)
    settings: Settings | None = None
    summary: Summary | None = None
    prepared: Prepared = field(default_factory=Prepared)
    compiled: CompiledModels = field(init=False)
    _lock: SweepLock | None = None

    def __post_init__(self) -> None:
        begin_command()
        self.keeper = Keeper(self.engine)
        self.compiled = CompiledModels(self.engine)
        self._measured: dict[Measure, None] = {}
        self._asked = Asked(self.line, versions())

    @property
    def paths(self) -> SweepPaths:
        """The sweep directory's files."""
        assert self.settings is not None
        return SweepPaths(self.settings.sweep_dir)

    def take(self, jobs: Sequence[Job]) -> list[Claim]:
        """Give a batch of jobs their directories; say what will be done; returns the runs that train.

        Nothing is written before the whole batch is known to be possible, nothing at all under `dry_run`.

        Raises:
            ConfigError: where the batch cannot be run where it was asked for.
        """
        self._settle(jobs)
        assert self.settings is not None
        check_place(self.settings)
        claims = claim(jobs, self.paths)
        unfinished = [taken for taken in claims if taken.finished is None]
        self._prepare(unfinished)
        self._check_space(unfinished)
        if (unfinished or self.paths.replaced.exists()) and not self.settings.dry_run:
            self._lock = self._lock or SweepLock(self.paths)
            bring_back(self.paths)
            claims = claim(jobs, self.paths)  # another command may have finished some meanwhile
        self.claims |= {taken.job.identity: taken for taken in claims}
        self.results |= {kept.job.identity: kept.finished for kept in claims if kept.finished}
        train = [taken for taken in claims if not taken.finished]
        self._prepare(train)
        size = size_of(self._chunks(train), self.settings.logging, self.settings.save)
        self.console.compiled(self.compiled.told())
        for target in named_functions(taken.job.spec for taken in claims):
            self.console.unfollowed(target, reads_of(target))
        self.console.planned(len(jobs), claims, size, self.settings, self.prepared, single=self.single)
        self.console.damaged([file for taken in train if (file := damaged_file(taken.paths))])
        finished = [(taken.paths.directory, taken.finished.files) for taken in claims if taken.finished]
        self.console.cut_logs([cut for directory, files in finished for cut in cut_logs(directory, files)])
        self.console.changed(changed(train, load_manifest(self.paths).sources))
        self.console.reordered(train)
        if not self.settings.dry_run:
            self._extend_manifest(claims)
        return train

    def _settle(self, jobs: Sequence[Job]) -> None:
        """Know the settings of jobs; if runs are to be trained again, nothing that was compiled before counts."""
        if self.settings is None and any(job.settings.overwrite for job in jobs):
            forget()
            self.engine.forget()
        self.settings = shared_settings(jobs, self.settings)

    def _extend_manifest(self, claims: Sequence[Claim]) -> None:
        assert self.settings is not None
        sources: dict[str, str] = {}
        code_of_files: dict[str, str] = {}
        for taken in claims:
            sources |= sources_of(taken.job.spec)
            code_of_files |= taken.code_of_files
        asked = self.settings
        extend_manifest(
            self.paths,
            self.swept,
            asked.objective,
            asked.direction,
            sources,
            asked.solved_accuracy,
            self._asked.command(),
            code_of_files,
            self._measures(claims),
        )

    def _measures(self, claims: Sequence[Claim]) -> list[Measure]:
        """The different measures of this command's runs so far, in their order."""
        for taken in claims:
            measure = measure_of(taken.job.spec) if taken.finished is None else taken.finished.measure
            self._measured[measure] = None
        return [measure for measure in self._measured if measure]

    def foresee(self, jobs: Sequence[Job]) -> None:
        """Know that every batch of a command can be run, before the first one trains.

        Raises:
            ConfigError: where one cannot.
        """
        self._settle(jobs)
        unfinished = [taken for taken in claim(jobs, self.paths) if taken.finished is None]
        self._prepare(unfinished)
        self._check_space(unfinished)

    def join(self, taken: Claim) -> None:
        """Take one run that a launcher and a sweeper of Hydra's have started by themselves."""
        self.settings = shared_settings([taken.job], self.settings)
        self.claims[taken.job.identity] = taken
        if taken.finished:
            self.results[taken.job.identity] = taken.finished
            if not self.settings.dry_run:
                vouch([(taken.paths, taken.finished)])  # Hydra has written its configuration anew
            return
        self._prepare([taken])
        if not self.settings.dry_run:
            self._lock = self._lock or SweepLock(self.paths)
            self._extend_manifest([taken])

    def train(self, claims: Sequence[Claim], started: Callable[[Claim], None] | None) -> None:
        """Train and record runs.

        Args:
            claims: what `take` returned.
            started: told about each run whose training starts; None where one of Hydra's own launchers made its
                directory and wrote `.hydra/`.
        """
        settings = self.settings
        if not claims or settings is None:
            return
        unbuilt = self.prepared.unbuilt
        raised = [(taken, unbuilt[taken.job.spec]) for taken in claims if taken.job.spec in unbuilt]
        results = fail_unbuilt(raised, self.paths, hydra_files=started is not None)
        self.results |= {result.identity: result for result in results}
        work = self._work([taken for taken in claims if taken.job.spec not in unbuilt])
        Thread(target=import_ahead, daemon=True).start()
        with (
            stopping(self.console.stopping) as stop,
            self.console.progress([task.chunk for task in work], settings, single=self.single) as watch,
        ):
            ends_with_failure = settings.failure_policy == "stop"
            stop.wanted = ends_with_failure and has_failed(results)
            for chunk, results in execute(
                work,
                self.paths,
                watch.segment,
                started,
                self.keeper,
                self.engine,
                settings.checkpoint_seconds,
                stop.asked,
                self.console.say,
            ):
                self.results |= {result.identity: result for result in results}
                watch.finished(chunk, results)
                if self._lock:
                    self._lock.check()
                stop.wanted |= ends_with_failure and has_failed(results)
        if stop.signal is not None:
            raise Interrupted(stop.signal)
        if stop.wanted:
            self.engine.close()  # it begins anew where a model is to be written
            raise RunFailedError("failure.policy=stop: a run failed")

    def _work(self, claims: Sequence[Claim]) -> list[Work]:
        """Chunks that go on from checkpoints, and chunks of the runs that train from their start."""
        found = resumed(claims, self.prepared.structures, self.paths)
        self.console.resumed(found)
        by_spec = {taken.job.spec: taken for taken in found.rest}
        chunks = self._chunks(found.rest)
        return [*found.work, *(Work(chunk, [by_spec[spec] for spec in chunk.specs]) for chunk in chunks)]

    def _prepare(self, train: Sequence[Claim]) -> None:
        assert self.settings is not None
        check_settings()
        self.keeper.save, self.keeper.lowest = self.settings.save, self.settings.objective == LOWEST
        known = self.prepared.structures.keys() | self.prepared.unbuilt.keys()
        wanted = (spec for taken in train if (spec := taken.job.spec) not in known)
        new = prepare(wanted, self.engine, self.compiled.raised)
        for structure in set(new.structures.values()):
            check_points(self.settings.logging, structure)
        self.prepared |= new
        numbers = (s for s in self.prepared.structures.values() if not s.data.classes)
        if self.settings.objective == "final_accuracy" and next(numbers, None):
            raise ConfigError("objective=final_accuracy: a regression has none; leave objective and direction out")

    def _check_space(self, train: Sequence[Claim]) -> None:
        """Refuse runs that do not fit on the disk; under `dry_run` say so."""
        assert self.settings is not None
        size = size_of(self._chunks(train), self.settings.logging, self.settings.save)
        try:
            check_space(size, self.settings, (taken.paths for taken in train))
        except ConfigError as error:
            if not self.settings.dry_run:
                raise
            self.console.say(f"Too little space: {error}")

    def _chunks(self, claims: Sequence[Claim]) -> list[Chunk]:
        structures = self.prepared.structures
        return plan([(spec, structures[spec]) for taken in claims if (spec := taken.job.spec) in structures])

    def finish(self) -> int:
        """Summarise and say what came out; returns the exit code.

        0 where all completed or some diverged, 1 where a run failed or none completed.
        """
        if self.settings is None or self.settings.dry_run:
            return 0
        ended = [taken for identity, taken in self.claims.items() if identity in self.results]
        results = [self.results[taken.job.identity] for taken in ended]
        if not results:
            return 1
        clean(self.paths, [*self.results])
        add_command(self.paths, self._asked.command(wait=PATIENCE))
        specs = [taken.job.spec for taken in self.claims.values()]
        found = rank_runs(self.paths)
        models = Models(ended, self.prepared, self.keeper, self.paths, self.engine, self.settings, say=self.console.say)
        kept = models.keep(found, self.results)
        found = replace(found, manifest=load_manifest(self.paths))  # what the model is worth is in the summary too
        summary = self.summary = write_summary(self.paths, found)
        self.console.left_out(summary.damaged)
        if self.single and len(results) == 1:
            [taken] = self.claims.values()
            self.console.run_ended(taken, results[0], kept, trained=taken.finished is None)
        else:
            replicated = len({(spec.seed, spec.data.fold, spec.data.seed) for spec in specs}) > 1
            one_seed_of = None if replicated else specs[0].data
            logged = not self.settings.logging.off
            self.console.sweep_ended(
                summary, results, self.paths, kept, one_seed_of=one_seed_of, logged=logged, runs=len(self.claims)
            )
        return 1 if has_failed(results) or all(result.status != "completed" for result in results) else 0

    def release(self) -> None:
        """Let another command sweep into the directory, and end what trains."""
        self.engine.close()
        if self._lock:
            self._lock.release()

    def interrupted(self) -> None:
        """Summarise what is finished, and say how the rest goes on."""
        self.engine.close()
        if self.settings is None or self.settings.dry_run or not self.claims:
            return
        add_command(self.paths, self._asked.command())
        summary = summarise(self.paths, plots=False) if self.results else None
        self.console.interrupted(summary, [*self.results.values()], len(self.claims), self.paths)


def has_failed(results: Iterable[RunResult]) -> bool:
    """Whether one of some runs failed."""
    return any(result.status == "failed" for result in results)


def check_place(settings: Settings) -> None:
    """Refuse a sweep directory that cannot be made.

    Raises:
        ConfigError: where something in its path is no directory, or not to be written.
    """
    if SweepPaths(settings.sweep_dir).too_long:
        raise ConfigError(f"outputs={settings.outputs}: is too long for a path; give it a shorter one")
    if not is_utf8(path := str(settings.sweep_dir.absolute())):
        raise ConfigError(f"outputs={settings.outputs}: the path {path} is not UTF-8; name a directory whose path is")
    here = existing(settings.sweep_dir)
    if not here.is_dir():
        raise ConfigError(f"outputs={settings.outputs}: takes a directory, and {here} is none; give it another one")
    if not (settings.dry_run or os.access(here, os.W_OK)):
        raise ConfigError(f"outputs={settings.outputs}: {here} cannot be written; give it another directory")
