from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.data.made import CUSTOMERS, csv
from xor_sweep.config.spec import DataSpec
from xor_sweep.data import DataError, content, dataset


def test_a_file_is_its_bytes_wherever_it_lies(tmp_path: Path) -> None:
    spec = csv(tmp_path)
    assert content(spec) == hashlib.sha256(CUSTOMERS.encode()).hexdigest()
    assert content(csv(tmp_path, name="other.csv")) == content(spec)


def test_a_change_is_seen_and_a_touch_is_none(tmp_path: Path) -> None:
    spec = csv(tmp_path)
    before = content(spec)
    os.utime(spec.path, (1, 1))
    assert content(spec) == before
    csv(tmp_path, CUSTOMERS.replace("gold", "bold"))
    assert content(spec) != before


def test_a_truth_table_has_none() -> None:
    assert content(DataSpec("xor", "xor", bits=2)) == ""


@pytest.mark.parametrize("kind", ["csv", "npz"])
def test_a_file_that_is_not_there_is_named(kind: str, tmp_path: Path) -> None:
    missing = DataSpec(kind, "nothing", path=str(tmp_path / "nothing"))
    with pytest.raises(DataError, match=r"data.path=.*nothing: no such file"):
        content(missing)
    with pytest.raises(DataError, match=rf"data.path: which file\? Write data.path=customers.{kind}"):
        content(replace(missing, path=""))


def test_a_file_that_changed_under_the_sweep_is_refused(tmp_path: Path) -> None:
    spec = csv(tmp_path)
    known = replace(spec, sha256=content(spec))
    csv(tmp_path, CUSTOMERS.replace("gold", "bold"))
    with pytest.raises(DataError, match="changed since the configuration was read"):
        dataset(known)


def test_what_was_read_stays_where_the_spec_holds_its_hash(tmp_path: Path) -> None:
    spec = csv(tmp_path)
    known = replace(spec, sha256=content(spec))
    before = dataset(known)
    Path(spec.path).unlink()
    assert dataset(known) is before


def test_importing_the_package_imports_neither_pandas_nor_scikit_learn() -> None:
    heavy = ("pandas", "sklearn", "tensorflow", "keras")
    code = f"import sys, xor_sweep.data; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
