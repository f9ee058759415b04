from __future__ import annotations

import inspect
import math
import re
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
from xor_sweep.config.parse import parse
from xor_sweep.config.schema import special
from xor_sweep.config.schema.words import WITH_ARGUMENTS
from xor_sweep.config.values import defaults, kinds, schema_field
from xor_sweep.errors import ConfigError
from xor_sweep.places import CONF


def numeric(limits: Limits) -> bool:
    """Whether there are limits of a number."""
    bounds = (limits.above, limits.at_least, limits.at_most, limits.below)
    return any(bound is not None for bound in bounds)


GROUPS: list[tuple[dict[str, Any], str, type]] = [
    ({}, "", schema.Config),
    ({}, "network.", schema.NetworkConf),
    ({}, "logging.", schema.LoggingConf),
    ({"data": "sklearn"}, "early_stopping.", schema.EarlyStoppingConf),
    *(({"optimizer": name}, "optimizer.", conf) for name, conf in schema.OPTIMIZERS.items()),
    *(({"schedule": name}, "schedule.", conf) for name, conf in schema.SCHEDULES.items()),
    *(({"data": name}, "data.", conf) for name, conf in schema.DATA.items()),
]
KEYS = [
    (group, prefix + field.name, conf, field.metadata.get("limits", Limits()))
    for group, prefix, conf in GROUPS
    for field in fields(conf)
]
NUMBERS = (float, int, list[int], list[float])
NUMERIC = [
    (group, key, kind, limits)
    for group, key, conf, limits in KEYS
    if (kind := kinds(conf)[key.rpartition(".")[2]][0]) in NUMBERS and numeric(limits)
]
PLAIN = (int, float, bool, str, list[int], list[float], list[str])
TYPED = [
    (group, key, kind, optional)
    for group, key, conf, _ in KEYS
    if (found := kinds(conf)[key.rpartition(".")[2]])[0] in PLAIN and not key.endswith((".name", ".kind"))
    for kind, optional in [found]
]
WORDS = [(group, key, limits) for group, key, _, limits in KEYS if limits.choices]
Sources = dict[str, dict[str, Any]]


def based(group: dict[str, Any], sources: Sources) -> dict[str, Any]:
    """The choices of a group with what they need, so that one key can be looked at alone."""
    kind = group.get("data", "xor")
    needed: dict[str, Any] = dict(sources.get(kind, {}))
    if kind not in schema.TRUTH_TABLES:
        needed["data.test_fraction"] = 0.0
    if group.get("schedule") == "piecewise_constant_decay":
        needed |= {"schedule.boundaries": [10], "schedule.factors": [1.0, 0.1]}
    if group.get("schedule") == "cosine_decay":
        needed |= {"schedule.warmup_target": 0.1, "schedule.warmup_steps": 10}
    return {**group, **needed}


def identifier(value: Any) -> str | None:
    return "-".join(value.values()) if isinstance(value, dict) else value if isinstance(value, str) else None


def beyond(kind: Any, limits: Limits) -> list[Any]:
    """The nearest values outside the limits on each side, and what is no finite number."""
    if kind in (float, list[float]):
        low = [limits.above, -0.001 if limits.above == 0 else None]
        low += [math.nextafter(limits.at_least, -math.inf) if limits.at_least is not None else None]
        high = [limits.below, math.nextafter(limits.at_most, math.inf) if limits.at_most is not None else None]
        found = [value for value in (*low, *high) if value is not None] + [math.nan, math.inf, -math.inf]
        return found if kind is float else [[1.0, value] for value in found]
    low = [int(limits.at_least) - 1] if limits.at_least is not None else []
    high = [int(limits.at_most) + 1] if limits.at_most is not None else []
    return [[value] for value in low + high] + [[2, *low]] if kind == list[int] else low + high


