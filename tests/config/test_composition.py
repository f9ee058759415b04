"""What Hydra makes of conf/, of a person's own files, and of the two together."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hydra import compose
from omegaconf import OmegaConf

from tests.specs import jobs
from xor_sweep.commandline import hydra_here, read
from xor_sweep.config import Call, NetworkSpec
from xor_sweep.refusals import searched
from xor_sweep.sections import as_mapping

MLP, XOR = (16, 16), (2,)


@pytest.mark.parametrize(
    ("words", "hidden"),
    [
        ([], XOR),
        (["data=parity"], XOR),
        (["network=mlp"], MLP),
        (["data=sklearn"], MLP),
        (["data=sklearn", "network=xor"], XOR),
        (["network=xor", "data=sklearn"], XOR),
        (["data=sklearn", "network.hidden=[3]"], (3,)),
    ],
)
def test_the_network_follows_the_data_until_one_is_chosen(words: list[str], hidden: tuple[int, ...]) -> None:
    [job] = jobs(words)
    assert isinstance(job.spec.network, NetworkSpec)
    assert job.spec.network.hidden == hidden


def test_data_that_is_swept_has_the_network_that_follows_each() -> None:
    assert read(["-m", "data=xor,sklearn"]).swept == ("data",)
    networks = [job.spec.network for job in jobs(["data=xor"], ["data=sklearn"], swept=("data",))]
    assert [network.hidden for network in networks if isinstance(network, NetworkSpec)] == [XOR, MLP]


@pytest.mark.parametrize(("words", "hidden"), [(["data=mine"], MLP), (["data=mine", "network=xor"], XOR)])
def test_it_does_so_for_data_of_ones_own(words: list[str], hidden: tuple[int, ...], tmp_path: Path) -> None:
    (tmp_path / "my_conf" / "data").mkdir(parents=True)
    (tmp_path / "customers.csv").write_text("age,paid\n20,1\n30,0\n")
    (tmp_path / "my_conf" / "data" / "mine.yaml").write_text(
        f"defaults: [csv, _self_]\npath: {tmp_path / 'customers.csv'}\ntarget: paid\n"
    )
    assert read(["--config-dir", str(tmp_path / "my_conf"), *words]).runs
    with hydra_here():
        config = compose("config", [*words, f"hydra.searchpath=[{searched(str(tmp_path / 'my_conf'))}]"])
    composed = as_mapping(config)
    assert tuple(composed["network"]["hidden"]) == hidden
    assert (composed["data"]["name"], composed["experiment"]) == ("customers", "customers")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/a/b/customers.csv", "customers"),
        ("customers.csv.gz", "customers"),
        ("../my data/Q1 (final).tsv", "Q1__final_"),
        (".hidden.csv", "hidden"),
        ("-x.csv", "_x"),
        ("a/b", "b"),
        ("ä.csv", "_"),
        ("", "data"),
        ("x" * 300 + ".csv", "x" * 100),
    ],
)
def test_data_in_a_file_is_called_by_its_stem_and_so_is_the_experiment(path: str, name: str) -> None:
    with hydra_here():
        config = compose("config", ["data=csv"])
    OmegaConf.update(config, "data.path", path)
    composed = as_mapping(config)
    assert (composed["data"]["name"], composed["experiment"]) == (name, name)


def test_data_that_a_function_returns_is_called_by_the_functions_name() -> None:
    with hydra_here():
        config = compose("config", ["data=python", "data._target_=my_project.data.load"])
    assert as_mapping(config)["experiment"] == "load"


def test_added_arguments_are_composed_once_and_recorded() -> None:
    node = ["network=custom", "network._target_=tests.config.own.build", "trusted_modules=[tests]"]
    made = jobs(*([*node, f"+network.units={units}"] for units in (32, 64)), swept=("network.units",))
    calls = [job.spec.network for job in made]
    assert [call.arguments for call in calls if isinstance(call, Call)] == [(("units", 32),), (("units", 64),)]
    assert [job.name for job in made] == ["network.units=32", "network.units=64"]
    assert made[0].composition is made[1].composition
    task, _, overrides = made[1].hydra_files(Path("x"))
    assert yaml.safe_load(task)["network"]["units"] == 64
    assert "+network.units=64" in yaml.safe_load(overrides)
    assert made[0].full_config(Path("x")).network.units == 32


def test_a_loss_of_ones_own_is_added_with_its_arguments() -> None:
    [job] = jobs(["+loss._target_=tests.config.own.build", "+loss.alpha=2", "trusted_modules=[tests]"])
    assert isinstance(job.spec.training.loss, Call)
    assert job.spec.training.loss.arguments == (("alpha", 2),)
    assert job.settings.trusted_modules == ("tests",)
