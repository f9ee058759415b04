"""What a run ended with, as its result says it."""

from __future__ import annotations

import platform
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xor_sweep import __version__
from xor_sweep.claims import Claim
from xor_sweep.config import batch_order
from xor_sweep.durable import naming
from xor_sweep.errors import Raised
from xor_sweep.results import RunResult, Status
from xor_sweep.scored import measure_of
from xor_sweep.segment import Ending
from xor_sweep.structure import Structure
from xor_sweep.tags import ACCURACIES, COSTS, TRAIN_ACCURACY, TRAIN_COST

REMEDY = "try a smaller lr"
REASON_LENGTH = 300
POINTS_SHOWN = 16
"""Data of at most so many points is small enough to show a run's output for each."""


@dataclass(frozen=True, slots=True)
class Took:
    """How long some runs took that trained together.

    Attributes:
        started_at: when training began, in seconds since the epoch.
        seconds: how long it took.
        runs: how many runs.
    """

    started_at: float
    seconds: float
    runs: int


def ended(
    claim: Claim,
    lane: int,
    ending: Ending,
    structure: Structure,
    took: Took,
    milestones: Sequence[tuple[int, NDArray[np.float32]]],
) -> RunResult:
    """The result of a run that trained.

    Args:
        claim: the run.
        lane: its place in the chunk.
        ending: what the chunk's lanes ended with.
        structure: theirs.
        took: its time.
        milestones: steps with the costs of the lanes there, `(lanes,)`.
    """
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
        plain_result(claim, structure.steps, took, "completed", None),
        status="completed" if diverged_at < 0 else "diverged",
        reason=None if diverged_at < 0 else f"the cost became NaN or infinite at step {diverged_at:,}; {REMEDY}",
        final_cost=final_cost,
        final_accuracy=final_accuracy if diverged_at < 0 else None,
        best_cost=_number(ending.best_cost[lane]),
        milestones=tuple((s, float(c[lane])) for s, c in milestones if np.isfinite(c[lane])),
        hypothesis=hypothesis,
        train_cost=train_cost,
        train_accuracy=train_accuracy if diverged_at < 0 else None,
        metrics=tuple((tag, value) for tag, value in scalars.items() if value is not None),
        stopped_at=None if stopped_at < 0 else stopped_at,
        kept_at=int(ending.kept_at[lane]),
    )


def failed(claim: Claim, steps: int, took: Took, error: Exception) -> RunResult:
    """The result of a run that raised; the traceback goes into its directory."""
    text = error.text if isinstance(error, Raised) else "".join(traceback.format_exception(error))
    with naming(claim.paths.error):
        claim.paths.error.write_text(text, encoding="utf-8")
    return plain_result(claim, steps, took, "failed", reason_of(error))


def reason_of(error: Exception) -> str:
    """What a run raised, in a line."""
    lines = str(error).strip().splitlines() or [""]
    # TensorFlow puts its own traceback before the message of what raised while a function was traced.
    message = lines[-1] if lines[0].startswith("in user code") else lines[0]
    return f"{kind_of(error)}: {message.strip()}"[:REASON_LENGTH]


def whole_reason(error: Exception) -> str:
    """What was raised, all of it in a line."""
    return f"{kind_of(error)}: {' '.join(str(error).split())}"


def kind_of(error: Exception) -> str:
    """The name of an exception's class, in whichever process it was raised."""
    return error.kind if isinstance(error, Raised) else type(error).__name__


def plain_result(claim: Claim, steps: int, took: Took, status: Status, reason: str | None) -> RunResult:
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
        started_at=datetime.fromtimestamp(took.started_at, UTC).isoformat(timespec="milliseconds"),
        wall_s=round(took.seconds / took.runs, 6),
        program_s=round(took.seconds, 3),
        cpu=cpu(),
        versions=versions(),
        batch_order=batch_order(claim.job.spec),
        measure=measure_of(claim.job.spec),
    )


def _number(value: np.float32) -> float | None:
    return float(value) if np.isfinite(value) else None


@cache
def cpu() -> str:
    """The processor's model name; bits are promised for runs of one."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def made_with() -> dict[str, str]:
    """What bits depend on beside a run's spec: they are promised for an equal processor and equal versions."""
    return {"cpu": cpu(), **versions()}


@cache
def versions() -> dict[str, str]:
    """What a run was made with."""
    names = ("tensorflow", "keras", "numpy")
    own = {"xor_sweep": __version__, "python": platform.python_version(), "platform": sys.platform}
    return own | {name: version(name) for name in names}
