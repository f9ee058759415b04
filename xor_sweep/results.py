"""What a run ended with: a result, which is written last and counts only as it was written."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from sys import intern
from typing import Any, Literal, NamedTuple, TypeVar, get_args

from xor_sweep.amounts import count, listed
from xor_sweep.durable import between, naming, sync_directories
from xor_sweep.errors import SweepError
from xor_sweep.foreign import read_file
from xor_sweep.measure import Measure
from xor_sweep.names import is_utf8
from xor_sweep.recorded_files import RecordedFile, changed_file, digest, recorded_file
from xor_sweep.runs import RunPaths, SweepPaths
from xor_sweep.visible import visible

FORMAT = 1
"""The format of `result.json`; one of a later format is refused, for its run may be finished."""

T = TypeVar("T")


class LaterFormatError(SweepError):
    """A sweep directory holds what a later release wrote."""


Status = Literal["completed", "diverged", "failed"]
STATUSES: tuple[Status, ...] = get_args(Status)
"""In the order in which runs are ranked."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run ended with.

    Attributes:
        run: the run's name.
        status: how it ended.
        final_cost, best_cost: of the part that ranks runs, of the weights that are kept and the lowest; None where not
            finite.
        final_accuracy: share of that part's points predicted right; None for a regression.
        steps: updates asked for.
        identity: hash of the run's spec.
        overrides: what the run was asked for with, as on the command line.
        reason: why the status is not `completed`.
        started_at: UTC, ISO 8601; `wall_s`: the run's share of the seconds of the chunk that trained it; in
            results of 0.1.0 and 0.2.0 all of these seconds.
        cpu, versions: where and with what it was made; bits are promised for equal ones.
        milestones: step and cost, at the steps that a single run prints.
        hypothesis: the network's outputs for the points of a small truth table, in their order.
        train_cost, train_accuracy: of the training part, where another part ranks runs.
        metrics: the other scalars of the weights that are kept, by tag.
        stopped_at: the step at which the run stopped early; None where it did not.
        kept_at: after how many updates the weights that are kept were; None where no training came to its end.
        program_s: seconds of the chunk that trained it, of all its runs; None in results of 0.1.0 and 0.2.0.
        files: the run's other files as they were when the result was written; () in results of 0.1.0 and 0.2.0.
        batch_order: `seed`, the key that draws the order of mini-batches; None without them, and in results of releases
            up to 0.2.0, whose order `data.seed` drew.
        measure: what the run was scored on; () in results of releases up to 0.2.0.
    """

    run: str
    status: Status
    final_cost: float | None
    final_accuracy: float | None
    best_cost: float | None
    steps: int
    identity: str
    overrides: tuple[str, ...]
    reason: str | None
    started_at: str
    wall_s: float
    cpu: str
    versions: dict[str, str]
    milestones: tuple[tuple[int, float], ...] = ()
    hypothesis: tuple[float, ...] = ()
    train_cost: float | None = None
    train_accuracy: float | None = None
    metrics: tuple[tuple[str, float], ...] = ()
    stopped_at: int | None = None
    kept_at: int | None = None
    program_s: float | None = None
    files: tuple[RecordedFile, ...] = ()
    batch_order: str | None = None
    measure: Measure = ()
    format: int = FORMAT

    def objective(self, name: str) -> float | None:
        """The value that ranks the run, None where it has none."""
        value: float | None = getattr(self, name)
        return value


def load_result(paths: RunPaths, *, hydra_rewritten: bool = False) -> RunResult | None:
    """Return a run's result; None if there is none or if it is damaged, so that the run trains again.

    A result whose run's configuration is not as it was is damaged too: the configuration says what the numbers belong
    to. What is not a file counts as damaged.

    Args:
        paths: the run directory.
        hydra_rewritten: whether Hydra has just written `.hydra/` anew, so that it is not compared.

    Raises:
        LaterFormatError: where a later release wrote it.
    """
    try:
        content = json.loads(read_file(paths.result))
        if not isinstance(content, dict):
            return None
        if type(content.get("format")) is int and content["format"] > FORMAT and _is_whole(content):
            made_by = dict(content.get("versions") or {}).get("xor_sweep", "a later release")
            raise LaterFormatError(
                f"{paths.result}: is of format {content['format']}, as xor_sweep {made_by} writes it; update "
                "xor_sweep, or give this sweep another experiment"
            )
        if content.get("format") != FORMAT or not _is_whole(content):
            return None
        result = _from_json(content)
        return result if hydra_rewritten or not changed_file(paths.directory, result.files) else None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def damaged_file(paths: RunPaths) -> Path | None:
    """Return the file because of which a run's result does not count; None if it counts or if there is none."""
    if not paths.result.exists() or load_result(paths) is not None:
        return None
    result = load_result(paths, hydra_rewritten=True)
    return paths.result if result is None else changed_file(paths.directory, result.files)


