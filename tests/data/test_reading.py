"""How columns are read: the values that a person expects, or one line that asks."""

from __future__ import annotations

import datetime
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from xor_sweep.data import DataError
from xor_sweep.data.read_columns import Columns, read_columns
from xor_sweep.data.rules import Rules

NAN = math.nan
JANUARY_1, JANUARY_2 = 19_723.0, 19_724.0
"""Days from 1970-01-01 to the first days of 2024."""


def columns(values: list[Any], usual_decimal: str = ".", **rules: Any) -> Columns:
    frame = pd.DataFrame({"a": pd.Series(values, dtype=object if isinstance(values[0], str) else None)})
    return read_columns(frame, Rules(**rules), "t.csv", usual_decimal=usual_decimal)


NUMBERS: dict[str, tuple[list[str], list[float]]] = {
    "plain": (["1", "-2.5", "+3", "1e3", ".5"], [1, -2.5, 3, 1000, 0.5]),
    "percent": (["12%", "3.5 %"], [12, 3.5]),
    "currency before": (["€16.5", "€ -2", "-€3"], [16.5, -2, -3]),
    "currency after": (["5 EUR", "1,163.74 EUR"], [5, 1163.74]),
    "currency here and there": (["$5", "6"], [5, 6]),
    "thousands": (["1,163.74", "12"], [1163.74, 12]),
    "thousands only": (["1,200", "12,000"], [1200, 12000]),
    "lakhs": (["12,34,567", "1,000"], [1234567, 1000]),
    "blanks": (["1 100", "12 000,5"], [1100, 12000.5]),
    "narrow blanks": (["1\u202f100", "2"], [1100, 2]),
    "apostrophes": (["1'100", "2\u2019200.5"], [1100, 2200.5]),
    "decimal comma": (["0,5", "1", "12,25"], [0.5, 1, 12.25]),
    "decimal comma with three digits": (["0,500", "1,200"], [0.5, 1.2]),
    "decimal comma and points": (["1.234,5", "2,5"], [1234.5, 2.5]),
    "accountants": (["(1,200.5)", "3"], [-1200.5, 3]),
    "true minus": (["\u22125", "4"], [-5, 4]),
    "blanks around": ([" 5", "6 ", "$7 "], [5, 6, 7]),
    "missing": (["1", "", "NA", "None", "n/a", "#N/A", "NaN", "null"], [1, *[NAN] * 7]),
    "dates": (["2024-01-01", "2024-01-02"], [JANUARY_1, JANUARY_2]),
    "dates with the day first": (["01.01.2024", "02.01.2024"], [JANUARY_1, JANUARY_2]),
    "dates whose day tells": (["13/1/2024", "1/1/2024"], [JANUARY_1 + 12, JANUARY_1]),
    "dates whose month tells": (["1/13/2024", "1/1/2024"], [JANUARY_1 + 12, JANUARY_1]),
    "dates in words": (["Jan 1, 2024", "Jan 2, 2024"], [JANUARY_1, JANUARY_2]),
    "time stamps": (["2024-01-01 12:00:00", "2024-01-02T06:00:00Z"], [JANUARY_1 + 0.5, JANUARY_2 + 0.25]),
    "time stamps of two zones": (["2024-01-01T12:00:00+02:00", "2024-01-01T12:00:00Z"], [19723 + 10 / 24, 19723.5]),
    "times": (["12:00", "13:30", "06:15:36"], [12, 13.5, 6.26]),
    "half days": (["1:30 PM", "12:00 AM", "12:15 pm"], [13.5, 0, 12.25]),
    "true and false": (["True", "false", ""], [1, 0, NAN]),
}


@pytest.mark.parametrize(("texts", "numbers"), NUMBERS.values(), ids=NUMBERS)
def test_text_becomes_the_numbers_that_a_person_sees(texts: list[str], numbers: list[float]) -> None:
    found = columns(texts).frame["a"].to_numpy(np.float64, na_value=NAN)
    np.testing.assert_allclose(found, numbers, rtol=1e-12)


