"""Numbers of many digits: float64 up to the network, float32 within it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from xor_sweep.config.spec import DataSpec
from xor_sweep.data import DataError, Dataset, dataset, give

COUNT = np.arange(60)
AMOUNTS = np.sin(COUNT)

CLOSE: dict[str, np.ndarray[Any, Any]] = {
    "13 digits that count up": 10**12 + COUNT,
    "13 digits as floats": (10**12 + COUNT).astype(np.float64),
    "two numbers of 13 digits": 10**12 + COUNT % 2,
    "two numbers of 13 digits as floats": (10**12 + COUNT % 2).astype(np.float64),
    "times in nanoseconds": 1_700_000_000_000_000_000 + COUNT * 10**9,
    "negative numbers": -(10**14) - COUNT,
}


def learnt(x: Any, y: Any = AMOUNTS, **keys: Any) -> Dataset:
    if isinstance(x, pd.DataFrame):  # otherwise some of them are identifiers
        keys["dtype"] = tuple((name, "number") for name in x)
    return dataset(DataSpec("arrays", "given", sha256=give(x, y), **keys))


@pytest.mark.parametrize("numbers", CLOSE.values(), ids=CLOSE)
@pytest.mark.parametrize("framed", [False, True])
def test_large_numbers_that_are_close_are_standardised_like_small_ones(numbers: Any, framed: bool) -> None:
    small = (numbers - numbers[0]).astype(np.float64)
    data = learnt(pd.DataFrame({"t": numbers}) if framed else numbers[:, None])
    rows = data.train.rows
    wanted = (small - small[rows].mean()) / small[rows].std()
    np.testing.assert_allclose(data.train.x[:, 0], wanted[rows], rtol=1e-6, atol=2e-4)
    np.testing.assert_allclose(data.preprocessing.transform(data.raw)[:, 0], wanted, rtol=1e-6, atol=2e-4)
    assert data.preprocessing.beyond_float32 == (("t",) if framed else ("x",))


def test_whole_numbers_are_no_noise_beside_a_large_mean() -> None:
    small = np.arange(600) % 30
    data = learnt(10**14 + small[:, None], np.sin(np.arange(600)))
    rows = data.train.rows
    found = data.train.x[:, 0] - data.train.x[:, 0].mean()
    np.testing.assert_allclose(found, (small[rows] - small[rows].mean()) / small[rows].std(), rtol=1e-5, atol=1e-6)


def test_a_target_of_large_numbers_that_are_close_keeps_its_digits() -> None:
    data = learnt(COUNT[:, None], 10**12 + COUNT)
    assert len(np.unique(data.train.y)) == len(data.train.y)
    np.testing.assert_array_equal(data.preprocessing.in_units(data.train.y).round()[:, 0], 10**12 + data.train.rows)


SEVENTEEN = 12_345_678_901_234_567 + COUNT
PAIR = np.stack([COUNT, SEVENTEEN], 1)

LOST: dict[str, tuple[Any, Any, dict[str, Any], str]] = {
    "a column": (pd.DataFrame({"id": SEVENTEEN}), AMOUNTS, {}, r"column id .* 'data.ignore=\[id\]'"),
    "a feature": (PAIR, AMOUNTS, {}, r"numbers of x\[:, 1\] .* subtract a constant from them, or leave them out"),
    "a feature without standardisation": (PAIR, AMOUNTS, {"standardize": False}, r"x\[:, 1\] are too close"),
    "two numbers of 16 digits": (10**15 + COUNT[:, None] % 2, AMOUNTS, {}, "not hold enough digits"),
    "two neighbours": (2**53 + COUNT[:, None] % 2, AMOUNTS, {}, "not hold enough digits"),
    "unsigned": (np.uint64(2**63) + COUNT[:, None].astype(np.uint64), AMOUNTS, {}, "not hold enough digits"),
    "digits that were lost before": (SEVENTEEN[:, None].astype(float), AMOUNTS, {}, "not hold enough digits"),
    "the target": (COUNT[:, None], SEVENTEEN, {}, "the numbers of the target y .*; subtract a constant from them"),
    "float32": (
        pd.DataFrame({"t": 10**12 + COUNT}),
        AMOUNTS,
        {"standardize": False},
        r"data.standardize=false: the numbers of column t .*float32.*; leave data.standardize out",
    ),
    "a target in float32": (
        COUNT[:, None],
        1.7e9 + COUNT,
        {"standardize": False},
        r"data.standardize=false: the numbers of the target y .*float32.*; leave data.standardize out",
    ),
}


@pytest.mark.parametrize(("x", "y", "keys", "says"), LOST.values(), ids=LOST)
def test_numbers_that_cannot_be_told_apart_are_refused_by_name(x: Any, y: Any, keys: Any, says: str) -> None:
    with pytest.raises(DataError, match=says) as raised:
        learnt(x, y, **keys)
    assert "\n" not in str(raised.value)


def test_constants_and_numbers_that_float32_holds_need_no_float64() -> None:
    frame = pd.DataFrame({"year": 2000 + COUNT % 20, "share": np.cos(COUNT), "same": 0.1, "huge": 1e30 * np.cos(COUNT)})
    data = learnt(frame)
    assert data.preprocessing.beyond_float32 == ()
    np.testing.assert_array_equal(data.train.x[:, 2], 0)


def test_a_constant_that_float32_does_not_hold_needs_float64() -> None:
    data = learnt(pd.DataFrame({"a": AMOUNTS, "same": 10**12 + 1}))
    assert data.preprocessing.beyond_float32 == ("same",)
    np.testing.assert_array_equal(data.train.x[:, 1], 0)


def test_integers_that_no_type_holds_are_identifiers_or_one_line() -> None:
    ids = pd.DataFrame({"a": AMOUNTS, "long": [10**400 + int(row) for row in COUNT]})
    assert list(dataset(DataSpec("arrays", "given", sha256=give(ids, AMOUNTS))).raw) == ["a"]
    ids["long"] = [10**400, *range(59)]
    with pytest.raises(DataError, match="column long is inf in row 0"):
        learnt(ids)
