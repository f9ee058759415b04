"""Tables with many columns of numbers, which are looked at all at once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.made import csv
from xor_sweep.data import DataError, dataset, read_columns
from xor_sweep.data.plain_columns import plain_columns, whole_columns
from xor_sweep.data.rules import Rules

ROWS = 12
NAMES = st.sampled_from(["x", "id", "user_id", "row", "year", "Unnamed: 0", "timestamp"])
NUMBERS: list[st.SearchStrategy[Any]] = [
    st.just(np.arange(ROWS)),
    st.just(10**10 + np.arange(ROWS)[::-1]),
    st.just(20240101 + np.arange(ROWS)),
    st.just(np.full(ROWS, 3)),
    st.just(np.full(ROWS, np.nan)),
    st.just(np.full(ROWS, 0.5)),
    st.just(10.0 ** np.arange(ROWS)),
    st.lists(st.integers(-3, 10**9 + 3), min_size=ROWS, max_size=ROWS),
    st.lists(st.sampled_from([0.5, 1.0, 2.0, np.nan, np.inf, 20240131.0]), min_size=ROWS, max_size=ROWS),
]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(NAMES, st.one_of(NUMBERS)), min_size=1, max_size=4), st.integers(2, ROWS))
def test_columns_looked_at_all_at_once_are_read_as_one_by_one(made: list[tuple[str, Any]], rows: int) -> None:
    frame = pd.DataFrame({f"{place} {name}": values for place, (name, values) in enumerate(made)})[:rows]
    at_once = plain_columns(frame, Rules())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read_columns, "plain_columns", lambda *_: {})
        one_by_one = {reading.name: reading for reading in read_columns.read_columns(frame, Rules(), "t").readings}
    assert {name: one_by_one[name] for name in at_once} == at_once
    assert whole_columns(frame) == [name for name in frame if (frame[name].dropna() % 1 == 0).all()]


def test_columns_that_keys_are_about_get_a_closer_look() -> None:
    frame = pd.DataFrame({"a": [0.5, 1.5, 2.5], "b": [3.5, 2.5, 1.5], "c": [1.5, 9.5, 2.5]})
    rules = Rules(ignore=("a",), kinds={"b": "category"})
    assert list(plain_columns(frame, rules)) == ["c"]


def test_a_table_of_too_many_columns_of_text_is_one_line(tmp_path: Path) -> None:
    names = [f"c{place}" for place in range(2001)]
    lines = [",".join([*names, "churn"]), *(",".join([word] * 2001 + [word]) for word in ("yes", "no"))]
    with pytest.raises(DataError, match="has 2,002 columns of text, and at most 2,000 are read; keep fewer"):
        dataset(csv(tmp_path, "\n".join(lines)))


@pytest.mark.proof
def test_a_table_of_30_000_columns_is_read_in_seconds(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(size=(6, 30_000)).round(3)
    frame = pd.DataFrame(values, columns=[f"c{place}" for place in range(30_000)]).assign(churn=[0, 1] * 3)
    spec = csv(tmp_path, frame.to_csv(index=False))
    start = time.process_time()
    data = dataset(spec)
    assert time.process_time() - start < 40  # 8 on a machine that does nothing else; it took minutes
    np.testing.assert_allclose(data.raw.to_numpy(), values)  # type: ignore[union-attr]
