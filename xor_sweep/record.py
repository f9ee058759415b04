"""What a chunk's training becomes on disk: run directories, event files that grow, results last."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xor_sweep.checkpoint import Checkpoint
from xor_sweep.checkpoint_file import Saved, SavedRun
from xor_sweep.checkpoint_file import save as save_checkpoint
from xor_sweep.claims import Claim, clear, let_go
from xor_sweep.durable import naming
from xor_sweep.log_points import log_points, milestones
from xor_sweep.logs.append import append, cut, event_files, new_event_file
from xor_sweep.logs.encode import going_on, histogram_events, opening, scalar_events
from xor_sweep.outcome import Took, ended, failed, made_with
from xor_sweep.recorded_files import RecordedFile, record_files
from xor_sweep.results import RunResult, save_results
from xor_sweep.runs import RunPaths, SweepPaths
from xor_sweep.segment import Ending, Segment
from xor_sweep.structure import Structure
from xor_sweep.tags import ranking_tags


class ChunkRecord:
    """Writes the run directories of one chunk while it trains.

    Args:
        claims: the chunk's runs, in the order of its lanes; all of one structure and one logging.
        structure: theirs.
        sweep: the sweep directory.
        hydra_files: whether `.hydra/` is to be written, which Hydra's own launchers do themselves.
    """

    def __init__(self, claims: Sequence[Claim], structure: Structure, sweep: SweepPaths, *, hydra_files: bool) -> None:
        self._claims = claims
        self._sweep = sweep
        self._hydra_files = hydra_files
        self._logging = claims[0].job.settings.logging
        self._structure = structure
        self._points = log_points(self._logging, structure)
        self._milestone_steps = milestones(structure)
        self._started_at = self._began = time.time()
        self._trained_s = 0.0
        self._events: list[Path] = []
        self._milestones: dict[int, NDArray[np.float32]] = {}

    @property
    def wants_graph(self) -> bool:
        """Whether event files begin with the graph."""
        return self._logging.graph

    @property
    def record(self) -> NDArray[np.int64]:
        """The steps at which training is to record scalars."""
        return np.union1d(self._points.scalars, self._milestone_steps)

    @property
    def train_scores(self) -> NDArray[np.int64]:
        """The steps at which training is to score the training part beside the validation part."""
        return self._points.of_train

    @property
    def snapshots(self) -> NDArray[np.int64]:
        """The steps at which training is to record weights and activations."""
        return self._points.histograms

    def begin(self) -> None:
        """Make the run directories with their configuration, without what an earlier try left in them."""
        self._started_at = self._began = time.time()
        self._trained_s, self._events, self._milestones = 0.0, [], {}
        for claim in self._claims:
            make_directory(claim, self._sweep, hydra_files=self._hydra_files)

    def go_on(self, saved: Saved) -> None:
        """Take up what the runs had written at a checkpoint, and write on in new event files."""
        self._began = time.time()
        self._started_at, self._trained_s = saved.started_at, saved.trained_s
        self._milestones = {step: costs.copy() for step, costs in saved.milestones.items()}
        for run, claim, steps in zip(saved.runs, self._claims, saved.checkpoint.steps, strict=True):
            cut(claim.paths.directory, run.events)
            if not self._logging.off:
                self._open(claim, going_on(self._began, int(steps) + 1))

    def open_events(self, graph: bytes | None) -> None:
        """Begin the event files, where there are to be any, with the serialized graph where there is one."""
        if not self._logging.off:
            start = opening(self._began, graph)
            for claim in self._claims:
                self._open(claim, start)

    def _open(self, claim: Claim, start: bytes) -> None:
        directory = claim.paths.directory
        if not directory.is_dir():  # a person may delete a run directory at any time
            self._events.append(directory / "deleted")
            return
        self._events.append(new_event_file(directory, self._began))
        append(self._events[-1], start)

    def keep(self, checkpoint: Checkpoint) -> Saved:
        """Write a checkpoint, after everything that it vouches for."""
        saved = Saved(
            runs=tuple(
                SavedRun(
                    claim.job.identity,
                    claim.paths.name,
                    tuple((path.name, path.stat().st_size) for path in event_files(claim.paths.directory)),
                )
                for claim in self._claims
            ),
            logging=asdict(self._logging),
            made_with=made_with(),
            started_at=self._started_at,
            trained_s=self._took.seconds,
            milestones=self._milestones,
            checkpoint=checkpoint,
        )
        save_checkpoint(self._sweep, saved)
        return saved

    @property
    def _took(self) -> Took:
        return Took(self._started_at, self._trained_s + time.time() - self._began, len(self._claims))

    def add(self, segment: Segment) -> list[tuple[int, float]]:
        """Append what a segment recorded to the event files; returns the first run's costs at its milestones."""
        rows = np.isin(segment.steps, self._milestone_steps)
        for step, cost in zip(map(int, segment.steps[rows]), segment.cost[rows], strict=True):
            costs = self._milestones.setdefault(step, np.full(len(self._claims), np.nan, np.float32))
            costs[segment.lanes] = cost
        if self._events:
            self._append(segment)
        if segment.lanes[0] != 0:
            return []
        # The first run may have stopped early, and has no costs from then on.
        stopped = self._structure.stops_early is not None
        passed = ((step, float(self._milestones[step][0])) for step in map(int, segment.steps[rows]))
        return [(step, cost) for step, cost in passed if np.isfinite(cost) or not stopped]

    def _append(self, segment: Segment) -> None:
        blocks: list[list[bytes]] = []
        ranking = ranking_tags(self._structure)
        of_train = [tag for tag in segment.scalars if tag not in ranking]
        for tags, points in ((ranking, self._points.scalars), (of_train, self._points.of_train)):
            rows = np.isin(segment.steps, points)
            if rows.any() and tags:
                steps = segment.steps[rows]
                values = {tag: segment.scalars[tag][rows] for tag in tags}
                blocks.append(scalar_events(steps, _times(segment, steps), values))
        rows = np.isin(segment.snapshot_steps, self._points.histograms)
        if rows.any():
            steps = segment.snapshot_steps[rows]
            shots = {tag: array[rows] for tag, array in segment.snapshots.items()}
            blocks.append(histogram_events(steps, _times(segment, steps), shots))
        events = [self._events[lane] for lane in segment.lanes]
        for path, *parts in zip(events, *blocks, strict=True):
            if path.parent.is_dir():
                append(path, b"".join(parts))

    def finish(self, ending: Ending) -> list[RunResult]:
        """Write the results, after everything that they vouch for."""
        return self._save(
            [
                ended(claim, lane, ending, self._structure, self._took, sorted(self._milestones.items()))
                for lane, claim in enumerate(self._claims)
            ]
        )

    def fail(self, error: Exception) -> list[RunResult]:
        """Write the runs down as failed, each with the traceback in its directory."""
        return self._save([failed(claim, self._structure.steps, self._took, error) for claim in self._claims])

    def _save(self, results: list[RunResult]) -> list[RunResult]:
        save(self._claims, results, self._sweep)
        return results


