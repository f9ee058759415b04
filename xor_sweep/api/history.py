"""What runs logged, as arrays."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from xor_sweep.errors import SweepError
from xor_sweep.logs.append import event_files
from xor_sweep.logs.read import read_all_scalars
from xor_sweep.recorded_files import cut_logs
from xor_sweep.results import load_result
from xor_sweep.runs import RunPaths, SweepPaths


def load_history(directory: str | Path) -> dict[str, Any]:
    """The curves that a run logged, or those of every run of a sweep.

    They are read from the event files that TensorBoard shows, also while the runs are training. Tags are as in
    TensorBoard: `Cost/Cost` and `accuracy` for XOR, `Cost/validation`, `Cost/train`, `accuracy/validation` and
    `accuracy/train` for other data.

    Args:
        directory: a run directory, such as `outputs/digits/lr=0.1`, or a sweep directory, such as `outputs/digits`.

    Returns:
        For a run directory, by tag the steps, int64, and the values, float32, both `(points,)`, steps increasing:
        `steps, cost = load_history("outputs/digits/lr=0.1")["Cost/validation"]`. For a sweep directory such a dict for
        each run, by the run's name; one that logged nothing has an empty one.

    Warns:
        UserWarning: if an event file of a finished run is not as long as it was, or has records that do not match their
            checksums, so that points are missing.

    Raises:
        SweepError: where there is no such directory, or no run in it.
    """
    place = Path(directory)
    if not place.is_dir():
        raise SweepError(f"{place}: no such directory; name a sweep or a run, such as outputs/digits/lr=0.1")
    if _is_run(RunPaths(place)):
        return _curves(RunPaths(place))
    runs = [paths for paths in SweepPaths(place).runs() if _is_run(paths)]
    if not runs:
        raise SweepError(f"{place}: no run here; name a sweep or a run, such as outputs/digits/lr=0.1")
    return {paths.name: _curves(paths) for paths in runs}


def _curves(paths: RunPaths) -> dict[str, Any]:
    result = load_result(paths)
    files = () if result is None else result.files  # a log that is still being written may end in a torn record
    curves, damaged = read_all_scalars(paths.directory)
    logs = {paths.directory / file.name for file in files}.intersection(damaged)
    harm = dict.fromkeys(sorted(logs), "records do not match their checksums")
    harm |= {path: f"has {found:,} of {size:,} bytes" for path, found, size in cut_logs(paths.directory, files)}
    for path, what in harm.items():
        line = f"{path}: damaged, {what}, so that points are missing; overwrite=True trains the run again"
        warnings.warn(line, stacklevel=3)
    return dict(curves)


def _is_run(paths: RunPaths) -> bool:
    return paths.hydra.is_dir() or paths.result.exists() or bool(event_files(paths.directory))
