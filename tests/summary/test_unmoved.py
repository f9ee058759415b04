"""A run whose cost never moves says so, wherever its result is shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.models.networks import out_of_reach
from tests.summary.sweeps import make_sweep, result
from xor_sweep import sweep
from xor_sweep.summary import summarise
from xor_sweep.summary.__main__ import main
from xor_sweep.summary.unmoved import is_unmoved, unmoved

STILL = replace(result("lr=1", 0.5), best_cost=0.5, milestones=((0, 0.5), (10, 0.5)))


def test_a_cost_that_is_one_number_never_moved() -> None:
    assert is_unmoved(STILL)
    assert not is_unmoved(replace(STILL, milestones=((0, 0.6), (10, 0.5))))
    assert not is_unmoved(replace(STILL, best_cost=0.4))
    assert not is_unmoved(replace(STILL, milestones=((0, 0.5),))), "one step says nothing"
    assert not is_unmoved(replace(STILL, status="diverged"))
    assert not is_unmoved(replace(STILL, final_cost=0.0, best_cost=0.0, milestones=((0, 0.0), (10, 0.0))))
    assert unmoved([result("lr=2", 0.1)]) is None


def test_the_summary_says_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = make_sweep(tmp_path, result("lr=2", 0.1), STILL, swept=("lr",))
    summarise(found, plots=False)
    says = "1 run never moved, its cost is the same at every step: lr=1; a larger lr, or another start"
    assert says in found.summary_md.read_text()
    assert main([str(found.directory)]) == 0
    assert says in capsys.readouterr().out


def dead(input_shape: tuple[int, ...], outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    hidden = keras.layers.Dense(8, activation="relu", bias_initializer=keras.initializers.Constant(-100))(start)
    return keras.Model(start, keras.layers.Dense(outputs, activation="sigmoid", use_bias=False)(hidden))


@pytest.mark.parametrize("logging", ["default", "off"])
def test_a_call_says_it(logging: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    words = ["epochs=3", f"logging={logging}", "save=none"]
    sweep({"seed": [0, 1]}, model=dead, data=(x, (x.sum(1) > 0).astype(int)), overrides=words, outputs=tmp_path)
    assert "2 runs never moved, their cost is the same at every step: seed=0, seed=1;" in capsys.readouterr().out


def test_a_network_that_no_gradient_reaches_fails_and_says_why(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    y = (x.sum(1) > 0).astype(int)
    [run] = sweep({}, model=out_of_reach, data=(x, y), overrides="epochs=2", outputs=tmp_path, quiet=True).itertuples()
    assert run.status == "failed"
    assert "no gradient reaches a weight of the network" in run.reason


def test_single_runs_that_tie_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [result(f"lr={k}", 0.1 * k, final_accuracy=0.9) for k in (1, 2)] + [result("lr=3", 0.1, final_accuracy=0.8)]
    found = make_sweep(tmp_path, *runs, swept=("lr",))
    assert main([str(found.directory), "--objective", "final_accuracy"]) == 0
    assert "2 configurations tie for the best, equal in every run: lr=1, lr=2" in capsys.readouterr().out
