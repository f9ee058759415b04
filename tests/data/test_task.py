from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.data.made import numbers
from xor_sweep.config.spec import DataSpec
from xor_sweep.data import DataError, Dataset, dataset, give

EYE = np.eye(3)[np.arange(30) % 3]
AMOUNTS = numbers(30, 1)[:, 0]


def learnt(y: Any, **keys: Any) -> Dataset:
    sha256 = give(numbers(len(y)), y)
    return dataset(DataSpec(kind="arrays", name="given", sha256=sha256, **keys))


FOUND: dict[str, tuple[Any, str, str, tuple[Any, ...], int]] = {
    "two words": (["b", "a"] * 15, "auto", "binary", ("a", "b"), 1),
    "three words": (["b", "a", "c"] * 10, "auto", "multiclass", ("a", "b", "c"), 3),
    "truth": (np.arange(30) % 2 == 0, "auto", "binary", (False, True), 1),
    "two numbers": (np.arange(30) % 2 * 2 + 5, "auto", "binary", (5, 7), 1),
    "whole floats": (np.arange(30) % 3 * 1.0, "auto", "multiclass", (0, 1, 2), 3),
    "a column": ((np.arange(30) % 3)[:, None], "auto", "multiclass", (0, 1, 2), 3),
    "categories of numbers": (
        pd.Series(np.arange(30) // 2, dtype="category"),
        "auto",
        "multiclass",
        tuple(range(15)),
        15,
    ),
    "20 whole numbers": (np.arange(60) % 20, "auto", "multiclass", tuple(range(20)), 20),
    "ratings": (np.arange(30) % 5 + 1, "auto", "regression", (), 1),
    "counts": (np.array([0, 0, 0, 1, 2, 7] * 5), "auto", "regression", (), 1),
    "three whole numbers around 0": (np.arange(30) % 3 - 1, "auto", "regression", (), 1),
    "minus one and one": (np.arange(30) % 2 * 2 - 1, "auto", "binary", (-1, 1), 1),
    "ratings as classes": (np.arange(30) % 5 + 1, "multiclass", "multiclass", (1, 2, 3, 4, 5), 5),
    "halves": (np.arange(30) % 9 / 2, "auto", "regression", (), 1),
    "21 whole numbers": (np.arange(90) % 21, "auto", "regression", (), 1),
    "as many as half the rows": (np.arange(20) % 10, "auto", "regression", (), 1),
    "amounts": (AMOUNTS, "auto", "regression", (), 1),
    "a nullable series": (pd.Series([1, 0] * 15, dtype="Int64"), "auto", "binary", (0, 1), 1),
    "several amounts": (numbers(30, 2), "auto", "regression", (), 2),
    "one-hot": (EYE, "auto", "multiclass", (0, 1, 2), 3),
    "one-hot and asked for": (EYE.astype(int), "multiclass", "multiclass", (0, 1, 2), 3),
    "one-hot as amounts": (EYE, "regression", "regression", (), 3),
    "two classes as several": (["b", "a"] * 15, "multiclass", "multiclass", ("a", "b"), 2),
    "classes as amounts": (np.arange(30) % 2, "regression", "regression", (), 1),
    "amounts as classes": (np.arange(30) % 2 / 2, "binary", "binary", (0, 0.5), 1),
    "many numbers as classes": (np.arange(75) % 25, "multiclass", "multiclass", tuple(range(25)), 25),
}


@pytest.mark.parametrize(("y", "asked", "task", "classes", "outputs"), FOUND.values(), ids=FOUND)
def test_a_target_makes_a_task(y: Any, asked: str, task: str, classes: tuple[Any, ...], outputs: int) -> None:
    data = learnt(y, task=asked)
    assert (data.task, data.classes, data.outputs) == (task, classes, outputs)
    assert list(map(type, data.classes)) == list(map(type, classes))
    kinds = {"binary": (np.float32, 1), "multiclass": (np.int32, 1), "regression": (np.float32, outputs)}
    assert (data.train.y.dtype, data.train.y.shape[1]) == kinds[task]


def test_class_indices_stand_for_their_labels() -> None:
    labels = np.array(["b", "a", "c"] * 10)
    data = learnt(labels)
    assert [data.classes[index] for index in data.train.y[:, 0]] == labels[data.train.rows].tolist()
    data = learnt(EYE)
    np.testing.assert_array_equal(data.train.y[:, 0], data.train.rows % 3)


def test_a_regression_is_standardised_on_training_and_comes_back_in_its_units() -> None:
    y = numbers(30, 2) * [1, 1000]
    data = learnt(y)
    assert data.validation is not None
    np.testing.assert_allclose(data.train.y.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(data.train.y.std(0), 1, rtol=1e-5)
    np.testing.assert_allclose(data.preprocessing.target_mean, y[data.train.rows].mean(0))
    np.testing.assert_allclose(data.preprocessing.in_units(data.validation.y), y[data.validation.rows], rtol=1e-5)


def test_a_regression_is_left_in_its_units_where_that_is_asked_for() -> None:
    data = learnt(AMOUNTS, standardize=False)
    np.testing.assert_array_equal(data.train.y[:, 0], AMOUNTS[data.train.rows].astype(np.float32))
    assert data.preprocessing.target_mean is None


MISTAKES: dict[str, tuple[Any, str, str]] = {
    "one class": (["a"] * 30, "auto", r"target y has one class only, a"),
    "one number": ([1] * 30, "auto", r"target y has one class only, 1"),
    "three as two": (
        ["a", "b", "c"] * 10,
        "binary",
        r"data.task=binary: .*3 classes, a, b, c; use data.task=multiclass",
    ),
    "words as amounts": (["a", "b", "c"] * 10, "regression", r"data.task=regression: the target y .*words, such as a"),
    "columns as two": (EYE, "binary", r"data.task=binary: the target y .*3 columns; give one column"),
    "columns of amounts as classes": (
        numbers(30),
        "multiclass",
        r"3 columns; give one column of classes, or a single 1",
    ),
    "columns of words": (EYE.astype(str), "auto", r"y has several columns, not all of numbers"),
    "a class without rows": (np.eye(4)[np.arange(30) % 3], "auto", r"class 3 of the target y has no row"),
    "infinite among columns": (np.where(EYE == 1, np.inf, 0), "auto", r"target y is inf in row 0"),
    "an integer of 400 digits": ([10**400, *range(29)], "auto", r"y has a whole number that float32 cannot hold"),
    "an integer of 5,000 digits": ([10**5000, *range(29)], "auto", r"y has a whole number that float32 cannot hold"),
    "such integers in columns": (
        np.array([[1, 10**400]] * 30, dtype=object),
        "auto",
        r"y has a whole number that float32 cannot hold",
    ),
    "such integers as categories": (
        pd.Series([1, 10**400] * 15, dtype="category"),
        "auto",
        r"y has a whole number that float32 cannot hold",
    ),
    "words and numbers as categories": (
        pd.Series([1, "a"] * 15, dtype="category"),
        "auto",
        r"words and numbers as classes",
    ),
    "every row a class": ([f"name {row}" for row in range(30)], "auto", r"each of the 30 classes has to stay"),
}


@pytest.mark.parametrize(("y", "asked", "says"), MISTAKES.values(), ids=MISTAKES)
def test_a_target_that_cannot_be_learnt_is_refused(y: Any, asked: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        learnt(y, task=asked)
