"""What two sweeps are said to differ in, and what is too different to be compared."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import pytest

from tests.command import TREE
from tests.compare.sides import BAD, CONFIG, GOOD, SGD, compared, refused, runs, sweep
from tests.summary.sweeps import result
from xor_sweep.compare.__main__ import main
from xor_sweep.manifest import add_command, extend_manifest
from xor_sweep.provenance import Command
from xor_sweep.runs import SweepPaths

DATA = "data: {{kind: {}, name: t, path: {}, target: y, validation_fraction: {}}}\nloss: {}\n"


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


def test_batches_that_nobody_gave_are_those_of_the_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    digits = CONFIG.replace("{kind: xor, name: xor}", "{kind: sklearn, name: digits}")
    usual, same, other = (
        sweep(tmp_path, size, *runs({0.1: GOOD}), config=f"{digits}batch_size: {size}\n")
        for size in ("auto", "32", "64")
    )
    assert compared(capsys, usual, same)[1]["keys"] == []
    [batches] = compared(capsys, usual, other)[1]["keys"]
    assert (batches["key"], batches["a"], batches["b"]) == ("batch_size", "32", "64")


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
