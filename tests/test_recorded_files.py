"""A result vouches for its run's other files: what was changed behind it is noticed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.chaos.states import weights_of
from tests.stopped import finished, run
from xor_sweep import load_history, load_results
from xor_sweep.logs.append import event_files
from xor_sweep.results import damaged_file, load_result
from xor_sweep.runs import RunPaths

WORDS = ("-m", "lr=0.1,0.01", "seed=1,2", "steps=20", "save=none")
RUN = "lr=0.1,seed=1"
CONFIG = ".hydra/config.yaml"


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished(tmp_path_factory.mktemp("finished"), *WORDS)


@pytest.fixture
def mine(sweep: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sweep directory below the current one, with other modification times."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["xor_sweep"])
    shutil.copytree(sweep, tmp_path / "outputs" / "xor", copy_function=shutil.copyfile)
    return Path("outputs/xor")


def replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(directory: Path) -> None:
        text = (directory / name).read_text()
        assert old in text
        (directory / name).write_text(text.replace(old, new))

    return change


def in_place(name: str, old: str, new: str) -> Callable[[Path], None]:
    """A change that leaves size and modification time as they were, as a disk that fails does."""

    def change(directory: Path) -> None:
        before = (directory / name).stat()
        replace(name, old, new)(directory)
        os.utime(directory / name, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert (directory / name).stat().st_size == before.st_size

    return change


HARM = {
    "a rate in the configuration, in place": (
        ".hydra/config.yaml",
        in_place(".hydra/config.yaml", "lr: 0.1", "lr: 0.7"),
    ),
    "a seed in the configuration, in place": (
        ".hydra/config.yaml",
        in_place(".hydra/config.yaml", "seed: 1", "seed: 7"),
    ),
    "a rate in the overrides of the result": ("result.json", replace("result.json", '"lr=0.1"', '"lr=0.7"')),
    "a seed in the overrides of the result": ("result.json", replace("result.json", '"seed=1"', '"seed=3"')),
    "the time in the result": ("result.json", replace("result.json", '"started_at": "20', '"started_at": "19')),
    "a rate in the configuration": (".hydra/config.yaml", replace(".hydra/config.yaml", "lr: 0.1", "lr: 0.7")),
    "a seed in the configuration": (".hydra/config.yaml", replace(".hydra/config.yaml", "seed: 1", "seed: 3")),
    "a choice of a group": (".hydra/hydra.yaml", replace(".hydra/hydra.yaml", "optimizer: adam", "optimizer: sgd")),
    "a rate in the list of overrides": (
        ".hydra/overrides.yaml",
        replace(".hydra/overrides.yaml", "lr=0.1", "lr=0.7"),
    ),
    "an empty configuration": (
        ".hydra/config.yaml",
        lambda directory: (directory / ".hydra/config.yaml").write_text(""),
    ),
    "no configuration": (".hydra/config.yaml", lambda directory: (directory / ".hydra/config.yaml").unlink()),
    "a link for a configuration": (
        ".hydra/config.yaml",
        lambda directory: (
            (directory / ".hydra/config.yaml").unlink(),
            (directory / ".hydra/config.yaml").symlink_to("overrides.yaml"),
        ),
    ),
}


def test_a_copy_of_a_sweep_is_as_whole_as_the_sweep(mine: Path) -> None:
    assert [damaged_file(RunPaths(path.parent)) for path in mine.glob("*/result.json")] == [None] * 4


@pytest.mark.parametrize(("file", "harm"), HARM.values(), ids=HARM)
def test_a_run_whose_record_was_changed_does_not_count(file: str, harm: Callable[[Path], None], mine: Path) -> None:
    harm(mine / RUN)
    assert load_result(RunPaths(mine / RUN)) is None
    assert damaged_file(RunPaths(mine / RUN)) == mine / RUN / file


def test_it_trains_again_alone_and_the_tables_say_what_it_was_trained_with(
    mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = load_results(mine).set_index("run")
    HARM["a rate in the overrides of the result"][1](mine / RUN)
    HARM["a rate in the configuration"][1](mine / "lr=0.1,seed=2")
    assert run(*WORDS) == 0
    out, err = capsys.readouterr()
    assert err == ""
    files = f"{mine / RUN}/result.json, {mine}/lr=0.1,seed=2/.hydra/config.yaml"
    assert f"2 results damaged, so that their runs train again: {files}" in out
    after = load_results(mine).set_index("run")
    columns = ["lr", "seed", "final_cost", "best_cost"]
    assert after[columns].equals(before.loc[after.index][columns])
    again = after.started_at != before.started_at[after.index]
    assert sorted(after.index[again]) == ["lr=0.1,seed=1", "lr=0.1,seed=2"]


def test_a_cut_event_file_of_a_finished_run_is_named_with_its_remedy(
    mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [events] = event_files(mine / RUN)
    size = events.stat().st_size
    events.write_bytes(events.read_bytes()[:1000])
    assert run(*WORDS) == 0
    said = f"1 event file damaged: {events} has 1,000 of {size:,} bytes; overwrite=true trains such runs again"
    assert said in capsys.readouterr().out
    with pytest.warns(UserWarning, match=r"has 1,000 of [\d,]+ bytes, so that points are missing"):
        load_history(mine)
    events.unlink()  # deleted to save space
    assert run(*WORDS) == 0
    assert "event file" not in capsys.readouterr().out
    assert load_history(mine / RUN) == {}


def test_hydras_own_launcher_and_sweeper_may_write_a_finished_runs_configuration_anew(
    mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = load_results(mine).set_index("run").started_at
    more = "lr=0.1,0.01,0.001"
    for _ in range(2):
        assert run("-m", more, *WORDS[2:], "hydra/launcher=basic", "hydra/sweeper=basic") == 0
    assert "damaged" not in capsys.readouterr().out
    after = load_results(mine).set_index("run").started_at
    assert after[before.index].equals(before)


def test_a_result_without_a_record_of_files_is_that_of_an_earlier_release_and_counts(mine: Path) -> None:
    path = mine / RUN / "result.json"
    content = json.loads(path.read_text())
    newer = ("files", "seal", "checksum", "program_s", "measure", "batch_order")
    path.write_text(json.dumps({key: value for key, value in content.items() if key not in newer}))
    (mine / RUN / ".hydra" / "config.yaml").write_text("lr: 0.1\n")
    assert load_result(RunPaths(mine / RUN)) is not None


def test_a_damaged_model_is_written_again_by_the_same_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["xor_sweep"])
    words = ("-m", "lr=0.1,0.01", "steps=20", "logging=off")
    assert run(*words) == 0
    model = Path("outputs/xor/lr=0.1/model.keras")
    weights = weights_of(model.parent)
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(content)
    capsys.readouterr()
    assert run(*words) == 0
    assert f"{model}: damaged, and is replaced" in capsys.readouterr().out
    assert weights_of(model.parent) == weights
    assert run(*words) == 0
    assert "damaged" not in capsys.readouterr().out


@pytest.mark.parametrize(("place", "missing"), [(0, True), (8, True), (13, False), (40, False), (-1, False)])
def test_a_record_that_does_not_match_its_checksum_is_left_out_and_said(place: int, missing: bool, mine: Path) -> None:
    whole = load_history(mine)[RUN]
    [log] = event_files(mine / RUN)
    content = bytearray(log.read_bytes())
    edges = [0]
    while edges[-1] < len(content):
        edges.append(edges[-1] + 16 + int.from_bytes(content[edges[-1] : edges[-1] + 8], "little"))
    scalars = [start for start, end in pairwise(edges) if b"Cost/Cost" in content[start:end] and end - start < 200]
    start = scalars[10]
    end = edges[edges.index(start) + 1]
    content[end - 1 if place < 0 else start + place] ^= 64
    log.write_bytes(content)
    with pytest.warns(UserWarning, match="damaged, records do not match their checksums, so that points are missing"):
        found = load_history(mine)[RUN]
    assert found.keys() == whole.keys(), "a damaged tag is no series"
    steps = found["Cost/Cost"][0]
    assert len(steps) == 10 if missing else len(steps) == len(whole["Cost/Cost"][0]) - 1
    assert set(steps) < set(whole["Cost/Cost"][0])