def fail_unbuilt(claims: Sequence[tuple[Claim, Exception]], sweep: SweepPaths, *, hydra_files: bool) -> list[RunResult]:
    """Write runs down as failed whose network could not be built, each with the traceback in its directory."""
    started, results = time.time(), []
    for claim, error in claims:
        make_directory(claim, sweep, hydra_files=hydra_files)
        took = Took(started, time.time() - started, 1)
        results.append(failed(claim, claim.job.spec.training.steps or 0, took, error))
    save([claim for claim, _ in claims], results, sweep)
    return results


def make_directory(claim: Claim, sweep: SweepPaths, *, hydra_files: bool) -> None:
    """Make a run's directory with its configuration, without what an earlier try left in it."""
    directory = claim.paths.directory
    clear(claim.paths, sweep, keep_hydra=not hydra_files)
    directory.mkdir(parents=True, exist_ok=True)
    if hydra_files:
        claim.paths.hydra.mkdir(exist_ok=True)
        files = (claim.paths.config, claim.paths.hydra_config, claim.paths.overrides)
        for path, content in zip(files, claim.job.hydra_files(directory), strict=True):
            with naming(path):
                path.write_text(content, encoding="utf-8")


def save(claims: Sequence[Claim], results: Sequence[RunResult], sweep: SweepPaths) -> None:
    """Write results, after everything that they vouch for."""
    pairs = zip((claim.paths for claim in claims), results, strict=True)
    vouch([(paths, result) for paths, result in pairs if paths.directory.is_dir()])
    for claim in claims:
        let_go(claim.paths, sweep)


def vouch(results: Sequence[tuple[RunPaths, RunResult]]) -> None:
    """Write results that vouch for the configurations and the event files as they are now."""
    save_results([(paths, replace(result, files=_files(paths))) for paths, result in results])


def _files(paths: RunPaths) -> tuple[RecordedFile, ...]:
    configuration = (paths.config, paths.hydra_config, paths.overrides)
    return record_files(paths.directory, configuration, event_files(paths.directory))


def _times(segment: Segment, steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """When the steps were taken, in seconds since the epoch, as evenly as a segment takes them."""
    first = int(segment.steps[0]) if len(segment.steps) else 0
    share = (steps - first) / max(1, segment.done - first)
    times: NDArray[np.float64] = segment.began + share * (segment.ended - segment.began)
    return times
