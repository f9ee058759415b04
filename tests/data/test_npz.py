from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.data.made import npz, numbers
from xor_sweep.data import DataError, dataset

X, Y = numbers(20), np.arange(20) % 2
NAN, INF = X.copy(), X.copy()
NAN[3, 2], INF[1, 0] = np.nan, np.inf


def test_x_and_y_are_read_and_split(tmp_path: Path) -> None:
    data = dataset(npz(tmp_path, {"x": X, "y": Y}))
    assert data.validation is not None
    assert (len(data.train.rows), len(data.validation.rows), data.task) == (16, 4, "binary")
    np.testing.assert_array_equal(data.raw, X)


def test_a_validation_part_in_the_file_is_the_validation_part(tmp_path: Path) -> None:
    more = {"x_validation": X[:5], "y_validation": Y[:5]}
    data = dataset(npz(tmp_path, {"x": X, "y": Y, **more}, test_fraction=0.25))
    assert data.validation is not None
    assert data.test is not None
    np.testing.assert_array_equal(data.validation.rows, range(20, 25))
    assert sorted([*data.train.rows, *data.test.rows]) == list(range(20))
    assert len(data.test.rows) == 5


def test_pictures_keep_their_shape_and_are_standardised_pixel_by_pixel(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (20, 4, 5, 1), np.uint8)
    pictures[:, 0, 0] = 7
    data = dataset(npz(tmp_path, {"x": pictures, "y": Y}))
    assert data.input_shape == (4, 5, 1)
    assert data.preprocessing.scale is not None
    assert data.preprocessing.scale[0, 0, 0] == 1
    assert (data.train.x[:, 0, 0] == 0).all()
    np.testing.assert_allclose(data.train.x.reshape(16, -1)[:, 1:].std(0), 1, rtol=1e-5)


def test_tokens_stay_whole_numbers(tmp_path: Path) -> None:
    tokens = np.random.default_rng(0).integers(0, 1000, (20, 6))
    data = dataset(npz(tmp_path, {"x": tokens, "y": Y}, standardize=False))
    assert data.train.x.dtype == np.int32
    np.testing.assert_array_equal(data.train.x, tokens[data.train.rows])


MISTAKES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "no y": ({"x": X}, {}, r"points.npz: holds x; y is missing"),
    "nothing": ({}, {}, r"holds nothing; x is missing"),
    "other names": ({"x": X, "y": Y, "x_valid": X}, {}, r"x_valid is none .*did you mean x_validation\?"),
    "half a validation part": ({"x": X, "y": Y, "x_validation": X}, {}, r"y_validation is missing"),
    "empty validation part": (
        {"x": X, "y": Y, "x_validation": X[:0], "y_validation": Y[:0]},
        {},
        r"x_validation has no rows",
    ),
    "validation of another shape": (
        {"x": X, "y": Y, "x_validation": X[:, :2], "y_validation": Y},
        {},
        r"different shapes: \(3,\) and \(2,\)",
    ),
    "validation of other classes": (
        {"x": X, "y": Y, "x_validation": X, "y_validation": Y + 1},
        {},
        r"class 2 is not in the training part",
    ),
    "a fold beside it": (
        {"x": X, "y": Y, "x_validation": X, "y_validation": Y},
        {"fold": 1},
        r"data.fold=1: .*its own validation part",
    ),
    "lengths": ({"x": X, "y": Y[:7]}, {}, r"x has 20 rows and y has 7"),
    "one dimension": ({"x": X[:, 0], "y": Y}, {}, r"x has 1 dimension .*x.reshape\(-1, 1\)"),
    "words": ({"x": X.astype(str), "y": Y}, {}, r"x holds words or objects; give .*DataFrame"),
    "objects": ({"x": X.astype(object), "y": Y}, {}, r"x is an array of objects, which is not loaded"),
    "complex numbers": ({"x": X.astype(complex), "y": Y}, {}, r"x holds complex128 values"),
    "NaN": ({"x": NAN, "y": Y}, {}, r"x\[3, 2\] is NaN; fill"),
    "infinite": ({"x": INF, "y": Y}, {}, r"x is inf in row 1"),
    "infinite half floats": ({"x": INF.astype(np.float16), "y": Y}, {}, r"x is inf in row 1"),
    "NaN in y": ({"x": X, "y": NAN[:, 2]}, {}, r"target y is missing in 1 of 20 rows; leave such rows out"),
    "infinite y": ({"x": X, "y": INF[:, 0]}, {}, r"target y is inf in row 1"),
    "no rows": ({"x": X[:0], "y": Y[:0]}, {}, r"points.npz: no rows"),
    "no features": ({"x": X[:, :0], "y": Y}, {}, r"no feature to learn from"),
    "three dimensions of y": ({"x": X, "y": X[:, :, None]}, {}, r"y has the shape \(20, 3, 1\)"),
    "dates": ({"x": X, "y": Y.astype("datetime64[D]")}, {}, r"y holds datetime64\[D\] values"),
}


@pytest.mark.parametrize(("arrays", "keys", "says"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line(arrays: dict[str, Any], keys: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=says) as raised:
        dataset(npz(tmp_path, arrays, **keys))
    assert "\n" not in str(raised.value)


def header(shape: tuple[int, ...], kind: str = "<f8") -> bytes:
    """The beginning of an array's file."""
    made = io.BytesIO()
    np.lib.format.write_array_header_1_0(made, {"descr": kind, "fortran_order": False, "shape": shape})
    return made.getvalue()


CLAIMS: dict[str, tuple[bytes, str]] = {
    "10^12 numbers": (header((10**6, 10**6)), "does not fit into memory: Unable to allocate 7.28 TiB; give fewer rows"),
    "a long word": (header((2,), "<U536870911") + b"x", "not readable as .npz|does not fit into memory"),
    "more bytes than there are": (header((10**4, 10)), "not readable as .npz"),
    "a negative shape": (header((-5, 3)), "not readable as .npz"),
    "a shape past all integers": (header((2**62, 2**62)), "not readable as .npz"),
}


@pytest.mark.parametrize(("content", "says"), CLAIMS.values(), ids=CLAIMS)
def test_a_header_that_claims_too_much_is_one_line(content: bytes, says: str, tmp_path: Path) -> None:
    spec = npz(tmp_path, {"y": Y})
    with zipfile.ZipFile(tmp_path / "points.npz", "a") as file:
        file.writestr("x.npy", content)
    with pytest.raises(DataError, match=says) as raised:
        dataset(spec)
    assert "\n" not in str(raised.value)
    (tmp_path / "points.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"points.npz: "):
        dataset(spec)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut off"])
def test_a_file_of_something_else_is_refused(content: bytes, tmp_path: Path) -> None:
    spec = npz(tmp_path, {"x": X, "y": Y})
    (tmp_path / "points.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"not readable as .npz"):
        dataset(spec)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    spec = npz(tmp_path, {"x": X, "y": Y})
    whole = (tmp_path / "points.npz").read_bytes()
    (tmp_path / "points.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"not readable as .npz"):
        dataset(spec)


def test_a_single_array_is_refused(tmp_path: Path) -> None:
    spec = npz(tmp_path, {"x": X, "y": Y})
    with (tmp_path / "points.npz").open("wb") as file:
        np.save(file, X)
    with pytest.raises(DataError, match="a single array"):
        dataset(spec)


def test_pickles_are_not_loaded(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    spec = npz(tmp_path, {"x": np.array([[Trap()]]), "y": Y})
    with pytest.raises(DataError, match="objects, which is not loaded"):
        dataset(spec)
    assert not (tmp_path / "sprung").exists()