WORDS: dict[str, tuple[list[str], list[Any]]] = {
    "words": (["red", "blue"], ["red", "blue"]),
    "blanks around": ([" red", "red", "blue\u00a0"], ["red", "red", "blue"]),
    "leading zeros": (["00037", "12345"], ["00037", "12345"]),
    "hexadecimal": (["0x1f", "0x2a"], ["0x1f", "0x2a"]),
    "None among words": (["None", "Attached"], ["None", "Attached"]),
    "NA among words": (["NA", "DE"], [NAN, "DE"]),
    "ranges": (["18-25", "26-35"], ["18-25", "26-35"]),
    "versions": (["1.2.3", "1.2.4"], ["1.2.3", "1.2.4"]),
    "ratios": (["16:9", "4:3"], ["16:9", "4:3"]),
    "telephone numbers": (["555-123-4567", "555-123-4568"], ["555-123-4567", "555-123-4568"]),
}


@pytest.mark.parametrize(("texts", "words"), WORDS.values(), ids=WORDS)
def test_other_text_stays_words(texts: list[str], words: list[Any]) -> None:
    read = columns(texts)
    assert read.readings[0].kind == "category"
    assert read.frame["a"].fillna("missing").tolist() == ["missing" if word is NAN else word for word in words]


KEYS: dict[str, tuple[list[str], dict[str, Any], list[Any]]] = {
    "a word that is missing": (["None", "Mild"], {"na_values": ("None",)}, [NAN, "Mild"]),
    "a missing value that is a word": (["NA", "DE"], {"na_values": ()}, ["NA", "DE"]),
    "a mark": (["?", "1"], {"na_values": ("?",)}, [NAN, 1.0]),
    "a number that is missing": (["-999", "1.5"], {"na_values": ("-999",)}, [NAN, 1.5]),
    "numbers as words": (["1", "2"], {"kinds": {"a": "category"}}, ["1", "2"]),
    "codes as numbers": (["007", "8"], {"kinds": {"a": "number"}}, [7, 8]),
    "hexadecimal numbers": (["0x1f", "8"], {"kinds": {"a": "number"}}, [31, 8]),
    "thousands": (["1.200", "3.400"], {"thousands": "."}, [1200, 3400]),
    "decimal commas": (["1,200", "3,400"], {"decimal": ","}, [1.2, 3.4]),
    "points are thousands with decimal commas": (["1.200", "3.400"], {"decimal": ","}, [1200, 3400]),
    "the day first": (["1/2/2024", "2/2/2024"], {"kinds": {"a": "date_day_first"}}, [19754, 19755]),
    "the month first": (["1/2/2024", "2/2/2024"], {"kinds": {"a": "date_month_first"}}, [19724, 19755]),
}


@pytest.mark.parametrize(("texts", "rules", "values"), KEYS.values(), ids=KEYS)
def test_a_key_settles_it(texts: list[str], rules: dict[str, Any], values: list[Any]) -> None:
    found = columns(texts, **rules).frame["a"]
    assert found.astype(object).fillna(-1).tolist() == [-1 if value is NAN else value for value in values]


QUESTIONS: dict[str, tuple[list[str], str]] = {
    "a mark among numbers": (
        ["1.5"] * 59 + ["?"],
        "column a holds numbers except ?, in row 59, the last one (counted from 0); "
        "write 'data.na_values=[?]', or 'data.dtype={a:category}'",
    ),
    "a mark as often as numbers": (
        ["-", "1", "-", "2"],
        "column a holds numbers except -, in row 0 (counted from 0) and 1 other row; "
        "write 'data.na_values=[-]', or 'data.dtype={a:category}'",
    ),
    "a word among dates": (
        ["2024-01-01"] * 9 + ["unknown"],
        "column a holds dates except unknown, in row 9, the last one (counted from 0); "
        "write 'data.na_values=[unknown]', or 'data.dtype={a:category}'",
    ),
    "the day or the month first": (
        ["1/2/2024", "3/4/2024"],
        "column a holds dates such as 1/2/2024, with the day or the month first; "
        "write 'data.dtype={a:date_day_first}', or 'data.dtype={a:date_month_first}'",
    ),
    "percent and shares": (
        ["12%", "0.3"],
        "column a holds numbers of several units, such as 12% and 0.3; "
        "write 'data.ignore=[a]', or 'data.dtype={a:category}'",
    ),
    "two currencies": (
        ["$5", "€6"],
        "column a holds numbers of several units, such as €6 and $5; "
        "write 'data.ignore=[a]', or 'data.dtype={a:category}'",
    ),
    "two decimal marks": (
        ["1.5", "2,75"],
        "column a holds numbers of several forms, such as 1.5 and 2,75; "
        "write 'data.ignore=[a]', or 'data.dtype={a:category}'",
    ),
}


