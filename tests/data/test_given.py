from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.data.made import numbers
from xor_sweep.config.spec import DataSpec
from xor_sweep.data import DataError, content, dataset, give

X, Y = numbers(20), np.arange(20) % 2
FRAME = pd.DataFrame({"size": X[:, 0], "kind": ["a", "b", "a", "c"] * 5})


def given(*arrays: Any, **keys: Any) -> DataSpec:
    return DataSpec(kind="arrays", name="given", sha256=give(*arrays), **keys)


def test_what_is_given_is_found_under_its_hash() -> None:
    data = dataset(given(X, Y))
    np.testing.assert_array_equal(data.raw, X)
    assert content(data.spec) == data.spec.sha256


def test_a_frame_and_a_series_are_taken() -> None:
    data = dataset(given(FRAME, pd.Series(["yes", "no"] * 10, name="bought"), standardize=False))
    assert data.classes == ("no", "yes")
    assert data.input_shape == (4,)
    assert data.preprocessing.target == "bought"


def test_frames_are_split_by_position_and_not_by_label() -> None:
    shuffled = FRAME.set_index(np.arange(20)[::-1])
    np.testing.assert_array_equal(dataset(given(FRAME, Y)).train.x, dataset(given(shuffled, pd.Series(Y))).train.x)


def test_given_validation_rows_are_the_validation_part() -> None:
    data = dataset(given(FRAME, Y, (FRAME[["kind", "size"]][:4], Y[:4])))
    assert data.validation is not None
    np.testing.assert_array_equal(data.validation.x, data.preprocessing.transform(FRAME[:4]))


def test_a_validation_part_that_is_dropped_whole_is_refused() -> None:
    gaps = FRAME[:2].assign(size=np.nan)
    with pytest.raises(DataError, match="every row of the validation part has a missing value"):
        dataset(given(FRAME, Y, (gaps, Y[:2]), missing="drop"))


def test_the_hash_is_of_content() -> None:
    assert give(X, Y) == give(X.copy(), Y.tolist())
    assert give(FRAME, Y) == give(FRAME.copy(), Y)
    others = [
        (X + 0.0001, Y),
        (X, 1 - Y),
        (X.astype(np.float32), Y),
        (X.reshape(20, 3, 1), Y),
        (X[:16], Y[:16], (X[16:], Y[16:])),
        (X[:17], Y[:17], (X[17:], Y[17:])),
        (FRAME, Y),
        (FRAME.rename(columns={"size": "sizes"}), Y),
        (FRAME.replace("c", "d"), Y),
        (FRAME, Y.astype(str)),
    ]
    assert len({give(X, Y), *(give(*arrays) for arrays in others)}) == len(others) + 1


def test_a_later_change_to_what_was_given_does_not_reach_it() -> None:
    x, frame = X.copy(), FRAME.copy()
    array, table = given(x, Y, seed=8), given(frame, Y, seed=8)
    x[:] = 0
    frame["size"] = 0.0
    np.testing.assert_array_equal(dataset(array).raw, X)
    assert dataset(table).raw.equals(FRAME)


def test_parts_cannot_be_written_to() -> None:
    data = dataset(given(X, Y))
    with pytest.raises(ValueError, match="read-only"):
        data.train.x[:] = 0


@pytest.mark.parametrize("sha256", ["", "0" * 64])
def test_what_was_not_given_is_asked_for(sha256: str) -> None:
    spec = DataSpec(kind="arrays", name="given", sha256=sha256)
    for ask in (content, dataset):
        with pytest.raises(DataError, match=r"no such arrays in this process; give them"):
            ask(spec)


MISTAKES: dict[str, tuple[tuple[Any, ...], str]] = {
    "lengths": ((X, Y[:3]), r"the given arrays: x has 20 rows and y has 3"),
    "ragged": (([[1, 2], [3]], [0, 1]), r"x is no array: .*rows of one length"),
    "ragged targets": ((X[:2], [[1, 2], [3]]), r"y is no array"),
    "a list of numbers": ((list(range(20)), Y), r"x.reshape\(-1, 1\)"),
    "validation of another kind": ((FRAME, Y, (X, Y)), r"x and x_validation are not of one kind"),
    "validation with other columns": ((FRAME, Y, (FRAME[["size"]], Y)), r"different columns"),
    "labels and numbers": ((X, Y, (X, Y.astype(str))), r"y and y_validation are not of one kind"),
    "validation lengths": ((X, Y, (X, Y[:3])), r"x_validation has 20 rows and y_validation has 3"),
}


@pytest.mark.parametrize(("arrays", "says"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_refused_when_it_is_given(arrays: tuple[Any, ...], says: str) -> None:
    with pytest.raises(DataError, match=says):
        give(*arrays)


def test_an_array_has_no_columns_to_ignore() -> None:
    with pytest.raises(DataError, match=r"data.ignore=\[a\]: the given arrays has no named columns"):
        dataset(given(X, Y, ignore=("a",)))
