"""Failures are rows: what a person reads of them, and what they mean for the runs beside them."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

import xor_sweep.training
from tests.faulty import COMPILE, FaultyProgram
from xor_sweep.__main__ import main
from xor_sweep.api import load_results, sweep
from xor_sweep.executors.threads import Threads

SWEEP = Path("outputs/xor")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty directory to work in, with a fault in training."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["xor_sweep"])
    monkeypatch.setattr(xor_sweep.training, "compile_program", FaultyProgram)


def run(*words: str) -> int:
    engine = Threads()
    try:
        return main(words, engine)
    finally:
        engine.close()


WORDS = ("-m", "seed=1,4,2,3", "steps=50,60", "save=none", "logging=off")


def test_by_default_the_others_go_on_and_a_table_says_what_failed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*WORDS) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert "Traceback" not in out
    table = out[out.index("2 runs failed") :]
    assert "MemoryError: no room for seed 4" in table
    assert (
        str(SWEEP / "seed=4,steps=50" / "error.txt") in table or str(SWEEP / "seed=4,steps=60" / "error.txt") in table
    )
    results = load_results(SWEEP)
    assert list(results.status) == ["completed"] * 6 + ["failed"] * 2, "those that failed come last"
    assert set(results.run[results.status == "failed"]) == {"seed=4,steps=50", "seed=4,steps=60"}
    assert "seed=4" not in results.run.iloc[0]


def test_policy_stop_ends_the_sweep_at_the_first_failure_and_the_command_goes_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("-m", "steps=20,30000", "seed=4", "save=none", "logging=off", "failure.policy=stop")
    monkeypatch.setattr("xor_sweep.execute.largest_first", lambda work: sorted(work, key=lambda t: t.chunk.work))
    assert run(*words) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert "1 run failed" in out
    assert "Stopped: 0 of 2 runs finished, 1 failed. The same command goes on from here:" in out
    assert shlex.split(out.splitlines()[-1]) == ["python", "-m", "xor_sweep", *words]
    assert list(load_results(SWEEP).status) == ["failed"]
    monkeypatch.setattr(xor_sweep.training, "compile_program", COMPILE)
    assert run(*words) == 0
    assert list(load_results(SWEEP).status) == ["completed"] * 2


def test_policy_stop_from_python_returns_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xor_sweep.api.sweeping.ENGINE", Threads())
    monkeypatch.setattr("xor_sweep.execute.largest_first", lambda work: sorted(work, key=lambda t: t.chunk.work))
    results = sweep(
        {"steps": [20, 30000], "seed": 4}, overrides=["failure.policy=stop", "logging=off"], save="none", quiet=True
    )
    assert list(results.status) == ["failed"]


def test_another_policy_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("-m", "lr=0.1,0.2", "failure.policy=ignore") == 2
    assert "failure.policy=ignore: takes one of continue, stop" in capsys.readouterr().err
    assert not Path("outputs").exists()
