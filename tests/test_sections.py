from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hydra import compose
from omegaconf import DictConfig, OmegaConf, open_dict

from tests.specs import jobs
from xor_sweep.commandline import hydra_here
from xor_sweep.errors import ConfigError
from xor_sweep.jobs import put, read_spec
from xor_sweep.sections import Sections, as_mapping, sources

JOBS: dict[str, Sequence[Sequence[str]]] = {
    "rates and seeds": [[f"lr={lr}", f"seed={seed}"] for lr in (0.1, 1, "1e-3") for seed in (0, 7)],
    "the same keys with null and without": [["steps=5"], ["steps=null"], ["steps=5"], []],
    "lists and nodes": [
        ["network.hidden=[2,3]"],
        ["network.hidden=[4]"],
        ["early_stopping.metric=accuracy"],
        ["seed=1"],
    ],
    "words": [["save=all"], ["save='none'"], ["network.activation=relu"], ["experiment=mine"]],
    "groups": [["optimizer=sgd", "lr=0.1"], ["optimizer=adam", "optimizer.beta_1=0.5"], ["optimizer=sgd", "lr=0.2"]],
    "what the experiment's name follows from": [["data=parity", "data.bits=3"], ["data=parity", "data.bits=2"], []],
    "a value that names another": [["lr=0.2", "optimizer.epsilon=${lr}"], ["lr=0.1", "optimizer.epsilon=${lr}"]],
    "a reference and a value in its place": [["steps=$\\{seed\\}", "seed=3"], ["steps=4", "seed=3"]],
    "one learning rate beside the other": [["lr=0.3"], ["optimizer.learning_rate=0.4"], ["lr=0.5"]],
}


@pytest.mark.parametrize("asked", JOBS.values(), ids=JOBS)
def test_a_jobs_values_are_those_of_its_whole_configuration(asked: Sequence[Sequence[str]]) -> None:
    for job in jobs(*asked):
        spec, settings = read_spec(job.task)
        assert (job.spec, job.settings) == (spec, settings)
        assert job.composition.mapping(job.plain) == as_mapping(job.task)


def test_more_values_than_are_kept_are_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xor_sweep.sections.KEPT", 2)
    monkeypatch.setattr("xor_sweep.config.once.KEPT", 2)
    asked = [[f"lr={lr}", f"seed={seed}"] for lr in (0.5, 0.6, 0.7, 0.5) for seed in range(4)]
    assert [(job.spec.optimizer.learning_rate, job.spec.seed) for job in jobs(*asked)] == [
        (lr, seed) for lr in (0.5, 0.6, 0.7, 0.5) for seed in range(4)
    ]


def test_files_are_named_after_what_each_job_reads(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text("x,y\n" + "1,0\n2,1\n" * 8)
    read = jobs(*[["data=csv", f"data.path={tmp_path}/{name}.csv", "data.target=y"] for name in "aba"])
    assert [job.settings.experiment for job in read] == ["a", "b", "a"]
    assert [Path(job.spec.data.path).stem for job in read] == ["a", "b", "a"]


def test_jobs_that_are_alike_share_what_they_are_made_of() -> None:
    first, second = jobs(["lr=0.1", "seed=1"], ["lr=0.1", "seed=2"])
    assert first.settings is second.settings
    for part in ("network", "optimizer", "data", "training"):
        assert getattr(first.spec, part) is getattr(second.spec, part)


def test_a_wrong_value_is_refused_after_right_ones_of_its_key() -> None:
    with pytest.raises(ConfigError, match="seed=word"):
        jobs(["seed=1"], ["seed=word"])
    with pytest.raises(ConfigError, match="lr=-1"):
        jobs(["lr=1"], ["lr=-1"])


def xor() -> DictConfig:
    with hydra_here():
        return compose("config")


def test_a_section_depends_on_what_its_interpolations_name() -> None:
    found = sources(as_mapping(xor(), resolve=False))
    assert found["optimizer"] == {"optimizer", "lr"}
    assert found["experiment"] == {"experiment", "data"}
    assert found["seed"] == {"seed"}


@pytest.mark.parametrize(
    "value", ["${oc.env:HOME}", "${xor_sweep.stem:${oc.env:HOME}}", "???", "${.seed}", "${nothing}"]
)
def test_where_it_cannot_be_told_what_a_section_depends_on_all_of_it_is_resolved_each_time(value: str) -> None:
    config = xor()
    with open_dict(config):
        config.experiment = value
    assert sources(as_mapping(config, resolve=False)) == {}


def test_what_another_resolver_says_is_asked_for_each_job() -> None:
    config, said = xor(), iter(range(100))
    OmegaConf.register_new_resolver("tests.next", lambda: next(said), use_cache=False, replace=True)
    with open_dict(config):
        config.seed = "${tests.next:}"
    made = Sections(config)

    def put_in() -> DictConfig:
        put(config, ["lr=0.1"])
        return config

    assert [made.mapping(["lr=0.1"], put_in)["seed"] for _ in range(3)] == [0, 1, 2]
    OmegaConf.clear_resolver("tests.next")
