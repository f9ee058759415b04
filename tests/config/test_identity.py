from __future__ import annotations

import hashlib
import random
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.specs import config, jobs, parsed, spec
from xor_sweep.config import canonical, identity, parse, schema
from xor_sweep.config.limits import Limits
from xor_sweep.config.parse import kinds

OUTSIDE: list[dict[str, Any]] = [
    {"experiment": "mine"},
    {"outputs": "/tmp/elsewhere"},
    {"overwrite": True},
    {"dry_run": True},
    {"objective": "best_cost"},
    {"objective": "final_accuracy", "direction": "maximize"},
    {"sweep": {"any": "thing"}},
    {"logging.scalars": 0},
    {"logging.histograms": None},
    {"logging.graph": False},
]
CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")


def changed(conf: type, name: str, default: Any) -> Any:
    """A value that the key takes and that is not its default."""
    kind, _ = kinds(conf)[name]
    limits: Limits = next(field for field in fields(conf) if field.name == name).metadata.get("limits", Limits())
    if limits.choices:
        return next(word for word in limits.choices if word != default)
    if kind is bool:
        return not default
    if kind is list:
        return [*default, 3]
    numbers = (0.25, -0.25, 2, 3, 7)
    return next(kind(n) for n in numbers if kind(n) == n and n != default and limits.refusal(kind(n)) is None)


def inside() -> list[Any]:
    """Every key that changes a run's numbers, with the group choices under which it stands."""
    top = [({}, "", schema.Config, name) for name in ("lr", "seed", "steps")]
    network = [({}, "network.", schema.NetworkConf, field.name) for field in fields(schema.NetworkConf)]
    optimizers = [
        ({"optimizer": optimizer}, "optimizer.", conf, field.name)
        for optimizer, conf in schema.OPTIMIZERS.items()
        for field in fields(conf)
        if field.name != "name"
    ]
    data = [({"data": "parity"}, "data.", schema.ParityConf, "bits")]
    return [
        pytest.param(group, prefix + name, conf, id="-".join([*group.values(), prefix + name]))
        for group, prefix, conf, name in [*top, *network, *optimizers, *data]
    ]


@pytest.mark.parametrize(("group", "key", "conf"), inside())
def test_every_key_that_changes_a_runs_numbers_changes_its_identity(
    group: dict[str, str], key: str, conf: type
) -> None:
    prefix, _, name = key.rpartition(".")
    composed = config(group)
    before = (composed[prefix] if prefix else composed)[name]
    value = changed(conf, name, before)
    assert value != before
    assert identity(spec({**group, key: value})) != identity(spec(group))


def test_the_choice_of_a_group_changes_the_identity() -> None:
    optimizers = [identity(spec(optimizer=name)) for name in schema.OPTIMIZERS]
    data = [identity(spec(data=name)) for name in schema.DATA]
    assert len({*optimizers, *data}) == len(optimizers) + len(data) - 1


def test_xor_and_the_parity_of_two_bits_are_told_apart() -> None:
    assert identity(spec({"data.bits": 2}, data="parity")) != identity(spec())


@pytest.mark.parametrize("values", OUTSIDE, ids=lambda values: ",".join(values))
def test_keys_that_change_no_number_change_no_identity(values: dict[str, Any]) -> None:
    other, _ = parsed(values)
    assert other == spec()
    assert identity(other) == identity(spec())


@pytest.mark.parametrize(
    "spellings",
    [
        ["lr=0.1", "lr=0.10", "lr=1e-1", "lr=.1", "lr=1.0E-1", "lr=10e-2", "optimizer.learning_rate=0.1"],
        ["lr=1", "lr=1.0", "lr=1e0", "lr=10e-1"],
        ["network.hidden=[3,3]", "network.hidden=[3, 3]"],
        ["optimizer.use_ema=true", "optimizer.use_ema=True"],
        ["optimizer.clipnorm=null", "optimizer.clipnorm=NULL", "lr=0.01", "steps=10001", "network=xor"],
        ["network.activation=tanh", "network.activation='tanh'", 'network.activation="tanh"'],
    ],
    ids=lambda spellings: spellings[0],
)
def test_values_count_and_not_their_spellings(spellings: list[str]) -> None:
    assert len({job.identity for job in jobs(*[[override] for override in spellings])}) == 1


