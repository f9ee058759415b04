"""Directories whose names are not UTF-8, which no summary, log or configuration could hold."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.summary.sweeps import make_sweep, result
from xor_sweep import SweepError, load_results
from xor_sweep.__main__ import main
from xor_sweep.compare import __main__ as compare
from xor_sweep.runs import SweepPaths
from xor_sweep.summary import __main__ as summary

BEST = "outputs/xor/\udcff best"


@pytest.fixture
def sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SweepPaths:
    """`outputs/xor` with a finished run, and a better one that was copied under a name of Latin-1."""
    monkeypatch.chdir(tmp_path)
    made = make_sweep(Path("outputs"), result("lr=0.1", 0.2), result("lr=0.2", 0.1), swept=("lr",), logged=True)
    os.rename(b"outputs/xor/lr=0.2", os.fsencode(BEST))  # noqa: PTH104  # a path of bytes
    return made


def written(directory: str) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in [Path(directory), *Path(directory).rglob("*")]}


def test_a_finished_run_is_named_by_every_command_and_nothing_is_written(
    sweep: SweepPaths, capsys: pytest.CaptureFixture[str]
) -> None:
    before = written("outputs")
    commands = {
        "summary": lambda: summary.main(["outputs/xor"]),
        "compare": lambda: compare.main(["outputs/xor", "outputs/xor"]),
        "sweep": lambda: main(["-m", "lr=0.1,0.3", "steps=20"]),
    }
    for name, command in commands.items():
        assert command() in (1, 2), name
        line = capsys.readouterr().err
        assert line.endswith("outputs/xor/\\udcff best: the name of this directory is not UTF-8; rename it\n"), name
        assert line.count("\n") == 1
    with pytest.raises(SweepError, match=r"udcff best: the name of this directory is not UTF-8; rename it"):
        load_results(sweep.directory)
    assert written("outputs") == before


def test_a_directory_that_is_no_finished_run_is_in_nobodys_way(
    sweep: SweepPaths, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(BEST, "result.json").unlink()
    assert summary.main([str(sweep.directory)]) == 0
    assert load_results(sweep.directory).run.tolist() == ["lr=0.1"]
    assert "1 completed" in capsys.readouterr().out


def test_so_is_a_sweep_directory_and_a_place_to_train_in(
    sweep: SweepPaths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(BEST)
    Path("outputs").rename("\udcff here")
    sweep.directory.parent.mkdir()
    Path("\udcff here/xor").rename("outputs/\udcff xor")
    assert summary.main(["outputs/\udcff xor"]) in (1, 2)
    assert capsys.readouterr().err == "outputs/\\udcff xor: the name of this directory is not UTF-8; rename it\n"
    monkeypatch.chdir("\udcff here")
    assert main(["-m", "lr=0.1,0.3", "steps=20"]) == 2
    assert "\\udcff here/outputs/xor is not UTF-8; name a directory whose path is\n" in capsys.readouterr().err
    assert list(Path().iterdir()) == []