def refusal(values: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as refused:
        parsed(values)
    [line] = str(refused.value).splitlines()
    return line


@pytest.mark.parametrize(("group", "key", "kind", "limits"), NUMERIC, ids=identifier)
def test_every_limit_is_held_in_one_line_that_names_the_key_and_what_it_takes(
    group: dict[str, str], key: str, kind: Any, limits: Limits, sources: Sources
) -> None:
    values = beyond(kind, limits)
    assert values
    for value in values:
        line = refusal({**based(group, sources), key: value})
        assert line.startswith(f"{key}=")
        assert "takes " in line
        assert limits.words() in line
        assert "got " in line


@pytest.mark.parametrize(("group", "key", "kind", "limits"), NUMERIC, ids=identifier)
def test_every_limit_that_is_inside_is_taken(
    group: dict[str, str], key: str, kind: Any, limits: Limits, sources: Sources
) -> None:
    inside = [bound for bound in (limits.at_least, limits.at_most) if bound is not None]
    if limits.above is not None:
        inside.append(math.nextafter(limits.above, math.inf))
    if limits.below is not None:
        inside.append(math.nextafter(limits.below, -math.inf))
    base = based(group, sources)
    if key == "data.test_fraction":
        base["data.validation_fraction"] = 0.0
    if key == "schedule.warmup_steps":
        base["schedule.warmup_target"] = None
    for bound in inside:
        number = int(bound) if kind in (int, list[int]) else float(bound)
        parsed({**base, key: [number] * len(base.get(key, [0])) if kind in (list[int], list[float]) else number})


@pytest.mark.parametrize(("group", "key", "limits"), WORDS, ids=identifier)
def test_unknown_words_are_refused_with_those_that_are_known(
    group: dict[str, str], key: str, limits: Limits, sources: Sources
) -> None:
    word = limits.choices[0]
    line = refusal({**based(group, sources), key: word[:-1] + "x"})
    assert line.startswith(f"{key}={word[:-1]}x: takes one of {', '.join(limits.choices)}")
    assert f"did you mean {word}?" in line
    assert key in refusal({**based(group, sources), key: ""})


@pytest.mark.parametrize(("group", "key", "kind", "optional"), TYPED, ids=identifier)
def test_values_of_another_type_are_refused_by_name(
    group: dict[str, str], key: str, kind: Any, optional: bool, sources: Sources
) -> None:
    wrong: list[Any] = [{"a": 1}, [True], [None], [[1]]]
    wrong += [[1.5]] if kind != list[float] else []
    wrong += [["a"]] if kind != list[str] else []
    wrong += ["a word"] if kind is not str else [1, 1.5, True]
    wrong += [True, "1"] if kind in (int, float) else []
    wrong += [1.5, 1.0] if kind is int else []
    wrong += [0, 1, "true"] if kind is bool else []
    wrong += [[2]] if kind not in (list[int], list[float]) else []
    wrong += [2, "[2]"] if kind in (list[int], list[float], list[str]) else []
    wrong += [] if optional else [None]
    for value in wrong:
        assert refusal({**based(group, sources), key: value}).startswith(f"{key}="), value


@pytest.mark.parametrize(
    "key", ["network.hiden", "optimizer.momentum", "logging.scalar", "data.bits", "learnrate", "schedule.alpha"]
)
def test_unknown_keys_are_refused_by_name(key: str) -> None:
    assert refusal({key: 1}).startswith(f"{key}: no such key")


@pytest.mark.parametrize("key", ["optimizer.name", "schedule.name", "data.kind"])
@pytest.mark.parametrize("name", ["addam", None, "", 3, ["xor"]])
def test_an_unknown_choice_is_refused_with_those_that_are_known(key: str, name: Any) -> None:
    composed = config()
    group, _, last = key.partition(".")
    composed[group][last] = name
    with pytest.raises(ConfigError, match=rf"^{re.escape(key)}=.*takes one of"):
        parse(composed)


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

    classes = {word.lower(): getattr(keras.optimizers, word) for word in dir(keras.optimizers)}
    return arguments_of(classes[name], "learning_rate")


def arguments_of(of: type, *left_out: str) -> dict[str, Any]:
    """The arguments of a Keras class with their defaults, without its name."""
    signature = inspect.signature(of.__init__)  # type: ignore[misc]  # of a class that is known to have its own
    left_out = (*left_out, "self", "name", "kwargs")
    return {key: parameter.default for key, parameter in signature.parameters.items() if key not in left_out}


@pytest.mark.parametrize("name", sorted(schema.OPTIMIZERS))
def test_optimizers_have_every_argument_of_keras_with_its_default(name: str) -> None:
    ours = defaults(schema.OPTIMIZERS[name])
    assert ours.pop("name") == name
    assert ours.pop("learning_rate") == "${lr}"
    assert ours == keras_arguments(name)


@pytest.mark.parametrize("name", sorted(set(schema.SCHEDULES) - {"constant", "piecewise_constant_decay"}))
def test_schedules_have_every_argument_of_keras_with_its_default_where_it_has_one(name: str) -> None:
    import keras

    ours = defaults(schema.SCHEDULES[name])
    assert ours.pop("name") == name
    theirs = arguments_of(
        getattr(keras.optimizers.schedules, "".join(map(str.title, name.split("_")))), "initial_learning_rate"
    )
    assert set(ours) == set(theirs)
    assert {key: ours[key] for key, value in theirs.items() if value is not inspect.Parameter.empty} == {
        key: value for key, value in theirs.items() if value is not inspect.Parameter.empty
    }


def test_every_loss_and_metric_is_one_of_keras() -> None:
    import keras

    assert all(callable(keras.losses.get(name)) for name in schema.LOSSES)
    assert all(isinstance(keras.metrics.get(name), keras.metrics.Metric) for name in schema.METRICS)


def test_every_metric_of_keras_that_needs_arguments_says_so_with_an_example_that_makes_it() -> None:
    import keras

    kinds = {name: kind for name, kind in vars(keras.metrics).items() if name not in ("Metric", "MeanMetricWrapper")}
    needing = {name for name, kind in kinds.items() if isinstance(kind, type) and needs_arguments(kind)}
    assert set(WITH_ARGUMENTS) == needing
    for name, example in WITH_ARGUMENTS.items():
        arguments = yaml.safe_load(f"{{{example.replace(':', ': ')}}}")
        assert isinstance(kinds[name](**arguments), keras.metrics.Metric)
        said = f"got {name}, which needs arguments, as in {{_target_:keras.metrics.{name},{example}}}"
        assert special.metrics(["AUC", name]) == said


def needs_arguments(kind: type) -> bool:
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    each = inspect.signature(kind).parameters.values()
    return any(parameter.kind in named and parameter.default is parameter.empty for parameter in each)


def test_every_activation_is_one_of_keras() -> None:
    import keras

    assert all(callable(keras.activations.get(name)) for name in schema.OUTPUT_ACTIVATIONS)


def test_every_initializer_is_one_of_keras() -> None:
    import keras

    assert all(isinstance(keras.initializers.get(n), keras.initializers.Initializer) for n in schema.INITIALIZERS)


@pytest.mark.parametrize("name", sorted(schema.OPTIMIZERS))
def test_the_file_of_an_optimizer_lists_every_key_with_its_default(name: str) -> None:
    assert listed("optimizer", name) == defaults(schema.OPTIMIZERS[name])


@pytest.mark.parametrize("name", sorted(schema.SCHEDULES))
def test_the_file_of_a_schedule_lists_every_key_with_its_default(name: str) -> None:
    assert listed("schedule", name) == defaults(schema.SCHEDULES[name])


@pytest.mark.parametrize("name", sorted(schema.DATA))
def test_the_file_of_a_data_set_lists_every_key_with_its_default(name: str) -> None:
    function = {"_target_": ""} if name == "python" else {}
    assert listed("data", name) == defaults(schema.DATA[name]) | function


@pytest.mark.parametrize(
    ("group", "name", "conf"), [("network", "xor", schema.NetworkConf), ("logging", "default", schema.LoggingConf)]
)
def test_the_file_of_a_default_choice_lists_every_key_with_its_default(group: str, name: str, conf: type) -> None:
    assert listed(group, name) == defaults(conf)


@pytest.mark.parametrize("group", ["optimizer", "schedule", "data"])
def test_every_choice_has_a_file_and_every_file_is_a_choice(group: str) -> None:
    known: Any = {"optimizer": schema.OPTIMIZERS, "schedule": schema.SCHEDULES, "data": schema.DATA}[group]
    assert {path.stem for path in (CONF / group).glob("*.yaml")} == set(known)


@pytest.mark.parametrize(("group", "conf"), [("network", schema.NetworkConf), ("logging", schema.LoggingConf)])
def test_every_file_of_a_group_lists_every_key(group: str, conf: type) -> None:
    for path in (CONF / group).glob("*.yaml"):
        if path.stem != "custom":
            assert set(listed(group, path.stem)) == set(defaults(conf)), path
    assert listed("network", "custom") == {"_target_": ""}


def test_the_main_file_lists_every_key_at_the_top_with_its_default() -> None:
    written = yaml.safe_load((CONF / "config.yaml").read_text())
    groups = {"network", "optimizer", "schedule", "data", "logging", "sweep"}
    groups.add("trusted_modules")  # which files in groups set: the main file's values stand over theirs
    ours = {key: value for key, value in defaults(schema.Config).items() if key not in groups}
    ours["early_stopping"] = defaults(schema.EarlyStoppingConf)
    ours |= {"executor": defaults(schema.ExecutorConf), "failure": defaults(schema.FailureConf)}
    assert {key: value for key, value in written.items() if key not in ("defaults", "hydra")} == ours


def listed(group: str, name: str) -> dict[str, Any]:
    values = yaml.safe_load((CONF / group / f"{name}.yaml").read_text())
    values.pop("defaults", None)
    return dict(values)


def lanes(conf: type) -> set[str]:
    return {field.name for field in fields(conf) if field.metadata.get("lane")}


@pytest.mark.parametrize("name", ["adafactor", "lamb", "muon"])
def test_an_optimizer_that_works_on_whole_variables_has_no_number_a_lane(name: str) -> None:
    assert lanes(schema.OPTIMIZERS[name]) == set()


def test_a_schedules_numbers_are_lanes_where_keras_does_arithmetic_alone_with_them() -> None:
    assert {name: lanes(conf) for name, conf in schema.SCHEDULES.items() if lanes(conf)} == {
        "cosine_decay": {"alpha"},
        "cosine_decay_restarts": {"alpha", "m_mul"},
        "exponential_decay": {"decay_rate"},
        "inverse_time_decay": {"decay_rate"},
        "polynomial_decay": {"end_learning_rate", "power"},
    }


def test_every_key_is_found_by_its_dotted_name(sources: Sources) -> None:
    for group, key, _, limits in KEYS:
        found = schema_field(config(based(group, sources)), key)
        assert found is not None, key
        assert found[1].metadata.get("limits", Limits()) == limits
    assert schema_field(config(), "network.hiden") is None
    assert schema_field(config(), "hydra.mode") is None
