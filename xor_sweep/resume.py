"""Checkpoints against what is to be trained: which runs go on where they were stopped."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from xor_sweep.checkpoint_file import Saved, SavedRun, checkpoint_files, load
from xor_sweep.claims import Claim
from xor_sweep.config import earlier_identity
from xor_sweep.config.spec import RunSpec
from xor_sweep.logs.append import intact
from xor_sweep.open_chunk import Work
from xor_sweep.outcome import made_with
from xor_sweep.plan import Chunk
from xor_sweep.runs import SweepPaths
from xor_sweep.structure import Structure


@dataclass
class Resumed:
    """What checkpoints give.

    Attributes:
        work: chunks that go on.
        rest: the claims that train from their start.
        damaged: files that are not whole; their runs are among the rest.
        made_otherwise: how many runs a checkpoint of another processor or other versions is of; they are among the
            rest too, for their bits would be no one spec's.
        reordered: how many runs a checkpoint is of whose batches follow `data.seed`, as up to release 0.2.0; they are
            among the rest too.
    """

    work: list[Work] = field(default_factory=list)
    rest: list[Claim] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    made_otherwise: int = 0
    reordered: int = 0


def resumed(train: Sequence[Claim], structures: Mapping[RunSpec, Structure], sweep: SweepPaths) -> Resumed:
    """Find the checkpoints of runs that are to be trained, those that have come furthest first.

    Args:
        train: the runs.
        structures: theirs.
        sweep: the sweep directory, which is locked; files of no more use are removed.
    """
    found = Resumed()
    open_claims = {taken.job.identity: taken for taken in train}
    loaded: list[Saved] = []
    for path in checkpoint_files(sweep):
        if (saved := load(path)) is None:
            found.damaged.append(path.name)
            path.unlink(missing_ok=True)
        else:
            loaded.append(saved)
    reordered = {earlier_identity(taken.job.spec) for taken in train} if loaded else set()
    for saved in sorted(loaded, key=lambda saved: -saved.checkpoint.done):
        if before := len(reordered & {run.identity for run in saved.runs}):
            found.reordered += before
            (sweep.checkpoints / saved.file_name).unlink(missing_ok=True)
            continue
        lanes = [k for k, run in enumerate(saved.runs) if stands(run, open_claims.get(run.identity), saved, sweep)]
        if lanes and saved.made_with != made_with():
            found.made_otherwise += len(lanes)
        elif lanes:
            claims = [open_claims.pop(saved.runs[lane].identity) for lane in lanes]
            specs = tuple(taken.job.spec for taken in claims)
            chunk = Chunk(structures[specs[0]], specs[0].data, specs)
            found.work.append(Work(chunk, claims, saved.of(lanes)))
    found.rest = [taken for taken in train if taken.job.identity in open_claims]
    return found


def stands(run: SavedRun, taken: Claim | None, saved: Saved, sweep: SweepPaths) -> bool:
    """Whether a run is to be trained and all that it had written at its checkpoint is still there."""
    if taken is None or taken.paths.name != run.name or saved.logging != asdict(taken.job.settings.logging):
        return False
    logged = bool(run.events) or taken.job.settings.logging.off
    return logged and not taken.paths.result.exists() and intact(sweep.run(run.name).directory, run.events)


def clean(sweep: SweepPaths, finished: Collection[str]) -> None:
    """Remove checkpoints all of whose runs are finished.

    Args:
        sweep: the sweep directory.
        finished: the identities of runs that have their results.
    """
    known = set(finished)
    for path in checkpoint_files(sweep):
        saved = load(path)
        if saved is not None and known >= {run.identity for run in saved.runs}:
            path.unlink(missing_ok=True)
