"""`python -m xor_sweep.compare a b`: which is better, how the command ends, and what it refuses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.command import environment, run, without_tensorflow
from tests.compare.sides import BAD, CONFIG, GOOD, compared, refused, runs, sweep
from tests.hostile import HOSTILE
from tests.summary.sweeps import failed, result
from xor_sweep.compare.__main__ import main
from xor_sweep.manifest import extend_manifest
from xor_sweep.runs import SweepPaths


@pytest.mark.parametrize(
    ("a", "b", "code"),
    [
        (GOOD, BAD, 1),
        (BAD, GOOD, 0),
        (GOOD, GOOD, 0),
        (GOOD, [0.0105, *GOOD[1:]], 0),
        (GOOD[:3], BAD[:3], 1),
        (GOOD[:1], BAD[:1], 1),
        (GOOD[:1], GOOD[:1], 0),
        (GOOD, [None] * 10, 1),
        (GOOD, [*GOOD[:4], *[None] * 6], 0),
        ([None] * 10, [None] * 10, 0),
        ([None] * 10, GOOD, 0),
    ],
    ids=[
        "clearly worse", "clearly better", "the same", "hardly worse", "three runs", "a single run", "the same run",
        "all diverged", "most diverged: luck may do that", "none completed on either side", "none completed before",
    ],
)  # fmt: skip
def test_the_exit_code_says_whether_b_is_worse_where_that_is_to_fail(
    a: Sequence[float | None],
    b: Sequence[float | None],
    code: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    both = sweep(tmp_path, "a", *runs({0.1: a})), sweep(tmp_path, "b", *runs({0.1: b}))
    assert main([*both, "--fail-if-worse"]) == code
    assert ("FAILED: b is worse" if code else "passed: b is not worse") in capsys.readouterr().out
    assert main([*both]) == 0
    assert "FAILED" not in capsys.readouterr().out
    assert compared(capsys, *both, "--fail-if-worse")[1]["worse"] == bool(code)


def test_a_tolerance_accepts_what_is_less_worse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = sweep(tmp_path, "a", *runs({0.1: GOOD})), sweep(tmp_path, "b", *runs({0.1: BAD}))
    assert main([*both, "--fail-if-worse", "--tolerance", "0.29"]) == 1
    assert main([*both, "--fail-if-worse", "--tolerance", "0.31"]) == 0
    assert "passed: b is not worse by more than 0.31" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--tolerance", "0.1"], ["--tolerance", "-1", "--fail-if-worse"], ["--nope"]])
def test_a_mistake_in_an_option_is_one_line_and_exit_code_2(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert words[0] in refused(capsys, "a", "b", *words)


def test_the_best_configurations_decide_whatever_the_others_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = sweep(tmp_path, "a", *runs({0.1: GOOD, 0.01: BAD, 1: [0.5] * 10}))
    b = sweep(tmp_path, "b", *runs({0.1: BAD, 0.01: GOOD, 1: [0.5] * 10}))
    code, found = compared(capsys, a, b, "--fail-if-worse")
    verdicts = {each["configuration"]: each["verdict"] for each in found["configurations"]}
    assert verdicts == {"lr=0.1": "worse", "lr=0.01": "better", "lr=1": "equal"}
    assert (code, found["best"]["verdict"]) == (0, "equal")
    assert (found["best"]["configuration_a"], found["best"]["configuration_b"]) == ("lr=0.1", "lr=0.01")


def test_the_numbers_are_of_the_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = sweep(tmp_path, "a", *runs({0.1: GOOD}))
    b = sweep(tmp_path, "b", *runs({0.1: [cost * 3 for cost in GOOD[:9]] + [None]}))
    _, found = compared(capsys, a, b)
    [each] = found["configurations"]
    assert each["a"] == {"n": 10, "completed": 10, "median": pytest.approx(0.0055)}
    assert (each["b"]["n"], each["b"]["completed"], each["b"]["median"]) == (10, 9, pytest.approx(0.0165))
    assert (each["difference"], each["ratio"]) == (pytest.approx(0.011), pytest.approx(3))
    assert 0 < each["low"] < 0.011 < each["high"]
    assert (each["paired"], each["verdict"], each["probability"]) == (True, "worse", pytest.approx(0, abs=0.01))


def test_of_an_accuracy_the_larger_is_better_and_there_is_no_ratio(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = (
        sweep(
            tmp_path, name, *(result(f"seed={k}", final_accuracy=share + k / 200) for k in range(10)), swept=("seed",)
        )
        for name, share in (("a", 0.9), ("b", 0.7))
    )
    code, found = compared(capsys, a, b, "--objective", "final_accuracy", "--fail-if-worse")
    assert (code, found["direction"], found["best"]["verdict"]) == (1, "maximize", "worse")
    assert found["best"]["difference"] == pytest.approx(-0.2)
    assert found["best"]["low"] < -0.2 < found["best"]["high"] < 0
    assert found["best"]["ratio"] is None
    assert compared(capsys, b, a, "--objective", "final_accuracy", "--fail-if-worse")[0] == 0


def test_sweeps_without_a_common_configuration_are_compared_by_their_best(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = sweep(tmp_path, "a", *runs({0.1: GOOD})), sweep(tmp_path, "b", *runs({0.2: BAD}))
    assert main([*both, "--fail-if-worse"]) == 1
    assert "No configuration is in both." in capsys.readouterr().out


def test_more_configurations_on_one_side_are_said_to_have_more_luck(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = sweep(tmp_path, "a", *runs({0.1: GOOD, 0.2: GOOD})), sweep(tmp_path, "b", *runs({0.1: GOOD}))
    assert "the best of more has more luck" in compared(capsys, *both)[1]["notes"][0]


def test_the_objectives_have_to_agree_or_one_is_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = a, b = sweep(tmp_path, "a", *runs({0.1: GOOD})), sweep(tmp_path, "b", *runs({0.1: GOOD}))
    extend_manifest(SweepPaths(Path(b)), (), "final_accuracy", "maximize", {})
    says = f"{a} ranks by final_cost, {b} by final_accuracy; give one with --objective final_cost, say\n"
    assert refused(capsys, *both) == says
    assert compared(capsys, *both, "--objective", "best_cost")[1]["objective"] == "best_cost"
    regression = [result(f"lr=0.1,seed={seed}", final_accuracy=None) for seed in range(3)]
    c = sweep(tmp_path, "c", *regression)
    assert f"{c}: no run has a final_accuracy" in refused(capsys, b, c, "--objective", "final_accuracy")


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, Path.absolute], ids=["empty", "a file", "missing"])
def test_a_wrong_directory_is_one_line_and_exit_code_2(
    make: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong"
    make(wrong)
    right = sweep(tmp_path, "a", *runs({0.1: GOOD}))
    assert refused(capsys, right, str(wrong)).startswith(f"{wrong}: no ")
    assert refused(capsys, str(wrong), right).startswith(f"{wrong}: no ")


def test_a_run_and_a_directory_of_sweeps_are_told_from_a_sweep(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = sweep(tmp_path, "good", *runs({0.1: GOOD}))
    run = f"{good}/lr=0.1,seed=3"
    is_run = "this is one run; name the sweep directory that it is in"
    holds_sweeps = "no run in it itself; name one of the sweeps in it"
    assert refused(capsys, good, run) == f"{run}: {is_run}, {good}\n"
    assert refused(capsys, str(tmp_path), good) == f"{tmp_path}: {holds_sweeps}: good\n"
    monkeypatch.chdir(run)
    assert refused(capsys, ".", good) == f".: {is_run}, {good}\n"


def test_a_sweep_of_which_no_run_completed_is_worse_than_one_that_has_a_validation_part(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = sweep(tmp_path, "good", *(replace(each, train_cost=0.1) for each in runs({0.1: GOOD})))
    lost = sweep(tmp_path, "lost", *runs({0.1: [None] * 10}))
    assert compared(capsys, good, lost, "--fail-if-worse")[0] == 1


@pytest.mark.parametrize("more", [[], ["--json"]], ids=["table", "json"])
def test_a_reader_that_goes_away_is_no_failure(more: list[str], tmp_path: Path) -> None:
    good = sweep(tmp_path, "good", *runs({0.1: GOOD}))
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, "-m", "xor_sweep.compare", good, good, *more]
    done = subprocess.run(words, env=environment(), stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, b"")


def test_nothing_is_written(tmp_path: Path) -> None:
    both = sweep(tmp_path, "a", *runs({0.1: GOOD})), sweep(tmp_path, "b", *runs({0.1: BAD}))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert main([*both]) == 0
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_it_fits_80_columns_and_a_wide_terminal_has_all_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rates = [10.0**-place for place in range(30)]
    a = sweep(tmp_path, "a", *runs({rate: [1.23456789e-7, *GOOD] for rate in rates}))
    b = sweep(tmp_path, "b", *runs({rate: [-1.2345e-7, *BAD] for rate in rates}))
    for width, heads in ((80, ["a", "b", "95% interval"]), (120, ["n", "b - a", "b / a", "b better"])):
        monkeypatch.setenv("COLUMNS", str(width))
        assert main([a, b]) == 0
        out = capsys.readouterr().out
        assert max(map(len, out.splitlines())) <= width
        assert "\x1b" not in out
        head = next(line for line in out.splitlines() if line.split()[:1] == ["configuration"])
        assert all(f" {word} " in head for word in heads)
        assert "and 10 more; --json has all" in out


def test_values_of_strangers_are_shown_as_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = [word for word in HOSTILE if "\0" not in word]
    results = [
        result(f"run{place}", 0.1, overrides=(f"x={word}", f"seed={word}"), cpu=word, versions={word or "v": word})
        for place, word in enumerate(hostile)
    ]
    a = sweep(tmp_path, "a", *results, swept=("x", "seed", "[red]\x1b[31m"))
    b = sweep(tmp_path, "b", *results[::2], failed("\u202ex"), config="[" * 200)
    assert main([a, b]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert all(character.isprintable() or character == "\n" for character in out)
    code, found = compared(capsys, a, b)
    assert (code, found["a"]["runs"]) == (0, len(results))


def test_a_record_that_is_a_link_is_not_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = sweep(tmp_path, "a", *runs({0.1: GOOD})), sweep(tmp_path, "b", *runs({0.1: GOOD}))
    (tmp_path / "secret.yaml").write_text(CONFIG.replace("0.9", "0.123"))
    for record in Path(b).glob("*/.hydra/config.yaml"):
        record.unlink()
        record.symlink_to(tmp_path / "secret.yaml")
    assert main([a, b]) == 0
    out = capsys.readouterr().out
    assert "0.123" not in out
    assert "has no record of its configurations" in " ".join(out.split())


def test_the_command_starts_without_tensorflow_and_pandas(tmp_path: Path) -> None:
    both = sweep(tmp_path, "a", *runs({0.1: GOOD})), sweep(tmp_path, "b", *runs({0.1: BAD}))
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    done = run(*both, "--fail-if-worse", cwd=tmp_path, env=without_tensorflow(blocked), module="xor_sweep.compare")
    assert (done.returncode, done.stderr) == (1, "")
    code = (
        f"import sys; from xor_sweep.compare.__main__ import main; main({list(both)!r}); "
        "print([name for name in ('pandas', 'matplotlib', 'tensorflow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_help_says_what_fails_and_with_what_confidence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert "95% confidence" in out
    assert "--fail-if-worse --tolerance 0.01" in out
    assert max(map(len, out.splitlines())) <= 80
