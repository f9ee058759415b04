"""Checkpoints on disk: what a chunk's training has come to, and what its runs had written by then.

A file is NumPy's `.npz`, read without pickle, and behind it the SHA-256 of it all: the archive's own checksums leave
out its table of contents. It vouches for the event files as a result does: they are on disk up to the size that it
names before it is.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.checkpoint import Checkpoint
from xor_sweep.durable import sync_directories, write_whole
from xor_sweep.foreign import read_file
from xor_sweep.named_arrays import above, below
from xor_sweep.runs import SweepPaths

FORMAT = 1
SUFFIX = ".checkpoint"

DIGEST = hashlib.sha256().digest_size

MOST_BYTES = 1 << 36
"""What a checkpoint has at most."""


@dataclass(frozen=True, slots=True)
class SavedRun:
    """What a run had written.

    Attributes:
        identity: the run's.
        name: its directory's.
        events: its event files in their order, and the bytes of each that count.
    """

    identity: str
    name: str
    events: tuple[tuple[str, int], ...]


@dataclass(frozen=True, eq=False)
class Saved:
    """A chunk's training up to a checkpoint.

    Attributes:
        runs: in the order of the lanes.
        logging: what is logged of them, as values.
        made_with: the processor and the versions; bits are promised for equal ones.
        started_at: when training began, in seconds since the epoch.
        trained_s: seconds that it has taken.
        milestones: by step, the costs of the lanes there, `(lanes,)`.
        checkpoint: the lanes.
    """

    runs: tuple[SavedRun, ...]
    logging: Mapping[str, Any]
    made_with: Mapping[str, str]
    started_at: float
    trained_s: float
    milestones: Mapping[int, NDArray[np.float32]]
    checkpoint: Checkpoint

    def of(self, lanes: Sequence[int]) -> Saved:
        """Some of the lanes alone, in ascending order."""
        chosen = np.array(lanes, np.int64)
        return replace(
            self,
            runs=tuple(self.runs[lane] for lane in lanes),
            milestones={step: costs[chosen] for step, costs in self.milestones.items()},
            checkpoint=self.checkpoint.of(chosen),
        )

    @property
    def file_name(self) -> str:
        """The file's name: one chunk's checkpoints replace each other."""
        identities = "\n".join(run.identity for run in self.runs)
        return hashlib.sha256(identities.encode()).hexdigest()[:16] + SUFFIX


def save(sweep: SweepPaths, saved: Saved) -> Path:
    """Write a checkpoint, whole or not at all, after what it vouches for; returns its file."""
    sync_directories([sweep.run(run.name).directory for run in saved.runs])
    header = {
        "format": FORMAT,
        "runs": [asdict(run) for run in saved.runs],
        "logging": saved.logging,
        "made_with": saved.made_with,
        "started_at": saved.started_at,
        "trained_s": saved.trained_s,
    }
    arrays = {"header": np.frombuffer(json.dumps(header).encode(), np.uint8)}
    arrays |= above("milestones", {str(step): costs for step, costs in saved.milestones.items()})
    arrays |= above("checkpoint", saved.checkpoint.arrays())
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    path = sweep.checkpoints / saved.file_name
    content.write(hashlib.sha256(content.getbuffer()).digest())
    write_whole(path, content.getbuffer())
    return path


def load(path: Path) -> Saved | None:
    """A checkpoint; None where the file is not whole, or of another format."""
    try:
        content = memoryview(read_file(path, MOST_BYTES))
        archive, digest = content[:-DIGEST], content[-DIGEST:]
        if hashlib.sha256(archive).digest() != digest:
            return None
        with np.load(io.BytesIO(archive), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        header = json.loads(arrays["header"].tobytes())
        if header["format"] != FORMAT:
            return None
        runs = tuple(
            SavedRun(
                str(run["identity"]), str(run["name"]), tuple((str(name), int(size)) for name, size in run["events"])
            )
            for run in header["runs"]
        )
        milestones = {int(step): costs.astype(np.float32) for step, costs in below("milestones", arrays).items()}
        checkpoint = Checkpoint.from_arrays(below("checkpoint", arrays))
        if {len(checkpoint.steps), *map(len, milestones.values())} != {len(runs)}:
            return None
        return Saved(
            runs=runs,
            logging=dict(header["logging"]),
            made_with=dict(header["made_with"]),
            started_at=float(header["started_at"]),
            trained_s=float(header["trained_s"]),
            milestones=milestones,
            checkpoint=checkpoint,
        )
    except Exception:  # noqa: BLE001  # of a file that is none of ours zipfile, zlib and NumPy raise anything
        return None


def checkpoint_files(sweep: SweepPaths) -> list[Path]:
    """The files of checkpoints, in the order of their names."""
    return sorted(sweep.checkpoints.glob(f"*{SUFFIX}")) if sweep.checkpoints.is_dir() else []
