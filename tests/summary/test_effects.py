"""What a swept key does: its best value or values, and how much it matters."""

from __future__ import annotations

import itertools

import pytest

from tests.summary.sweeps import diverged, make_sweep, result
from xor_sweep.runs import SweepPaths
from xor_sweep.summary import summarise
from xor_sweep.summary.__main__ import main
from xor_sweep.summary.effects import Effect
from xor_sweep.summary.table import best_values


def summary_of(tmp_path, cost, seeds=4):
    """A sweep over three learning rates and two optimizers; a cost of None is a run that diverged."""
    points = itertools.product((0.1, 0.01, 0.001), ("adam", "sgd"), range(seeds))
    runs = []
    for rate, optimizer, seed in points:
        name, value = f"lr={rate},optimizer={optimizer},seed={seed}", cost(rate, optimizer, seed)
        runs.append(diverged(name) if value is None else result(name, value))
    return summarise(make_sweep(tmp_path, *runs, swept=("lr", "optimizer", "seed")), plots=False)


def swept(tmp_path, cost, seeds=4):
    return {effect.key: effect for effect in summary_of(tmp_path, cost, seeds).effects}


def test_the_key_that_decides_has_the_larger_share(tmp_path):
    found = swept(tmp_path, lambda rate, optimizer, seed: 1 - rate + (optimizer == "sgd") * 1e-3 + seed * 1e-6)
    assert list(found) == ["lr", "optimizer"], "a seed is no choice"
    assert (found["lr"].best, found["optimizer"].best, found["lr"].values) == ((0.1,), ("adam",), 3)
    # Ranks 0 to 23 in blocks: 8 a rate, 4 an optimizer in it, and 4 seeds in that.
    variance = (24**2 - 1) / 12
    assert found["lr"].importance == pytest.approx(8**2 * (3**2 - 1) / 12 / variance)
    assert found["optimizer"].importance == pytest.approx(4**2 * (2**2 - 1) / 12 / variance), "luck is smaller still"


def test_runs_that_diverge_count(tmp_path):
    found = swept(tmp_path, lambda rate, optimizer, _: None if optimizer == "sgd" else 1 + rate * 1e-3)
    assert found["optimizer"].importance > found["lr"].importance
    assert found["optimizer"] == Effect("optimizer", 2, ("adam",), 1.00001, importance=found["optimizer"].importance)
    assert found["lr"].best == (), "half of the runs of each rate diverged"


def test_few_runs_one_key_or_no_difference_have_no_importance(tmp_path):
    few = swept(tmp_path / "few", lambda rate, _, seed: rate + seed, seeds=3)
    alike = swept(tmp_path / "alike", lambda *_: 0.5)
    rates = [result(f"lr={rate},seed={seed}", rate) for rate in (0.1, 0.2) for seed in range(20)]
    one = summarise(make_sweep(tmp_path / "one", *rates, swept=("lr", "seed")), plots=False).effects
    assert {effect.importance for effect in (*few.values(), *alike.values(), *one)} == {None}


def test_values_that_are_equal_in_every_run_are_best_together(tmp_path):
    found = swept(tmp_path, lambda rate, _, seed: max(rate, 0.01) + seed)
    assert found["lr"].best == (0.001, 0.01)
    assert found["lr"].best_text() == "0.001 or 0.01"
    assert found["optimizer"].best == (), "all of its values tie"


def test_a_key_with_many_values_has_the_range_of_the_best_tenth(tmp_path):
    # The single best run is a lucky one far from where the good ones are.
    cost = {place: abs(place - 30) + 1.0 for place in range(100)} | {99: 0.5}
    runs = [result(f"lr={(place + 1) / 1000},seed={place}", value) for place, value in cost.items()]
    summary = summarise(make_sweep(tmp_path, *runs, swept=("lr", "seed")), plots=False)
    [effect] = summary.effects
    assert (effect.ranges, effect.best, effect.median) == (True, (0.027, 0.1), 3.0)
    assert effect.best_text() == "0.027 to 0.1"
    assert summary.configurations[0].values["lr"] == 0.1, "the winner is in the range"


def test_on_a_full_grid_nothing_has_to_be_installed_and_the_terminal_says_pairs_and_luck(tmp_path, monkeypatch):
    monkeypatch.setattr("xor_sweep.summary.importance.NEEDS", ("no_such_package",))
    summary = summary_of(tmp_path, lambda rate, optimizer, seed: (rate - 0.005) * (optimizer == "sgd") + seed * 1e-4, 8)
    line = best_values(summary)
    assert "lr with optimizer" in line
    assert "luck " in line
    assert "pip install" not in line


def test_elsewhere_the_command_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("xor_sweep.summary.importance.NEEDS", ("no_such_package",))
    points = [(rate, seed) for rate in range(1, 25) for seed in range(2)]
    names = {f"lr={rate / 100},batch_size={rate % 5 + 1},seed={seed}": float(rate + seed) for rate, seed in points}
    runs = [result(name, cost) for name, cost in names.items()]
    sweep = make_sweep(tmp_path, *runs, swept=("lr", "batch_size", "seed"))
    assert {effect.importance for effect in summarise(sweep, plots=False).effects} == {None}
    assert main([str(SweepPaths(tmp_path / "xor").directory)]) == 0
    assert "pip install 'xor_sweep[importance]'" in capsys.readouterr().out
