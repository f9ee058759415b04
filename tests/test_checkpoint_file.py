"""A checkpoint's file is what was written, or it counts for nothing."""

from __future__ import annotations

import hashlib
import io
import json
import random
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xor_sweep.checkpoint import Checkpoint
from xor_sweep.checkpoint_file import DIGEST, Saved, SavedRun, checkpoint_files, load, save
from xor_sweep.named_arrays import numbered
from xor_sweep.runs import SweepPaths
from xor_sweep.segment import OF_LANES, Ending

FLIPS = 400


def a_checkpoint() -> Checkpoint:
    """Three lanes, the last of which has ended."""
    random_numbers = np.random.default_rng(3)
    ending = Ending.from_arrays(
        {
            **{name: np.zeros(1, np.int64) for name in OF_LANES},
            "best_cost": np.array([np.nan], np.float32),
            "scalars/Cost/validation": np.array([0.5], np.float32),
            **numbered("weights", [random_numbers.normal(size=(1, 2, 3))]),
        }
    )
    parked = (random_numbers.normal(size=(3, 4)).astype(np.float32), np.arange(3))
    return Checkpoint(np.array([40, 20, 20]), parked, {20: (np.array(20),), 40: (np.array(40),)}, np.array([2]), ending)


@pytest.fixture
def sweep(tmp_path: Path) -> SweepPaths:
    return SweepPaths(tmp_path / "outputs" / "xor")


@pytest.fixture
def path(sweep: SweepPaths) -> Path:
    """A checkpoint's file, which can be read."""
    for lane in range(3):
        (sweep.directory / f"seed={lane}").mkdir(parents=True)
    written = save(sweep, a_saved())
    assert load(written) is not None
    return written


def a_saved() -> Saved:
    return Saved(
        runs=tuple(SavedRun(str(lane) * 64, f"seed={lane}", (("events.out.tfevents.1", 12),)) for lane in range(3)),
        logging={"scalars": None, "histograms": 51, "graph": True},
        made_with={"cpu": "an abacus"},
        started_at=1.5,
        trained_s=0.25,
        milestones={0: np.array([1, 2, np.nan], np.float32)},
        checkpoint=a_checkpoint(),
    )


def content_of(saved: Saved) -> list[Any]:
    arrays = {**saved.checkpoint.arrays(), **{f"at {step}": costs for step, costs in saved.milestones.items()}}
    plain = (saved.runs, dict(saved.logging), dict(saved.made_with), saved.started_at, saved.trained_s)
    return [*plain, {name: (array.dtype, array.shape, array.tobytes()) for name, array in arrays.items()}]


def test_it_holds_all_that_was_put_in(sweep: SweepPaths, path: Path) -> None:
    read = load(path)
    assert read is not None
    assert content_of(read) == content_of(a_saved())
    assert checkpoint_files(sweep) == [path]
    assert "tfevents" not in path.name


def test_of_one_chunk_the_latest_is_kept(sweep: SweepPaths, path: Path) -> None:
    assert save(sweep, a_saved()) == path
    assert list(sweep.checkpoints.iterdir()) == [path]


def test_some_lanes_of_it_are_a_checkpoint_of_their_own(path: Path) -> None:
    read = load(path)
    assert read is not None
    some = read.of([0, 2])
    assert [run.name for run in some.runs] == ["seed=0", "seed=2"]
    assert list(some.checkpoint.steps) == [40, 20]
    assert list(some.checkpoint.ended) == [1]
    assert some.checkpoint.ending is not None
    assert read.of([1]).checkpoint.ending is None
    assert some.file_name != read.file_name


def test_a_file_cut_off_anywhere_counts_for_nothing(path: Path) -> None:
    content = path.read_bytes()
    for size in range(0, len(content), 23):
        path.write_bytes(content[:size])
        assert load(path) is None


@pytest.mark.parametrize("flips", [FLIPS, pytest.param(20 * FLIPS, marks=pytest.mark.chaos)])
def test_a_bit_that_flips_is_noticed(flips: int, path: Path) -> None:
    content, chance, noticed = path.read_bytes(), random.Random(1), 0
    for _ in range(flips):
        flipped = bytearray(content)
        flipped[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(flipped)
        noticed += load(path) is None
    assert noticed == flips


def test_what_is_a_link_a_directory_or_gone_counts_for_nothing(path: Path, tmp_path: Path) -> None:
    path.rename(tmp_path / "elsewhere")
    assert load(path) is None
    path.symlink_to(tmp_path / "elsewhere")
    assert load(path) is None
    assert load(tmp_path) is None


def arrays_of(path: Path) -> dict[str, Any]:
    with np.load(io.BytesIO(path.read_bytes()[:-DIGEST])) as stored:
        return {name: stored[name] for name in stored.files}


def rewrite(path: Path, archive: bytes) -> None:
    """Write what a stranger could, with a digest that fits."""
    path.write_bytes(archive + hashlib.sha256(archive).digest())


def rewritten(path: Path, **changes: np.ndarray[Any, Any]) -> None:
    content = io.BytesIO()
    np.savez(content, **{**arrays_of(path), **changes})
    rewrite(path, content.getvalue())


def test_objects_are_not_unpickled(path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return (pytest.fail, ("it was unpickled",))

    rewritten(path, **{"checkpoint/parked/0": np.array([Bomb(), Bomb(), Bomb()], object)})
    assert load(path) is None


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"runs": []},
        {"runs": [{"identity": "a", "name": "b"}] * 3},
        {"trained_s": "long"},
        {"logging": None},
    ],
    ids=str,
)
def test_a_header_that_does_not_fit_counts_for_nothing(change: dict[str, Any], path: Path) -> None:
    header = json.loads(arrays_of(path)["header"].tobytes())
    rewritten(path, header=np.frombuffer(json.dumps(header | change).encode(), np.uint8))
    assert load(path) is None


def test_a_member_that_claims_to_be_endless_counts_for_nothing(path: Path) -> None:
    member = io.BytesIO()
    np.lib.format.write_array_header_1_0(member, {"descr": "<f8", "fortran_order": False, "shape": (3, 2**50)})
    content = io.BytesIO(path.read_bytes()[:-DIGEST])
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("checkpoint/parked/2.npy", member.getvalue())
    rewrite(path, content.getvalue())
    assert load(path) is None
