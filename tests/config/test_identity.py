from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.specs import config, jobs, parsed, spec
from xor_sweep.config import Call, DataSpec, RunSpec, canonical, earlier_identity, identity, parse, schema
from xor_sweep.config.limits import Limits
from xor_sweep.config.values import kinds

OUTSIDE: list[dict[str, Any]] = [
    {"experiment": "mine"},
    {"outputs": "/tmp/elsewhere"},
    {"overwrite": True},
    {"dry_run": True},
    {"objective": "best_cost"},
    {"save": "none"},
    {"trusted_modules": ["mine"]},
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
    if kind in (list[int], list[float]):
        return [*default, 3]
    if "list" in str(kind):
        return [*(default or []), "word"]
    numbers = (0.25, -0.25, 2, 3, 7)
    return next(kind(n) for n in numbers if kind(n) == n and n != default and limits.refusal(kind(n)) is None)


def inside() -> list[Any]:
    """Every key that changes a run's numbers, with the group choices under which it stands."""
    top = [({}, "", schema.Config, name) for name in ("lr", "seed", "steps")]
    network = [({}, "network.", schema.NetworkConf, field.name) for field in fields(schema.NetworkConf)]
    groups = [
        ({group: option}, f"{group}.", conf, field.name)
        for group, options in (("optimizer", schema.OPTIMIZERS), ("schedule", schema.SCHEDULES))
        for option, conf in options.items()
        for field in fields(conf)
        if field.name not in ("name", "boundaries", "factors", "warmup_target", "warmup_steps")
        and option != "piecewise_constant_decay"
    ]
    data = [({"data": "parity"}, "data.", schema.ParityConf, "bits")]
    data += [
        ({"data": "sklearn"}, "data.", schema.DATA["sklearn"], field.name)
        for field in fields(schema.DATA["sklearn"])
        if field.name != "kind"
    ]
    return [
        pytest.param(group, prefix + name, conf, id="-".join([*group.values(), prefix + name]))
        for group, prefix, conf, name in [*top, *network, *groups, *data]
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


CALL = Call("mine.build", (("units", 3), ("names", ("a", "b"))), "0" * 64)
FULL = replace(
    spec({"early_stopping.patience": 5, "data.validation_fraction": 0.3}, data="sklearn", schedule="cosine_decay"),
    seed=3,
)
DATA = replace(FULL.data, call=CALL, fold=1, kind="python")
OTHER: dict[str, Any] = {
    "arguments": (("alpha", 0.5),),
    "batch_size": 7,
    "call": replace(CALL, target="mine.other"),
    "class_weight": (1.0, 2.0),
    "fold": 2,
    "hidden": (5,),
    "ignore": ("id",),
    "na_values": ("?",),
    "dtype": (("zip", "category"),),
    "order": (("size", ("S", "M")),),
    "loss": "mse",
    "metrics": ("auc",),
    "kind": "npz",
    "name": "other",
    "OptimizerSpec.name": "lamb",
    "ScheduleSpec.name": "polynomial_decay",
    "output_activation": "softmax",
    "output_units": 3,
}
"""Values that differ, for fields whose type does not say one."""


def differing() -> list[Any]:
    """`FULL` with each field of each spec inside it changed in turn."""
    cases: list[tuple[str, RunSpec]] = [("seed", replace(FULL, seed=4)), ("schedule", replace(FULL, schedule=None))]
    cases.append(("network", replace(FULL, network=CALL)))
    cases.append(("early_stopping", replace(FULL, training=replace(FULL.training, early_stopping=None))))
    cases.append(("steps", replace(FULL, training=replace(FULL.training, steps=9, epochs=None))))
    for name in ("network", "optimizer", "schedule", "training"):
        part: Any = getattr(FULL, name)
        cases += [(f"{name}.{key}", replace(FULL, **{name: value})) for key, value in each(part)]
    assert FULL.training.early_stopping
    for key, stopping in each(FULL.training.early_stopping):
        cases.append((f"early_stopping.{key}", replace(FULL, training=replace(FULL.training, early_stopping=stopping))))
    return [pytest.param(run, id=key) for key, run in cases]


def each(part: Any) -> list[tuple[str, Any]]:
    """A spec's part with each of its fields changed in turn, those left out that are changed as a whole elsewhere."""
    found = []
    for field in fields(part):
        value = getattr(part, field.name)
        if field.name in ("steps", "early_stopping"):
            continue
        typed = f"{type(part).__name__}.{field.name}"
        if typed in OTHER or field.name in OTHER:
            other = OTHER.get(typed, OTHER.get(field.name))
        elif isinstance(value, bool):
            other = not value
        elif isinstance(value, int | float):
            other = value + 1
        else:
            other = value + "x"
        assert other != value
        found.append((field.name, replace(part, **{field.name: other})))
    return found


@pytest.mark.parametrize("run", differing())
def test_every_field_of_a_spec_changes_the_identity(run: RunSpec) -> None:
    assert identity(run) != identity(FULL)


@pytest.mark.parametrize(
    ("key", "data"), [pytest.param(key, data, id=key) for key, data in each(DATA) if key not in ("path", "name")]
)
def test_every_field_of_the_data_but_its_place_and_name_changes_the_identity(key: str, data: DataSpec) -> None:
    assert identity(replace(FULL, data=data)) != identity(replace(FULL, data=DATA)), key


@pytest.mark.parametrize(
    ("key", "call"),
    [pytest.param(key, call, id=key) for key, call in each(CALL) if key != "file_source"],
)
def test_every_field_of_a_call_changes_the_identity(key: str, call: Call) -> None:
    for place in ("network", "loss", "metrics", "data"):
        before, after = (placed(place, value) for value in (CALL, call))
        assert identity(before) != identity(after), (place, key)


def placed(place: str, call: Call) -> RunSpec:
    """`FULL` with a call in one of the places that take one."""
    if place == "network":
        return replace(FULL, network=call)
    if place == "data":
        return replace(FULL, data=replace(DATA, call=call))
    training = replace(FULL.training, loss=call) if place == "loss" else replace(FULL.training, metrics=(call,))
    return replace(FULL, training=training)


def test_a_file_that_is_moved_or_renamed_is_the_same_run(tmp_path: Path) -> None:
    runs = []
    for name in ("people.csv", "elsewhere.csv"):
        (tmp_path / name).write_text("age,paid\n20,1\n30,0\n")
        runs.append(spec({"data.path": str(tmp_path / name), "data.target": "paid"}, data="csv"))
    assert runs[0] != runs[1]
    assert identity(runs[0]) == identity(runs[1])


def test_a_file_whose_content_changed_is_another_run(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    values = {"data": "csv", "data.path": str(file), "data.target": "paid"}
    file.write_text("age,paid\n20,1\n30,0\n")
    before = identity(spec(values))
    file.write_text("age,paid\n20,1\n30,0\n40,1\n")
    assert identity(spec(values)) != before


def test_data_at_its_defaults_is_its_kind_and_its_content_alone(sources: dict[str, dict[str, Any]]) -> None:
    for kind, values in sources.items():
        held = set(canonical(spec({**values, "data": kind, "network": "xor"})))
        given = {
            "csv": {"data.target"},
            "python": {f"data.call.{key}" for key in ("_target_", "_source_", "_arguments_")},
        }
        assert held == {"data", "data.sha256", "batch_order", *given.get(kind, ())}, kind


def test_what_auto_stands_for_and_the_same_written_down_are_one_run() -> None:
    auto = identity(spec(data="sklearn"))
    assert identity(spec(data="sklearn", epochs=30, batch_size=32)) == auto
    assert identity(spec(data="sklearn", epochs=31)) != auto
    assert identity(spec(data="sklearn", batch_size=None)) != auto
    assert identity(spec(steps=10_001)) == identity(spec(epochs=10_001)) == identity(spec())


PINNED = {
    "": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    "lr=0.1": "9c9ba942d8bb6213cd855c3e8ddfeb6640a23616f11f4da3d8e77555902a6107",
    "data=parity": "d26da1f379c0553cdce1eab8cddebe885f0ee0c01de7d6caab3adc3efb69395e",
    "data=parity data.bits=5 network=mlp optimizer=rmsprop optimizer.momentum=0.9 seed=3 steps=50": (
        "20623693fde2eea9b414dc7568b079a99508c217d27e0ba566ef5e60464fc494"
    ),
    "network.hidden=[3,2] network.activation=tanh network.init_scale=0.5": (
        "8b9b6a008bb0198a5b2d912a5b09fe95cd62b8e4794077f0ea54a185b2e5c39f"
    ),
    "optimizer=adamw lr=1e-3 steps=100": "4a485533f15252c0a894a419e0c7ac2ea30f2518985a7e439dbae6d251d2cfad",
    "optimizer=ftrl optimizer.clipnorm=1 data=parity data.bits=2": (
        "2984996847a163fba6fb3d99c9c44863260f140ea6bd11536d0966a394a4b9a8"
    ),
}
"""What release 0.1.0 gave these commands."""


@pytest.mark.parametrize("command", PINNED)
def test_runs_of_older_releases_keep_their_identity(command: str) -> None:
    [job] = jobs(command.split())
    assert job.identity == PINNED[command]


def test_the_identity_of_a_run_with_batches_says_that_its_seed_draws_their_order() -> None:
    batched, whole = spec(data="sklearn"), spec(data="sklearn", batch_size=None)
    assert canonical(batched)["batch_order"] == "seed"
    earlier = {key: value for key, value in canonical(batched).items() if key != "batch_order"}
    text = json.dumps(earlier, sort_keys=True, separators=(",", ":"))
    assert earlier_identity(batched) == hashlib.sha256(text.encode()).hexdigest() != identity(batched)
    for run in (whole, spec(), spec(lr=0.1, seed=3)):
        assert "batch_order" not in canonical(run)
        assert earlier_identity(run) is None


def test_the_choice_of_a_group_changes_the_identity() -> None:
    optimizers = [identity(spec(optimizer=name)) for name in schema.OPTIMIZERS]
    schedules = [identity(spec(schedule=name)) for name in schema.SCHEDULES if name != "piecewise_constant_decay"]
    data = [identity(spec(data=name)) for name in ("xor", "parity", "sklearn")]
    assert len({*optimizers, *schedules, *data}) == len(optimizers) + len(schedules) + len(data) - 2


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


TARGETS = {"ratings": (1, 5), "counts from 0": (0, 4), "two numbers": (1, 2), "amounts": (0, 50)}


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_whose_task_has_changed_makes_another_run_and_no_other_target_does(name: str, tmp_path: Path) -> None:
    first, last = TARGETS[name]
    path = tmp_path / "table.csv"
    path.write_text("x,y\n" + "".join(f"{row},{first + row % (last - first + 1)}\n" for row in range(60)))
    keys = {"data.path": str(path), "data.target": "y"}
    own = spec(keys, data="csv")
    before = replace(own, data=replace(own.data, task="auto"))  # as releases before had it
    assert (identity(own) != identity(before)) == (name == "ratings")
    assert (identity(own) == identity(spec({**keys, "data.task": "regression"}, data="csv"))) == (name == "ratings")


COLUMNS = {
    "numbers": ("x,n", lambda row: f"{row % 7},{row / 2}", 1),
    "words": ("x,c", lambda row: f"{row % 7},{'abc'[row % 3]}", 1),
    "missing values": ("x,n", lambda row: f"{row % 7},{'NA' if row == 3 else row % 4}", 1),
    "an index": ("id,x", lambda row: f"{row},{row % 7}", 2),
    "percentages": ("x,n", lambda row: f"{row % 7},{row % 9}%", 2),
    "dates": ("x,n", lambda row: f"{row % 7},2024-01-{row % 9 + 1:02d}", 2),
    "codes": ("x,n", lambda row: f"{row % 7},0{row % 9}", 2),
    "more words than have a feature each": ("x,c", lambda row: f"{row % 7},w{row % 25}", 2),
    "None among words": ("x,c", lambda row: f"{row % 7},{('None', 'a')[row % 2]}", 2),
}


@pytest.mark.parametrize(("names", "row", "reading"), COLUMNS.values(), ids=COLUMNS)
def test_a_table_that_is_read_otherwise_than_in_release_0_2_0_makes_other_runs(
    names: str, row: Callable[[int], str], reading: int, tmp_path: Path
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"{names},y\n" + "".join(f"{row(k)},{k * k % 2}\n" for k in range(60)))
    keys = {"data.path": str(path), "data.target": "y", "data.missing": "impute"}
    held = canonical(spec(keys, data="csv"))
    assert held.get("data.reading", 1) == reading
