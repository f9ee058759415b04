"""What Hydra promises of a sweep holds for ours, whichever launcher carries it out."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.core.global_hydra import GlobalHydra
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus
from hydra.extra.pytest_plugin import hydra_restore_singletons, hydra_sweep_runner  # noqa: F401  # fixtures
from hydra.test_utils.launcher_common_tests import BatchedSweeperTestSuite, LauncherTestSuite
from hydra.version import VersionBase
from omegaconf import DictConfig, OmegaConf
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.util.tensor_util import make_ndarray

from xor_sweep.application import Application
from xor_sweep.commandline import read
from xor_sweep.config import schema
from xor_sweep.console import Console
from xor_sweep.executors.threads import Threads
from xor_sweep.orchestrate import Sweep
from xor_sweep.places import CONF

LAUNCHERS = ("fused", "basic")

WORDS = ["-m", "lr=0.1,0.01,0.001", "steps=60", "hydra.sweeper.max_batch_size=2"]
RATES = [0.1, 0.01, 0.001]


@pytest.fixture
def no_version() -> Iterator[None]:
    """Hydra as it is in a fresh process: an application before may have named the version it was written for."""
    named = Singleton._instances.pop(VersionBase, None)
    yield
    if named is not None:
        Singleton._instances[VersionBase] = named


# The suite's applications name no version of Hydra that they were written for, which it remarks on.
silent = pytest.mark.filterwarnings("ignore:Future Hydra versions will no longer change working:UserWarning")
of_no_version = pytest.mark.usefixtures("no_version")


@silent
@of_no_version
@pytest.mark.parametrize(("launcher_name", "overrides"), [("fused", []), ("fused", ["hydra/sweeper=grid"])])
class TestFusedLauncher(LauncherTestSuite):
    """Applications of others run under our launcher as under Hydra's."""


@silent
@of_no_version
@pytest.mark.parametrize(("launcher_name", "overrides"), [("fused", ["hydra.sweeper.max_batch_size=2"])])
class TestFusedLauncherInBatches(BatchedSweeperTestSuite):
    """And so do the batches of Hydra's sweeper."""


@silent
@of_no_version
@pytest.mark.parametrize(
    ("launcher_name", "overrides"), [("fused", ["hydra/sweeper=grid", "hydra.sweeper.max_batch_size=2"])]
)
class TestGridSweeperInBatches(BatchedSweeperTestSuite):
    """And those of ours."""


@dataclass(frozen=True)
class Carried:
    """A sweep that was carried out in this process, and what Hydra was given back."""

    batches: Sequence[Sequence[JobReturn]]
    directory: Path

    @property
    def returns(self) -> list[JobReturn]:
        return [job_return for batch in self.batches for job_return in batch]

    @property
    def runs(self) -> list[Path]:
        return [self.directory / "outputs" / "xor" / f"lr={rate}" for rate in RATES]


def carry_out(words: Sequence[str], searchpath: Path) -> Sequence[Sequence[JobReturn]]:
    """As the command does it, but that the sweeper's returns are kept."""
    state = copy.deepcopy(Singleton.get_state())
    try:
        command = read(["--config-dir", str(searchpath), *words])
        sweep = Sweep(command.swept, command.single, Console(), Threads())
        schema.register()
        GlobalHydra.instance().clear()
        hydra = Hydra.create_main_hydra2("xor_sweep", create_config_search_path(str(CONF)))
        overrides = [word for word in words if word != "-m"]
        returns = hydra.multirun(
            "config", Application(sweep), [*overrides, "hydra.mode=MULTIRUN", f"hydra.searchpath=[file://{searchpath}]"]
        )
        assert sweep.finish() == 0
    finally:
        GlobalHydra.instance().clear()
        Singleton.set_state(state)
    assert isinstance(returns, Sequence)
    return returns


