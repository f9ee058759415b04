from __future__ import annotations

import sys

import pytest

from xor_sweep.config.spec import DataSpec
from xor_sweep.data import DataError, content, dataset
from xor_sweep.data.bundled import BUNDLED

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
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(DataError, match=r"not installed; install it with pip install 'xor_sweep\[sklearn\]'"):
        dataset(DataSpec("sklearn", "wine", ignore=("never read before",)))
