"""Sweep directories as a sweep leaves them: results, event files and Hydra's record of the configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xor_sweep.logs.append import append, new_event_file
from xor_sweep.logs.encode import opening, scalar_events
from xor_sweep.manifest import extend_manifest
from xor_sweep.results import RunResult, save_results
from xor_sweep.runs import RunPaths, SweepPaths

STEPS = np.arange(0, 1001, 10, dtype=np.int64)


def result(run: str, cost: float | None = 0.25, **fields: Any) -> RunResult:
    """A run's result, asked for with the overrides that its name spells."""
    values: dict[str, Any] = {
        "run": run,
        "status": "completed",
        "final_cost": cost,
        "final_accuracy": 1.0,
        "best_cost": cost,
        "steps": 1000,
        "identity": "0" * 64,
        "overrides": tuple(run.split(",")) if "=" in run else (),
        "reason": None,
        "started_at": "2026-01-01T00:00:00+00:00",
        "wall_s": 1.25,
        "cpu": "a CPU",
        "versions": {"tensorflow": "2.21.0", "keras": "3.15.0"},
    }
    return RunResult(**(values | fields))


def diverged(run: str, **fields: Any) -> RunResult:
    reason = "the cost was not finite at step 310"
    return result(run, None, **({"status": "diverged", "final_accuracy": None, "reason": reason} | fields))


def failed(run: str, **fields: Any) -> RunResult:
    reason = "ValueError: no | such\nactivation"
    return result(run, None, **({"status": "failed", "final_accuracy": None, "reason": reason} | fields))


def log_cost(paths: RunPaths, final: float, finite: int = len(STEPS)) -> None:
    """An event file with a cost that falls from 0.7 to `final`, and has `finite` finite points."""
    cost = np.geomspace(0.7, final, len(STEPS)).astype(np.float32)
    cost[finite:] = np.nan
    log_curve(paths, STEPS, cost)


def log_curve(paths: RunPaths, steps: Sequence[int], costs: Sequence[float]) -> None:
    """An event file with a cost at each step."""
    cost = np.asarray(costs, np.float32)[:, None]
    data = opening(1.7e9, None) + scalar_events(np.asarray(steps), np.full(len(steps), 1.7e9), {"Cost/Cost": cost})[0]
    append(new_event_file(paths.directory, 1.7e9), data)


def make_sweep(
    outputs: Path,
    *results: RunResult,
    swept: tuple[str, ...] = (),
    configs: Mapping[str, str] | None = None,
    logged: bool = False,
    name: str = "xor",
) -> SweepPaths:
    """A sweep directory below `outputs`, with the text of some runs' .hydra/config.yaml."""
    sweep = SweepPaths(outputs / name)
    for each in results:
        sweep.run(each.run).directory.mkdir(parents=True)
        if logged and each.status != "failed":
            log_cost(sweep.run(each.run), each.final_cost or 0.3, len(STEPS) if each.final_cost else 31)
    for run, text in (configs or {}).items():
        sweep.run(run).hydra.mkdir(parents=True, exist_ok=True)
        sweep.run(run).config.write_text(text)
    save_results([(sweep.run(each.run), each) for each in results])
    extend_manifest(sweep, swept, "final_cost", "minimize", {})
    return sweep
