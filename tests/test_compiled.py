"""On the command line: what a function of a trusted module compiles is what trains, under every launcher."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.command import in_this_process
from tests.engine import ENGINE
from xor_sweep.__main__ import main
from xor_sweep.compiled import Use, lines_of

NETS = """
import keras

def build(rate=1e-9):
    start = keras.Input((2,))
    first = keras.layers.Dense(2, "tanh", kernel_initializer=keras.initializers.GlorotUniform(seed=1))(start)
    last = keras.layers.Dense(1, "sigmoid", kernel_initializer=keras.initializers.GlorotUniform(seed=2))(first)
    model = keras.Model(start, last)
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), loss="mse")
    return model
"""

WORDS = ("network=custom", "network._target_=compiled_nets.build", "trusted_modules=[compiled_nets]", "steps=5")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "compiled_nets.py").write_text(NETS)
    monkeypatch.syspath_prepend(tmp_path)
    with in_this_process(tmp_path, monkeypatch):
        yield tmp_path


def carry_out(*words: str) -> int:
    return main([*WORDS, *words], ENGINE)


def config_of(run: str, sweep: str = "outputs/xor") -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(Path(sweep, run, ".hydra/config.yaml").read_text())
    return found


def test_a_dry_run_says_what_is_compiled_and_what_the_command_gives(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert carry_out("-m", "lr=0.1,0.2", "optimizer.momentum=0.5", "dry_run=true") == 0
    said = capsys.readouterr().out
    assert "Compiled    optimizer=sgd, loss=mse from compile() in compiled_nets.build" in said
    assert "lr from the sweep, and not from compile()" in said
    assert [path.name for path in project.iterdir() if path.name != "__pycache__"] == ["compiled_nets.py"]


def test_a_rate_in_a_sweeps_file_is_given_though_it_is_the_default(project: Path) -> None:
    (project / "own/sweep").mkdir(parents=True)
    (project / "own/sweep/mine.yaml").write_text(
        "# @package _global_\nexperiment: mine\nlr: 0.01\nhydra: {mode: MULTIRUN, sweeper: {params: {seed: '1,2'}}}\n"
    )
    assert carry_out("--config-dir", "own", "sweep=mine", "save=none") == 0
    recorded = config_of("seed=1", "outputs/mine")
    assert (recorded["lr"], recorded["optimizer"]["name"], recorded["loss"]) == (0.01, "sgd", "mse")


@pytest.mark.proof
@pytest.mark.usefixtures("project")
def test_a_launcher_of_hydras_own_trains_the_same() -> None:
    swept = ("-m", "+network.rate=0.1,0.2", "optimizer.momentum=0.5", "save=none")
    assert carry_out(*swept) == 0
    assert carry_out(*swept, "hydra/launcher=basic", "experiment=basic") == 0
    for run in ("network.rate=0.1", "network.rate=0.2"):
        ours, theirs = (json.loads(Path("outputs", name, run, "result.json").read_text()) for name in ("xor", "basic"))
        assert ours["identity"] == theirs["identity"]
        assert ours["final_cost"] == theirs["final_cost"]
        assert config_of(run, "outputs/basic")["lr"] == float(run.partition("=")[2])


@pytest.mark.proof
@pytest.mark.usefixtures("project")
def test_a_job_that_hydra_composes_by_itself_is_refused_unless_it_gives_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hydras = ("-m", "hydra/launcher=basic", "hydra/sweeper=basic", "seed=1,2", "save=none")
    assert carry_out(*hydras) == 2
    assert "its compile() says optimizer=sgd optimizer.momentum=0.9 lr=1e-09 loss=mse" in capsys.readouterr().err
    assert carry_out(*hydras, "optimizer=sgd", "lr=0.1", "loss=mse") == 0


@pytest.mark.proof
@pytest.mark.usefixtures("project")
def test_best_yaml_trains_the_compiled_run_again() -> None:
    assert carry_out("-m", "+network.rate=0.1,0.5", "save=none") == 0
    assert main(["--config-dir", "outputs/xor", "--config-name", "best", WORDS[2], "save=none"], ENGINE) == 0
    [again] = Path("outputs/xor_best").glob("*/result.json")
    repeated, best = (
        json.loads(path.read_text()) for path in (again, Path("outputs/xor/network.rate=0.5/result.json"))
    )
    assert repeated["identity"] == best["identity"]
    assert repeated["final_cost"] == best["final_cost"]


def test_many_values_of_a_part_are_counted() -> None:
    uses = [Use("nets.build", (("lr", f"lr=0.{digit}"),), ("loss",)) for digit in range(1, 6)]
    assert lines_of(uses) == (
        "lr=0.1|0.2|0.3|… (5 values) from compile() in nets.build; loss from the sweep, and not from compile()",
    )


def test_that_an_optimizer_starts_anew_is_said() -> None:
    assert lines_of([Use("nets.build", (("lr", "lr=0.1"),), (), steps=6)]) == (
        "lr=0.1 from compile() in nets.build; its optimizer has taken 6 steps, and each run starts with a new one",
    )
