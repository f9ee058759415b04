from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.hostile import HOSTILE
from tests.specs import jobs
from xor_sweep.config.identity import OUTSIDE
from xor_sweep.names import NAME_LENGTH, beside, run_name
from xor_sweep.naming import key_and_value, name_of, named_keys

SAFE = re.compile(r"[A-Za-z0-9._=,+@\[\]-]+(~[0-9a-f]{8})?")
keys = st.from_regex(r"[a-z_]{1,8}(\.[a-z_0-9]{1,8})?", fullmatch=True)
plain_values = st.from_regex(r"[A-Za-z0-9._+@\[\]-]{1,10}", fullmatch=True)
plain = st.lists(st.tuples(keys, plain_values), max_size=4).filter(lambda pairs: len(run_name(pairs)) < NAME_LENGTH)


@given(st.lists(st.tuples(keys, st.text(max_size=200)), max_size=6))
def test_a_name_is_one_plain_path_component_of_at_most_120_characters(pairs: list[tuple[str, str]]) -> None:
    name = run_name(pairs)
    assert SAFE.fullmatch(name)
    assert 1 <= len(name) <= 120
    assert name not in (".", "..")
    assert not name.startswith(".")


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_become_plain_names(value: str) -> None:
    name = run_name([("network.activation", value), ("lr", "0.1")])
    assert SAFE.fullmatch(name)
    assert name.startswith("network.activation=")
    assert name.endswith(",lr=0.1") or len(value) > NAME_LENGTH


@given(plain, plain)
def test_short_plain_values_that_differ_have_names_that_differ(
    first: list[tuple[str, str]], second: list[tuple[str, str]]
) -> None:
    assume(first != second)
    assert run_name(first) != run_name(second)


@given(plain)
def test_a_short_plain_name_says_the_values_as_they_are(pairs: list[tuple[str, str]]) -> None:
    assert run_name(pairs) == (",".join(map("=".join, pairs)) or "default")


@given(st.text("ab", min_size=115, max_size=140), st.text("ab", min_size=115, max_size=140))
def test_long_values_that_differ_have_names_that_differ(first: str, second: str) -> None:
    assume(first != second)
    assert run_name([("key", first)]) != run_name([("key", second)])


def test_a_long_name_keeps_its_beginning() -> None:
    name = run_name([("lr", "0.1"), ("network.hidden", "[" + "16," * 60 + "16]")])
    assert name.startswith("lr=0.1,network.hidden=[16,16,")
    assert len(name) == 120


@given(plain, st.from_regex(r"[0-9a-f]{64}", fullmatch=True))
def test_the_name_beside_a_taken_one_is_no_name_that_values_can_give(
    pairs: list[tuple[str, str]], identity: str
) -> None:
    name = beside(run_name(pairs), identity)
    assert name == f"{run_name(pairs)}~{identity[:8]}"
    assert name.count("~") == 1


def test_the_name_beside_a_taken_long_one_is_at_most_120_characters() -> None:
    long = run_name([("network.hidden", "[" + "16," * 60 + "16]")])
    other = beside(long, "0123456789abcdef")
    assert other != long
    assert len(other) <= 120


@pytest.mark.parametrize(
    ("override", "name"),
    [
        ("lr=0.10", "lr=0.1"),
        ("lr=1e-1", "lr=0.1"),
        ("lr=1.0", "lr=1"),
        ("lr=1", "lr=1"),
        ("lr=1e-7", "lr=1e-07"),
        ("seed=10_000", "seed=10000"),
        ("seed=3", "seed=3"),
        ("optimizer.use_ema=True", "optimizer.use_ema=true"),
        ("optimizer.clipnorm=null", "optimizer.clipnorm=null"),
        ("network.hidden=[ 3, 3 ]", "network.hidden=[3,3]"),
        ("network.activation='tanh'", "network.activation=tanh"),
        ("optimizer=sgd", "optimizer=sgd"),
        ("++lr=0.1", "lr=0.1"),
        ("data.path=/a/b/customers.csv", "data.path=customers.csv"),
        ("data.path='../a b/c d.csv'", "data.path=c_d.csv"),
        ("data.name=iris", "data.name=iris"),
        ("+network.units=32", "network.units=32"),
        ("metrics=[auc,Precision]", "metrics=[auc,Precision]"),
    ],
)
def test_names_hold_canonical_values(override: str, name: str) -> None:
    assert name_of([override]) == name


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_has_one_name_however_it_is_written(number: float) -> None:
    spellings = {f"lr={number!r}", f"lr={number:.17e}", f"lr={number:.20g}"}
    assert {float(key_and_value(override)[1]) for override in spellings} == {number}
    if abs(number) < 1e15:
        assert len({name_of([override]) for override in spellings}) == 1


@given(st.integers(-(10**9), 10**9))
def test_whole_numbers_are_read_as_hydra_reads_them(number: int) -> None:
    assert key_and_value(f"seed={number}") == ("seed", number)
    assert key_and_value(f"+seed={number}") == ("seed", number)


def test_names_follow_the_order_of_the_overrides() -> None:
    assert name_of(["seed=3", "lr=0.1"]) == "seed=3,lr=0.1"
    assert name_of(["lr=0.1", "seed=3"]) == "lr=0.1,seed=3"


def test_in_a_sweep_only_swept_keys_name_a_run() -> None:
    assert name_of(["lr=0.1", "steps=100", "seed=3"], swept=("seed", "lr")) == "lr=0.1,seed=3"


def test_without_overrides_a_run_is_the_default() -> None:
    assert name_of([]) == "default"
    assert jobs([])[0].name == "default"


@pytest.mark.parametrize("key", sorted(OUTSIDE))
def test_keys_that_change_no_number_name_no_run(key: str) -> None:
    assert named_keys([f"{key}=a", f"{key}.sub=a", f"{key}/group=a", "lr=0.1"], ()) == [("lr", "0.1")]
    assert name_of([f"{key}=a"], swept=(key,)) == "default"
