"""`sweep` as a person calls it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hydra import initialize
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from sklearn.model_selection import ParameterSampler

from tests.command import succeed
from xor_sweep import ConfigError, SweepError, sweep
from xor_sweep.__main__ import main
from xor_sweep.record import ChunkRecord

STEPS = 30


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def quick(what: Any, **more: Any) -> pd.DataFrame:
    overrides = (f"steps={STEPS}", *more.pop("overrides", ()))
    return sweep(what, overrides=overrides, save="none", quiet=True, **more)


def test_a_dict_of_lists_is_the_grid_of_its_values(place: Path) -> None:
    results = quick({"lr": [0.1, 0.01], "seed": range(2), "optimizer.beta_1": 0.8})
    assert sorted(zip(results.lr, results.seed, strict=True)) == [(0.01, 0), (0.01, 1), (0.1, 0), (0.1, 1)]
    assert results.final_cost.is_monotonic_increasing
    assert list(results.index) == [0, 1, 2, 3]
    assert (results.lr.dtype, results.seed.dtype) == (np.float64, np.int64)
    assert list(results.columns[:4]) == ["run", "lr", "seed", "status"]
    assert results.attrs["directory"] == "outputs/xor"
    assert {path.name for path in place.iterdir()} == {"outputs"}
    recorded = yaml.safe_load((place / "outputs/xor" / results.run[0] / ".hydra/config.yaml").read_text())
    assert recorded["optimizer"]["beta_1"] == 0.8


def test_a_configuration_that_a_command_of_the_process_named_before_is_not_that_of_the_call(place: Path) -> None:
    (place / "mine.yaml").write_text("defaults: [config, _self_]\nlr: ???\n")
    assert main(["--config-dir", ".", "--config-name", "mine"]) == 2
    assert list(quick({"seed": [1]}).status) == ["completed"]


def test_the_command_and_the_call_are_one_sweep(place: Path) -> None:
    succeed("-m", "lr=0.1,0.01", "seed=1,2", f"steps={STEPS}", "save=none", cwd=place)
    before = {path: path.read_bytes() for path in place.rglob("result.json")}
    results = sweep({"lr": np.array([0.1, 0.01]), "seed": np.arange(1, 3)}, overrides=f"steps={STEPS}", save="none")
    assert {path: path.read_bytes() for path in place.rglob("result.json")} == before
    assert sorted(results.run) == ["lr=0.01,seed=1", "lr=0.01,seed=2", "lr=0.1,seed=1", "lr=0.1,seed=2"]


def test_the_record_is_that_of_the_command(place: Path) -> None:
    words = ["lr=0.1,0.01", f"steps={STEPS}", "save=none"]
    succeed("-m", *words, "outputs=there", cwd=place)
    sweep(words, outputs="there", experiment="called", quiet=True)
    for run in ("lr=0.1", "lr=0.01"):
        ours, theirs = place / "there/called" / run / ".hydra", place / "there/xor" / run / ".hydra"
        assert {path.name for path in ours.iterdir()} == {"config.yaml", "hydra.yaml", "overrides.yaml"}
        config = yaml.safe_load((ours / "config.yaml").read_text())
        assert config == yaml.safe_load((theirs / "config.yaml").read_text()) | {"experiment": "called"}
        hydra = yaml.safe_load((ours / "hydra.yaml").read_text())["hydra"]
        assert hydra["job"]["name"] == "xor_sweep"
        assert hydra["overrides"]["task"] == yaml.safe_load((ours / "overrides.yaml").read_text())
        one, other = (json.loads((path.parent / "result.json").read_text()) for path in (ours, theirs))
        assert (one["identity"], one["final_cost"]) == (other["identity"], other["final_cost"])


def test_lists_are_values_and_words_are_never_split(place: Path) -> None:
    results = quick({"network.hidden": [[2], (3, 2)], "experiment": "a,b"})
    assert sorted(results["network.hidden"]) == [(2,), (3, 2)]
    assert (place / "outputs/a,b").is_dir()


def test_points_may_have_different_keys() -> None:
    results = quick([{"lr": 0.1}, {"optimizer": "sgd", "optimizer.momentum": 0.9}, {"optimizer": "adam"}])
    by_run = results.set_index("run")
    assert by_run.loc["optimizer=sgd,optimizer.momentum=0.9", "optimizer.momentum"] == 0.9
    assert by_run.loc["lr=0.1", "optimizer"] == "adam"
    assert len(results) == 3


def test_a_list_of_one_value_tells_runs_apart_and_a_plain_value_does_not() -> None:
    assert list(quick({"lr": [0.1], "seed": 3}).run) == ["lr=0.1"]
    assert list(quick({"lr": 0.2, "seed": 3}).run) == ["lr=0.2,seed=3"]
    assert list(quick({}).run) == ["default"]


def test_any_sampler_of_points_works() -> None:
    results = quick(ParameterSampler({"lr": np.logspace(-3, 0, 50), "seed": range(5)}, 6, random_state=0))
    assert len(results) == 6
    assert results[["lr", "seed"]].drop_duplicates().shape == (6, 2)


def test_an_ask_and_tell_loop_reuses_runs_and_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = [0.01, 0.1]
    trained: list[int] = []
    execute = ChunkRecord.begin
    monkeypatch.setattr(ChunkRecord, "begin", lambda record: (trained.append(len(record._claims)), execute(record)))
    import xor_sweep.training

    compiled, compile_program = [], xor_sweep.training.compile_program
    monkeypatch.setattr(
        xor_sweep.training,
        "compile_program",
        lambda structure: compiled.append(structure) or compile_program(structure),
    )
    for _ in range(3):
        tried = quick([{"lr": rate} for rate in rates], experiment="search")
        rates = [tried.lr[0], tried.lr[0] * 1.5]
    assert trained == [2, 1, 1]
    assert len(compiled) <= 1


def test_failed_and_diverged_runs_are_rows() -> None:
    def build(units: int) -> Any:
        if units == 3:
            raise RuntimeError("three is too many")
        import keras

        return keras.Sequential([keras.Input((2,)), keras.layers.Dense(units), keras.layers.Dense(1, "sigmoid")])

    results = quick({"units": [2, 3]}, model=build).set_index("network.units")
    assert list(results.status) == ["completed", "failed"]
    assert "three is too many" in results.loc[3, "reason"]
    assert results.final_cost.dtype == np.float64
    assert np.isnan(results.loc[3, "final_cost"])


def test_a_call_prints_what_the_command_prints_unless_it_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    quick({"lr": [0.1, 0.01]})
    assert capsys.readouterr().out == ""
    sweep({"lr": [0.1, 0.01]}, overrides=f"steps={STEPS}", save="none")
    said = capsys.readouterr().out
    assert "2 runs finished already in outputs/xor" in said
    assert "2 runs of this command" in said
    assert '"seed": range(20)' in said


def test_nothing_is_trained_for_a_plan(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = sweep({"lr": [0.1, 0.01]}, overrides="dry_run=true")
    assert len(results) == 0
    assert "runs to train" in capsys.readouterr().out
    assert list(place.iterdir()) == []


def test_it_works_inside_a_running_event_loop() -> None:
    async def notebook() -> pd.DataFrame:
        await asyncio.sleep(0)
        return quick({"lr": [0.1]})

    assert list(asyncio.run(notebook()).status) == ["completed"]


@pytest.fixture
def another_application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Hydra application of somebody else's that is running, with a schema of its own."""
    directory = tmp_path_factory.mktemp("application")
    (directory / "config.yaml").write_text("defaults: [schema, _self_]\ndb: mysql\n")
    from hydra import compose, initialize_config_dir

    ConfigStore.instance().store(name="schema", node={"port": 80})
    with initialize_config_dir(config_dir=str(directory), job_name="theirs", version_base="1.2"):
        HydraConfig.instance().set_config(compose("config", return_hydra_config=True))
        yield
        HydraConfig.instance().cfg = None
    ConfigStore.instance().repo.pop("schema.yaml")