@pytest.fixture(scope="module")
def searchpath(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration of a person's own with Hydra's callback that keeps what each job was called with."""
    directory = tmp_path_factory.mktemp("my_conf")
    callbacks = directory / "hydra" / "callbacks" / "kept.yaml"
    callbacks.parent.mkdir(parents=True)
    callbacks.write_text("kept:\n  _target_: hydra.experimental.callbacks.PickleJobInfoCallback\n")
    return directory


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory, searchpath: Path) -> dict[str, Carried]:
    """The same sweep under both launchers, each in a directory of its own."""
    done = {}
    with pytest.MonkeyPatch.context() as patch:
        for launcher in LAUNCHERS:
            directory = tmp_path_factory.mktemp(launcher)
            patch.chdir(directory)
            words = [*WORDS, f"hydra/launcher={launcher}", "hydra/callbacks=kept"]
            done[launcher] = Carried(carry_out(words, searchpath), directory)
    return done


@pytest.fixture(params=LAUNCHERS)
def sweep(request: pytest.FixtureRequest, carried: dict[str, Carried], monkeypatch: pytest.MonkeyPatch) -> Carried:
    done = carried[request.param]
    monkeypatch.chdir(done.directory)
    return done


def plain(config: DictConfig, *, resolve: bool = True) -> dict[str, Any]:
    values = OmegaConf.to_container(config, resolve=resolve, enum_to_str=True)
    assert isinstance(values, dict)
    return values  # type: ignore[return-value]  # keys are strings


def loaded(path: Path) -> DictConfig:
    config = OmegaConf.load(path)
    assert isinstance(config, DictConfig)
    return config


def result(directory: Path) -> dict[str, Any]:
    content = json.loads((directory / "result.json").read_text())
    assert isinstance(content, dict)
    return content


def test_jobs_come_back_in_batches_in_their_order(sweep: Carried) -> None:
    assert [len(batch) for batch in sweep.batches] == [2, 1]
    assert [returned.overrides for returned in sweep.returns] == [[f"lr={rate}", "steps=60"] for rate in RATES]


def test_a_job_returns_its_configuration_and_its_place(sweep: Carried) -> None:
    for number, (returned, rate) in enumerate(zip(sweep.returns, RATES, strict=True)):
        assert (returned.cfg.lr, returned.cfg.steps) == (rate, 60)
        assert "hydra" not in returned.cfg
        assert list(returned.hydra_cfg) == ["hydra"]
        job = returned.hydra_cfg.hydra.job
        assert (job.name, job.num, job.id) == ("xor_sweep", number, str(number))
        assert returned.hydra_cfg.hydra.overrides.task == returned.overrides
        assert returned.task_name == "xor_sweep"
        assert returned.working_dir == str(sweep.directory)
        assert returned.status == JobStatus.COMPLETED


def test_a_job_returns_the_objective_of_its_result(sweep: Carried) -> None:
    for returned, directory in zip(sweep.returns, sweep.runs, strict=True):
        assert returned.return_value == result(directory)["final_cost"]


def test_runs_stand_where_their_jobs_say(sweep: Carried) -> None:
    said = [returned.hydra_cfg.hydra.runtime.output_dir for returned in sweep.returns]
    assert said == [str(path) for path in sweep.runs]
    xor = sweep.directory / "outputs" / "xor"
    assert {path.name for path in xor.iterdir() if path.is_dir()} == {".sweep", *(path.name for path in sweep.runs)}


def test_a_job_says_the_same_place_wherever_that_is_asked(
    sweep: Carried, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = [returned.hydra_cfg.hydra.runtime.output_dir for returned in sweep.returns]
    assert said == [str(path) for path in sweep.runs]


def test_the_sweeps_subdir_is_the_runs_name(sweep: Carried) -> None:
    for returned, directory in zip(sweep.returns, sweep.runs, strict=True):
        whole = OmegaConf.create(plain(returned.cfg, resolve=False) | plain(returned.hydra_cfg, resolve=False))
        assert whole.hydra.sweep.subdir == directory.name
        assert Path(whole.hydra.sweep.dir) == Path("outputs/xor")


def test_config_yaml_is_the_jobs_configuration(sweep: Carried) -> None:
    for returned, directory in zip(sweep.returns, sweep.runs, strict=True):
        written = loaded(directory / ".hydra" / "config.yaml")
        assert plain(written, resolve=False) == plain(returned.cfg, resolve=False)
        assert written.optimizer.learning_rate == returned.cfg.lr


def test_hydra_yaml_is_the_jobs_node_of_hydra(sweep: Carried) -> None:
    for number, (returned, directory) in enumerate(zip(sweep.returns, sweep.runs, strict=True)):
        written = loaded(directory / ".hydra" / "hydra.yaml")
        assert plain(written, resolve=False) == plain(returned.hydra_cfg, resolve=False)
        hydra = written.hydra
        assert (hydra.job.num, hydra.job.id, hydra.job.override_dirname) == (
            number,
            str(number),
            f"lr={RATES[number]},steps=60",
        )
        assert hydra.overrides.task == returned.overrides
        assert hydra.runtime.output_dir == str(directory)
        assert hydra.runtime.cwd == str(sweep.directory)


def test_overrides_yaml_holds_the_jobs_overrides(sweep: Carried) -> None:
    for returned, directory in zip(sweep.returns, sweep.runs, strict=True):
        assert OmegaConf.load(directory / ".hydra" / "overrides.yaml") == returned.overrides


def test_multirun_yaml_holds_the_whole_command(sweep: Carried) -> None:
    written = loaded(sweep.directory / "outputs" / "xor" / "multirun.yaml")
    assert written.hydra.overrides.task == ["lr=0.1,0.01,0.001", "steps=60"]


def test_callbacks_are_called_with_each_jobs_configuration_and_return(sweep: Carried) -> None:
    for number, (returned, directory) in enumerate(zip(sweep.returns, sweep.runs, strict=True)):
        config = pickle.loads((directory / ".hydra" / "config.pickle").read_bytes())
        assert (config.lr, config.hydra.job.num) == (RATES[number], number)
        assert config.hydra.runtime.output_dir == str(directory)
        kept = pickle.loads((directory / ".hydra" / "job_return.pickle").read_bytes())
        assert isinstance(kept, JobReturn)
        assert (kept.overrides, kept.status) == (returned.overrides, JobStatus.COMPLETED)
        assert kept.return_value == returned.return_value
        assert kept.cfg == returned.cfg
        assert kept.hydra_cfg == returned.hydra_cfg


def test_both_launchers_write_the_same_files(carried: dict[str, Carried]) -> None:
    written = {}
    for launcher, done in carried.items():
        paths = (path.relative_to(done.directory) for path in done.directory.rglob("*") if path.is_file())
        written[launcher] = sorted(str(path).split(".tfevents.")[0] for path in paths)
    assert written["fused"] == written["basic"]
    assert sum("events.out" in path for path in written["fused"]) == 3


def test_both_launchers_come_to_the_same_results(carried: dict[str, Carried]) -> None:
    for fused, basic in zip(carried["fused"].runs, carried["basic"].runs, strict=True):
        one, other = result(fused), result(basic)
        for key in ("started_at", "wall_s", "program_s", "files", "seal"):
            del one[key], other[key]
        assert one == other


def test_both_launchers_write_the_same_configuration(carried: dict[str, Carried]) -> None:
    for fused, basic in zip(carried["fused"].runs, carried["basic"].runs, strict=True):
        assert (fused / ".hydra/config.yaml").read_bytes() == (basic / ".hydra/config.yaml").read_bytes()
        assert (fused / ".hydra/overrides.yaml").read_bytes() == (basic / ".hydra/overrides.yaml").read_bytes()
        one, other = (plain(loaded(path / ".hydra/hydra.yaml"), resolve=False)["hydra"] for path in (fused, basic))
        for node, done in ((one, carried["fused"]), (other, carried["basic"])):
            del node["launcher"], node["overrides"]["hydra"], node["runtime"]["choices"]["hydra/launcher"]
            # What the one computes when it is asked, the other was told.
            del node["sweep"]["subdir"]
            node["runtime"]["cwd"] = node["runtime"]["cwd"].removeprefix(str(done.directory))
            node["runtime"]["output_dir"] = node["runtime"]["output_dir"].removeprefix(str(done.directory))
        assert one == other


def logged(directory: Path) -> list[tuple[int, str, Any]]:
    """Step, tag and value of all that TensorBoard reads of a run, but for times and the graph."""
    (file,) = directory.glob("events.out.tfevents.*")
    values = ((event.step, value) for event in EventFileLoader(str(file)).Load() for value in event.summary.value)
    read = [(step, value.tag, np.asarray(make_ndarray(value.tensor))) for step, value in values]
    return [point for point in read if point[1] != "__run_graph__"]


def test_both_launchers_log_the_same_values(carried: dict[str, Carried]) -> None:
    for fused, basic in zip(carried["fused"].runs, carried["basic"].runs, strict=True):
        one, other = logged(fused), logged(basic)
        assert len(one) > 2 * 61
        assert [(step, tag) for step, tag, _ in one] == [(step, tag) for step, tag, _ in other]
        for (step, tag, value), (_, _, same) in zip(one, other, strict=True):
            assert np.array_equal(value, same), (step, tag)


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_a_finished_run_is_not_trained_again_and_its_job_returns_what_it_came_to(
    launcher: str, carried: dict[str, Carried], searchpath: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = carried[launcher]
    monkeypatch.chdir(before.directory)
    results = [path / "result.json" for path in before.runs]
    times = [path.stat().st_mtime_ns for path in results]
    again = carry_out([*WORDS, f"hydra/launcher={launcher}"], searchpath)
    assert [path.stat().st_mtime_ns for path in results] == times
    returns = [returned for batch in again for returned in batch]
    assert [returned.return_value for returned in returns] == [returned.return_value for returned in before.returns]
    assert [returned.overrides for returned in returns] == [returned.overrides for returned in before.returns]