@pytest.mark.parametrize(("texts", "says"), QUESTIONS.values(), ids=QUESTIONS)
def test_what_is_doubtful_is_one_line_with_the_keys(texts: list[str], says: str) -> None:
    with pytest.raises(DataError) as raised:
        columns(texts)
    assert str(raised.value) == f"t.csv: {says}"


def test_a_comma_that_may_be_either_asks_if_no_other_column_tells() -> None:
    with pytest.raises(DataError, match=r"holds 1,200, which is 1200 or 1\.2; write data\.decimal=point, or .*comma"):
        columns(["1,200", "3,400"], usual_decimal="")
    for other, value in (("0,25", 1.2), ("1,163.74", 1200)):
        frame = pd.DataFrame({"a": ["1,200", "3,400"], "b": [other, "1"]})
        assert read_columns(frame, Rules(), "t.csv", usual_decimal="").frame["a"][0] == value


def test_all_doubtful_columns_of_a_table_are_one_message_and_its_answer_settles_all() -> None:
    frame = pd.DataFrame({"a": ["1", "?", "3"], "b c": ["1/2/2024", "", "3/4/2024"], "d": ["NA", "x", "y"]})
    with pytest.raises(DataError) as raised:
        read_columns(frame, Rules(ignore=("d",)), "t.csv")
    assert "column a holds numbers except ?" in str(raised.value)
    assert "column b c holds dates such as 1/2/2024" in str(raised.value)
    assert """write 'data.na_values=[?]' 'data.dtype=[["b c",date_day_first]]', or """ in str(raised.value)


@pytest.mark.parametrize(
    ("values", "kind", "first"),
    [
        (pd.date_range("2024-01-01", periods=3), "date", JANUARY_1),
        ([datetime.date(2024, 1, 1)], "date", JANUARY_1),
        ([datetime.time(12, 30)], "time", 12.5),
        (pd.to_timedelta([90, 30], unit="m"), "time", 1.5),
        ([20240101, 20240102, 20240131], "date", JANUARY_1),
        ([20240101, 20241302, 20240131], "number", 20240101),
        ([True, False], "truth", True),
        (pd.Categorical(["1", "2"]), "category", "1"),
        ([1.5, None], "number", 1.5),
    ],
)
def test_values_of_a_frame_keep_their_types(values: Any, kind: str, first: Any) -> None:
    read = read_columns(pd.DataFrame({"a": values}), Rules(), "frame")
    assert (read.readings[0].kind, read.frame["a"].iloc[0]) == (kind, first)


LEFT_OUT: dict[str, tuple[str, list[Any], str]] = {
    "an index without a name": ("Unnamed: 0", [*range(20)], "index"),
    "an index that begins at 1": ("rownames", [*range(1, 21)], "index"),
    "an id that counts up": ("id", [*range(100, 120)], "index"),
    "an id in another order": ("customer_id", [(7 * row) % 20 for row in range(20)], "identifier"),
    "long numbers": ("barcode", [10**12 + row * row for row in range(20)], "identifier"),
    "names": ("who", [f"n{row}" for row in range(20)], "identifier"),
    "nothing": ("empty", [None] * 20, "empty"),
}


@pytest.mark.parametrize(("name", "values", "kind"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_what_only_counts_or_names_the_rows_is_left_out(name: str, values: list[Any], kind: str) -> None:
    read = read_columns(pd.DataFrame({name: values, "x": [1.5] * 20}), Rules(), "frame")
    assert read.readings[0].kind == kind
    assert list(read.frame) == ["x"]


STAYS: dict[str, tuple[str, list[Any]]] = {
    "a column that counts up": ("year", [*range(1900, 1920)]),
    "an id that repeats": ("store_id", [*range(10)] * 2),
    "seconds": ("timestamp", [1_700_000_000 + 37 * row * row for row in range(20)]),
    "a word that ends in id": ("paid", [(7 * row) % 20 for row in range(20)]),
    "large numbers": ("income", [10**9 + 10**8 * (row % 7) for row in range(20)]),
    "an index that is asked for": ("id", [*range(20)]),
}


@pytest.mark.parametrize(("name", "values"), STAYS.values(), ids=STAYS)
def test_what_says_something_stays(name: str, values: list[Any]) -> None:
    rules = Rules(kinds={"id": "number"})
    read = read_columns(pd.DataFrame({name: values}), rules, "frame")
    assert read.readings[0].kind == "number"
    assert list(read.frame) == [name]
