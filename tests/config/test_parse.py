from __future__ import annotations

import inspect
import math
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.specs import config, parsed, spec
from xor_sweep.config import schema
from xor_sweep.config.limits import Limits
from xor_sweep.config.parse import defaults, kinds, parse, schema_field
from xor_sweep.errors import ConfigError
from xor_sweep.places import CONF

GROUPS: list[tuple[dict[str, str], str, type]] = [
    ({}, "", schema.Config),
    ({}, "network.", schema.NetworkConf),
    ({}, "logging.", schema.LoggingConf),
    *(({"optimizer": name}, "optimizer.", conf) for name, conf in schema.OPTIMIZERS.items()),
    *(({"data": name}, "data.", conf) for name, conf in schema.DATA.items()),
]
KEYS = [
    (group, prefix + field.name, conf, field.metadata.get("limits", Limits()))
    for group, prefix, conf in GROUPS
    for field in fields(conf)
]
NUMERIC = [
    (group, key, kind, limits)
    for group, key, conf, limits in KEYS
    if (kind := kinds(conf)[key.rpartition(".")[2]][0]) in (float, int, list)
]
TYPED = [
    (group, key, kind, optional)
    for group, key, conf, _ in KEYS
    if (found := kinds(conf)[key.rpartition(".")[2]])[0] in (int, float, bool, str, list) and not key.endswith(".name")
    for kind, optional in [found]
]
WORDS = [(group, key, limits) for group, key, _, limits in KEYS if limits.choices]


def identifier(value: Any) -> str | None:
    return "-".join(value.values()) if isinstance(value, dict) else value if isinstance(value, str) else None


def beyond(kind: type, limits: Limits) -> list[Any]:
    """The nearest values outside the limits on each side, and what is no finite number."""
    if kind is float:
        low = [limits.above, -0.001 if limits.above == 0 else None]
        low += [math.nextafter(limits.at_least, -math.inf) if limits.at_least is not None else None]
        high = [limits.below, math.nextafter(limits.at_most, math.inf) if limits.at_most is not None else None]
        return [value for value in (*low, *high) if value is not None] + [math.nan, math.inf, -math.inf]
    low = [int(limits.at_least) - 1] if limits.at_least is not None else []
    high = [int(limits.at_most) + 1] if limits.at_most is not None else []
    return [[value] for value in low + high] + [[2, *low]] if kind is list else low + high


