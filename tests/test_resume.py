"""A stopped sweep goes on where it was, and only where that is safe."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.states import state_of
from tests.stopped import run, signalled, stop
from xor_sweep.logs.append import event_files
from xor_sweep.logs.records import header
from xor_sweep.record import ChunkRecord

WORDS = ("-m", "seed=1,2,3", "steps=6000", "save=none", "logging.scalars=100", "logging.histograms=10")
SWEEP = Path("outputs/xor")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty directory to work in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["xor_sweep"])
    monkeypatch.setattr("xor_sweep.training.program.FIRST_SEGMENT_STEPS", 500)
    monkeypatch.setattr("xor_sweep.training.program.SEGMENT_SECONDS", 0.01)
    yield
    assert not list(Path().rglob("*.part"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the sweep comes to that nobody interrupts."""
    outputs = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["xor_sweep"])
        assert run(*WORDS, f"outputs={outputs}") == 0
    return state_of(outputs / "xor")


def checkpoints() -> list[Path]:
    return sorted(SWEEP.glob(".sweep/checkpoints/*"))


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=lambda n: str(n)
)
def test_the_first_signal_keeps_what_is_trained_and_the_same_command_goes_on(
    number: int, code: int, whole: dict[str, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert stop(*WORDS, after=3, number=number) == code
    out, err = capsys.readouterr()
    assert err == ""
    assert "Stopping with what is under way" in out
    assert "Stopped: 0 of 3 runs finished. The same command goes on from here:" in out
    assert shlex.split(out.splitlines()[-1]) == ["python", "-m", "xor_sweep", *WORDS]
    assert len(checkpoints()) == 1
    assert not list(SWEEP.glob("*/result.json"))
    assert run(*WORDS) == 0
    assert "3 runs from a checkpoint: on from step " in capsys.readouterr().out
    assert state_of(SWEEP) == whole
    assert checkpoints() == []
    assert before == [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]


def test_a_second_signal_ends_at_once_and_what_was_kept_before_still_counts(
    whole: dict[str, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    with signalled(3, 3):
        assert run(*WORDS, "executor.checkpoint_seconds=0") == 143
    out, err = capsys.readouterr()
    assert err == ""
    assert "Traceback" not in out
    assert len(checkpoints()) == 1
    assert run(*WORDS) == 0
    assert "from a checkpoint" in capsys.readouterr().out
    assert state_of(SWEEP) == whole


def test_a_sweep_may_be_stopped_again_and_again(
    whole: dict[str, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    stops = 0
    while stop(*WORDS, after=1) == 143:
        stops += 1
        assert len(event_files(SWEEP / "seed=1")) == stops
    assert stops > 3
    assert state_of(SWEEP) == whole
    assert "Traceback" not in capsys.readouterr().out


@pytest.mark.parametrize(("seconds", "kept"), [("0", range(3, 1000)), ("0.05", range(1, 1000)), ("60", range(1))])
def test_checkpoints_come_as_often_as_asked_for(seconds: str, kept: range, monkeypatch: pytest.MonkeyPatch) -> None:
    count, keep = [0], ChunkRecord.keep

    def counted(record: ChunkRecord, checkpoint: Any) -> Any:
        count[0] += 1
        return keep(record, checkpoint)

    monkeypatch.setattr(ChunkRecord, "keep", counted)
    assert run(*WORDS, f"executor.checkpoint_seconds={seconds}") == 0
    assert count[0] in kept


@pytest.mark.parametrize("harm", ["emptied", "truncated", "flipped", "not a file of ours"])
def test_a_damaged_checkpoint_is_said_and_its_runs_train_from_their_start(
    harm: str, whole: dict[str, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    stop(*WORDS, after=3)
    [path] = checkpoints()
    content = bytearray(path.read_bytes())
    if harm == "flipped":
        content[len(content) // 2] ^= 4
    path.write_bytes(
        {"emptied": b"", "truncated": content[:-40], "flipped": content, "not a file of ours": b"PK\3\4 no"}[harm]
    )
    capsys.readouterr()
    assert run(*WORDS) == 0
    assert f"The checkpoint {path.name} is damaged: its runs train from their start" in capsys.readouterr().out
    assert state_of(SWEEP) == whole


def test_a_checkpoint_of_other_versions_is_said_and_not_used(
    whole: dict[str, dict[str, Any]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as other:
        other.setattr("xor_sweep.record.made_with", lambda: {"cpu": "an abacus"})
        stop(*WORDS, after=3)
    assert run(*WORDS) == 0
    assert "3 runs from the start: the checkpoint is of another processor" in capsys.readouterr().out
    assert state_of(SWEEP) == whole


def test_a_run_whose_directory_was_deleted_begins_anew_beside_those_that_go_on(
    whole: dict[str, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    stop(*WORDS, after=3)
    shutil.rmtree(SWEEP / "seed=2")
    assert run(*WORDS) == 0
    assert "2 runs from a checkpoint" in capsys.readouterr().out
    assert state_of(SWEEP) == whole


def test_other_logging_begins_anew(whole: dict[str, dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    stop(*WORDS, "logging.graph=false", after=3)
    assert run(*WORDS) == 0
    assert "from a checkpoint" not in capsys.readouterr().out
    assert state_of(SWEEP) == whole


def test_some_of_the_runs_go_on_and_later_the_others(
    whole: dict[str, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    stop(*WORDS, after=3)
    assert run("-m", "seed=2,3", *WORDS[2:]) == 0
    assert "2 runs from a checkpoint" in capsys.readouterr().out
    assert run(*WORDS) == 0
    assert "1 run from a checkpoint" in capsys.readouterr().out
    assert state_of(SWEEP) == whole
    assert checkpoints() == []


def test_a_sweep_that_has_grown_goes_on_and_trains_what_is_new(
    whole: dict[str, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    stop(*WORDS, after=3)
    assert run("-m", "seed=0,1,2,3,4", *WORDS[2:]) == 0
    assert "3 runs from a checkpoint" in capsys.readouterr().out
    state = state_of(SWEEP)
    assert {name: state[name] for name in whole} == whole
    assert state.keys() - whole.keys() == {"seed=0", "seed=4"}
    assert "seed=4" in (SWEEP / "summary.csv").read_text()


def test_one_run_goes_on_too(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("steps=6000", "seed=1")
    assert stop(*words, after=2) == 143
    assert run(*words) == 0
    assert "1 run from a checkpoint" in capsys.readouterr().out
    stopped = state_of(SWEEP)
    assert run(*words, "outputs=whole") == 0
    assert state_of(Path("whole/xor")) == stopped


def last_record(path: Path) -> int:
    """Where the last record of an event file begins."""
    content, place, last = path.read_bytes(), 0, 0
    while place < len(content):
        length = int.from_bytes(content[place : place + 8], "little")
        assert content[place : place + len(header(length))] == header(length)
        last, place = place, place + len(header(length)) + length + 4
    return last


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "cuts", [pytest.param(3, marks=pytest.mark.proof), pytest.param(1000, marks=pytest.mark.chaos)]
)
def test_an_event_file_cut_anywhere_in_its_last_record_costs_its_run_the_checkpoint_and_no_value(cuts: int) -> None:
    words = (*WORDS[:-1], "logging.histograms=0", "logging.graph=false")
    assert run(*words, "outputs=whole") == 0
    stop(*words, after=3)
    [path] = event_files(SWEEP / "seed=2")
    first, size = last_record(path), path.stat().st_size
    shutil.copytree("outputs", "stopped")
    for cut in range(first, size, max(1, (size - first) // cuts)):
        shutil.rmtree("outputs")
        shutil.copytree("stopped", "outputs")
        os.truncate(path, cut)
        assert run(*words) == 0
        assert state_of(SWEEP) == state_of(Path("whole/xor")), f"cut at {cut} of {size}"


def test_what_was_written_after_the_checkpoint_is_dropped(whole: dict[str, dict[str, Any]]) -> None:
    stop(*WORDS, after=3)
    for path in SWEEP.glob("*/events*"):
        path.write_bytes(path.read_bytes() + b"the torn tail of a record")
    (SWEEP / "seed=1" / "events.out.tfevents.9999999999.later").write_bytes(b"torn")
    assert run(*WORDS) == 0
    assert state_of(SWEEP) == whole


def test_a_checkpoint_that_does_not_fit_its_program_costs_nothing_but_itself(
    whole: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from xor_sweep.checkpoint import Checkpoint

    stop(*WORDS, after=3)
    read = Checkpoint.from_arrays.__func__  # type: ignore[attr-defined]

    with monkeypatch.context() as other:
        other.setattr(
            Checkpoint,
            "from_arrays",
            classmethod(
                lambda cls, named: read(cls, {n: a[:, :1] if n == "parked/0" else a for n, a in named.items()})
            ),
        )
        assert run(*WORDS) == 0
    assert state_of(SWEEP) == whole