def trained_again(damaged: Sequence[Path]) -> str:
    """The line for damaged results whose runs train again now."""
    runs = "its run trains" if len(damaged) == 1 else "their runs train"
    return _damaged(damaged, f"so that {runs} again")


def left_out(damaged: Sequence[Path]) -> str:
    """The line for damaged results that are missing in what is ranked, and how they come back."""
    runs, them = ("its run is", "it") if len(damaged) == 1 else ("their runs are", "them")
    remedy = f"the command that trained {them} trains {them} again"
    return f"{_damaged(damaged, f'so that {runs} left out')}; {remedy}"


def _damaged(paths: Sequence[Path], effect: str) -> str:
    return f"{count(len(paths), 'result')} damaged, {effect}: {visible(listed([str(path) for path in paths]))}"


def _is_whole(content: dict[str, Any]) -> bool:
    """Whether a result is what was written: its checksums say so, or it is of a release that wrote none.

    Releases up to 0.2.0 wrote no seal, and 0.1.0 no checksum.
    """
    if "seal" in content and content["seal"] != _seal(content):
        return False
    if "checksum" in content:
        return bool(content["checksum"] == _checksum(content))
    return content.keys() <= {field.name for field in fields(RunResult)}


OF_THE_MOMENT = (
    "run",
    "overrides",
    "started_at",
    "wall_s",
    "program_s",
    "cpu",
    "versions",
    "files",
    "checksum",
    "seal",
)
"""Fields that the checksum leaves out: names, times and the host, in which equal results may differ."""


def _checksum(content: dict[str, Any]) -> str:
    """The SHA-256 of what a run came to, 16 hex digits, however it is spaced and ordered."""
    return _digest_without(content, OF_THE_MOMENT)


def _seal(content: dict[str, Any]) -> str:
    """The SHA-256 of all other fields, 16 hex digits, however they are spaced and ordered."""
    return _digest_without(content, ("seal",))


def _digest_without(content: dict[str, Any], keys: Collection[str]) -> str:
    rest = {key: value for key, value in content.items() if key not in keys}
    return digest(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode())


def _from_json(content: dict[str, Any]) -> RunResult:
    """A result from what its file holds.

    Raises:
        KeyError, TypeError, ValueError: where a field is missing or of another type.
    """
    # What most runs of a sweep share is one object, and not one a run.
    if content["status"] not in STATUSES:
        raise ValueError(content["status"])
    return RunResult(
        run=_of(str, content["run"]),
        status=content["status"],
        final_cost=_number(content["final_cost"]),
        final_accuracy=_number(content["final_accuracy"]),
        best_cost=_number(content["best_cost"]),
        steps=_count(content["steps"]),
        identity=_of(str, content["identity"]),
        overrides=tuple(intern(_of(str, override)) for override in _of(list, content["overrides"])),
        reason=None if content["reason"] is None else _of(str, content["reason"]),
        started_at=intern(_of(str, content["started_at"])),
        wall_s=_of(float, content["wall_s"]),
        cpu=intern(_of(str, content["cpu"])),
        versions={
            intern(_of(str, key)): intern(_of(str, value)) for key, value in _of(dict, content["versions"]).items()
        },
        milestones=tuple((_of(int, step), _of(float, cost)) for step, cost in content.get("milestones", ())),
        hypothesis=tuple(_of(float, output) for output in content.get("hypothesis", ())),
        train_cost=_number(content.get("train_cost")),
        train_accuracy=_number(content.get("train_accuracy")),
        metrics=tuple((_of(str, tag), _of(float, value)) for tag, value in content.get("metrics", ())),
        stopped_at=_whole(content.get("stopped_at")),
        kept_at=_whole(content.get("kept_at")),
        program_s=_number(content.get("program_s")),
        files=tuple(map(recorded_file, content.get("files", ()))),
        batch_order=None if content.get("batch_order") is None else intern(_of(str, content["batch_order"])),
        measure=tuple((intern(_of(str, key)), intern(_of(str, fact))) for key, fact in content.get("measure", ())),
    )


