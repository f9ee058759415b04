"""A value that names another key's, as `steps=${seed}`: each job has its own."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from hydra._internal.grammar.utils import escape_special_characters
from hydra.core.override_parser.types import Quote, QuotedString
from hydra.errors import HydraException
from hydra.types import RunMode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from tests.command import succeed_here
from tests.specs import composer_of, jobs
from tests.stopped import run
from xor_sweep import ConfigError, load_results, sweep
from xor_sweep.api.hydra_apart import hydra_apart
from xor_sweep.config import NetworkSpec, RunSpec, Settings
from xor_sweep.jobs import Composer, Job, read_spec, shared_settings
from xor_sweep.references import UnresolvedError, resolve

IRIS = ("data=sklearn", "data.name=iris")


def spelled(override: str) -> str:
    """An override as Hydra spells it for a job: with `${lr}` as `$\\{lr\\}`, but in quotes."""
    return (
        override
        if "'" in override
        else re.sub(r"\$\{[^}]*\}", lambda each: escape_special_characters(each[0]), override)
    )


def patience(spec: RunSpec) -> int | None:
    return spec.training.early_stopping and spec.training.early_stopping.patience


def rate(spec: RunSpec) -> float:
    return spec.optimizer.learning_rate


def steps(spec: RunSpec) -> int | None:
    return spec.training.steps


OWN: dict[str, tuple[Sequence[str], Callable[[Any], Any]]] = {
    "how long it trains": (("steps=${seed}",), steps),
    "the learning rate": (("lr=${seed}",), rate),
    "the seed of the split": ((*IRIS, "data.seed=${seed}"), lambda spec: spec.data.seed),
    "patience": ((*IRIS, "early_stopping.patience=${seed}"), patience),
    "an item of a list": (("network.hidden=[3,${seed}]",), lambda spec: spec.network.hidden[1]),
    "a quoted one": (("steps='${seed}'",), steps),
    "one of another one": ((*IRIS, "steps=${batch_size}", "batch_size=${seed}"), steps),
    "one beside it": (("optimizer.clipnorm=${seed}", "optimizer.learning_rate=${.clipnorm}"), rate),
    "one a level above": (("optimizer.learning_rate=${..seed}",), rate),
    "one in a mapping": ((*IRIS, "early_stopping={patience:${seed}}"), patience),
    "an item of another key's list": (("network.hidden=[${seed}]", "steps=${network.hidden[0]}"), steps),
}


@pytest.mark.parametrize("what", OWN)
def test_each_job_resolves_its_own_references(what: str) -> None:
    words, found = OWN[what]
    made = jobs(*([*map(spelled, words), f"seed={seed}"] for seed in (10, 20)), swept=("seed",))
    assert [found(job.spec) for job in made] == [10, 20]
    assert [job.name for job in made] == ["seed=10", "seed=20"]


LISTS = {
    "the only item of a list": ("network.hidden=[${seed}]",),
    "a list of class weights": ("class_weight=[1,${seed}]",),
    "a list of metrics": ("metrics=['${loss}']", "loss=mse"),
}


@pytest.mark.parametrize("what", [*OWN, *LISTS])
def test_a_command_takes_what_its_jobs_resolve(what: str, tmp_path: Path) -> None:
    words = OWN[what][0] if what in OWN else LISTS[what]
    said = succeed_here("dry_run=true", *words, "-m", "seed=10,20", cwd=tmp_path)
    assert "seed=10\n" in said
    assert "seed=20\n" in said


def test_so_do_jobs_of_options_that_refer_to_other_keys(tmp_path: Path) -> None:
    (tmp_path / "network").mkdir()
    (tmp_path / "network" / "mine.yaml").write_text("defaults: [mlp, _self_]\nhidden: ['${seed}']\ndropout: ${lr}\n")
    with hydra_apart(str(tmp_path)) as hydra:
        composer = Composer(hydra.config_loader, hydra.compose_config("config", [], RunMode.MULTIRUN, False), ())
        made = [composer.job(0, ["network=mine", f"lr={lr}", f"seed={seed}"]) for lr in (0.1, 0.2) for seed in (2, 3)]
    networks = [job.spec.network for job in made]
    assert [(each.hidden, each.dropout) for each in networks if isinstance(each, NetworkSpec)] == [
        ((2,), 0.1),
        ((3,), 0.1),
        ((2,), 0.2),
        ((3,), 0.2),
    ]


def test_a_swept_reference_is_the_value_that_it_stands_for_in_a_runs_name_and_identity() -> None:
    both = jobs(["steps=$\\{seed\\}", "seed=10"], ["steps=10", "seed=10"], swept=("steps", "seed"))
    assert {job.name for job in both} == {"steps=10,seed=10"}
    assert both[0].identity == both[1].identity


def test_hydra_names_the_run_so_too_if_it_launches_it_for_a_sweeper_that_is_not_ours() -> None:
    jobs([])
    composer = composer_of(())
    for steps in ("$\\{seed\\}", "'${seed}'"):
        config = composer._loader.load_sweep_config(composer._master, [f"steps={steps}", "seed=7"])
        assert config.hydra.sweep.subdir == "steps=7,seed=7"


def test_what_a_reference_in_the_experiments_name_stands_for_is_each_jobs_and_one_for_a_command() -> None:
    made = jobs(["experiment=h$\\{seed\\}", "seed=10"], ["experiment=h$\\{seed\\}", "seed=20"])
    assert [job.settings.experiment for job in made] == ["h10", "h20"]
    with pytest.raises(ConfigError, match="experiment: these runs would go to outputs/h10 and outputs/h20; give them"):
        shared_settings(made)


def test_settings_of_a_command_do_not_follow_what_is_swept() -> None:
    made = jobs(["logging.scalars=$\\{seed\\}", "seed=10"], ["logging.scalars=$\\{seed\\}", "seed=20"])
    with pytest.raises(ConfigError, match=r"logging\.scalars: is 10 for some of these runs and 20 for others"):
        shared_settings(made)


def test_a_reference_that_leads_nowhere_is_one_line_that_names_its_key() -> None:
    with pytest.raises(ConfigError, match=r"^lr=\$\{nope\}: there is no key nope; \$\{…\} holds the name of a key"):
        jobs(["lr=0.1"], ["lr=$\\{nope\\}"])


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pd.DataFrame]:
    """The runs at numbers, in a directory with a sweep's file that comes to some of the same by references."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("references"))
        Path("my_conf/sweep").mkdir(parents=True)
        Path("my_conf/sweep/mine.yaml").write_text(
            "# @package _global_\nhydra: {mode: MULTIRUN, sweeper: {params: {lr: '0.5,${seed}', seed: '1,2'}}}\n"
        )
        yield swept({"lr": [0.5, 1, 2], "seed": [1, 2]}, outputs="plain").set_index("run")


