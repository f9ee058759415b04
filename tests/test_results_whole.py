"""A result counts where it is what was written, and nowhere else."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.stopped import finished, run
from xor_sweep import SweepError, load_results
from xor_sweep.compare.__main__ import main as compare
from xor_sweep.results import OF_THE_MOMENT, RunResult, load_result
from xor_sweep.runs import RunPaths
from xor_sweep.summary.__main__ import main as summary

WORDS = ("-m", "seed=1,2,3", "steps=20", "save=none")


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished(tmp_path_factory.mktemp("finished"), *WORDS)


@pytest.fixture
def mine(sweep: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sweep directory below the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["xor_sweep"])
    shutil.copytree(sweep, tmp_path / "outputs" / "xor")
    return Path("outputs/xor")


def came_to(result: RunResult) -> dict[str, Any]:
    return {key: value for key, value in asdict(result).items() if key not in OF_THE_MOMENT}


def test_no_bit_that_flips_changes_what_a_result_says_of_its_run(mine: Path) -> None:
    paths = RunPaths(mine / "seed=1")
    content, result = paths.result.read_bytes(), load_result(paths)
    assert result is not None
    for place in range(len(content)):
        for bit in range(8):
            flipped = bytearray(content)
            flipped[place] ^= 1 << bit
            paths.result.write_bytes(flipped)
            read = load_result(paths)
            assert read is None or came_to(read) == came_to(result), (place, bit)


def test_a_result_cut_off_anywhere_is_damaged(mine: Path) -> None:
    paths = RunPaths(mine / "seed=1")
    content = paths.result.read_bytes()
    for size in range(len(content) - 1):
        paths.result.write_bytes(content[:size])
        assert load_result(paths) is None


def test_a_result_that_a_person_laid_out_anew_still_counts(mine: Path) -> None:
    paths = RunPaths(mine / "seed=1")
    before = load_result(paths)
    paths.result.write_text(json.dumps(json.loads(paths.result.read_text()), indent=2, sort_keys=True))
    assert load_result(paths) == before


def test_a_result_that_a_person_changed_does_not_count(mine: Path) -> None:
    paths = RunPaths(mine / "seed=1")
    paths.result.write_text(json.dumps(json.loads(paths.result.read_text()) | {"final_cost": 0.0}))
    assert load_result(paths) is None


@pytest.mark.parametrize("harm", [b"", b"{", b"null", b"[]", b'{"format": 1}', b"\xff\xfe"])
def test_a_damaged_result_trains_its_run_again_alone_and_says_so(
    harm: bytes, mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path.parent.name: json.loads(path.read_bytes()) for path in mine.glob("*/result.json")}
    (mine / "seed=2" / "result.json").write_bytes(harm)
    assert run(*WORDS) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "1 result damaged, so that its run trains again: outputs/xor/seed=2/result.json" in out
    after = {path.parent.name: json.loads(path.read_bytes()) for path in mine.glob("*/result.json")}
    assert [name for name in before if after[name]["started_at"] != before[name]["started_at"]] == ["seed=2"]
    assert after["seed=2"]["final_cost"] == before["seed=2"]["final_cost"]


def test_a_result_of_a_later_format_is_refused_and_left_alone(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from xor_sweep.results import sealed

    path = mine / "seed=2" / "result.json"
    content = json.loads(path.read_bytes()) | {"format": 9, "versions": {"xor_sweep": "7.0"}, "new": [1]}
    path.write_text(json.dumps(sealed(content)))
    later = path.read_bytes()
    assert run(*WORDS) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        f"xor_sweep: {path}: is of format 9, as xor_sweep 7.0 writes it; update xor_sweep, or give this sweep another "
        "experiment"
    ]
    assert path.read_bytes() == later


@pytest.fixture
def without_the_best(mine: Path) -> Path:
    """A sweep directory whose best result, that of seed=2, is cut in half; returns the damaged file."""
    results = {path.parent.name: json.loads(path.read_text())["final_cost"] for path in mine.glob("*/result.json")}
    path = mine / min(results, key=lambda name: results[name]) / "result.json"
    path.write_bytes(path.read_bytes()[:100])
    return path


def test_what_reads_a_sweep_names_the_results_that_are_damaged(
    without_the_best: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = (
        f"1 result damaged, so that its run is left out: {without_the_best}; "
        "the command that trained it trains it again"
    )
    assert summary(["outputs/xor"]) == 0
    out, err = capsys.readouterr()
    assert (out.splitlines().count(line), err) == (1, "")
    assert f"\n{line}.\n" in Path("outputs/xor/summary.md").read_text()
    assert line in Path("outputs/xor/report.html").read_text()
    with pytest.warns(UserWarning, match="1 result damaged") as caught:
        assert len(load_results("outputs/xor")) == 2
    assert [(str(each.message), each.filename) for each in caught] == [(line, __file__)]
    assert compare(["outputs/xor", "outputs/xor"]) == 0
    assert line in " ".join(capsys.readouterr().out.split())


def test_a_command_that_asks_for_other_runs_names_them_too(
    without_the_best: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("seed=9", "steps=20", "save=none") == 0
    assert f"1 result damaged, so that its run is left out: {without_the_best};" in capsys.readouterr().out


def test_a_sweep_of_damaged_results_alone_is_no_empty_one(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in mine.glob("*/result.json"):
        path.write_bytes(b"{")
    line = "3 results damaged, so that their runs are left out: outputs/xor/seed=1/result.json"
    with pytest.raises(SweepError, match=line):
        load_results("outputs/xor")
    for command in (lambda: summary(["outputs/xor"]), lambda: compare(["outputs/xor", "outputs/xor"])):
        assert command() == 2
        assert capsys.readouterr().err.startswith(line)
