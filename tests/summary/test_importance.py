"""What a swept key means: its best value, and its share in how runs differ."""

from __future__ import annotations

import itertools

import pytest

from tests.summary.sweeps import diverged, make_sweep, result
from xor_sweep.runs import SweepPaths
from xor_sweep.summary import summarise
from xor_sweep.summary.__main__ import main
from xor_sweep.summary.importance import Effect


def swept(tmp_path, cost, seeds=4):
    """The effects of a sweep over three learning rates and two optimizers; a cost of None is a run that diverged."""
    points = itertools.product((0.1, 0.01, 0.001), ("adam", "sgd"), range(seeds))
    runs = []
    for rate, optimizer, seed in points:
        name, value = f"lr={rate},optimizer={optimizer},seed={seed}", cost(rate, optimizer, seed)
        runs.append(diverged(name) if value is None else result(name, value))
    sweep = make_sweep(tmp_path, *runs, swept=("lr", "optimizer", "seed"))
    return {effect.key: effect for effect in summarise(sweep, plots=False).effects}


def test_the_key_that_decides_has_the_larger_share(tmp_path):
    found = swept(tmp_path, lambda rate, optimizer, seed: 1 - rate + (optimizer == "sgd") * 1e-3 + seed * 1e-6)
    assert list(found) == ["lr", "optimizer"], "a seed is no choice"
    assert (found["lr"].best, found["optimizer"].best, found["lr"].values) == (0.1, "adam", 3)
    assert found["lr"].importance > 0.9 > 0.1 > found["optimizer"].importance > 0
    assert sum(effect.importance for effect in found.values()) == pytest.approx(1)


def test_runs_that_diverge_count(tmp_path):
    found = swept(tmp_path, lambda rate, optimizer, _: None if optimizer == "sgd" else 1 + rate * 1e-3)
    assert found["optimizer"].importance > found["lr"].importance
    assert found["optimizer"] == Effect("optimizer", 2, "adam", 1.00001, found["optimizer"].importance)
    assert found["lr"].best is None, "half of the runs of each rate diverged"


def test_few_runs_one_key_or_no_difference_have_no_importance(tmp_path):
    few = swept(tmp_path / "few", lambda rate, _, seed: rate + seed, seeds=3)
    alike = swept(tmp_path / "alike", lambda *_: 0.5)
    rates = [result(f"lr={rate},seed={seed}", rate) for rate in (0.1, 0.2) for seed in range(20)]
    one = summarise(make_sweep(tmp_path / "one", *rates, swept=("lr", "seed")), plots=False).effects
    assert {effect.importance for effect in (*few.values(), *alike.values(), *one)} == {None}


def test_without_the_packages_the_command_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("xor_sweep.summary.importance.NEEDS", ("no_such_package",))
    found = swept(tmp_path, lambda rate, _, seed: rate + seed)
    assert {effect.importance for effect in found.values()} == {None}
    assert main([str(SweepPaths(tmp_path / "xor").directory)]) == 0
    assert "pip install 'xor_sweep[importance]'" in capsys.readouterr().out
