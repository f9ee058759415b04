"""Tables that were read as something else without a word: each is read rightly, said, or asked about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.specs import spec as run_spec
from xor_sweep.config import RunSpec
from xor_sweep.config.spec import DataSpec
from xor_sweep.data import DataError, Dataset, dataset
from xor_sweep.data.task import decide
from xor_sweep.errors import ConfigError
from xor_sweep.fit import check_fit

ROWS = 60


def write(path: Path, header: str, row: Callable[[int], str], rows: int = ROWS) -> Path:
    path.write_text("\n".join([header, *map(row, range(rows))]) + "\n")
    return path


def read(path: Path, **keys: Any) -> Dataset:
    return dataset(DataSpec("csv", "t", path=str(path), **{"target": "y", **keys}))


def inputs(data: Dataset) -> list[str]:
    return [column.name for column in data.preprocessing.columns or ()]


THOUSANDS = ("950", "1.200", "15.300", "780", "2.500")


def thousands(directory: Path, name: str = "t.csv", separator: str = ";", other: str = "ja") -> Path:
    return write(
        directory / name,
        separator.join(("inhabitants", "other", "y")),
        lambda k: separator.join((THOUSANDS[k % 5], other, "ab"[k % 2])),
    )


@pytest.mark.parametrize(("name", "separator"), [("t.csv", ";"), ("t.tsv", "\t"), ("t.txt", "|")])
def test_points_that_may_stand_between_thousands_are_asked_about(name: str, separator: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"inhabitants holds 1\.200, which is 1\.2 or 1200; .*data\.decimal=point"):
        read(thousands(tmp_path, name, separator))


@pytest.mark.parametrize(("decimal", "largest"), [("point", 950.0), ("comma", 15300.0)])
def test_a_key_says_what_the_points_are(decimal: str, largest: float, tmp_path: Path) -> None:
    marks = {"point": ".", "comma": ","}
    data = read(thousands(tmp_path), decimal=marks[decimal], ignore=("other",), standardize=False)
    assert max(part.x.max() for part in (data.train, data.validation) if part) == largest


@pytest.mark.parametrize("other", ["0.5", "1.25", "1234.567"])
def test_a_decimal_point_elsewhere_in_the_table_tells(other: str, tmp_path: Path) -> None:
    data = read(thousands(tmp_path, other=other), standardize=False)
    assert {1.2, 15.3} <= {round(float(x), 5) for x in data.train.x[:, 0]}


def test_points_between_commas_are_decimal_points(tmp_path: Path) -> None:
    data = read(thousands(tmp_path, separator=","), ignore=("other",), standardize=False)
    assert data.train.x.max() == 950


def marked() -> pd.DataFrame:
    k = np.arange(ROWS)
    return pd.DataFrame({"v": np.where(k % 5 == 0, -999, k % 13), "w": np.sin(k), "y": np.cos(k)})


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_numbers_that_stand_for_missing_values_are_missing_in_every_kind_of_file(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"t{suffix}"
    marked().to_csv(path, index=False) if suffix == ".csv" else marked().to_parquet(path)
    data = read(path, na_values=("-999",), missing="impute")
    assert any("12 in v" in line for line in data.said)
    [column] = [column for column in data.preprocessing.columns or () if column.name == "v"]
    train = marked()["v"].to_numpy()[data.train.rows]
    assert column.fill == pytest.approx(train[train != -999].mean())
    # What is predicted is prepared in the same way, be it of numbers or of text.
    for raw in (pd.Series([-999, 3], name="v"), pd.Series(["-999", "3"], name="v")):
        assert np.isnan(column.values(raw, "new.csv")).tolist() == [True, False]


@pytest.mark.parametrize("name", ["", "index", "rownames"])
@pytest.mark.parametrize(
    "numbers",
    [
        np.random.default_rng(1).permutation(ROWS),
        np.sort(np.random.default_rng(1).permutation(200)[:ROWS]),
        np.arange(ROWS) % (ROWS // 2),
    ],
    ids=["shuffled", "some of them", "two tables"],
)
def test_the_labels_of_rows_are_left_out_in_any_order(numbers: Any, name: str, tmp_path: Path) -> None:
    path = write(
        tmp_path / "t.csv", f"{name},a,y", lambda k: f"{numbers[k]},{np.sin(k):.4f},{'no' if k % 2 else 'yes'}"
    )
    data = read(path)
    assert inputs(data) == ["a"]
    assert any("an index: left out" in line for line in data.columns)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("customer_id", lambda k: f"{k:06}"),
        ("uuid", lambda k: f"0x{1_000_000 + k:x}"),
        ("name", lambda k: "None" if k == 7 else f"person {k}"),
        ("name", lambda k: "NA" if k == 7 else f"person {k}"),
    ],
    ids=["zeros first", "hexadecimal", "None", "NA"],
)
def test_codes_and_names_of_rows_are_identifiers(header: str, value: Callable[[int], str], tmp_path: Path) -> None:
    data = read(write(tmp_path / "t.csv", f"{header},a,y", lambda k: f"{value(k)},{np.sin(k):.4f},{k * k % 7 / 2}"))
    assert inputs(data) == ["a"]
    assert any("an identifier: left out" in line for line in data.columns)


@pytest.mark.parametrize(
    "far", ["9999-12-31", "0001-01-01", "31.12.9999", "1600-01-01T12:00", "9999-12-31T00:00+02:00"]
)
def test_dates_of_any_year_are_days(far: str, tmp_path: Path) -> None:
    near = {"31.12.9999": "15.01.2024"}.get(far, "2024-01-15" + far[10:])
    path = write(tmp_path / "t.csv", "v,y", lambda k: f"{near if k % 3 else far},{np.sin(k):.3f}")
    data = read(path, standardize=False)
    got = sorted(set(data.train.x[:, 0].tolist()))
    assert abs(got[0] - got[-1]) == pytest.approx(abs((_day(far) - date(2024, 1, 15)).days), abs=1)


def _day(text: str) -> date:
    return date(9999, 12, 31) if "9999" in text else date(int(text[:4]), 1, 1)


def test_dates_of_any_year_in_typed_columns_are_days(tmp_path: Path) -> None:
    k = range(ROWS)
    frame = pd.DataFrame({"v": [date(9999, 12, 31) if n % 3 == 0 else date(2024, 1, 15) for n in k], "y": np.sin(k)})
    frame.to_parquet(tmp_path / "t.parquet")
    found = read(tmp_path / "t.parquet", standardize=False).train.x[:, 0]
    assert found.max() == pytest.approx((date(9999, 12, 31) - date(1970, 1, 1)).days)


def test_an_index_with_a_name_is_said_to_be_left_out(tmp_path: Path) -> None:
    frame = marked().assign(city=[f"c{k % 3}" for k in range(ROWS)]).set_index("city")
    frame.to_parquet(tmp_path / "t.parquet")
    data = read(tmp_path / "t.parquet")
    assert "its index city left out (reset_index() makes it a column)" in data.columns[0]


def test_the_words_that_are_named_are_those_that_have_features(tmp_path: Path) -> None:
    words = [word for word, rows in (("k0", 80), ("k1", 21), ("k2", 21), ("k3", 20), ("k4", 58)) for _ in range(rows)]
    path = write(tmp_path / "t.csv", "w,y", lambda k: f"{words[k]},{np.sin(k):.3f}", rows=200)
    for seed in range(6):
        data = read(path, levels=3, seed=seed)
        [column] = data.preprocessing.columns or ()
        [line] = [line for line in data.columns if "most frequent" in line]
        assert sorted(line.partition("(")[2].partition(")")[0].split(", ")) == list(column.words or ())


def of(data: DataSpec, **keys: Any) -> RunSpec:
    return replace(run_spec(keys), data=data)


@pytest.mark.parametrize("loss", ["poisson", "msle"])
def test_a_loss_of_counts_asks_whether_whole_numbers_are_counts(loss: str, tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "x,y", lambda k: f"{np.sin(k):.4f},{k % 9}", rows=90)
    data = read(path)
    assert data.task == "multiclass"
    with pytest.raises(ConfigError, match=f"loss={loss}: is for numbers such as counts.*write data.task=regression"):
        check_fit(of(data.spec, loss=loss), data)
    asked = read(path, task="multiclass")
    check_fit(of(asked.spec, loss=loss), asked)


@pytest.mark.parametrize(("values", "task"), [([0, 1, 1, 0], "binary"), ([3, 3, 7], "binary"), ([0, 1], "regression")])
def test_two_whole_numbers_are_classes_in_a_small_table_too(values: list[int], task: str) -> None:
    assert decide(np.array(values), "auto", "y", "t.csv").task == task


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (lambda k: f"{k + 1}.37-", -1.37),
        (lambda k: "0" if k == 0 else f"{k}%", 0.0),
        (lambda k: f"{k % 3} days 06:00:00", 6.0),
    ],
    ids=["minus behind", "0 beside percentages", "durations"],
)
def test_more_forms_of_numbers_are_read(value: Callable[[int], str], found: float, tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "v,y", lambda k: f"{value(k)},{np.sin(k):.3f}")
    data = read(path, standardize=False)
    assert isinstance(data.raw, pd.DataFrame)
    assert data.raw["v"][0] == pytest.approx(found)


def test_numbers_with_units_are_asked_about(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "v,y", lambda k: f"{k}.3 kg,{np.sin(k):.3f}")
    with pytest.raises(DataError, match=r"column v holds numbers with words beside them, such as 0\.3 kg"):
        read(path)


@pytest.mark.parametrize("stamp", ["{} 06:30:00 UTC", "{} 06:30:00.000 GMT", "{} 06:30 UTC"])
def test_time_stamps_that_name_universal_time_are_dates(stamp: str, tmp_path: Path) -> None:
    days = [date.fromordinal(738000 + k) for k in range(ROWS)]
    path = write(tmp_path / "t.csv", "v,y", lambda k: f"{stamp.format(days[k])},{np.sin(k):.3f}")
    found = read(path, standardize=False).train.x[:, 0]
    assert set(found % 1) == {np.float32(6.5 / 24)} or found % 1 == pytest.approx(6.5 / 24, abs=2e-3)


@pytest.mark.parametrize("value", ["{0}", "1{0:04}", "170000{0:04}"])
def test_numbers_that_are_no_dates_are_not_read_as_such(value: str, tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "v,y", lambda k: f"{value.format(k * 7 % 60)},{np.sin(k):.3f}")
    with pytest.raises(
        DataError, match=r"column v holds numbers that are no dates .*; write 'data\.dtype=\{v:number\}'"
    ):
        read(path, dtype=(("v", "date"),))


def test_a_line_above_the_names_and_one_below_the_rows_are_said(tmp_path: Path) -> None:
    rows = "\n".join(f"{k},{np.sin(k):.3f}" for k in range(ROWS))
    path = tmp_path / "t.csv"
    path.write_text(f"Measured in May\n\na,y\n{rows}\n")
    with pytest.raises(DataError, match="take out lines above the names"):
        read(path)
    path.write_text(f"Measured in May,\na,y\n{rows}\n")
    with pytest.raises(DataError, match="take out lines above the names of the columns"):
        read(path)
    path.write_text(f"a,y\n{rows}\nTotal,1.0\n")
    with pytest.raises(DataError, match=r"except Total, in row 60, the last one \(counted from 0\)"):
        read(path)
