from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from xor_sweep.config.spec import DataSpec
from xor_sweep.data import DataError
from xor_sweep.data.split import Split, split

labels = st.lists(st.integers(2, 40), min_size=1, max_size=5).flatmap(
    lambda sizes: st.permutations([one for one, size in enumerate(sizes) for _ in range(size)])
)
"""The class of each row: up to 5 classes of 2 to 40 rows, in any order."""
fractions = st.floats(0, 0.45)
seeds = st.integers(0, 2**31 - 1)


def parts(strata: Any, **keys: Any) -> Split:
    classes = tuple(range(max(strata, default=0) + 1))
    return split(DataSpec(kind="arrays", name="given", **keys), np.array(strata), classes, "the rows")


def possible(strata: Any, **keys: Any) -> Split:
    try:
        return parts(strata, **keys)
    except DataError:
        assume(False)
        raise


def rows(part: Any) -> list[int]:
    return [] if part is None else part.tolist()


@given(labels, fractions, fractions, seeds)
def test_parts_are_disjoint_ascending_and_cover_all_rows(strata: Any, first: float, second: float, seed: int) -> None:
    made = possible(strata, validation_fraction=first, test_fraction=second, seed=seed)
    for part in (made.train, made.validation, made.test):
        assert rows(part) == sorted(rows(part))
    assert sorted([*made.train, *rows(made.validation), *rows(made.test)]) == list(range(len(strata)))
    assert (made.validation is None, made.test is None) == (first == 0, second == 0)


@given(labels, fractions, fractions, seeds)
def test_parts_have_the_size_asked_for(strata: Any, first: float, second: float, seed: int) -> None:
    made = possible(strata, validation_fraction=first, test_fraction=second, seed=seed)
    assert abs(len(rows(made.validation)) - first * len(strata)) <= 0.5
    assert abs(len(rows(made.test)) - second * len(strata)) <= 0.5


@given(labels, st.floats(0.01, 0.45), seeds)
def test_each_class_has_its_share_within_one_row(strata: Any, fraction: float, seed: int) -> None:
    made = possible(strata, validation_fraction=fraction, seed=seed)
    drawn = rows(made.validation)
    for one in set(strata):
        share = len(drawn) * strata.count(one) / len(strata)
        assert abs([strata[row] for row in drawn].count(one) - share) < 1


@given(labels, fractions, fractions, seeds)
def test_every_class_is_in_training(strata: Any, first: float, second: float, seed: int) -> None:
    made = possible(strata, validation_fraction=first, test_fraction=second, seed=seed)
    assert {strata[row] for row in made.train} == set(strata)


@given(labels, st.floats(0.01, 0.3), seeds)
def test_the_test_part_depends_on_its_fraction_and_the_seed_alone(strata: Any, fraction: float, seed: int) -> None:
    one = possible(strata, test_fraction=fraction, validation_fraction=0.0, seed=seed)
    for others in ({"validation_fraction": 0.1}, {"validation_fraction": 0.3}, {"fold": 0, "folds": 2}):
        assert rows(possible(strata, test_fraction=fraction, seed=seed, **others).test) == rows(one.test)


@given(labels, st.integers(2, 6), st.sampled_from([0.0, 0.2]), seeds)
def test_folds_are_disjoint_stratified_and_cover_all_but_the_test_part(
    strata: Any, folds: int, fraction: float, seed: int
) -> None:
    made = [possible(strata, fold=fold, folds=folds, test_fraction=fraction, seed=seed) for fold in range(folds)]
    validation = [rows(one.validation) for one in made]
    assert sorted([*chain(*validation), *rows(made[0].test)]) == list(range(len(strata)))
    for one in set(strata):
        counts = [[strata[row] for row in part].count(one) for part in validation]
        assert max(counts) - min(counts) <= 1
    assert max(map(len, validation)) - min(map(len, validation)) <= 1
    for one in made:
        assert {strata[row] for row in one.train} == set(strata)


@given(labels, seeds)
def test_a_split_is_the_same_every_time(strata: Any, seed: int) -> None:
    one, other = (possible(strata, seed=seed, test_fraction=0.1) for _ in range(2))
    for part in ("train", "validation", "test"):
        assert rows(getattr(one, part)) == rows(getattr(other, part))


def test_another_seed_is_another_split() -> None:
    strata = [0] * 50 + [1] * 50
    assert len({tuple(rows(parts(strata, seed=seed).validation)) for seed in range(50)}) == 50


def test_a_split_does_not_change_from_one_version_to_the_next() -> None:
    made = parts([0, 1] * 10, seed=7, test_fraction=0.2)
    assert (rows(made.validation), rows(made.test)) == ([0, 11, 15, 16], [2, 4, 9, 17])


def test_a_class_of_one_row_is_learnt_and_not_held_out() -> None:
    for seed in range(20):
        assert 20 in parts([0] * 20 + [1], seed=seed, validation_fraction=0.4).train


MISTAKES: dict[str, tuple[list[int], dict[str, Any], str]] = {
    "nothing to validate on": ([0, 0], {}, r"data.validation_fraction=0.2 of 2 rows is less than one row.*=0"),
    "nothing to test on": ([0] * 4, {"test_fraction": 0.1}, r"data.test_fraction=0.1 of 4 rows is less than one row"),
    "one row to train on": ([0] * 4, {"validation_fraction": 0.75}, r"1 row of 4 left to train on"),
    "no row to train on": (
        [0] * 4,
        {"validation_fraction": 0.9},
        r"takes 4 of 4 rows, and one has to stay to train on",
    ),
    "classes of one row": ([0, 1, 2, 3, 4], {}, r"takes 1 of 5 rows, and one of each of the 5 classes has to stay"),
    "fewer rows than folds": ([0] * 3, {"fold": 0}, r"data.folds=5: the rows has 3 rows for them; use fewer folds"),
    "a class of one row and folds": ([0] * 9 + [1], {"fold": 0}, r"class 1 has one row outside the test part"),
    "a fold too many": ([0] * 9, {"fold": 3, "folds": 3}, r"data.fold=3: takes 0 to 2, as data.folds=3"),
}


@pytest.mark.parametrize(("strata", "keys", "says"), MISTAKES.values(), ids=MISTAKES)
def test_too_few_rows_are_refused(strata: list[int], keys: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError, match=says):
        parts(strata, **keys)
