"""Results as pandas frames: of the runs of a call, and of a sweep directory."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xor_sweep.errors import SweepError
from xor_sweep.manifest import Manifest, load_manifest
from xor_sweep.orchestrate import Sweep
from xor_sweep.results import RunResult, left_out, load_result, read_results
from xor_sweep.runs import SweepPaths
from xor_sweep.summary import ranking, what_is_there
from xor_sweep.summary.columns import Configs, swept_keys
from xor_sweep.summary.ranking import rankings
from xor_sweep.summary.versions import Versions

if TYPE_CHECKING:
    import pandas as pd

FLOATS = ("final_cost", "final_accuracy", "best_cost", "train_cost", "train_accuracy", "wall_s", "program_s")
COUNTS = ("stopped_at", "kept_at")


def load_results(directory: str | Path, *, full: bool = False) -> pd.DataFrame:
    """The finished runs of a sweep directory, a row each, best first.

    They are read from each run's own result and not from the summary, so that this works while the sweep is running:
    it has the runs that are finished by then.

    Args:
        directory: the sweep directory, such as `outputs/digits`.
        full: whether there is a column for every key of the runs' configurations, such as `optimizer.beta_1`, too. A
            result that has a key's name stands in its place: `steps` is how many there were.

    Returns:
        The columns of the summary: `run`, the swept keys, `status`, `final_cost` and so on. Numbers are numbers, with
        NaN or NA where a run has none; lists are tuples; `started_at` is a time in UTC. `attrs["directory"]` is the
        sweep directory, and `attrs["model"]` the file of the best configuration's model, or None.

    Raises:
        SweepError: where there is no such directory, or no finished run in it.

    Warns:
        UserWarning: if results are damaged, whose runs are missing then; it names them.
    """
    sweep = SweepPaths(Path(directory))
    results, damaged = read_results(sweep)
    if not results:
        raise SweepError(left_out(damaged) if damaged else _nothing_in(sweep.directory))
    if damaged:
        warnings.warn(left_out(damaged), stacklevel=2)
    manifest, configs = load_manifest(sweep), Configs(sweep)
    keys = swept_keys(results, manifest, configs)
    found = rankings(results, *ranking(manifest, None, None), keys, configs, manifest)
    return frame_of([group.results for group in found], keys, sweep, configs, full=full)


def _nothing_in(directory: Path) -> str:
    if not directory.is_dir():
        return f"{directory}: no such directory; name a sweep directory, such as outputs/digits"
    return what_is_there(directory) or f"{directory}: no finished run here yet"


def frame_of_call(run: Sweep) -> pd.DataFrame:
    """The results of the runs that a call asked for, ranked."""
    assert run.settings is not None
    results = [run.results[identity] for identity in run.claims if identity in run.results]
    configs = Configs(run.paths)
    keys = swept_keys(results, Manifest(swept=run.swept), configs)
    if not results:
        return frame_of([], keys, run.paths, configs)
    objective, direction, manifest = run.settings.objective, run.settings.direction, load_manifest(run.paths)
    found = rankings(results, objective, direction, keys, configs, manifest)
    return frame_of([group.results for group in found], keys, run.paths, configs)


def frame_of(
    ranked: Sequence[Sequence[RunResult]],
    keys: Sequence[str],
    sweep: SweepPaths,
    configs: Configs,
    *,
    full: bool = False,
) -> pd.DataFrame:
    """Results as a typed frame.

    Args:
        ranked: the runs of each ranking, in the order of the rows; of several there is a column `ranking`.
        keys: the swept keys.
        sweep, configs: where the runs are, and their configurations.
        full: whether every configuration key is a column.
    """
    import pandas as pd  # late: it takes long to import

    from xor_sweep.summary.frame import frame, numbered, rows

    table = rows([result for group in ranked for result in group], keys, configs)
    if len(ranked) > 1:
        places = [place for place, group in enumerate(ranked, start=1) for _ in group]
        table = [row for row, place in zip(table, places, strict=True) for row in numbered([row], place)]
    if full:
        for row in table:
            row |= {key: value for key, value in settings_of(row["run"], configs) if key not in row}
        names = dict.fromkeys(name for row in table for name in row)
        table = [{name: row.get(name) for name in names} for row in table]
    made = frame([{name: _tuples(name, value) for name, value in row.items()} for row in table])
    known = dict.fromkeys(FLOATS, "float64") | dict.fromkeys(COUNTS, "Int64")
    made = made.astype({name: kind for name, kind in known.items() if name in made and name not in keys})
    if "started_at" in made:
        made["started_at"] = pd.to_datetime(made["started_at"], utc=True, format="ISO8601", errors="coerce")
    made.attrs["directory"] = str(sweep.directory)
    made.attrs["model"] = _kept_model(sweep, configs)
    return made


def _kept_model(sweep: SweepPaths, configs: Configs) -> str | None:
    """The file of the kept model; None if there is none, or if a function of its run is another one by now."""
    manifest = load_manifest(sweep)
    if manifest.kept is None:
        return None
    paths = sweep.run(manifest.kept)
    result = load_result(paths)
    return str(paths.model) if result is None or Versions(configs, manifest).is_latest(result) else None


def settings_of(run: str, configs: Configs) -> Iterator[tuple[str, Any]]:
    """Every key of a run's configuration with its value, dotted; what refers to another key has that one's value."""
    for key in configs.keys(run):
        yield key, configs.value(run, key)


def _tuples(name: str, value: Any) -> Any:
    """Lists as tuples, which can be grouped by; the overrides, which become text, as they are."""
    if name == "overrides" or not isinstance(value, list):
        return value
    return tuple(_tuples("", item) for item in value)