def swept(what: Any, *overrides: str, **more: Any) -> pd.DataFrame:
    return sweep(what, overrides=["steps=3", "logging=off", *overrides], save="none", quiet=True, **more)


WAYS: dict[str, Callable[[str], pd.DataFrame]] = {
    "overrides": lambda outputs: swept(["lr=0.5,${seed}", "seed=1,2"], outputs=outputs),
    "a sweep's file": lambda outputs: swept("sweep=mine", config_dir="my_conf", outputs=outputs),
}

MORE_WAYS: dict[str, Callable[[str], pd.DataFrame]] = {
    "Hydra's own launcher": lambda outputs: swept(
        "sweep=mine", "hydra/launcher=basic", config_dir="my_conf", outputs=outputs
    ),
    "Hydra's own sweeper": lambda outputs: swept(
        ["lr=0.5,${seed}", "seed=1,2"], "hydra/sweeper=basic", outputs=outputs
    ),
    "a grid": lambda outputs: swept({"lr": [0.5, "${seed}"], "seed": [1, 2]}, outputs=outputs),
    "points": lambda outputs: swept(
        [{"lr": lr, "seed": seed} for lr in (0.5, "${seed}") for seed in (1, 2)], outputs=outputs
    ),
    "the command with Hydra launching": lambda outputs: commanded(outputs, "hydra/launcher=basic"),
}


