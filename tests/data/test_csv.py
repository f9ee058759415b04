from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.data.made import CUSTOMERS, csv
from xor_sweep.data import DataError, dataset

GAPS = "age,plan,churn\n" + "".join(f"{row or ''},{'' if row == 1 else 'a'},{row % 2}\n" for row in range(10))
"""Row 0 has no age, row 1 no plan."""


def test_numbers_words_and_truth_become_features_in_the_order_of_the_file(tmp_path: Path) -> None:
    data = dataset(csv(tmp_path, standardize=False))
    columns = data.preprocessing.columns
    assert columns is not None
    assert [column.name for column in columns] == ["age", "plan", "member"]
    assert [column.words for column in columns] == [None, ("basic", "free", "gold"), None]
    assert data.input_shape == (5,)
    rows = data.train.rows
    np.testing.assert_array_equal(data.train.x[:, 0], 20 + rows)
    np.testing.assert_array_equal(data.train.x[:, 1], rows % 3 == 0)
    np.testing.assert_array_equal(data.train.x[:, 3], rows % 3 == 1)
    np.testing.assert_array_equal(data.train.x[:, 4], rows % 2 == 0)
    assert (data.task, data.classes, data.outputs) == ("binary", ("no", "yes"), 1)
    np.testing.assert_array_equal(data.train.y[:, 0], rows % 4 == 0)