def refusal(values: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as refused:
        parsed(values)
    [line] = str(refused.value).splitlines()
    return line


@pytest.mark.parametrize(("group", "key", "kind", "limits"), NUMERIC, ids=identifier)
def test_every_limit_is_held_in_one_line_that_names_the_key_and_what_it_takes(
    group: dict[str, str], key: str, kind: type, limits: Limits
) -> None:
    values = beyond(kind, limits)
    assert values
    for value in values:
        line = refusal({**group, key: value})
        assert line.startswith(f"{key}=")
        assert "takes " in line
        assert limits.words() in line
        assert "got " in line


@pytest.mark.parametrize(("group", "key", "kind", "limits"), NUMERIC, ids=identifier)
def test_every_limit_that_is_inside_is_taken(group: dict[str, str], key: str, kind: type, limits: Limits) -> None:
    inside = [bound for bound in (limits.at_least, limits.at_most) if bound is not None]
    if limits.above is not None:
        inside.append(math.nextafter(limits.above, math.inf))
    if limits.below is not None:
        inside.append(math.nextafter(limits.below, -math.inf))
    for bound in inside:
        parsed({**group, key: [int(bound)] if kind is list else kind(bound)})


@pytest.mark.parametrize(("group", "key", "limits"), WORDS, ids=identifier)
def test_unknown_words_are_refused_with_those_that_are_known(group: dict[str, str], key: str, limits: Limits) -> None:
    word = limits.choices[0]
    line = refusal({**group, key: word[:-1] + "x"})
    assert line.startswith(f"{key}={word[:-1]}x: takes one of {', '.join(limits.choices)}")
    assert f"did you mean {word}?" in line
    assert key in refusal({**group, key: ""})


@pytest.mark.parametrize(("group", "key", "kind", "optional"), TYPED, ids=identifier)
def test_values_of_another_type_are_refused_by_name(
    group: dict[str, str], key: str, kind: type, optional: bool
) -> None:
    wrong: list[Any] = [{"a": 1}, [1.5], [True], ["a"]]
    wrong += ["a word"] if kind is not str else [1, 1.5, True]
    wrong += [True, "1"] if kind in (int, float) else []
    wrong += [1.5, 1.0] if kind is int else []
    wrong += [0, 1, "true"] if kind is bool else []
    wrong += [2, "[2]"] if kind is list else [[2]]
    wrong += [] if optional else [None]
    for value in wrong:
        assert refusal({**group, key: value}).startswith(f"{key}="), value


@pytest.mark.parametrize("key", ["network.hiden", "optimizer.momentum", "logging.scalar", "data.bits", "learnrate"])
def test_unknown_keys_are_refused_by_name(key: str) -> None:
    assert refusal({key: 1}).startswith(f"{key}: no such key")


@pytest.mark.parametrize("group", ["optimizer", "data"])
@pytest.mark.parametrize("name", ["addam", None, "", 3])
def test_an_unknown_choice_is_refused_with_those_that_are_known(group: str, name: Any) -> None:
    assert refusal({f"{group}.name": name}).startswith(f"{group}.name=")


@pytest.mark.parametrize(
    "keys", [("clipnorm", "clipvalue"), ("clipnorm", "global_clipnorm"), ("clipvalue", "clipnorm")]
)
def test_two_ways_of_clipping_are_refused(keys: tuple[str, str]) -> None:
    line = refusal({f"optimizer.{key}": 1.0 for key in keys})
    assert all(f"optimizer.{key}" in line for key in keys)


@pytest.mark.parametrize(
    "experiment", ["", ".", "..", "../up", "a/b", "/abs", ".hidden", "-m", "a b", "a\nb", "ä", "x" * 101, "a\0"]
)
def test_an_experiment_that_is_no_plain_directory_name_is_refused(experiment: str) -> None:
    with pytest.raises(ConfigError, match="experiment="):
        parsed(experiment=experiment)


@pytest.mark.parametrize("experiment", ["xor", "my_sweep", "2026-01-01", "lr=0.1,seed=3", "a@b+c", "x" * 100])
def test_a_plain_directory_name_is_an_experiment(experiment: str) -> None:
    _, settings = parsed(experiment=experiment)
    assert settings.sweep_dir == Path("outputs") / experiment


@pytest.mark.parametrize(
    "values",
    [
        {"objective": "final_accuracy"},
        {"direction": "maximize"},
        {"objective": "best_cost", "direction": "maximize"},
    ],
)
def test_an_objective_ranked_the_wrong_way_round_is_refused(values: dict[str, str]) -> None:
    assert "direction" in refusal(values)


def test_a_network_may_have_no_hidden_layer() -> None:
    assert spec({"network.hidden": []}).network.hidden == ()


@given(st.lists(st.integers(1, 65_536), max_size=5), st.floats(1e-300, 1e300), st.integers(0, 2**31 - 1))
def test_a_spec_holds_the_values_that_were_given(hidden: list[int], lr: float, seed: int) -> None:
    run = spec({"network.hidden": hidden}, lr=lr, seed=seed)
    assert (run.network.hidden, run.optimizer.learning_rate, run.seed) == (tuple(hidden), lr, seed)
    assert hash(run) == hash(spec({"network.hidden": hidden}, lr=lr, seed=seed))


def test_parsing_leaves_the_configuration_as_it_was() -> None:
    composed = config()
    parse(composed)
    assert composed == config()


def keras_arguments(name: str) -> dict[str, Any]:
    """The arguments of a Keras optimizer with their defaults."""
    import keras

    signature = inspect.signature(type(keras.optimizers.get(name)).__init__)
    left_out = ("self", "learning_rate", "name", "kwargs")
    return {key: parameter.default for key, parameter in signature.parameters.items() if key not in left_out}


@pytest.mark.parametrize("name", sorted(schema.OPTIMIZERS))
def test_optimizers_have_every_argument_of_keras_with_its_default(name: str) -> None:
    ours = defaults(schema.OPTIMIZERS[name])
    assert ours.pop("name") == name
    assert ours.pop("learning_rate") == "${lr}"
    assert ours == keras_arguments(name)


def test_every_activation_is_one_of_keras() -> None:
    import keras

    assert all(callable(keras.activations.get(name)) for name in schema.ACTIVATIONS)


def test_every_initializer_is_one_of_keras() -> None:
    import keras

    assert all(isinstance(keras.initializers.get(n), keras.initializers.Initializer) for n in schema.INITIALIZERS)


@pytest.mark.parametrize("name", sorted(schema.OPTIMIZERS))
def test_the_file_of_an_optimizer_lists_every_key_with_its_default(name: str) -> None:
    assert listed("optimizer", name) == defaults(schema.OPTIMIZERS[name])


@pytest.mark.parametrize("name", sorted(schema.DATA))
def test_the_file_of_a_data_set_lists_every_key_with_its_default(name: str) -> None:
    assert listed("data", name) == defaults(schema.DATA[name])


@pytest.mark.parametrize(
    ("group", "name", "conf"), [("network", "xor", schema.NetworkConf), ("logging", "default", schema.LoggingConf)]
)
def test_the_file_of_a_default_choice_lists_every_key_with_its_default(group: str, name: str, conf: type) -> None:
    assert listed(group, name) == defaults(conf)


@pytest.mark.parametrize("group", ["optimizer", "data"])
def test_every_choice_has_a_file_and_every_file_is_a_choice(group: str) -> None:
    known = {"optimizer": schema.OPTIMIZERS, "data": schema.DATA}[group]
    assert {path.stem for path in (CONF / group).glob("*.yaml")} == set(known)


@pytest.mark.parametrize(("group", "conf"), [("network", schema.NetworkConf), ("logging", schema.LoggingConf)])
def test_every_file_of_a_group_lists_every_key(group: str, conf: type) -> None:
    for path in (CONF / group).glob("*.yaml"):
        assert set(listed(group, path.stem)) == set(defaults(conf)), path


def test_the_main_file_lists_every_key_at_the_top_with_its_default() -> None:
    written = yaml.safe_load((CONF / "config.yaml").read_text())
    groups = {"network", "optimizer", "data", "logging", "sweep"}
    ours = {key: value for key, value in defaults(schema.Config).items() if key not in groups}
    assert {key: value for key, value in written.items() if key not in ("defaults", "hydra")} == ours


def listed(group: str, name: str) -> dict[str, Any]:
    values = yaml.safe_load((CONF / group / f"{name}.yaml").read_text())
    del values["defaults"]
    return dict(values)


def test_every_key_is_found_by_its_dotted_name() -> None:
    for group, key, _, limits in KEYS:
        found = schema_field(config(group), key)
        assert found is not None, key
        assert found[1].metadata.get("limits", Limits()) == limits
    assert schema_field(config(), "network.hiden") is None
    assert schema_field(config(), "hydra.mode") is None
