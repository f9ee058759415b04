from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xor_sweep.durable import write_whole
from xor_sweep.results import RunResult, load_result, load_results, save_results, sealed
from xor_sweep.runs import RunPaths, SweepPaths

numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
results = st.builds(
    RunResult,
    run=st.just("lr=0.1"),
    status=st.sampled_from(["completed", "diverged", "failed"]),
    final_cost=numbers,
    final_accuracy=numbers,
    best_cost=numbers,
    steps=st.integers(1, 10**9),
    identity=st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
    overrides=st.lists(texts, max_size=4).map(tuple),
    reason=st.none() | texts,
    started_at=texts,
    wall_s=st.floats(0, 1e6),
    cpu=texts,
    versions=st.dictionaries(texts, texts, max_size=3),
    milestones=st.lists(st.tuples(st.integers(0, 10**9), st.floats(0, 1e9)), max_size=3).map(tuple),
    hypothesis=st.lists(st.floats(0, 1), max_size=4).map(tuple),
    train_cost=numbers,
    train_accuracy=numbers,
    metrics=st.lists(st.tuples(texts, st.floats(-1e9, 1e9)), max_size=3).map(tuple),
    stopped_at=st.none() | st.integers(1, 10**9),
    kept_at=st.none() | st.integers(0, 10**9),
    batch_order=st.none() | texts,
    format=st.just(1),
)
RESULT = RunResult(
    run="lr=0.1",
    status="completed",
    final_cost=0.25,
    final_accuracy=1.0,
    best_cost=0.125,
    steps=1000,
    identity="0123456789abcdef" * 4,
    overrides=("lr=0.1",),
    reason=None,
    started_at="2026-01-01T00:00:00+00:00",
    wall_s=1.25,
    cpu="a CPU",
    versions={"keras": "3.15.0"},
    milestones=((0, 0.75), (1000, 0.25)),
    hypothesis=(0.0, 1.0),
    train_cost=0.125,
    train_accuracy=1.0,
    metrics=(("auc/validation", 0.5),),
    stopped_at=900,
    kept_at=800,
    batch_order="seed",
)
OPTIONAL = (
    "milestones",
    "hypothesis",
    "train_cost",
    "train_accuracy",
    "metrics",
    "stopped_at",
    "kept_at",
    "program_s",
    "files",
    "batch_order",
    "measure",
)
"""What results of earlier releases may lack."""

WRONG: dict[str, list[Any]] = {
    "run": [None, 3, ["a"]],
    "status": [None, "running", "Completed", 0, []],
    "final_cost": ["0.25", []],
    "final_accuracy": ["1.0", {}],
    "best_cost": ["low", []],
    "steps": [None, "1000", 1.5],
    "identity": [None, 5, []],
    "overrides": [None, 5, "lr=0.1", [1]],
    "reason": [5, []],
    "started_at": [None, 5],
    "wall_s": [None, "1"],
    "cpu": [None, 5],
    "versions": [None, [], "a", {"keras": 3}],
    "milestones": [None, 5, [1], [[1]], [[1, 2, 3]], [["a", "b"]]],
    "hypothesis": [None, 5, ["a"]],
    "train_cost": ["0.25", [], 1],
    "train_accuracy": ["1.0", {}, True],
    "metrics": [None, 5, [1], [["auc"]], [[1, 0.5]], [["auc", "0.5"]]],
    "stopped_at": ["900", 900.0, []],
    "kept_at": ["800", 800.0, True],
    "batch_order": [5, [], True],
    "measure": [5, "data", [["data"]], [["data", 5]], [[5, "xor"]]],
    "format": [None, 0, 2, "1", [1]],
}


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    paths = SweepPaths(tmp_path / "xor").run("lr=0.1")
    paths.directory.mkdir(parents=True)
    return paths


def saved(paths: RunPaths, result: RunResult = RESULT) -> bytes:
    save_results([(paths, result)])
    return paths.result.read_bytes()


@given(result=results)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_saved_result_is_loaded_as_it_was(paths: RunPaths, result: RunResult) -> None:
    saved(paths, result)
    assert load_result(paths) == result


def test_a_result_is_strict_json_with_its_format_first(paths: RunPaths) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    content = json.loads(saved(paths), parse_constant=refuse)
    assert next(iter(content)) == "format"
    assert set(content) == {field.name for field in fields(RunResult)} | {"checksum", "seal"}
    assert content["final_cost"] == 0.25