def test_numbers_are_standardised_and_words_are_not(tmp_path: Path) -> None:
    data = dataset(csv(tmp_path))
    assert data.train.x.dtype == np.float32
    np.testing.assert_allclose(data.train.x[:, [0, 4]].mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(data.train.x[:, [0, 4]].std(0), 1, atol=1e-6)
    assert set(np.unique(data.train.x[:, 1:4])) == {0, 1}


def test_ignored_columns_are_left_out(tmp_path: Path) -> None:
    data = dataset(csv(tmp_path, ignore=("plan", "member")))
    assert data.input_shape == (1,)
    assert list(data.raw) == ["age"]


@pytest.mark.parametrize("name", ["customers.csv", "customers.tsv", "customers.csv.gz", "customers.tsv.gz"])
def test_a_file_is_read_by_its_ending(name: str, tmp_path: Path) -> None:
    plain = dataset(csv(tmp_path, name="plain.csv"))
    text = CUSTOMERS.replace(",", "\t") if ".tsv" in name else CUSTOMERS
    spec = csv(tmp_path, text, name)
    if name.endswith(".gz"):
        (tmp_path / name).write_bytes(gzip.compress(text.encode()))
    np.testing.assert_array_equal(dataset(spec).train.x, plain.train.x)


def test_rows_with_gaps_are_dropped_where_that_is_asked_for(tmp_path: Path) -> None:
    data = dataset(csv(tmp_path, GAPS, missing="drop", validation_fraction=0.25))
    assert data.validation is not None
    assert sorted([*data.train.rows, *data.validation.rows]) == list(range(2, 10))
    assert len(data.raw) == 10


def test_gaps_are_filled_from_the_training_part_where_that_is_asked_for(tmp_path: Path) -> None:
    data = dataset(csv(tmp_path, GAPS, missing="impute", standardize=False))
    columns = data.preprocessing.columns
    assert columns is not None
    known = data.train.rows[data.train.rows > 0]
    assert columns[0].fill == known.mean()
    x = data.preprocessing.transform(data.raw)
    np.testing.assert_allclose(x[0], [known.mean(), 1])
    np.testing.assert_array_equal(x[1], [1, 0])


def test_a_target_with_a_gap_is_dropped_and_its_classes_stay_whole_numbers(tmp_path: Path) -> None:
    text = "age,churn\n1,\n" + "".join(f"{row},{row % 2}\n" for row in range(20))
    data = dataset(csv(tmp_path, text, missing="drop"))
    assert data.classes == (0, 1)
    assert all(type(label) is int for label in data.classes)
    assert 0 not in data.train.rows


def test_truth_with_gaps_is_still_a_number(tmp_path: Path) -> None:
    text = "member,churn\n,0\n" + "".join(f"{row % 3 == 0},{row % 2}\n" for row in range(20))
    data = dataset(csv(tmp_path, text, missing="impute"))
    assert data.preprocessing.columns is not None
    assert data.preprocessing.columns[0].words is None


def test_whole_numbers_stay_whole_where_they_are_not_standardised(tmp_path: Path) -> None:
    text = "first,second,churn\n" + "".join(f"{row},{row * 7},{row % 2}\n" for row in range(20))
    data = dataset(csv(tmp_path, text, standardize=False))
    assert data.train.x.dtype == np.int32
    with pytest.raises(DataError, match="whole numbers"):
        data.preprocessing.transform(data.raw + 0.5)


def test_numbers_too_large_for_int32_are_floats(tmp_path: Path) -> None:
    text = "first,churn\n" + "".join(f"{row * 10**9},{row % 2}\n" for row in range(20))
    assert dataset(csv(tmp_path, text, standardize=False)).train.x.dtype == np.float32


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    before = dataset(csv(tmp_path))
    assert dataset(csv(tmp_path)) is before
    after = dataset(csv(tmp_path, CUSTOMERS + "\n70,gold,True,no"))
    assert (len(before.raw), len(after.raw)) == (40, 41)


def words(count: int, rest: str = "") -> str:
    return "age,churn\n" + "".join(f"w{row},{row % 2}\n" for row in range(count)) + rest


MISTAKES: dict[str, tuple[str, dict[str, Any], str]] = {
    "no target": (CUSTOMERS, {"target": ""}, r"data.target: which column of customers.csv .*age, plan, member, churn"),
    "unknown target": (
        CUSTOMERS,
        {"target": "chrun"},
        r"data.target=chrun: .*no column chrun; did you mean churn\? .*age",
    ),
    "unknown ignored": (
        CUSTOMERS,
        {"ignore": ("plam",)},
        r"data.ignore=\[plam\]: .*no column plam; did you mean plan\?",
    ),
    "ignored target": (CUSTOMERS, {"ignore": ("churn",)}, r"data.ignore: holds churn, which is data.target"),
    "all ignored": (CUSTOMERS, {"ignore": ("age", "plan", "member")}, r"no column is left .*ignore fewer"),
    "only a target": ("churn\n1\n0\n", {}, r"no column is left"),
    "gaps": (GAPS, {}, r"column age has 1 missing value of 10; use data.missing=drop or data.missing=impute"),
    "target with a gap": (
        "a,churn\n1,1\n2,\n3,0\n",
        {},
        r"target churn is missing in 1 of 3 rows; .*data.missing=drop",
    ),
    "nothing left": ("a,b,churn\n,1,1\n2,,0\n", {"missing": "drop"}, r"every row has a missing value"),
    "nothing but a name a row": (words(30), {}, r"no column is left .*; write 'data.dtype=\{age:category\}'"),
    "the target twice": ("churn,a,churn\n1,2,0\n2,3,1\n", {}, r"data.target=churn: several columns .* are called so"),
    "blanks between values": ("age churn\n1 2\n3 4\n", {}, r"one column only, age churn; .*data.separator=space"),
    "numbers but for a few": (
        "age,churn\n" + "".join(f"{row},{row % 2}\n" for row in range(150)) + "?,1\n",
        {},
        r"column age holds numbers except \?, in row 150, .*; write 'data.na_values=\[\?\]', or 'data.dtype",
    ),
    "unknown typed": (CUSTOMERS, {"dtype": (("plam", "category"),)}, r"data.dtype=\[plam\]: .* did you mean plan\?"),
    "unknown ordered": (CUSTOMERS, {"order": (("plam", ("a", "b")),)}, r"data.order=\[plam\]: .* did you mean plan\?"),
    "a word out of order": (
        CUSTOMERS,
        {"order": (("plan", ("free", "basic")),)},
        r"data.order: column plan of customers.csv holds gold, which is not in its list",
    ),
    "infinite": ("a,churn\n1,1\ninf,0\n", {}, r"column a is inf in row 1"),
    "too large": ("a,churn\n1,1\n-1e300,0\n", {}, r"column a is -1e\+300 in row 1 .*float32"),
    "an integer of 400 digits": (f"a,churn\n1,1\n-{'1' * 400},0\n", {}, r"column a is -inf in row 1 .*float32"),
    "integers of 5,000 digits": (f"a,churn\n1,1\n{'1' * 5000},0\n", {}, r"column a is inf in row 1 .*float32"),
    "a target of 400 digits": (
        f"a,churn\n1,1\n2,{'1' * 400}\n",
        {},
        r"target churn has a whole number that float32 cannot hold; correct it",
    ),
    "infinite target": ("a,churn\n1,1.5\n2,inf\n", {}, r"target churn is inf in row 1"),
    "empty": ("", {}, r"customers.csv: the file is empty"),
    "no rows": ("a,churn\n", {}, r"customers.csv: no rows"),
    "ragged": ("a,churn\n1,1\n1,2,3\n", {}, r"not readable as CSV: Expected 2 fields in line 3, saw 3"),
    "more values than names": ("a,churn\n1,1,3\n1,2,3\n", {}, r"more values than the header has names"),
    "one class": ("a,churn\n" + "1,no\n" * 9, {}, r"target churn has one class only, no"),
    "words as amounts": (
        CUSTOMERS,
        {"task": "regression"},
        r"data.task=regression: the target churn .*words, such as yes",
    ),
    "three classes as two": (
        CUSTOMERS,
        {"target": "plan", "task": "binary"},
        r"3 classes, basic, free, gold; .*multiclass",
    ),
    "one row": ("a,churn\n1,1.5\n", {}, r"data.validation_fraction=0.2 of 1 row is less than one row"),
    "fold out of range": (CUSTOMERS, {"fold": 5}, r"data.fold=5: takes 0 to 4, as data.folds=5"),
}


@pytest.mark.parametrize(("text", "keys", "says"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line_that_says_what_to_do(text: str, keys: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=says) as raised:
        dataset(csv(tmp_path, text, **keys))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("keys", "features"), [({}, 21), ({"levels": 99}, 100), ({"levels": 100}, 100)])
def test_the_most_frequent_words_have_a_feature_each_and_all_others_one_together(
    keys: dict[str, Any], features: int, tmp_path: Path
) -> None:
    text = words(100, "w1,1\nw22,0\n" * 60)
    data = dataset(csv(tmp_path, text, validation_fraction=0.0, **keys))
    assert data.input_shape == (features,)
    assert data.preprocessing.columns is not None
    assert {"w1", "w22"} <= set(data.preprocessing.columns[0].words or ())
    np.testing.assert_array_equal(data.train.x.sum(1), 1)


@pytest.mark.parametrize(
    ("name", "content"), [("customers.csv", b"\xff\xfe\x81,\n"), ("customers.csv.gz", b"a,churn\n1,2\n")]
)
def test_a_file_of_something_else_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    spec = csv(tmp_path, name=name)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=rf"{re.escape(name)}: not readable as CSV: .*UTF-8"):
        dataset(spec)


def test_a_file_that_is_not_there_is_named_with_the_one_that_is_near(tmp_path: Path) -> None:
    spec = csv(tmp_path)
    (tmp_path / "customers.csv").rename(tmp_path / "customer.csv")
    with pytest.raises(DataError, match=r"no such file; did you mean customer.csv\?"):
        dataset(spec)


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    spec = csv(tmp_path)
    (tmp_path / "customers.csv").unlink()
    (tmp_path / "customers.csv").mkdir()
    with pytest.raises(DataError, match="a directory; name a file"):
        dataset(spec)
