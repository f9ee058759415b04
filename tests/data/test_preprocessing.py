from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.data.made import CUSTOMERS, csv, npz, numbers
from xor_sweep.config.spec import DataSpec
from xor_sweep.data import Column, DataError, Dataset, Preprocessing, dataset, give
from xor_sweep.data.numbers import center_and_scale

FRAME = pd.DataFrame({"size": numbers(30)[:, 0], "kind": ["a", "b", "c"] * 10, "count": range(30)})


def given_frame(**keys: Any) -> DataSpec:
    return DataSpec(kind="arrays", name="given", sha256=give(FRAME, FRAME["size"] * 3), **keys)


@pytest.fixture(params=["xor", "csv", "csv with gaps", "npz", "tokens", "sklearn", "arrays", "frame", "validation"])
def data(request: pytest.FixtureRequest, tmp_path: Path) -> Dataset:
    y = np.arange(30) % 3
    tokens = np.arange(60).reshape(30, 2)
    gaps = CUSTOMERS.replace("basic", "").replace("\n33,", "\n,")
    made = {
        "xor": lambda: DataSpec("xor", "xor", bits=2),
        "csv": lambda: csv(tmp_path),
        "csv with gaps": lambda: csv(tmp_path, gaps, missing="impute"),
        "npz": lambda: npz(tmp_path, {"x": numbers(30), "y": y}, test_fraction=0.2),
        "tokens": lambda: npz(tmp_path, {"x": tokens, "y": y}, standardize=False),
        "sklearn": lambda: DataSpec("sklearn", "linnerud"),
        "arrays": lambda: DataSpec("arrays", "given", sha256=give(numbers(30), numbers(30)[:, 1])),
        "frame": given_frame,
        "validation": lambda: DataSpec("arrays", "given", sha256=give(FRAME, y, (FRAME[:6], y[:6]))),
    }
    return dataset(made[request.param]())


def kept(data: Dataset) -> list[Any]:
    return [part for part in (data.train, data.validation, data.test) if part is not None]


def same(one: Any, other: Any) -> None:
    np.testing.assert_array_equal(one, other)
    assert one.dtype == other.dtype


def test_raw_rows_become_what_was_learnt_from(data: Dataset) -> None:
    everything = data.preprocessing.transform(data.raw)
    for part in kept(data):
        same(everything[part.rows], part.x)


def test_a_batch_of_raw_rows_becomes_the_same_as_all_of_them(data: Dataset) -> None:
    rows = kept(data)[-1].rows[:2]
    raw = data.raw.iloc[rows] if isinstance(data.raw, pd.DataFrame) else data.raw[rows]
    same(data.preprocessing.transform(raw), kept(data)[-1].x[:2])


def test_what_was_fitted_goes_through_json(data: Dataset) -> None:
    written = json.dumps(data.preprocessing.to_json(), allow_nan=False)
    read = Preprocessing.from_json(json.loads(written))
    assert read.to_json() == data.preprocessing.to_json()
    assert (read.task, read.classes, read.columns) == (data.task, data.classes, data.preprocessing.columns)
    assert list(map(type, read.classes)) == list(map(type, data.classes))
    same(read.transform(data.raw), data.preprocessing.transform(data.raw))
    same(read.in_units(data.train.y), data.preprocessing.in_units(data.train.y))


def test_only_the_training_part_is_looked_at() -> None:
    before = dataset(given_frame())
    assert before.validation is not None
    changed, y = FRAME.copy(), FRAME["size"].to_numpy() * 3
    changed.loc[before.validation.rows, "size"] = 1e6
    changed.loc[before.validation.rows, "kind"] = "unseen"
    y[before.validation.rows] = -1e6
    after = dataset(DataSpec("arrays", "given", sha256=give(changed, y)))
    assert after.preprocessing.to_json() == {**before.preprocessing.to_json(), "target": "y"}
    same(after.train.x, before.train.x)
    assert after.validation is not None
    assert (after.validation.x[:, 1:4] == 0).all()


