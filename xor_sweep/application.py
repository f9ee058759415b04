"""xor_sweep as Hydra sees it: a task function, and what the launcher and the sweeper do for it."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobStatus, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf, read_write

from xor_sweep.calls import Call
from xor_sweep.claims import Claim, claim
from xor_sweep.compiled import shown_target
from xor_sweep.config import RunSpec, identity
from xor_sweep.durable import write_whole
from xor_sweep.errors import ConfigError, RunFailedError
from xor_sweep.given_keys import given_keys, keys_of_files
from xor_sweep.jobs import Composer, Composition, Job, read_spec
from xor_sweep.orchestrate import Sweep
from xor_sweep.results import RunResult
from xor_sweep.runs import RunPaths, SweepPaths


class Application:
    """The task function: called by Hydra's own launchers for one job, recognised by ours for all of them."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep

    def __call__(self, config: DictConfig) -> float:
        """Train one job in the directory that Hydra made for it; returns the objective.

        Raises:
            RunFailedError: where its training raised.
        """
        hydra = HydraConfig.get()
        spec, settings = read_spec(config)
        self._check_compiled(spec, config)
        overrides = tuple(OmegaConf.to_container(hydra.overrides.task, resolve=False))  # type: ignore[arg-type]  # words
        paths = RunPaths(Path(hydra.runtime.output_dir))
        job = Job(
            number=int(hydra.job.num),
            overrides=overrides,
            spec=spec,
            settings=settings,
            identity=identity(spec),
            name=paths.name,
            composition=Composition(config, config),
            plain=(),
        )
        [claimed] = claim([job], SweepPaths(paths.directory.parent), hydra_rewritten=paths.name)
        self.sweep.join(claimed)
        if settings.dry_run:
            return math.nan
        if not claimed.finished:
            self.sweep.train([claimed], started=None)
        result = self.sweep.results[job.identity]
        if result.status == "failed":
            raise RunFailedError(f"{result.run}: {result.reason}")
        return objective(result, claimed)

    def _check_compiled(self, spec: RunSpec, config: DictConfig) -> None:
        """Refuse a job that Hydra composed by itself, without what its model was compiled with.

        Raises:
            ConfigError: if the job leaves open what `compile` says.
        """
        hydra = HydraConfig.get()
        own: Any = OmegaConf.to_container(hydra.overrides.task, resolve=False)
        whole = GlobalHydra.instance()
        files = keys_of_files(whole.config_loader(), hydra.runtime.choices) if whole.is_initialized() else frozenset()
        if missing := self.sweep.compiled.overrides(spec, given_keys(own, config, files)):
            assert isinstance(spec.network, Call)
            raise ConfigError(
                f"network ({shown_target(spec.network.target)}): its compile() says {' '.join(missing)}, which a job "
                "that Hydra composes does not have; add that to the command, or leave hydra/sweeper and "
                "hydra/launcher out"
            )


class LaneReturn(JobReturn):
    """A `JobReturn` whose configurations are made when they are asked for: a `DictConfig` of each is 100 kB."""

    def __init__(self, claim: Claim, job: Job, result: RunResult | None) -> None:
        self._job, self._directory = job, claim.paths.directory.absolute()
        super().__init__(
            overrides=list(job.overrides),
            working_dir=str(Path.cwd()),
            task_name="xor_sweep",
            status=JobStatus.COMPLETED,
        )
        if result is None:
            self.return_value = None
        elif result.status == "failed":
            self.status = JobStatus.FAILED
            self.return_value = RunFailedError(f"{result.run}: {result.reason}")
        else:
            self.return_value = objective(result, claim)

    @property
    def cfg(self) -> DictConfig:
        """The job's configuration without Hydra's node."""
        return self._job.task

    @cfg.setter
    def cfg(self, value: DictConfig | None) -> None:
        """Nothing: the base's constructor sets its default."""

    @property
    def hydra_cfg(self) -> DictConfig:
        """Hydra's node of the job's configuration."""
        full = self._job.full_config(self._directory)
        return OmegaConf.masked_copy(full, "hydra")

    @hydra_cfg.setter
    def hydra_cfg(self, value: DictConfig | None) -> None:
        """Nothing, as above."""


def objective(result: RunResult, claim: Claim) -> float:
    """What a sweeper is told of a run: the objective, and the worst there is where a run has none."""
    value = result.objective(claim.job.settings.objective)
    worst = math.inf if claim.job.settings.direction == "minimize" else -math.inf
    return worst if value is None or result.status != "completed" else value