@given(st.randoms())
def test_the_order_of_keys_does_not_matter(shuffle: random.Random) -> None:
    given_values = {"lr": 0.3, "network.hidden": [3], "optimizer.epsilon": 1e-3, "optimizer.use_ema": True}
    composed = reordered(config(given_values), shuffle)
    assert identity(parse(composed)[0]) == identity(spec(given_values))


def reordered(values: dict[str, Any], shuffle: random.Random) -> dict[str, Any]:
    items = [(key, reordered(value, shuffle) if isinstance(value, dict) else value) for key, value in values.items()]
    shuffle.shuffle(items)
    return dict(items)


def test_the_order_of_overrides_does_not_matter() -> None:
    first, second = jobs(["lr=0.1", "optimizer=sgd", "seed=3"], ["seed=3", "optimizer=sgd", "lr=0.1"])
    assert first.identity == second.identity


@pytest.mark.parametrize("optimizer", sorted(schema.OPTIMIZERS))
def test_keys_at_their_default_are_left_out(optimizer: str) -> None:
    expected = {} if optimizer == "adam" else {"optimizer": optimizer}
    assert canonical(spec(optimizer=optimizer)) == expected
    assert canonical(spec({"lr": 0.01, "network.hidden": [2]}, optimizer=optimizer)) == expected


def test_what_is_not_at_its_default_is_spelt_out() -> None:
    given_values = {"lr": 0.1, "network.hidden": [3, 2], "optimizer.momentum": 0.9}
    assert canonical(spec(given_values, optimizer="sgd", data="parity", seed=7)) == {
        "data": "parity",
        "lr": 0.1,
        "network.hidden": (3, 2),
        "optimizer": "sgd",
        "optimizer.momentum": 0.9,
        "seed": 7,
    }


def test_an_identity_is_64_hexadecimal_digits_that_stay_over_releases() -> None:
    assert identity(spec()) == hashlib.sha256(b"{}").hexdigest()
    assert identity(spec(lr=0.1, seed=3)) == hashlib.sha256(b'{"lr":0.1,"seed":3}').hexdigest()
    hidden = identity(spec({"network.hidden": [3, 2]}, optimizer="sgd"))
    assert hidden == hashlib.sha256(b'{"network.hidden":[3,2],"optimizer":"sgd"}').hexdigest()


@given(
    lr=st.floats(0, exclude_min=True, allow_infinity=False),
    epsilon=st.floats(0, allow_infinity=False),
    momentum=st.sampled_from([0.0, -0.0, 0.5]),
)
def test_equal_specs_have_one_identity_and_others_another(lr: float, epsilon: float, momentum: float) -> None:
    here = spec({"optimizer.epsilon": epsilon, "optimizer.momentum": momentum}, optimizer="rmsprop", lr=lr)
    same = spec({"optimizer.epsilon": epsilon + 0.0, "optimizer.momentum": abs(momentum)}, optimizer="rmsprop", lr=lr)
    other = spec({"optimizer.epsilon": epsilon, "optimizer.momentum": 0.75}, optimizer="rmsprop", lr=lr)
    assert here == same
    assert identity(here) == identity(same) != identity(other)


@pytest.mark.parametrize(
    ("optimizer", "key"),
    [("ftrl", "optimizer.initial_accumulator_value"), ("adam", "optimizer.beta_1"), ("sgd", "optimizer.momentum")],
)
def test_zero_has_no_sign(optimizer: str, key: str) -> None:
    plus, minus = spec({key: 0.0}, optimizer=optimizer), spec({key: -0.0}, optimizer=optimizer)
    assert plus == minus
    assert identity(plus) == identity(minus)


def test_whole_numbers_stand_for_numbers() -> None:
    assert identity(spec(lr=1)) == identity(spec(lr=1.0))
    assert identity(spec({"optimizer.clipnorm": 2})) == identity(spec({"optimizer.clipnorm": 2.0}))
