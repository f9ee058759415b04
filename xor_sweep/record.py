"""What a chunk's training becomes on disk: run directories, event files that grow, results last."""

from __future__ import annotations

import platform
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from xor_sweep import __version__
from xor_sweep.claims import Claim, clear, let_go
from xor_sweep.config.spec import LoggingSpec
from xor_sweep.logs.append import append, new_event_file
from xor_sweep.logs.encode import histogram_events, opening, scalar_events
from xor_sweep.logs.points import LogPoints
from xor_sweep.plan import Structure, spread_over
from xor_sweep.runs import RunResult, Status, SweepPaths, save_results
from xor_sweep.spread import spread
from xor_sweep.tags import ACCURACIES, COSTS, TRAIN_ACCURACY, TRAIN_COST

if TYPE_CHECKING:
    from xor_sweep.training import Ending, Segment

REMEDY = "try a smaller lr"
REASON_LENGTH = 300
POINTS_SHOWN = 16
"""Data of at most so many points is small enough to show a run's output for each."""

MILESTONES = 11
"""How many costs a single run prints of data that is no truth table."""


def log_points(logging: LoggingSpec, structure: Structure) -> LogPoints:
    """The steps at which a run's event file has points.

    A truth table is looked at as often as asked for. Looking at other data costs a pass over all of it, so there is at
    most one point an epoch, unless every step is asked for.
    """
    steps, looks = structure.steps, None
    if not structure.data.truth_table:
        looks = np.union1d([0], structure.epoch_ends).astype(np.int64)

    def chosen(most: int | None) -> NDArray[np.int64]:
        if looks is None or most is None:
            return spread(steps, most)
        return looks[spread(len(looks) - 1, most)]

    return LogPoints(chosen(logging.scalars), chosen(logging.histograms))