def launch_fused(
    application: Application,
    context: HydraContext,
    config: DictConfig,
    job_overrides: Sequence[Sequence[str]],
    first: int,
) -> list[JobReturn]:
    """Run a batch as lanes.

    Args:
        application: the command's sweep.
        context, config: what Hydra gave the launcher.
        job_overrides: the overrides of each job.
        first: the number of the first job.

    Returns:
        A return a job, in their order.
    """
    setup_globals()
    sweep = application.sweep
    jobs = _composed(sweep, context, config, job_overrides, first)
    train = sweep.take(jobs)
    if jobs[0].settings.dry_run:
        return [LaneReturn(sweep.claims[job.identity], job, None) for job in jobs]
    callbacks = JobCallbacks(context, application)
    by_identity: dict[str, list[Job]] = {}
    for job in jobs:
        by_identity.setdefault(job.identity, []).append(job)
    sweep.train(train, lambda taken: callbacks.start(by_identity[taken.job.identity], taken))
    returns: list[JobReturn] = []
    for job in jobs:
        taken = sweep.claims[job.identity]
        returns.append(LaneReturn(taken, job, sweep.results[job.identity]))
        callbacks.end(job, taken, returns[-1])
    return returns


class JobCallbacks:
    """Hydra's job callbacks for jobs that run together.

    A callback may keep state from a job's start to its end, so each job has callbacks of its own, as it has under a
    launcher that starts a process a job.
    """

    def __init__(self, context: HydraContext, application: Application) -> None:
        self._callbacks = context.callbacks
        self._application = application
        self._started: dict[int, Any] = {}

    def start(self, jobs: Sequence[Job], claim: Claim) -> None:
        """Call `on_job_start` once for each of the jobs, which are one run."""
        for job in jobs if self._callbacks.callbacks else ():
            if job.number not in self._started:
                own = self._started[job.number] = copy.deepcopy(self._callbacks)
                full = job.full_config(claim.paths.directory)
                own.on_job_start(config=full, task_function=self._application)

    def end(self, job: Job, claim: Claim, returned: JobReturn) -> None:
        """Call `on_job_end`; a job whose run was finished before starts here too."""
        self.start([job], claim)
        if own := self._started.pop(job.number, None):
            own.on_job_end(config=job.full_config(claim.paths.directory), job_return=returned)


def _composed(
    sweep: Sweep, context: HydraContext, config: DictConfig, batch: Sequence[Sequence[str]], first: int
) -> list[Job]:
    composer = Composer(context.config_loader, config, sweep.swept, sweep.compiled.overrides)
    return [composer.job(first + offset, overrides) for offset, overrides in enumerate(batch)]


def launch_batches(
    batches: Sequence[Sequence[Sequence[str]]],
    launcher: Launcher,
    context: HydraContext,
    config: DictConfig,
    *,
    one_by_one: bool,
) -> list[Sequence[JobReturn]]:
    """Launch the batches of a grid under whatever launcher, each finished run being left alone.

    Args:
        batches: the overrides of each job of each batch.
        launcher, context, config: what Hydra gave the sweeper.
        one_by_one: whether the launcher is one of Hydra's own, which is told about each run that trains.
    """
    application: Any = getattr(launcher, "task_function", None)
    record = OmegaConf.to_yaml(config)
    returns: list[Sequence[JobReturn]] = []
    if isinstance(application, Application) and len(batches) > 1:
        application.sweep.foresee(
            _composed(application.sweep, context, config, [job for batch in batches for job in batch], 0)
        )
    first = 0
    for batch in batches:
        if one_by_one and isinstance(application, Application):
            returns.append(_launch_unfinished(application, launcher, context, config, batch, first))
        else:
            returns.append(launcher.launch(batch, initial_job_idx=first))
        first += len(batch)
    if not isinstance(application, Application):
        write_whole(SweepPaths(Path(config.hydra.sweep.dir)).multirun, record)
    elif not _dry(application):
        write_whole(application.sweep.paths.multirun, record)
    return returns


def _dry(application: Application) -> bool:
    settings = application.sweep.settings
    return settings is not None and settings.dry_run


def _launch_unfinished(
    application: Application,
    launcher: Launcher,
    context: HydraContext,
    config: DictConfig,
    batch: Sequence[Sequence[str]],
    first: int,
) -> list[JobReturn]:
    """Run a batch under one of Hydra's own launchers, which is told the directory of each run that trains."""
    sweep = application.sweep
    jobs = _composed(sweep, context, config, batch, first)
    train = {taken.job.number: taken for taken in sweep.take(jobs)}
    if _dry(application):
        return [LaneReturn(sweep.claims[job.identity], job, None) for job in jobs]
    with read_write(config):  # Hydra makes it out of what is not swept, and makes that directory
        config.hydra.sweep.dir = str(sweep.paths.directory)
    returned: dict[str, JobReturn] = {}
    for number, taken in train.items():
        # A run's name has no character that would need escaping between quotes.
        job = taken.job
        overrides = [*job.overrides[: job.compiled], *batch[number - first], f"hydra.sweep.subdir='{taken.paths.name}'"]
        returned[taken.job.identity] = launcher.launch([overrides], initial_job_idx=number)[0]
    return [
        returned.get(job.identity) or LaneReturn(sweep.claims[job.identity], job, sweep.results.get(job.identity))
        for job in jobs
    ]
