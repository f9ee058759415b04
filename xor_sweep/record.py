"""What a chunk's training becomes on disk: run directories, event files that grow, results last."""

from __future__ import annotations

import platform
import sys
import time
import traceback
from collections.abc import Callable, Sequence
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
from xor_sweep.logs.points import LogPoints, spread
from xor_sweep.runs import RunResult, Status, SweepPaths, save_results

if TYPE_CHECKING:
    from xor_sweep.training import Ending, Segment

COST, ACCURACY = "Cost/Cost", "accuracy"
REMEDY = "try a smaller lr"
REASON_LENGTH = 300
POINTS_SHOWN = 16
"""Data of at most so many points is small enough to show a run's output for each."""


def log_points(logging: LoggingSpec, steps: int) -> LogPoints:
    """The steps at which a run's event file has points."""
    return LogPoints(spread(steps, logging.scalars), spread(steps, logging.histograms))


def milestones(steps: int) -> NDArray[np.int64]:
    """The steps whose cost a single run prints: every 1,000, for short runs a tenth, for long ones a twentieth."""
    every = max(1, steps // 10) if steps < 1000 else 1000 * max(1, steps // 20_000)
    return np.arange(0, steps + 1, every, dtype=np.int64)


class ChunkRecord:
    """Writes the run directories of one chunk while it trains.

    Args:
        claims: the chunk's runs, in the order of its lanes; all of one structure and one logging.
        sweep: the sweep directory.
        hydra_files: whether `.hydra/` is to be written, which Hydra's own launchers do themselves.
    """

    def __init__(self, claims: Sequence[Claim], sweep: SweepPaths, *, hydra_files: bool) -> None:
        self._claims = claims
        self._sweep = sweep
        self._hydra_files = hydra_files
        self._logging = claims[0].job.settings.logging
        self._steps = claims[0].job.spec.steps
        self._points = log_points(self._logging, self._steps)
        self._started = time.time()
        self._events: list[Path] = []
        self._milestones: list[tuple[int, NDArray[np.float32]]] = []

    @property
    def record(self) -> NDArray[np.int64]:
        """The steps at which training is to record cost and accuracy."""
        return np.union1d(self._points.scalars, milestones(self._steps))

    @property
    def snapshots(self) -> NDArray[np.int64]:
        """The steps at which training is to record weights and activations."""
        return self._points.histograms

    def begin(self) -> None:
        """Make the run directories with their configuration, without what an earlier try left in them."""
        self._started = time.time()
        self._events, self._milestones = [], []
        for claim in self._claims:
            directory = claim.paths.directory
            clear(claim.paths, self._sweep, keep_hydra=not self._hydra_files)
            directory.mkdir(parents=True, exist_ok=True)
            if self._hydra_files:
                claim.paths.hydra.mkdir(exist_ok=True)
                files = (claim.paths.config, claim.paths.hydra_config, claim.paths.overrides)
                for path, content in zip(files, claim.job.hydra_files(directory), strict=True):
                    path.write_text(content, encoding="utf-8")

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
        rows = np.isin(segment.steps, milestones(self._steps))
        passed = list(zip(map(int, segment.steps[rows]), segment.cost[rows], strict=True))
        self._milestones += passed
        if self._events:
            self._append(segment)
        return [(step, float(cost[0])) for step, cost in passed]

    def _append(self, segment: Segment) -> None:
        blocks: list[list[bytes]] = []
        rows = np.isin(segment.steps, self._points.scalars)
        if rows.any():
            values = {COST: segment.cost[rows], ACCURACY: segment.accuracy[rows]}
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
        lines = str(error).strip().splitlines() or [""]
        # TensorFlow puts its own traceback before the message of what raised while a function was traced.
        message = lines[-1] if lines[0].startswith("in user code") else lines[0]
        reason = f"{type(error).__name__}: {message.strip()}"[:REASON_LENGTH]
        for claim in self._claims:
            claim.paths.error.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        return self._save([self._plain_result(claim, "failed", reason) for claim in self._claims])

    def _save(self, results: list[RunResult]) -> list[RunResult]:
        pairs = zip((claim.paths for claim in self._claims), results, strict=True)
        save_results([(paths, result) for paths, result in pairs if paths.directory.is_dir()])
        for claim in self._claims:
            let_go(claim.paths, self._sweep)
        return results

    def _result(self, claim: Claim, lane: int, ending: Ending) -> RunResult:
        diverged_at = int(ending.diverged_at[lane])
        shown = len(ending.hypothesis) <= POINTS_SHOWN and diverged_at < 0
        return self._plain_result(
            claim,
            "completed" if diverged_at < 0 else "diverged",
            None if diverged_at < 0 else f"the cost became NaN or infinite at step {diverged_at:,}; {REMEDY}",
            final_cost=_number(ending.cost[lane]),
            final_accuracy=float(ending.accuracy[lane]) if diverged_at < 0 else None,
            best_cost=_number(ending.best_cost[lane]),
            milestones=tuple((s, float(c[lane])) for s, c in self._milestones if np.isfinite(c[lane])),
            hypothesis=tuple(map(float, ending.hypothesis[:, lane])) if shown else (),
        )

    def _plain_result(
        self,
        claim: Claim,
        status: Status,
        reason: str | None,
        *,
        final_cost: float | None = None,
        final_accuracy: float | None = None,
        best_cost: float | None = None,
        milestones: tuple[tuple[int, float], ...] = (),
        hypothesis: tuple[float, ...] = (),
    ) -> RunResult:
        return RunResult(
            run=claim.paths.name,
            status=status,
            final_cost=final_cost,
            final_accuracy=final_accuracy,
            best_cost=best_cost,
            steps=self._steps,
            identity=claim.job.identity,
            overrides=claim.job.overrides,
            reason=reason,
            started_at=datetime.fromtimestamp(self._started, UTC).isoformat(timespec="milliseconds"),
            wall_s=round(time.time() - self._started, 3),
            cpu=cpu(),
            versions=versions(),
            milestones=milestones,
            hypothesis=hypothesis,
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