def commanded(outputs: str, *words: str) -> pd.DataFrame:
    own = ("steps=3", "logging=off", "save=none", f"outputs='{outputs}'")
    assert run("-m", "lr=0.5,${seed}", "seed=1,2", *own, *words) == 0
    return load_results(Path(outputs, "xor"))


@pytest.mark.parametrize(
    "way", [*WAYS, *(pytest.param(way, marks=pytest.mark.proof) for way in MORE_WAYS)]
)  # fmt: skip
def test_whoever_asks_for_them_and_launches_them_runs_are_those_of_their_values(way: str, plain: pd.DataFrame) -> None:
    results = (WAYS | MORE_WAYS)[way](way).set_index("run")
    expected = {"lr=0.5,seed=1": 0.5, "lr=0.5,seed=2": 0.5, "lr=1,seed=1": 1, "lr=2,seed=2": 2}
    assert results.lr.to_dict() == expected
    assert results.final_cost.to_dict() == plain.final_cost.loc[list(expected)].to_dict()
    assert results.identity.to_dict() == plain.identity.loc[list(expected)].to_dict()
    assert pd.read_csv(f"{way}/xor/summary.csv", index_col="run").lr.to_dict() == expected
    best = yaml.safe_load(Path(way, "xor", "best.yaml").read_text())
    assert best["lr"] == expected[f"lr={best['lr']:g},seed={best['seed']}"]
    for name, lr in expected.items():
        recorded = OmegaConf.load(Path(way, "xor", name, ".hydra", "config.yaml"))
        assert recorded.lr == recorded.optimizer.learning_rate == lr
    assert Path(way, "xor", "multirun.yaml").exists()


KEYS: dict[str, tuple[list[Any], list[Any]]] = {
    "lr": ([0.1, 2], ["${seed}", "${steps}", "${optimizer.beta_1}", "${network.init_scale}", "${network.hidden.0}"]),
    "seed": ([1, 2], ["${steps}", "${logging.scalars}", "${network.hidden[0]}", "${network.${option}}"]),
    "steps": ([5, 7], ["${seed}", "${network.hidden.0}", "${logging.scalars}"]),
    "optimizer.epsilon": ([1e-7, 1], ["${lr}", "${..lr}", "${.beta_2}", "${..seed}", "${.learning_rate}"]),
    "optimizer.beta_1": ([0.5, 0.9], ["${.beta_2}", "${optimizer.beta_2}"]),
    "network.hidden": ([[2], [3, 3]], [["${seed}", 3], [3, "${steps}"], ["${...steps}"], [4, "${.0}"]]),
    "network.init_scale": ([0.5, 1], ["${lr}", "${..lr}", "${seed}"]),
    "experiment": (["mine"], ["x${seed}", "${data.name}-${network.init_scale}", "${data.name}${steps}"]),
    "solved_accuracy": ([0.5, 1], ["${optimizer.beta_1}"]),
    "logging.scalars": ([7, 9], ["${seed}", "${steps}"]),
}
"""Keys with values of their own, and references that lead to such values."""

STRANGE = ["${nope}", "${network}", "${lr}", "${data.name}", "${.x}", "${....x}", "x", "${network.hidden}"]


@st.composite
def grids(draw: st.DrawFn) -> list[list[str]]:
    """The overrides of two jobs of one command, spelled in different ways, some of them with references."""
    made: list[list[str]] = [[], []]
    for key in draw(st.lists(st.sampled_from(sorted(KEYS)), min_size=2, max_size=5, unique=True)):
        values, references = map(st.sampled_from, KEYS[key])
        either = st.one_of(values, references, references)
        one = draw(either)
        for job in made:
            job.append(f"{key}={draw(spellings(draw(st.one_of(st.just(one), either))))}")
    if draw(st.integers(0, 9)) == 0:
        made[0].append(f"optimizer.weight_decay={draw(st.sampled_from(STRANGE))}")
    if draw(st.booleans()):
        made[draw(st.integers(0, 1))].insert(0, draw(st.sampled_from(["data=parity", "schedule=cosine_decay"])))
    return made