@pytest.mark.usefixtures("another_application")
def test_it_works_inside_another_hydra_application_and_leaves_it_as_it_was() -> None:
    from hydra import compose, version

    theirs = GlobalHydra.instance().hydra
    assert list(quick({"lr": [0.1]}).status) == ["completed"]
    assert GlobalHydra.instance().hydra is theirs
    assert HydraConfig.get().job.name == "theirs"
    assert str(version.getbase()) == "1.2"
    assert compose("config") == {"port": 80, "db": "mysql"}


def test_without_an_application_no_trace_of_hydra_stays() -> None:
    quick({"lr": [0.1]})
    assert not GlobalHydra.instance().is_initialized()
    assert not HydraConfig.initialized()
    with initialize(config_path=None, version_base="1.3"):
        pass


def test_a_keyboard_interrupt_passes_after_what_is_finished_is_summarised(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finish = ChunkRecord.finish
    seen: list[str] = []

    def interrupted(record: ChunkRecord, ending: Any) -> Any:
        if seen:
            raise KeyboardInterrupt
        seen.append("one chunk")
        return finish(record, ending)

    monkeypatch.setattr(ChunkRecord, "finish", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sweep({"steps": [10, 20]}, save="none")
    assert "Stopped: 1 of 2 runs finished. The same call goes on from here" in capsys.readouterr().out
    assert (place / "outputs/xor/summary.csv").is_file()
    monkeypatch.setattr(ChunkRecord, "finish", finish)
    assert list(sweep({"steps": [10, 20]}, save="none", quiet=True).status) == ["completed", "completed"]


def test_a_group_of_the_persons_own_works(place: Path) -> None:
    (place / "my_conf/optimizer").mkdir(parents=True)
    (place / "my_conf/optimizer/fast.yaml").write_text("defaults: [adam, _self_]\nbeta_1: 0.5\n")
    results = quick({"optimizer": ["fast", "sgd"]}, config_dir="my_conf")
    assert sorted(results.optimizer) == ["fast", "sgd"]


def test_a_named_sweep_works_and_points_add_to_it() -> None:
    results = quick("sweep=lr_grid")
    assert len(results) > 2
    assert set(quick({"seed": [1, 2]}, overrides=["sweep=lr_grid"]).seed) == {1, 2}


def test_the_best_is_the_largest_accuracy_where_that_is_asked_for() -> None:
    results = quick({"seed": range(4)}, objective="final_accuracy")
    assert results.final_accuracy.is_monotonic_decreasing


def test_another_process_in_the_directory_is_a_sweep_error(place: Path) -> None:
    from xor_sweep.lock import SweepLock
    from xor_sweep.runs import SweepPaths

    lock = SweepLock(SweepPaths(place / "outputs/xor"))
    with pytest.raises(SweepError, match="sweeping into it"):
        quick({"lr": [0.1]})
    lock.release()
    with pytest.raises(ConfigError):
        quick({"lr": [-0.1]})
