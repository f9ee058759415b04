"""Two sweeps, and what the command says of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.summary.sweeps import diverged, make_sweep, result
from xor_sweep.compare.__main__ import main
from xor_sweep.results import RunResult

CONFIG = (
    "lr: 0.1\nseed: 5\noptimizer: {name: adam, learning_rate: '${lr}', beta_1: 0.9}\ndata: {kind: xor, name: xor}\n"
)
SGD = CONFIG.replace("name: adam", "name: sgd").replace("beta_1: 0.9", "momentum: 0.0")

GOOD = [0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008, 0.009, 0.01]
BAD = [cost + 0.3 for cost in GOOD]


def runs(costs: Mapping[float, Sequence[float | None]]) -> list[RunResult]:
    """Runs of each learning rate with a cost for each seed; None diverged."""
    names = [(f"lr={rate},seed={seed}", cost) for rate, of in costs.items() for seed, cost in enumerate(of)]
    return [diverged(name) if cost is None else result(name, cost) for name, cost in names]


def sweep(outputs: Path, name: str, *results: RunResult, config: str = CONFIG, **more: Any) -> str:
    """A sweep directory whose runs all have one configuration recorded."""
    more = {"swept": ("lr", "seed"), "configs": {each.run: config for each in results}} | more
    return str(make_sweep(outputs, *results, name=name, **more).directory)


def compared(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and what `--json` says."""
    code = main([*words, "--json"])
    out, err = capsys.readouterr()
    assert err == ""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return code, json.loads(out, parse_constant=refuse)


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line with which a command ends that compares nothing."""
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err
