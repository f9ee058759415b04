from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from xor_sweep.calls import Call
from xor_sweep.config.spec import DataSpec
from xor_sweep.data import DataError, begin_command, content, dataset, with_content

SOURCE = """
import numpy as np
import pandas as pd

def rows(count=20, **settings):
    x = np.arange(count * 2.0).reshape(count, 2)
    return x, x[:, 0] % 4 == 0

def frame():
    x, y = rows()
    return pd.DataFrame({"word": ["a", "b"] * 10, 7: x[:, 0]}, index=range(5, 25)), pd.Series(y, name="label")

def both():
    return rows(), rows(6)

def typed(settings, sizes):
    assert settings == {"a": {"b": [1, 2]}} and sizes == [3, [4]], (settings, sizes)
    return rows()

def fails():
    raise KeyError("no such table")

def nothing():
    pass

def three():
    return 1, 2, 3

def gaps():
    return pd.DataFrame({"a": [1.0, None]}), [0, 1]

def twice():
    return pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]), [0, 1]

def lists():
    return pd.DataFrame({"when": [[2020, 1], [2020, 2]]}), [0, 1]

def marks():
    return pd.DataFrame({"a": ["1", "?", "3"]}), [0, 1, 0]

def mixed_labels():
    return np.ones((4, 1)), np.array([1, "a", 2, "b"], object)

def kind(value):
    return np.full((20, 1), len(type(value).__name__)), rows()[1]

def seeded(seed=0):
    return rows()

def named(name):
    return rows()

number = 3
"""


@pytest.fixture(scope="module", autouse=True)
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    directory = tmp_path_factory.mktemp("mine")
    (directory / "my_tables.py").write_text(SOURCE)
    (directory / "my_broken.py").write_text("import no_such_library\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(directory)
        yield


def spec(name: str, arguments: tuple[tuple[str, Any], ...] = (), **keys: Any) -> DataSpec:
    target = name if "." in name else f"my_tables.{name}"
    return DataSpec(kind="python", name="mine", call=Call(target, arguments), **keys)


def test_a_function_gives_inputs_and_targets() -> None:
    data = dataset(spec("rows", (("count", 40),)))
    assert len(data.raw) == 40
    assert (data.task, data.classes) == ("binary", (False, True))


def test_a_frame_has_its_columns_and_a_series_its_name() -> None:
    data = dataset(spec("frame"))
    assert data.preprocessing.columns is not None
    assert [column.name for column in data.preprocessing.columns] == ["word", "7"]
    assert data.preprocessing.target == "label"


def test_a_second_pair_is_the_validation_part() -> None:
    data = dataset(spec("both"))
    assert data.validation is not None
    assert data.validation.rows.tolist() == list(range(20, 26))


def test_arguments_are_lists_and_mappings_again() -> None:
    arguments = (("settings", (("a", (("b", (1, 2)),)),)), ("sizes", (3, (4,))))
    assert len(dataset(spec("typed", arguments)).raw) == 20


def test_equal_arguments_of_other_types_are_other_arguments() -> None:
    raw = [dataset(spec("kind", (("value", value),))).raw[0, 0] for value in (1, 1.0, True)]
    assert raw == [len("int"), len("float"), len("bool")]


def test_the_content_is_that_of_the_arrays_whatever_code_returns_them() -> None:
    assert content(spec("rows")) == content(spec("rows", (("count", 20),))) != content(spec("rows", (("count", 21),)))


def test_a_function_is_called_once_for_a_command_however_the_rows_are_split(monkeypatch: pytest.MonkeyPatch) -> None:
    import my_tables  # type: ignore[import-not-found]  # made by the fixture

    calls = []
    monkeypatch.setattr(my_tables, "number", lambda: calls.append(1) or my_tables.rows())
    for _ in range(2):
        begin_command()
        for seed in range(3):
            data = with_content(spec("number", (), seed=seed))
            assert dataset(data).spec == data
    assert len(calls) == 2


def test_a_function_that_returns_other_rows_when_it_is_called_again_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import my_tables

    generator = np.random.default_rng(0)
    monkeypatch.setattr(my_tables, "number", lambda n: (generator.normal(size=(20, n)), my_tables.rows()[1]))
    begin_command()
    data = [with_content(spec("number", (("n", n),))) for n in range(1, 7)]
    with pytest.raises(DataError, match=r"my_tables.number: returned other data when it was called again; if it draws"):
        dataset(data[0])


class TensorflowDataset:
    """Named as tf.data's are, which is what they are told by; TensorFlow takes seconds to import."""


@pytest.mark.parametrize("pair", [False, True])
def test_tf_data_is_refused(pair: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    import my_tables  # type: ignore[import-not-found]  # made by the fixture

    monkeypatch.setattr(TensorflowDataset, "__module__", "tensorflow.python.data.ops.dataset_ops")
    given = TensorflowDataset()
    monkeypatch.setattr(my_tables, "number", lambda: (given, given) if pair else given)
    with pytest.raises(DataError, match=r"my_tables.number: give arrays: tf.data inputs are not taken"):
        dataset(spec("number", (), seed=int(pair)))


MISTAKES = {
    "fails": r"my_tables.fails: raised KeyError: 'no such table'",
    "nothing": r"my_tables.nothing: returned a NoneType; return \(x, y\)",
    "three": r"my_tables.three: returned 3 values; return \(x, y\)",
    "gaps": r"column a has 1 missing value of 2; use rows or columns without them",
    "twice": r"two columns are called a",
    "lists": r"column when holds mixed values; give numbers, dates or words$",
    "marks": r"column a holds numbers except \?, in row 1 .*; return numbers, dates or words of one form$",
    "mixed_labels": r"y holds values of several types",
    "number": r"my_tables.number: a int, which is no function",
    "missing": r"my_tables.missing: my_tables has no missing",
    "no_such_module.f": r"no module no_such_module",
    "my_broken.f": r"my_broken.f: importing its module raised ModuleNotFoundError: .*no_such_library",
}


@pytest.mark.parametrize(("name", "says"), MISTAKES.items(), ids=MISTAKES)
def test_a_mistake_is_one_line(name: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        dataset(spec(name))


def test_arguments_that_the_function_does_not_take_are_named() -> None:
    with pytest.raises(DataError, match=r"my_tables.frame: raised TypeError: .*'colour'"):
        dataset(spec("frame", (("colour", "red"),)))


def test_what_the_function_raised_is_the_cause() -> None:
    with pytest.raises(DataError) as raised:
        dataset(spec("fails"))
    assert isinstance(raised.value.__cause__, KeyError)


def test_numbers_come_out_as_they_went_in() -> None:
    data = dataset(spec("rows", standardize=False))
    np.testing.assert_array_equal(data.train.x, data.raw[data.train.rows])


def test_a_parameter_that_is_a_key_of_the_data_is_said() -> None:
    said = [line for line in dataset(spec("seeded")).said if "seed" in line]
    assert said == [
        "my_tables.seeded: the parameter seed is not data.seed, which is a key of its own, and keeps its default; "
        "rename it to set it"
    ]
    with pytest.raises(DataError, match=r"the parameter name is not data\.name.*nothing gives it a value; rename it"):
        dataset(spec("named"))