def spellings(value: Any) -> st.SearchStrategy[str]:
    """The ways in which overrides of jobs hold a value."""
    if isinstance(value, list):
        return st.tuples(*map(spellings, value)).map(lambda items: f"[{','.join(items)}]")
    text = str(value)
    quoted = QuotedString(text, Quote.single).with_quotes()
    return st.sampled_from([text, spelled(text), quoted]) if "$" in text else st.just(text)


def outcome(make: Any) -> tuple[RunSpec, Settings] | None:
    """What a configuration is parsed to; None if it is refused."""
    try:
        made = make()
    except (ConfigError, HydraException, OmegaConfBaseException):
        return None
    return (made.spec, made.settings) if isinstance(made, Job) else made


def as_hydra_composes(overrides: list[str]) -> tuple[RunSpec, Settings]:
    """A job as Hydra's own launcher has it: composed by itself, and parsed."""
    composer = composer_of(())
    config = composer._loader.load_sweep_config(composer._master, overrides)
    with open_dict(config):
        del config["hydra"]
    return read_spec(config)


def assert_as_hydra_composes(grid: list[list[str]]) -> None:
    jobs([])  # the composer is there, and so is the schema
    composer = composer_of(())
    fused = [outcome(lambda words=words: composer.job(0, words)) for words in grid]
    assert fused == [outcome(lambda words=words: as_hydra_composes(words)) for words in grid]


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(grids())
def test_a_job_is_what_hydra_itself_composes_for_it(grid: list[list[str]]) -> None:
    assert_as_hydra_composes(grid)


@pytest.mark.proof
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(grids())
def test_a_job_is_what_hydra_itself_composes_for_it_in_many_cases(grid: list[list[str]]) -> None:
    assert_as_hydra_composes(grid)


leaf = st.sampled_from([1, 0.5, "word", True, None]) | st.sampled_from(
    [
        "${a}",
        "${b.c}",
        "${b}",
        "${.c}",
        "${..a}",
        "${b.d[0]}",
        "${b.d.1}",
        "x${a}y",
        "${b.${e}}",
        "${nope}",
        "${.0}",
        "$",
    ]
)
configs = st.fixed_dictionaries(
    {
        "a": leaf,
        "e": st.sampled_from(["c", "d"]),
        "b": st.fixed_dictionaries({"c": leaf, "d": st.lists(leaf, min_size=2)}),
    }
)


@given(configs)
def test_a_recorded_configuration_is_read_as_omegaconf_resolves_it(config: dict[str, Any]) -> None:
    for place in (("a",), ("b", "c"), ("b", "d")):
        value: Any = config
        for key in place:
            value = value[key]
        try:
            expected = OmegaConf.select(OmegaConf.create(copy.deepcopy(config)), ".".join(place))
            expected = OmegaConf.to_container(expected, resolve=True) if OmegaConf.is_config(expected) else expected
        except OmegaConfBaseException:
            with pytest.raises(UnresolvedError):
                resolve(config, value, place)
        else:
            assert resolve(config, value, place) == expected


@pytest.mark.parametrize("value", ["${oc.env:HOME}", "${oc.${a}:HOME}", "x${oc.decode:1}", "\\${a}", "${a", "???"])
def test_nothing_is_called_to_read_a_recorded_configuration(value: str) -> None:
    with pytest.raises(UnresolvedError):
        resolve({"a": "env", "b": value}, "${b}", ("c",))


def test_the_name_of_data_in_a_file_is_known_though_a_resolver_of_ours_makes_it() -> None:
    config = {
        "data": {"path": "/x/my data.csv", "name": "${xor_sweep.stem:${data.path}}"},
        "experiment": "${data.name}",
    }
    assert resolve(config, "${experiment}", ("x",)) == "my_data"