def milestones(structure: Structure) -> NDArray[np.int64]:
    """The steps whose cost a single run prints.

    Of a truth table every 1,000, for short runs a tenth, for long ones a twentieth; of other data some epochs' ends.
    """
    steps = structure.steps
    if not structure.data.truth_table:
        return spread_over(np.union1d([0], structure.epoch_ends).astype(np.int64), MILESTONES)
    every = max(1, steps // 10) if steps < 1000 else 1000 * max(1, steps // 20_000)
    return np.arange(0, steps + 1, every, dtype=np.int64)


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
        self._started = time.time()
        self._events: list[Path] = []
        self._milestones: list[tuple[int, NDArray[np.float32]]] = []

    @property
    def record(self) -> NDArray[np.int64]:
        """The steps at which training is to record scalars."""
        return np.union1d(self._points.scalars, self._milestone_steps)

    @property
    def snapshots(self) -> NDArray[np.int64]:
        """The steps at which training is to record weights and activations."""
        return self._points.histograms

    def begin(self) -> None:
        """Make the run directories with their configuration, without what an earlier try left in them."""
        self._started = time.time()
        self._events, self._milestones = [], []
        for claim in self._claims:
            make_directory(claim, self._sweep, hydra_files=self._hydra_files)

    def open_events(self, graph_of: Callable[[], bytes]) -> None:
        """Begin the event files, where there are to be any.

        Args:
            graph_of: makes the serialized graph; asked where it is logged.
        """
        if self._logging.off:
            return
        start = opening(self._started, graph_of() if self._logging.graph else None)
        for claim in self._claims:
            self._events.append(new_event_file(claim.paths.directory, self._started))
            append(self._events[-1], start)

    def add(self, segment: Segment) -> list[tuple[int, float]]:
        """Append what a segment recorded to the event files; returns the first run's costs at its milestones."""
        rows = np.isin(segment.steps, self._milestone_steps)
        passed = list(zip(map(int, segment.steps[rows]), segment.cost[rows], strict=True))
        self._milestones += passed
        if self._events:
            self._append(segment)
        # The first run may have stopped early, and has no costs from then on.
        stopped = self._structure.stops_early is not None
        return [(step, float(cost[0])) for step, cost in passed if np.isfinite(cost[0]) or not stopped]

    def _append(self, segment: Segment) -> None:
        blocks: list[list[bytes]] = []
        rows = np.isin(segment.steps, self._points.scalars)
        if rows.any():
            values = {tag: array[rows] for tag, array in segment.scalars.items()}
            blocks.append(scalar_events(segment.steps[rows], _times(segment, segment.steps[rows]), values))
        rows = np.isin(segment.snapshot_steps, self._points.histograms)
        if rows.any():
            steps = segment.snapshot_steps[rows]
            shots = {tag: array[rows] for tag, array in segment.snapshots.items()}
            blocks.append(histogram_events(steps, _times(segment, steps), shots))
        for path, *parts in zip(self._events, *blocks, strict=True):
            if path.parent.is_dir():  # a person may delete a run directory at any time
                append(path, b"".join(parts))

    def finish(self, ending: Ending) -> list[RunResult]:
        """Write the results, after everything that they vouch for."""
        return self._save([self._result(claim, lane, ending) for lane, claim in enumerate(self._claims)])

    def fail(self, error: Exception) -> list[RunResult]:
        """Write the runs down as failed, each with the traceback in its directory."""
        return self._save([failed(claim, self._structure.steps, self._started, error) for claim in self._claims])

    def _save(self, results: list[RunResult]) -> list[RunResult]:
        save(self._claims, results, self._sweep)
        return results

    def _result(self, claim: Claim, lane: int, ending: Ending) -> RunResult:
        diverged_at, stopped_at = int(ending.diverged_at[lane]), int(ending.stopped_at[lane])
        scalars = {tag: _number(values[lane]) for tag, values in ending.scalars.items()}
        cost = next(tag for tag in COSTS if tag in scalars)
        accuracy = next((tag for tag in ACCURACIES if tag in scalars), None)
        final_cost, final_accuracy = scalars.pop(cost), scalars.pop(accuracy, None) if accuracy else None
        train_cost, train_accuracy = scalars.pop(TRAIN_COST, None), scalars.pop(TRAIN_ACCURACY, None)
        hypothesis: tuple[float, ...] = ()
        if ending.hypothesis is not None and len(ending.hypothesis) <= POINTS_SHOWN and diverged_at < 0:
            hypothesis = tuple(map(float, ending.hypothesis[:, lane]))
        return replace(
            plain_result(claim, self._structure.steps, self._started, "completed", None),
            status="completed" if diverged_at < 0 else "diverged",
            reason=None if diverged_at < 0 else f"the cost became NaN or infinite at step {diverged_at:,}; {REMEDY}",
            final_cost=final_cost,
            final_accuracy=final_accuracy if diverged_at < 0 else None,
            best_cost=_number(ending.best_cost[lane]),
            milestones=tuple((s, float(c[lane])) for s, c in self._milestones if np.isfinite(c[lane])),
            hypothesis=hypothesis,
            train_cost=train_cost,
            train_accuracy=train_accuracy if diverged_at < 0 else None,
            metrics=tuple((tag, value) for tag, value in scalars.items() if value is not None),
            stopped_at=None if stopped_at < 0 else stopped_at,
            kept_at=int(ending.kept_at[lane]),
        )


def fail_unbuilt(claims: Sequence[tuple[Claim, Exception]], sweep: SweepPaths, *, hydra_files: bool) -> list[RunResult]:
    """Write runs down as failed whose network could not be built, each with the traceback in its directory."""
    started, results = time.time(), []
    for claim, error in claims:
        make_directory(claim, sweep, hydra_files=hydra_files)
        results.append(failed(claim, claim.job.spec.training.steps or 0, started, error))
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
            path.write_text(content, encoding="utf-8")


def failed(claim: Claim, steps: int, started: float, error: Exception) -> RunResult:
    """The result of a run that raised; the traceback goes into its directory."""
    claim.paths.error.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    return plain_result(claim, steps, started, "failed", reason_of(error))


def reason_of(error: Exception) -> str:
    """What a run raised, in a line."""
    lines = str(error).strip().splitlines() or [""]
    # TensorFlow puts its own traceback before the message of what raised while a function was traced.
    message = lines[-1] if lines[0].startswith("in user code") else lines[0]
    return f"{type(error).__name__}: {message.strip()}"[:REASON_LENGTH]


def save(claims: Sequence[Claim], results: Sequence[RunResult], sweep: SweepPaths) -> None:
    """Write results, after everything that they vouch for."""
    pairs = zip((claim.paths for claim in claims), results, strict=True)
    save_results([(paths, result) for paths, result in pairs if paths.directory.is_dir()])
    for claim in claims:
        let_go(claim.paths, sweep)


def plain_result(claim: Claim, steps: int, started: float, status: Status, reason: str | None) -> RunResult:
    """A result without numbers."""
    return RunResult(
        run=claim.paths.name,
        status=status,
        final_cost=None,
        final_accuracy=None,
        best_cost=None,
        steps=steps,
        identity=claim.job.identity,
        overrides=claim.job.overrides,
        reason=reason,
        started_at=datetime.fromtimestamp(started, UTC).isoformat(timespec="milliseconds"),
        wall_s=round(time.time() - started, 3),
        cpu=cpu(),
        versions=versions(),
    )


def _number(value: np.float32) -> float | None:
    return float(value) if np.isfinite(value) else None


def _times(segment: Segment, steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """When the steps were taken, in seconds since the epoch, as evenly as a segment takes them."""
    first = int(segment.steps[0]) if len(segment.steps) else 0
    share = (steps - first) / max(1, segment.done - first)
    times: NDArray[np.float64] = segment.began + share * (segment.ended - segment.began)
    return times


@cache
def cpu() -> str:
    """The processor's model name; bits are promised for runs of one."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


@cache
def versions() -> dict[str, str]:
    """What a run was made with."""
    names = ("tensorflow", "keras", "numpy")
    own = {"xor_sweep": __version__, "python": platform.python_version(), "platform": sys.platform}
    return own | {name: version(name) for name in names}
