from __future__ import annotations

import hashlib
import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from xor_sweep.calls import Call, file_source_of, keywords, load, source_of
from xor_sweep.errors import ConfigError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package, and a folder without __init__.py, each with a module that leaves a mark where it is imported."""
    for name in ("my_package", "my_folder"):
        (tmp_path / name / "inner").mkdir(parents=True)
        (tmp_path / name / "inner" / "models.py").write_text("class Maker:\n    def build(self): pass\n")
    mark = f"from pathlib import Path\nPath({str(tmp_path / 'imported')!r}).touch()\n"
    (tmp_path / "my_package" / "__init__.py").write_text(mark + "def build(): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("target", "file"),
    [
        ("my_package.build", "my_package/__init__.py"),
        ("my_package.inner.models.build", "my_package/inner/models.py"),
        ("my_folder.inner.models.Maker.build", "my_folder/inner/models.py"),
    ],
)
def test_a_source_is_found_and_nothing_is_imported(target: str, file: str, project: Path) -> None:
    assert file_source_of(target) == hashlib.sha256((project / file).read_bytes()).hexdigest()
    assert source_of(target) != file_source_of(target)
    assert not (project / "imported").exists()


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("target", ["no_such_package.build", "my_folder.build", "sys.exit"])
def test_where_there_is_no_source_the_line_names_the_target(target: str) -> None:
    with pytest.raises(ConfigError, match=f"_target_={target}: no module"):
        source_of(target)


@pytest.mark.parametrize("target", ["", "build", ".build", "a..b", "a b.c", "a.b()", "../a.b"])
def test_what_is_no_dotted_name_is_refused(target: str) -> None:
    for ask in (source_of, lambda target: load(Call(target))):
        with pytest.raises(ConfigError, match="takes a dotted name"):
            ask(target)


@pytest.mark.usefixtures("project")
def test_a_dotted_name_is_loaded_from_the_longest_module() -> None:
    found = load(Call("my_folder.inner.models.Maker.build"))
    assert getattr(found, "__qualname__", None) == "Maker.build"


@pytest.mark.usefixtures("project")
def test_a_name_that_the_module_does_not_have_is_named() -> None:
    with pytest.raises(ConfigError, match=r"my_folder.inner.models has no Taker"):
        load(Call("my_folder.inner.models.Taker.build"))


def test_pairs_are_mappings_and_other_tuples_are_lists() -> None:
    arguments = (("units", (3, 4)), ("deep", (("a", (("b", ()),)),)), ("twice", (("a", 1), ("a", 2))), ("none", None))
    assert keywords(Call("a.b", arguments)) == {
        "units": [3, 4],
        "deep": {"a": {"b": []}},
        "twice": [["a", 1], ["a", 2]],
        "none": None,
    }


def test_a_function_that_was_imported_before_its_file_changed_is_refused(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path, target = project / "my_values.py", "my_values.build"
    path.write_text("ACT = 'relu'\n\n\ndef build():\n    return ACT\n")
    first: Any = load(Call(target, source=source_of(target)))
    assert first() == "relu"
    path.write_text(path.read_text().replace("relu", "gelu, say"))
    changed = Call(target, source=source_of(target))
    with pytest.raises(ConfigError, match=r"my_values.build: has changed since it was imported; import its module"):
        load(changed)
    importlib.reload(sys.modules["my_values"])
    again: Any = load(changed)
    assert again() == "gelu, say"
    with pytest.raises(ConfigError, match="has changed"):
        load(Call(target, source="of the command that began before"))