def test_a_truth_table_is_all_training_and_stays_as_it_is() -> None:
    data = dataset(DataSpec("parity", "parity", bits=3))
    assert (data.task, data.classes, data.outputs, data.input_shape) == ("binary", (0, 1), 1, (3,))
    assert (data.validation, data.test) == (None, None)
    assert data.train.x.tolist()[:3] == [[0, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert data.train.y[:, 0].tolist() == [0, 1, 1, 0, 1, 0, 0, 1]
    assert data.train.rows.tolist() == list(range(8))


def test_columns_are_found_by_name() -> None:
    data = dataset(given_frame())
    moved = FRAME[["count", "kind", "size"]].assign(more="ignored")
    same(data.preprocessing.transform(moved), data.preprocessing.transform(FRAME))


def test_unknown_and_missing_words_are_no_word() -> None:
    data = dataset(given_frame())
    rows = FRAME[:2].assign(kind=["z", None])
    assert (data.preprocessing.transform(rows)[:, 1:4] == 0).all()


def test_rows_that_were_dropped_from_training_are_refused_later(tmp_path: Path) -> None:
    data = dataset(csv(tmp_path, CUSTOMERS.replace("\n33,", "\n,"), missing="drop"))
    same(data.preprocessing.transform(data.raw.iloc[data.train.rows]), data.train.x)
    with pytest.raises(DataError, match="column age has 1 missing value, "):
        data.preprocessing.transform(data.raw)


def test_a_constant_feature_is_0_and_no_division_by_it() -> None:
    x = numbers(30)
    x[:, 1] = 0.1
    data = dataset(DataSpec("arrays", "given", sha256=give(x, x[:, 0])))
    assert data.preprocessing.scale is not None
    assert data.preprocessing.scale[1] == 1
    np.testing.assert_allclose(data.train.x[:, 1], 0, atol=1e-7)


def test_times_in_seconds_keep_their_digits() -> None:
    x = 1.7e9 + numbers(30)
    data = dataset(DataSpec("arrays", "given", sha256=give(x, x[:, 0])))
    np.testing.assert_allclose(data.train.x.mean(0), 0, atol=1e-3)


@given(arrays(np.float32, st.tuples(st.integers(2, 20), st.integers(1, 3)), elements=st.floats(-1e6, 1e6, width=32)))
def test_standardised_features_have_no_mean_and_at_most_deviation_1(x: Any) -> None:
    mean, scale = center_and_scale(x)
    assert (scale > 0).all()
    made = (x - mean) / scale
    assert np.isfinite(made).all()
    assert (made.std(0) < 1.001).all()


MISTAKES: dict[str, tuple[Any, str]] = {
    "a column missing": (FRAME[["size", "count"]], r"new.csv: column kind missing; it has size, count"),
    "two columns missing": (FRAME[["kind"]], r"columns size, count missing"),
    "words for numbers": (FRAME.assign(count="many"), r"column count holds words, such as many; it takes numbers"),
    "a number missing": (FRAME.assign(size=np.nan), r"column size has 30 missing values, .*; fill or drop them"),
    "infinite": (FRAME.assign(size=np.inf), r"column size is inf in row 0"),
    "no columns": (numbers(30), r"give a DataFrame with the columns size, kind, count"),
}


@pytest.mark.parametrize(("raw", "says"), MISTAKES.values(), ids=MISTAKES)
def test_rows_that_do_not_fit_are_refused(raw: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        dataset(given_frame()).preprocessing.transform(raw, "new.csv")


def test_an_array_with_other_features_is_refused() -> None:
    data = dataset(DataSpec("arrays", "given", sha256=give(numbers(30), numbers(30)[:, 1])))
    with pytest.raises(DataError, match=r"a row has the shape \(1,\), and in training it had \(3,\)"):
        data.preprocessing.transform(numbers(4, 1))


def test_a_column_says_how_it_was_filled_and_scaled() -> None:
    data = dataset(given_frame(missing="impute"))
    columns = data.preprocessing.columns
    assert columns is not None
    known = FRAME["size"].to_numpy()[data.train.rows]
    assert columns[0].fill == pytest.approx(known.mean())
    assert (columns[0].mean, columns[0].scale) == (pytest.approx(known.mean()), pytest.approx(known.std()))
    assert columns[1] == Column("kind", words=("a", "b", "c"))