@pytest.mark.parametrize("cost", [math.nan, math.inf])
def test_a_result_with_a_number_that_json_has_not_is_never_written(paths: RunPaths, cost: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        saved(paths, replace(RESULT, final_cost=cost))
    assert load_result(paths) is None


def test_saving_leaves_the_result_and_nothing_else(paths: RunPaths) -> None:
    saved(paths)
    assert [path.name for path in paths.directory.iterdir()] == ["result.json"]


def test_all_results_of_a_chunk_are_saved(tmp_path: Path) -> None:
    sweep = SweepPaths(tmp_path / "xor")
    expected = [replace(RESULT, run=f"seed={seed}", steps=seed + 1) for seed in range(20)]
    for each in expected:
        sweep.run(each.run).directory.mkdir(parents=True)
    save_results([(sweep.run(each.run), each) for each in expected])
    assert load_results(sweep) == sorted(expected, key=lambda each: each.run)
    assert not list(sweep.directory.rglob("*.part"))


def test_no_results_are_saved_without_a_directory() -> None:
    save_results([])


def test_a_truncated_result_counts_as_absent(paths: RunPaths) -> None:
    whole = saved(paths)
    for length in range(len(whole.rstrip())):
        paths.result.write_bytes(whole[:length])
        assert load_result(paths) is None, length
    paths.result.write_bytes(whole)
    assert load_result(paths) == RESULT


def test_a_result_with_a_flipped_bit_is_absent_or_a_result(paths: RunPaths) -> None:
    whole = saved(paths)
    absent = 0
    for bit in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        paths.result.write_bytes(damaged)
        loaded = load_result(paths)
        absent += loaded is None
        if loaded is not None:
            assert loaded.status in ("completed", "diverged", "failed")
            assert type(loaded.final_cost) is float
    assert absent > 4 * len(whole)


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[]", b"{}", b'"text"', b"1", b"\x00" * 100, b"\xff\xfe", b'{"format": 1}', b"[" * 100_000],
    ids=["empty", "null", "a list", "no keys", "a text", "a number", "zeros", "no text", "its format alone", "nested"],
)
def test_another_file_of_that_name_counts_as_absent(paths: RunPaths, content: bytes) -> None:
    paths.result.write_bytes(content)
    assert load_result(paths) is None


def test_a_directory_of_that_name_counts_as_absent(paths: RunPaths) -> None:
    paths.result.mkdir()
    assert load_result(paths) is None


@pytest.mark.parametrize("field", WRONG)
def test_a_result_of_other_types_or_another_format_counts_as_absent(paths: RunPaths, field: str) -> None:
    content = json.loads(saved(paths))
    for value in WRONG[field]:
        paths.result.write_text(json.dumps(content | {field: value}))
        assert load_result(paths) is None, value


def of_the_first_release(paths: RunPaths) -> dict[str, Any]:
    """What a result says, without the checksums that the first release did not write."""
    return {key: value for key, value in json.loads(saved(paths)).items() if key not in ("checksum", "seal")}


@pytest.mark.parametrize("field", [field.name for field in fields(RunResult)])
def test_a_result_that_lacks_a_key_counts_as_absent_unless_it_may(paths: RunPaths, field: str) -> None:
    content = of_the_first_release(paths)
    del content[field]
    paths.result.write_text(json.dumps(content))
    assert (load_result(paths) is None) == (field not in OPTIONAL)


def test_a_result_of_an_earlier_release_has_nothing_for_what_it_lacks(paths: RunPaths) -> None:
    content = of_the_first_release(paths)
    paths.result.write_text(json.dumps({key: value for key, value in content.items() if key not in OPTIONAL}))
    loaded = load_result(paths)
    assert loaded is not None
    assert (loaded.final_cost, loaded.train_cost, loaded.train_accuracy) == (0.25, None, None)
    assert (loaded.metrics, loaded.stopped_at, loaded.kept_at, loaded.batch_order) == ((), None, None, None)


def test_keys_of_a_later_release_are_ignored_where_its_checksum_holds(paths: RunPaths) -> None:
    content = json.loads(saved(paths)) | {"epochs": 3}
    paths.result.write_text(json.dumps(content))
    assert load_result(paths) is None
    paths.result.write_text(json.dumps(sealed(content)))
    assert load_result(paths) == RESULT


def test_a_renamed_run_has_its_present_name(paths: RunPaths) -> None:
    saved(paths)
    paths.directory.rename(paths.directory.with_name("my favourite"))
    assert [result.run for result in load_results(SweepPaths(paths.directory.parent))] == ["my favourite"]


def test_runs_are_the_visible_directories_by_name(tmp_path: Path) -> None:
    for name in ("b", "a", ".sweep", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "summary.csv").write_text("")
    assert [paths.name for paths in SweepPaths(tmp_path).runs()] == ["a", "b"]
    assert SweepPaths(tmp_path / "nothing").runs() == []


@given(content=st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_is_written_whole_with_what_it_needs(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "deep" / "down" / "file"
    write_whole(path, content)
    assert path.read_bytes() == content
    assert [each.name for each in path.parent.iterdir()] == ["file"]
