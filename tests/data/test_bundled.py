from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest

from xor_sweep.config.spec import DataSpec
from xor_sweep.data import DataError, bundled, content, dataset
from xor_sweep.data.bundled import BUNDLED, read_bundled

TASKS = {
    "breast_cancer": ("binary", (30,), 1),
    "diabetes": ("regression", (10,), 1),
    "digits": ("multiclass", (64,), 10),
    "iris": ("multiclass", (4,), 3),
    "linnerud": ("regression", (3,), 3),
    "wine": ("multiclass", (13,), 3),
}


@pytest.mark.parametrize("name", BUNDLED)
def test_each_is_read_with_its_task(name: str) -> None:
    data = dataset(DataSpec("sklearn", name))
    assert (data.task, data.input_shape, data.outputs) == TASKS[name]


def test_each_has_content_of_its_own() -> None:
    assert len({content(DataSpec("sklearn", name)) for name in BUNDLED}) == len(BUNDLED)


def test_an_unknown_name_is_refused_with_the_near_one() -> None:
    with pytest.raises(DataError, match=r"data.name=irsi: not bundled .*did you mean iris\?.*breast_cancer"):
        dataset(DataSpec("sklearn", "irsi"))


def test_where_scikit_learn_is_missing_the_line_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(bundled, "version", missing)
    with pytest.raises(DataError, match=r"not installed; install it with pip install 'xor_sweep\[sklearn\]'"):
        dataset(DataSpec("sklearn", "wine", ignore=("never read before",)))


def test_a_set_is_kept_so_that_the_next_command_does_not_import_scikit_learn(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    loaded = read_bundled(DataSpec("sklearn", "wine"))
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    kept = read_bundled(DataSpec("sklearn", "wine"))
    assert np.array_equal(kept.x, loaded.x)
    assert np.array_equal(kept.y, loaded.y)
    with pytest.raises(ImportError):
        read_bundled(DataSpec("sklearn", "iris"))


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive"], ids=["empty", "torn", "foreign"])
def test_a_kept_set_that_cannot_be_read_is_loaded_anew(
    content: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    read_bundled(DataSpec("sklearn", "wine"))
    [kept] = (tmp_path / "xor_sweep" / "data").iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(content)
    assert len(read_bundled(DataSpec("sklearn", "wine")).y) == 178
    assert len(kept.read_bytes()) == len(whole)
