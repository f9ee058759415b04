"""Failures stay with the run that fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode

import xor_sweep.training
from tests.faulty import FAULTY, FaultyProgram
from tests.specs import work
from xor_sweep.claims import claim
from xor_sweep.commandline import hydra_here
from xor_sweep.execute import execute
from xor_sweep.executors.threads import Threads
from xor_sweep.jobs import Composer, Job
from xor_sweep.kept import Keeper
from xor_sweep.open_chunk import Work
from xor_sweep.plan import plan
from xor_sweep.results import RunResult, load_results
from xor_sweep.runs import SweepPaths

SEEDS = range(6)


def jobs(outputs: Path) -> list[Job]:
    with hydra_here() as loader:
        master = GlobalHydra.instance().hydra.compose_config(  # type: ignore[union-attr]
            "config", [f"outputs={outputs}", "steps=3000"], run_mode=RunMode.MULTIRUN, with_log_configuration=False
        )
        composer = Composer(loader, master, ["seed"])
        overrides = [[f"outputs={outputs}", "steps=3000", f"seed={seed}"] for seed in SEEDS]
        return [composer.job(number, words) for number, words in enumerate(overrides)]


def train(outputs: Path) -> dict[str, RunResult]:
    asked = jobs(outputs)
    sweep = SweepPaths(asked[0].settings.sweep_dir)
    claims = [taken for taken in claim(asked, sweep) if taken.finished is None]
    by_spec = {taken.job.spec: taken for taken in claims}
    chunks = [Work(chunk, [by_spec[spec] for spec in chunk.specs]) for chunk in plan(work(list(by_spec)))]
    engine = Threads()
    list(execute(chunks, sweep, lambda *_: None, lambda _: None, Keeper(engine), engine))
    engine.close()
    return {result.run: result for result in load_results(sweep)}


def test_a_run_that_raises_fails_alone_and_its_neighbours_keep_their_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(tmp_path / "whole")
    monkeypatch.setattr(xor_sweep.training, "compile_program", FaultyProgram)
    partial = train(tmp_path / "partial")

    assert [name for name, result in partial.items() if result.status == "failed"] == [f"seed={FAULTY}"]
    failed = partial[f"seed={FAULTY}"]
    assert failed.reason == "MemoryError: no room for seed 4"
    assert failed.final_cost is None
    traceback = (tmp_path / "partial" / "xor" / f"seed={FAULTY}" / "error.txt").read_text()
    assert traceback.startswith("Traceback")
    assert "no room for seed 4" in traceback
    for name, result in whole.items():
        if name != failed.run:
            assert partial[name].final_cost == result.final_cost
            assert partial[name].milestones == result.milestones


def test_a_failed_run_trains_again_with_the_next_command_and_leaves_no_trace_of_the_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as faulty:
        faulty.setattr(xor_sweep.training, "compile_program", FaultyProgram)
        before = train(tmp_path)
    after = train(tmp_path)

    trained = [name for name in after if after[name].started_at != before[name].started_at]
    assert trained == [f"seed={FAULTY}"]
    assert {result.status for result in after.values()} == {"completed"}
    assert not list(tmp_path.rglob("error.txt"))