def _of(kind: type[T], value: Any) -> T:
    if type(value) is not kind:
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def _number(value: Any) -> float | None:
    return None if value is None else _of(float, value)


def _count(value: Any) -> int:
    if not 0 <= _of(int, value) < 2**63:
        raise ValueError(value)
    return int(value)


def _whole(value: Any) -> int | None:
    return None if value is None else _count(value)


def load_results(sweep: SweepPaths, *, hydra_rewritten: str | None = None) -> list[RunResult]:
    """Return the results of all finished runs, as `read_results` does."""
    return read_results(sweep, hydra_rewritten=hydra_rewritten).results


class Results(NamedTuple):
    """What a sweep directory holds of its runs.

    Attributes:
        results: of all finished runs, each under its directory's present name, in the order of names.
        damaged: the files that are not what was written, whose runs are missing among the results.
    """

    results: list[RunResult]
    damaged: tuple[Path, ...]


def read_results(sweep: SweepPaths, *, hydra_rewritten: str | None = None) -> Results:
    """Read the results of a sweep directory, and find those that are damaged.

    Args:
        sweep: the sweep directory.
        hydra_rewritten: the name of the run whose `.hydra/` Hydra has just written anew, if any.

    Raises:
        SweepError: if a name cannot be written into a summary.
    """
    refuse_undecodable(sweep)
    found = [(paths, load_result(paths, hydra_rewritten=paths.name == hydra_rewritten)) for paths in sweep.runs()]
    results = [replace(result, run=paths.name) for paths, result in found if result is not None]
    missing = (damaged_file(paths) for paths, result in found if result is None)
    return Results(results, tuple(path for path in missing if path is not None))


def refuse_undecodable(sweep: SweepPaths) -> None:
    """Refuse a sweep directory, or a finished run in it, whose name is not UTF-8: no file could hold the name.

    Raises:
        SweepError: if there is one; nothing was written.
    """
    bad = [sweep.directory] if not is_utf8(sweep.directory.resolve().name) else []
    bad += [run.directory for run in sweep.runs() if not is_utf8(run.name) and run.result.exists()]
    if bad:
        raise SweepError(f"{bad[0]}: the name of this directory is not UTF-8; rename it")


def save_results(results: Sequence[tuple[RunPaths, RunResult]]) -> None:
    """Write the results of a chunk, each whole or absent, after everything that they vouch for.

    A group commit: write all aside, sync, rename all, sync. Event files that were written before are on disk when
    the first result appears.
    """
    directories = [paths.directory for paths, _ in results]
    for paths, result in results:
        with naming(paths.result):
            paths.partial_result.unlink(missing_ok=True)
            with paths.partial_result.open("x") as file:
                file.write(json.dumps(as_json(result), allow_nan=False) + "\n")
    between("results written aside")
    sync_directories(directories)
    for paths, _ in results:
        between("result renamed")
        paths.partial_result.replace(paths.result)
    between("results renamed")
    sync_directories(directories)


def as_json(result: RunResult) -> dict[str, Any]:
    """The result as `result.json` holds it: `format` first, and the checksums last."""
    content: dict[str, Any] = json.loads(json.dumps({"format": result.format} | asdict(result), allow_nan=False))
    return sealed(content)


def sealed(content: dict[str, Any]) -> dict[str, Any]:
    """Return what a result file holds with its checksums, which come last."""
    content = content | {"checksum": _checksum(content)}
    return content | {"seal": _seal(content)}
