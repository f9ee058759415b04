"""`python -m xor_sweep.compare a b`: what it says, how it ends, and what it refuses to hold against each other."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.command import TREE, environment, run, without_tensorflow
from tests.hostile import HOSTILE
from tests.summary.sweeps import diverged, failed, make_sweep, result
from xor_sweep.compare.__main__ import main
from xor_sweep.manifest import add_command, extend_manifest
from xor_sweep.provenance import Command
from xor_sweep.results import RunResult
from xor_sweep.runs import SweepPaths

CONFIG = (
    "lr: 0.1\nseed: 5\noptimizer: {name: adam, learning_rate: '${lr}', beta_1: 0.9}\ndata: {kind: xor, name: xor}\n"
)
SGD = CONFIG.replace("name: adam", "name: sgd").replace("beta_1: 0.9", "momentum: 0.0")

GOOD = [0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008, 0.009, 0.01]
BAD = [cost + 0.3 for cost in GOOD]


def runs(costs: Mapping[float, Sequence[float | None]]) -> list[RunResult]:
    """Runs of each learning rate with a cost for each seed; None diverged."""
    names = [(f"lr={rate},seed={seed}", cost) for rate, of in costs.items() for seed, cost in enumerate(of)]
    return [diverged(name) if cost is None else result(name, cost) for name, cost in names]


def sweep(outputs: Path, name: str, *results: RunResult, config: str = CONFIG, **more: Any) -> str:
    """A sweep directory whose runs all have one configuration recorded."""
    more = {"swept": ("lr", "seed"), "configs": {each.run: config for each in results}} | more
    return str(make_sweep(outputs, *results, name=name, **more).directory)


def compared(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and what `--json` says."""
    code = main([*words, "--json"])
    out, err = capsys.readouterr()
    assert err == ""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return code, json.loads(out, parse_constant=refuse)


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line with which a command ends that compares nothing."""
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


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


@pytest.mark.parametrize("words", [["--tolerance", "0.1"], ["--fail-if-worse", "--tolerance", "-1"], ["--nope"]])
def test_a_mistake_in_an_option_is_exit_code_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["a", "b", *words])
    assert ended.value.code == 2
    assert words[0] in capsys.readouterr().err


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


def test_what_differs_in_configuration_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = sweep(tmp_path, "a", *runs({0.1: GOOD, 0.01: GOOD}))
    newer = [
        result(f"lr={rate},seed={seed}", 0.2, cpu="another CPU", versions={"tensorflow": "2.22.0", "keras": "3.15.0"})
        for rate in (0.1, 0.5)
        for seed in (0, 1)
    ]
    b = sweep(tmp_path, "b", *newer, config=SGD)
    _, found = compared(capsys, a, b)
    assert found["keys"] == [{"key": "optimizer", "a": "adam", "b": "sgd", "configurations": 1}]
    assert found["swept"] == [
        {"name": "lr", "both": ["0.1"], "only_a": ["0.01"], "only_b": ["0.5"]},
        {"name": "seed", "both": ["0", "1"], "only_a": list("23456789"), "only_b": []},
    ]
    assert [each["name"] for each in found["versions"]] == ["cpu", "tensorflow"]
    assert main([a, b]) == 0
    out = capsys.readouterr().out
    for line in (
        "optimizer: adam in a, sgd in b",
        "lr: 0.1 in both; 0.01 in a alone; 0.5 in b alone",
        "tensorflow: 2.21.0 in a alone; 2.22.0 in b alone",
        "1 configuration in both",
    ):
        assert line in out


def test_a_key_that_one_sweep_has_fixed_is_paired_by_its_value(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = sweep(tmp_path, "a", *runs({0.1: GOOD, 0.01: GOOD}))
    fixed = [result(f"seed={seed}", cost) for seed, cost in enumerate(GOOD)]
    _, found = compared(capsys, a, sweep(tmp_path, "b", *fixed, swept=("seed",)))
    assert [each["configuration"] for each in found["configurations"]] == ["lr=0.1"]
    assert found["keys"] == []


def test_a_network_that_nobody_named_is_the_one_that_was_composed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = [result(f"network={name},seed={seed}", 0.1) for name in ("xor", "mlp") for seed in range(5)]
    a = sweep(tmp_path, "a", *named, swept=("network", "seed"))
    b = sweep(tmp_path, "b", *(result(f"seed={seed}", 0.1) for seed in range(5)), swept=("seed",))
    for run_directory in Path(b).glob("seed=*"):
        (run_directory / ".hydra" / "hydra.yaml").write_text("hydra: {runtime: {choices: {network: xor}}}\n")
    _, found = compared(capsys, a, b)
    assert [each["configuration"] for each in found["configurations"]] == ["network=xor"]


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


DATA = "data: {{kind: {}, name: t, path: {}, target: y, validation_fraction: {}}}\nloss: {}\n"


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (CONFIG.replace("{kind: xor, name: xor}", "{kind: parity, name: parity, bits: 3}"), "data=xor and data=parity"),
        (CONFIG + "loss: mse\n", "costs of different losses, crossentropy and mse"),
        (None, "ranked on the training part and on the validation part"),
    ],
    ids=["data", "loss", "part"],
)
def test_objectives_of_different_kinds_are_not_compared(
    config: str | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = sweep(tmp_path, "a", *runs({0.1: GOOD}))
    other = runs({0.1: GOOD}) if config else [result("lr=0.1,seed=0", 0.1, train_cost=0.05)]
    b = sweep(tmp_path, "b", *other, config=config or CONFIG)
    assert says in refused(capsys, a, b)


@pytest.mark.parametrize(("digest", "code"), [("1", 0), ("2", 2), (None, 0)], ids=["same", "changed", "unknown"])
def test_a_file_is_known_by_its_content_and_not_by_its_place(
    digest: str | None, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = sweep(tmp_path, "a", *runs({0.1: GOOD}), config=DATA.format("csv", "/here/t.csv", 0.2, "null"))
    b = sweep(tmp_path, "b", *runs({0.1: GOOD}), config=DATA.format("csv", "/there/t.csv", 0.2, "null"))
    extend_manifest(SweepPaths(Path(a)), (), "final_cost", "minimize", {"/here/t.csv": "1"})
    if digest:
        extend_manifest(SweepPaths(Path(b)), (), "final_cost", "minimize", {"/there/t.csv": digest})
    if code:
        assert "the content of t.csv changed" in refused(capsys, a, b)
    else:
        _, found = compared(capsys, a, b)
        assert found["keys"] == []
        assert found["notes"] == ([] if digest else ["whether t.csv held the same rows for both is not known"])


def test_another_split_and_another_source_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = sweep(tmp_path, "a", *runs({0.1: GOOD}), config=DATA.format("npz", "t.npz", 0.2, "null"))
    b = sweep(tmp_path, "b", *runs({0.1: GOOD}), config=DATA.format("npz", "t.npz", 0.3, "null"))
    for each, source in ((a, "1"), (b, "2")):
        extend_manifest(SweepPaths(Path(each)), (), "final_cost", "minimize", {"t.npz": "1", "my.net.build": source})
    _, found = compared(capsys, a, b)
    assert found["notes"] == ["other rows rank the runs: data.validation_fraction differ"]
    assert found["sources"] == ["my.net.build"]


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


@pytest.mark.parametrize("release", sorted(path.name for path in (TREE / "tests" / "releases").iterdir()))
def test_a_sweep_of_an_earlier_release_differs_from_the_latest_by_its_version_alone(
    release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    latest = max(path.name for path in (TREE / "tests" / "releases").iterdir())
    both = [str(TREE / "tests" / "releases" / each / "xor") for each in (release, latest)]
    code, found = compared(capsys, *both, "--fail-if-worse")
    assert (code, found["keys"], found["swept"], found["notes"]) == (0, [], [], [])
    assert [each["name"] for each in found["versions"]] in ([], ["xor_sweep"])
    assert {each["configuration"] for each in found["configurations"]} == {"lr=0.1", "lr=0.01", "lr=1e+38"}


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


def test_a_copy_of_a_sweep_is_no_different(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = sweep(tmp_path, "a", *runs({0.1: [*GOOD, None], 0.01: BAD}))
    shutil.copytree(a, tmp_path / "copy")
    code, found = compared(capsys, a, str(tmp_path / "copy"), "--fail-if-worse")
    assert code == 0
    assert {each["verdict"] for each in [*found["configurations"], found["best"]]} == {"equal"}
    assert (found["keys"], found["swept"], found["versions"], found["notes"]) == ([], [], [], [])
    assert not math.isnan(found["best"]["difference"])


def test_a_length_that_nobody_gave_is_that_of_the_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    usual, same, other = (
        sweep(tmp_path, str(steps), *runs({0.1: GOOD}), config=f"{CONFIG}steps: {steps}\nepochs: null\n")
        for steps in ("null", 10001, 500)
    )
    assert compared(capsys, usual, same)[1]["keys"] == []
    [steps] = compared(capsys, usual, other)[1]["keys"]
    assert (steps["key"], steps["a"], steps["b"]) == ("steps", "10001", "500")


def test_the_commits_of_both_are_named_where_they_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = []
    for name, commit, dirty in (("a", "1" * 40, False), ("b", "2" * 40, True)):
        both.append(sweep(tmp_path, name, *runs({0.1: GOOD})))
        add_command(SweepPaths(Path(both[-1])), Command("x", "2026-01-01", "host", commit, dirty, {}))
    assert main(both) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"git commit: {'1' * 12} in a alone; {'2' * 12} with changes in b alone" in said


def test_runs_of_one_seed_that_differ_in_an_edited_file_are_configurations_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"lr=0.1,seed={seed}{beside}" for seed in range(5) for beside in ("", "~edited")]
    edited = [
        result(name, 0.1 if "~" in name else 0.3, identity=f"{k:08}" * 8, overrides=name.split("~")[0].split(","))
        for k, name in enumerate(names)
    ]
    network = {name: f"{CONFIG}network: {{hidden: [{4 if '~' in name else 3}]}}\n" for name in names}
    both = sweep(tmp_path, "a", *edited, configs=network)
    larger = sweep(tmp_path, "b", *runs({0.1: [0.1] * 5}), config=f"{CONFIG}network: {{hidden: [4]}}\n")
    found = compared(capsys, both, larger)[1]
    [pair] = found["configurations"]
    assert (pair["a"]["n"], pair["b"]["n"], pair["verdict"]) == (5, 5, "equal")
    assert (found["a"]["configurations"], found["b"]["configurations"], found["keys"]) == (2, 1, [])
