"""best.yaml: what stands in it, of whatever record, and that it is the same run in this and in later releases."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra import compose

from tests.data.made import CUSTOMERS
from tests.specs import jobs
from tests.summary.sweeps import diverged, failed, make_sweep, result
from xor_sweep import primary
from xor_sweep.commandline import hydra_here, read
from xor_sweep.config import RunSpec, Settings, identity, schema
from xor_sweep.config.together import EXPERIMENT
from xor_sweep.jobs import Job, read_spec
from xor_sweep.places import CONF
from xor_sweep.runs import SweepPaths
from xor_sweep.summary import summarise
from xor_sweep.summary.best_config import best_experiment

FUNCTIONS = """
def build(units, *, input_shape, outputs): ...
def load(rows=3): return [[float(row)] for row in range(rows)], [float(row) for row in range(rows)]
def loss(y, z): ...
"""

CASES: dict[str, list[str]] = {
    "as it is": [],
    "an optimizer with a rate of its own": ["optimizer=sgd", "optimizer.momentum=0.9", "optimizer.learning_rate=0.3"],
    "a schedule and a network": [
        *("schedule=piecewise_constant_decay", "schedule.boundaries=[10,20]", "schedule.factors=[1,0.5,0.1]"),
        *("network=mlp", "network.hidden=[8,4]", "network.dropout=0.1", "lr=1e-5"),
    ],
    "parity": ["data=parity", "data.bits=4", "epochs=300", "seed=1"],
    "a table": [
        "data=csv",
        "data.path=a b.csv",
        "data.target=churn",
        "data.ignore=[age]",
        "data.fold=2",
        "network=xor",
    ],
    "steps on a table": ["data=csv", "data.path=a b.csv", "data.target=churn", "steps=30", "batch_size=null"],
    "a set of scikit-learn's": ["data=sklearn", "data.name=wine", "metrics=[AUC,Precision]", "class_weight=balanced"],
    "early stopping": ["data=sklearn", "data.name=diabetes", "loss=mae", "early_stopping.patience=3", "batch_size=8"],
    "functions": [
        *("network=custom", "network._target_=my_lab.build", "+network.units=3", "trusted_modules=[my_lab]"),
        *("data=python", "data._target_=my_lab.load", "+data.rows=4", "loss={_target_:my_lab.loss}"),
    ],
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a b.csv").write_text(CUSTOMERS)
    (tmp_path / "my_lab.py").write_text(FUNCTIONS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def recorded(words: Sequence[str], name: str = "xor") -> tuple[Job, SweepPaths]:
    """A job, and the summarised sweep directory of its run."""
    [job] = jobs(words)
    config = job.hydra_files(Path("outputs", name, "run"))[0]
    sweep = make_sweep(
        Path("outputs"), result("run", overrides=tuple(words), batch_order="seed"), configs={"run": config}, name=name
    )
    summarise(sweep, plots=False)
    return job, sweep


def summarised(config: str, **fields: Any) -> SweepPaths:
    sweep = make_sweep(Path("outputs"), result("run", **{"batch_order": "seed", **fields}), configs={"run": config})
    summarise(sweep, plots=False)
    return sweep


def again(sweep: SweepPaths, *words: str) -> tuple[RunSpec, Settings]:
    """What the command on best.yaml trains."""
    assert read(["--config-dir", str(sweep.directory), "--config-name", "best", *words]).runs
    with hydra_here():
        return read_spec(compose("best", list(words)))


def values(sweep: SweepPaths) -> dict[str, Any]:
    return dict(yaml.safe_load(sweep.best.read_text()))


def said(sweep: SweepPaths) -> list[str]:
    return [line.removeprefix("# ") for line in sweep.best.read_text().splitlines() if line.startswith("#")]


@pytest.mark.parametrize("what", CASES)
def test_it_is_the_same_run_in_a_sweep_of_its_own(what: str) -> None:
    job, sweep = recorded(CASES[what])
    trust = ["trusted_modules=[my_lab]"] if what == "functions" else []
    spec, settings = again(sweep, *trust)
    assert identity(spec) == job.identity
    assert spec == replace(job.spec, data=replace(job.spec.data, name=spec.data.name))
    assert settings.sweep_dir == Path("outputs/xor_best")


def test_another_release_with_other_defaults_trains_the_same(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job, sweep = recorded(["optimizer=adamw", "network=mlp"])
    shutil.copytree(CONF, here / "conf")
    text = (CONF / "config.yaml").read_text()
    for old, new in (
        ("lr: 0.01", "lr: 0.5"),
        ("seed: 5", "seed: 6"),
        ("steps: null", "steps: 77"),
        ("loss: null", "loss: mse"),
        ("network: xor", "network: custom"),
        ("optimizer: adam", "optimizer: lion"),
        ("schedule: constant", "schedule: cosine_decay"),
        ("data: xor", "data: parity"),
        ("patience: null", "patience: 9"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    (here / "conf" / "config.yaml").write_text(text)
    monkeypatch.setattr(primary, "CONF", here / "conf")
    assert identity(again(sweep)[0]) == job.identity
    written = values(sweep)
    for group, conf in (("network", schema.NetworkConf), ("optimizer", schema.OPTIMIZERS["adamw"])):
        assert written[group].keys() == {key.name for key in fields(conf)} - {"name", "learning_rate"}


def test_what_is_typed_stands_over_it() -> None:
    _, sweep = recorded(["optimizer=adam", "optimizer.beta_1=0.5", "lr=0.1", "steps=300"])
    spec, _ = again(sweep, "lr=0.5", "optimizer.beta_2=0.7")
    assert (spec.optimizer.learning_rate, dict(spec.optimizer.arguments)["beta_1"]) == (0.5, 0.5)
    assert dict(spec.optimizer.arguments)["beta_2"] == 0.7
    spec, _ = again(sweep, "optimizer=sgd", "epochs=20")
    assert (spec.optimizer.name, spec.optimizer.learning_rate, spec.training.steps) == ("sgd", 0.1, 20)
    spec, _ = again(sweep, "data=sklearn", "data.name=wine", "network=mlp", "optimizer=adam")
    assert (spec.data.name, spec.network) == ("wine", jobs(["network=mlp"])[0].spec.network)
    assert dict(spec.optimizer.arguments)["beta_1"] == 0.9
    for words in (["-m", "optimizer=adam,sgd"], ["sweep=smoke", "optimizer=sgd"], ["-m", "seed=1,2"]):
        assert read(["--config-dir", str(sweep.directory), "--config-name", "best", *words]).runs


def test_the_comment_is_the_command_that_trains_it() -> None:
    _, sweep = recorded(["lr=0.1"])
    first, where, command, *_ = said(sweep)
    assert "run at the median, run." in first
    assert where == "This trains it again, in outputs/xor_best:"
    assert command == "  python -m xor_sweep --config-dir outputs/xor --config-name best"
    assert len(said(sweep)) == 4


def test_a_sweep_elsewhere_is_trained_again_beside_it() -> None:
    [job] = jobs(["lr=0.1"])
    sweep = make_sweep(Path("my runs"), result("r"), configs={"r": job.hydra_files(Path("r"))[0]})
    summarise(sweep, plots=False)
    words = shlex.split(said(sweep)[2])
    assert words[-1] == "outputs=my runs"
    assert read([*words[3:-1], "outputs='my runs'"]).runs
    assert "outputs" not in values(sweep)


def test_from_inside_of_a_sweep_directory_it_is_the_same_file(monkeypatch: pytest.MonkeyPatch) -> None:
    _, sweep = recorded(["lr=0.1"])
    before = values(sweep)
    monkeypatch.chdir(sweep.directory)
    summarise(SweepPaths(Path()), plots=False)
    assert yaml.safe_load(Path("best.yaml").read_text()) == before


@pytest.mark.parametrize("name", ["x" * 95, "x" * 96, "x" * 100, "x" * 95 + "_best", "a b", "tfevents", "-x", "é"])
def test_the_new_sweep_has_a_name_of_its_own_that_one_can_have(name: str) -> None:
    experiment = best_experiment(SweepPaths(Path("outputs", name)))
    assert experiment.endswith("_best")
    assert experiment not in (name, best_experiment(SweepPaths(Path("outputs", f"{name[:-1]}y"))))
    assert EXPERIMENT.fullmatch(experiment)
    assert "tfevents" not in experiment


def test_functions_are_trusted_on_the_command_line_alone() -> None:
    _, sweep = recorded(CASES["functions"])
    assert said(sweep)[4:] == [
        "It calls functions of my_lab: add trusted_modules=[my_lab] to the command if you wrote that."
    ]
    assert "trusted_modules" not in values(sweep)
    with pytest.raises(Exception, match=r"add trusted_modules=\[my_lab\] if you wrote it"):
        again(sweep)


GIVEN = "network: {_target_: xor_sweep.given.given_by_nobody, units: 3}\n"
BASE = "optimizer: {name: adam}\ndata: {kind: xor, name: xor}\n"


def test_what_came_from_python_is_said_and_is_one_line() -> None:
    sweep = summarised(GIVEN + BASE.replace("{kind: xor, name: xor}", "{kind: arrays, name: arrays, sha256: abc}"))
    assert said(sweep)[4:] == [
        "The command cannot do that: given_by_nobody, arrays came from Python; call xor_sweep.sweep with the same."
    ]
    with pytest.raises(Exception, match="no function given_by_nobody was given to this process"):
        again(sweep)


def test_a_value_that_was_looked_up_is_to_be_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATE", "0.7")
    sweep = summarised("network: {hidden: [3]}\nlr: ${oc.env:RATE}\n" + BASE)
    assert said(sweep)[4:] == ["lr was looked up as the run began, and is not known: add lr=… to the command."]
    assert "0.7" not in sweep.best.read_text()
    with pytest.raises(Exception, match="lr has no value there; add lr=… to the command"):
        again(sweep)
    assert again(sweep, "lr=0.25")[0].optimizer.learning_rate == 0.25


def test_references_to_other_keys_are_followed() -> None:
    sweep = summarised(
        "network: {hidden: [3]}\nlr: 0.3\noptimizer: {name: adam, epsilon: '${lr}'}\ndata: {name: xor}\n"
    )
    assert values(sweep)["optimizer"]["epsilon"] == 0.3


def test_it_is_removed_where_no_configuration_qualifies() -> None:
    _, sweep = recorded(["lr=0.1"])
    shutil.rmtree(sweep.directory / "run")
    make_sweep(Path("outputs"), failed("a"), diverged("b"))
    assert summarise(sweep, plots=False).best_config is None
    assert not sweep.best.exists()


DAMAGED = {
    "nothing": "",
    "no mapping": "[1]",
    "no optimizer": "data: {name: xor}\n",
    "an optimizer of nobody's": "optimizer: {name: nope}\ndata: {name: xor}\n",
    "an optimizer that is a list": "optimizer: {name: [adam]}\ndata: {name: xor}\n",
    "an unknown key": BASE + "network: {wide: 3}\n",
    "a network that is a word": BASE + "network: ${lr}\n",
    "a value of another type": BASE + "lr: {a: 1}\n",
    "a value that nobody takes": BASE + "lr: -1\n",
    "half a character": BASE + 'network: {_target_: a.b, x: "\\ud800"}\n',
    "a loss that is none": BASE + "loss: nope\n",
    "steps that are none": BASE + "steps: many\n",
    "references in a circle": BASE.replace("adam", "${optimizer.name}"),
    "data of nobody's": "optimizer: {name: adam}\ndata: 3\n",
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_record_that_no_run_can_have_gives_none(what: str) -> None:
    Path("outputs/xor").mkdir(parents=True)
    Path("outputs/xor/best.yaml").write_text("an earlier one")
    assert not summarised(DAMAGED[what]).best.exists()


def test_names_of_others_do_not_leave_the_comment() -> None:
    name = "x\nhydra: {searchpath: [a]}\n\x1b]0;owned\x07\u2028"
    config = jobs(["lr=0.1"])[0].hydra_files(Path("r"))[0]
    sweep = make_sweep(Path("outputs"), result(name), configs={name: config}, name=name)
    summarise(sweep, plots=False)
    assert values(sweep).keys() <= {"defaults", *(key.name for key in fields(schema.Config))}
    assert all(line.isprintable() for line in sweep.best.read_text().splitlines())


def test_a_link_in_its_place_is_replaced_and_not_followed(here: Path) -> None:
    (here / "mine").write_text("untouched")
    Path("outputs/xor").mkdir(parents=True)
    Path("outputs/xor/best.yaml").symlink_to(here / "mine")
    _, sweep = recorded(["lr=0.1"])
    assert not sweep.best.is_symlink()
    assert (here / "mine").read_text() == "untouched"
