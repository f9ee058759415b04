"""How a target and missing values were read, as the command says it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.data.made import csv, npz, numbers
from xor_sweep import sweep
from xor_sweep.config.spec import DataSpec
from xor_sweep.data import DataError, dataset, give

ROWS = np.arange(60)


def said(y: Any, **keys: Any) -> list[str]:
    return list(dataset(DataSpec("arrays", "given", sha256=give(numbers(len(y)), y), **keys)).said)


TARGETS: dict[str, tuple[Any, str]] = {
    "ratings": (ROWS % 5 + 1, "a number from 1 to 5: a regression; data.task=multiclass makes it classes"),
    "counts": (
        np.array([0, 0, 0, 1, 2, 7])[ROWS % 6],
        "a number from 0 to 7: a regression; data.task=multiclass makes it classes",
    ),
    "halves": (ROWS % 9 / 2, "a number from 0 to 4: a regression; data.task=multiclass makes it classes"),
    "many whole numbers": (
        np.arange(90) % 25,
        "a number from 0 to 24: a regression; data.task=multiclass makes it classes",
    ),
    "amounts": (np.cos(ROWS), "a number from -0.999961 to 1: a regression"),
    "skewed": (
        np.exp(ROWS / 8),
        "a number from 1 to 1595.59: a regression; it is skewed: half of them are below 40.0229",
    ),
    "large": (10**12 + ROWS, "a number from 1000000000000 to 1000000000059: a regression"),
    "several": (numbers(60, 2), "2 numbers in each row: a regression"),
    "digits": (ROWS % 3, "one of 3 classes, 0, 1, 2; data.task=regression makes it a number"),
    "two numbers": (ROWS % 2 + 1, "one of 2 classes, 1, 2; data.task=regression makes it a number"),
    "truth": (ROWS % 2 == 0, "one of 2 classes, False, True"),
    "words": (np.array(["None", "Mild", "Severe"])[ROWS % 3], "one of 3 classes, Mild, None, Severe"),
    "sentences": (np.array(["no", "a " * 30])[ROWS % 2], f"one of 2 classes, {'a ' * 19}a…, no"),
    "a rare word": (
        np.where(ROWS == 7, "c", np.where(ROWS % 2, "yes", "no")),
        "one of 3 classes, c, no, yes; with one row only: c",
    ),
}


@pytest.mark.parametrize(("y", "line"), TARGETS.values(), ids=TARGETS)
def test_a_target_is_said_with_what_would_change_it(y: Any, line: str) -> None:
    assert said(y) == [f"the target y is {line}"]


def test_a_task_that_is_asked_for_is_what_is_said() -> None:
    assert said(ROWS % 5 + 1, task="multiclass") == [
        "the target y is one of 5 classes, 1, 2, 3, 4, 5; data.task=regression makes it a number"
    ]


GAPS = "a,b,churn\n" + "".join(
    f"{'' if row % 2 == 0 else row},{'' if row % 3 == 0 else row * 2},{'' if row in (4, 5) else row * 1.5}\n"
    for row in range(60)
)
"""Of 60 rows 30 have no a, 20 no b and 2 no target; 19 have all three."""


def test_rows_that_are_dropped_are_counted_with_the_column_that_costs_most(tmp_path: Path) -> None:
    data = dataset(csv(tmp_path, GAPS, missing="drop"))
    assert data.said == (
        "the target churn is a number from 1.5 to 88.5: a regression",
        "data.missing=drop leaves 19 of 60 rows: column a has no value in 30; 'data.ignore=[a]' leaves 38",
    )
    assert data.validation is not None
    assert len(data.train.rows) + len(data.validation.rows) == 19
    ignored = dataset(csv(tmp_path, GAPS, missing="drop", ignore=("a",)))
    assert ignored.said[1] == "data.missing=drop leaves 38 of 60 rows: column b has no value in 20"


def test_imputing_fills_inputs_and_leaves_out_rows_without_a_target(tmp_path: Path) -> None:
    data = dataset(csv(tmp_path, GAPS, missing="impute"))
    assert data.said[1:] == (
        "2 of 60 rows have no target and are left out",
        "data.missing=impute fills missing values: 29 in a, 20 in b",
    )
    assert data.validation is not None
    assert sorted([*data.train.rows, *data.validation.rows]) == [row for row in range(60) if row not in (4, 5)]


DEADLOCK = "a,b,churn\n" + "".join(
    f"{'' if row % 2 == 0 else row},{'' if row % 2 else row * 2},{'' if row in (4, 5) else row * 1.5}\n"
    for row in range(60)
)


def test_the_advice_about_missing_values_ends_at_data_that_is_read(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"column a has 30 missing values of 60; use data.missing=drop or data.missing=impute"
    ):
        dataset(csv(tmp_path, DEADLOCK))
    with pytest.raises(DataError, match=r"data.missing=drop leaves none; use data.missing=impute"):
        dataset(csv(tmp_path, DEADLOCK, missing="drop"))
    data = dataset(csv(tmp_path, DEADLOCK, missing="impute"))
    assert data.said[1:] == (
        "2 of 60 rows have no target and are left out",
        "data.missing=impute fills missing values: 29 in a, 29 in b",
    )


@pytest.mark.parametrize("missing", ["drop", "impute"])
def test_a_target_without_any_value_is_one_line(missing: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="target churn has no values at all; name another target"):
        dataset(csv(tmp_path, "a,churn\n" + "1,\n2,\n" * 10, missing=missing))


def test_rows_of_an_array_with_a_gap_are_dropped_if_that_is_asked_for(tmp_path: Path) -> None:
    x, y = numbers(60), np.cos(ROWS)
    x[3, 1], y[5] = np.nan, np.nan
    data = dataset(DataSpec("arrays", "given", sha256=give(x, y), missing="drop"))
    assert data.said[1] == "data.missing=drop leaves 58 of 60 rows: 1 have no target"
    assert not {3, 5} & {*data.train.rows}
    with pytest.raises(DataError, match=r"points.npz: x\[3, 1\] is NaN; fill such values in, or leave their rows out"):
        dataset(npz(tmp_path, {"x": x, "y": y}))


def test_a_validation_part_without_targets_is_one_line() -> None:
    frame = pd.DataFrame({"a": np.cos(ROWS)})
    sha256 = give(frame, frame["a"], (frame[:3], np.full(3, np.nan)))
    with pytest.raises(DataError, match="y_validation has no values at all"):
        dataset(DataSpec("arrays", "given", sha256=sha256, missing="impute"))


def test_the_command_says_it_before_anything_trains_and_takes_the_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame({"a": np.where(ROWS % 2, ROWS, np.nan), "b": ROWS, "id": ROWS})
    keys = ["data.missing=impute", "data.ignore=[id]", "data.task=multiclass", "dry_run=true"]
    sweep({"data.seed": range(3)}, data=(frame, pd.Series(ROWS % 5 + 1, name="stars")), overrides=keys)
    said = capsys.readouterr().out.splitlines()
    assert said[:5] == [
        "Data        the given arrays: 60 rows; 2 numbers",
        "              a  rises from row to row, as an index does; otherwise 'data.ignore=[a]'",
        "              b  rises from row to row, as an index does; otherwise 'data.ignore=[b]'",
        "Data        the target stars is one of 5 classes, 1, 2, 3, 4, 5; data.task=regression makes it a number",
        "Data        data.missing=impute fills missing values: 30 in a",
    ]
    assert not [line for line in said[5:] if line.startswith("Data")]
