"""Tables in Parquet files are read as the same table in a CSV file is."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xor_sweep.config.spec import DataSpec
from xor_sweep.data import DataError, Dataset, dataset

ROWS = 60


def table() -> pd.DataFrame:
    """Each type that a column of a Parquet file commonly has, and a target of two words."""
    k = np.arange(ROWS)
    return pd.DataFrame(
        {
            "age": pd.array([None if row == 3 else 20 + row % 40 for row in k], dtype="Int64"),
            "height": np.round(1.5 + np.sin(k) / 3, 3),
            "price": [Decimal(int(row % 9)) / 4 for row in k],
            "plan": pd.Categorical.from_codes(k % 3, ["basic", "gold", "free"]),
            "city": [None if row == 5 else ("Köln", "Ulm")[row % 2] for row in k],
            "member": k % 5 < 2,
            "day": pd.Timestamp("2024-01-31") + pd.to_timedelta(k % 17, unit="D"),
            "churn": np.where(k % 4 == 0, "yes", "no"),
        }
    )


def spec(path: Path, **keys: Any) -> DataSpec:
    return DataSpec("csv", "customers", path=str(path), target="churn", **{"missing": "impute", **keys})


def read(path: Path, frame: pd.DataFrame) -> Dataset:
    """The data of a frame, written as the suffix of its file says."""
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    return dataset(spec(path))


def test_a_table_is_the_same_from_parquet_and_from_csv(tmp_path: Path) -> None:
    parquet, csv = read(tmp_path / "t.parquet", table()), read(tmp_path / "t.csv", table())
    for one, two in ((parquet.train, csv.train), (parquet.validation, csv.validation)):
        assert one is not None
        assert two is not None
        np.testing.assert_array_equal(one.rows, two.rows)
        np.testing.assert_array_equal(one.x, two.x)
        np.testing.assert_array_equal(one.y, two.y)
    assert parquet.columns[0] == "t.parquet: 60 rows; 4 numbers, 2 categories, 1 date"
    assert parquet.said[-1] == csv.said[-1] == "data.missing=impute fills missing values: 1 in age, 1 in city"


@pytest.mark.parametrize("suffix", [".parquet", ".pq", ".PARQUET"])
def test_an_index_that_pandas_wrote_is_no_column(suffix: str, tmp_path: Path) -> None:
    frame = table()
    frame.index = pd.Index(np.arange(ROWS) * 7 + 1, name="customer")
    frame.to_parquet(tmp_path / f"t{suffix}")
    data = dataset(spec(tmp_path / f"t{suffix}"))
    assert isinstance(data.raw, pd.DataFrame)
    assert list(data.raw.columns) == list(table().columns[:-1])


def test_an_identifier_without_words_is_left_out_as_in_a_csv_file(tmp_path: Path) -> None:
    data = read(tmp_path / "t.parquet", table().assign(id=np.arange(ROWS) + 1000))
    assert "  id      an index: left out; otherwise 'data.dtype={id:number}'" in data.columns


def test_a_column_of_lists_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        read(tmp_path / "t.parquet", table().assign(tags=[[1, 2]] * ROWS))
    assert str(raised.value) == (
        "t.parquet: column tags holds mixed values; give numbers, dates or words, "
        "or leave it out with 'data.ignore=[tags]'"
    )


def test_the_moment_of_a_time_stamp_counts_whatever_its_time_zone(tmp_path: Path) -> None:
    hours = pd.date_range("2024-01-01", periods=ROWS, freq="7h", tz="UTC")
    frames = [table().assign(at=hours), table().assign(at=hours.tz_convert("America/New_York"))]
    one, two = (read(tmp_path / f"t{k}.parquet", frame) for k, frame in enumerate(frames))
    np.testing.assert_array_equal(one.train.x, two.train.x)


@pytest.mark.parametrize("content", [b"", b"PAR1 and nothing else", b"a,b\n1,2\n"])
def test_a_file_that_is_not_parquet_is_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"t.parquet: not readable as Parquet: .*; write it again$") as raised:
        dataset(spec(path))
    assert "\n" not in str(raised.value)


def test_a_file_that_is_cut_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.Table.from_pandas(table()), path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match="not readable as Parquet"):
        dataset(spec(path))
