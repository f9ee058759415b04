"""Results as pandas frames: of the runs of a call, and of a sweep directory."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xor_sweep.keep import best_model
from xor_sweep.manifest import Manifest, load_manifest
from xor_sweep.orchestrate import Sweep
from xor_sweep.results import left_out
from xor_sweep.runs import SweepPaths
from xor_sweep.summary import Summary, rank_runs
from xor_sweep.summary.columns import Configs, swept_keys
from xor_sweep.summary.ranking import rankings

if TYPE_CHECKING:
    import pandas as pd

    from xor_sweep.summary.frame import Row

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
    found = rank_runs(sweep)
    summary, configs = found.summary, found.configs
    if summary.damaged:
        warnings.warn(left_out(summary.damaged), stacklevel=2)
    table = [row for rows in (found.table, *found.others) for row in rows]
    if full:
        table = [row | {k: v for k, v in settings_of(row["run"], configs) if k not in row} for row in table]
        names = dict.fromkeys(name for row in table for name in row)
        table = [{name: row.get(name) for name in names} for row in table]
    return typed(table, summary.keys, sweep, summary)


def frame_of_call(run: Sweep) -> pd.DataFrame:
    """The results of the runs that a call asked for, ranked."""
    assert run.settings is not None
    from xor_sweep.summary.frame import numbered, rows  # late: pandas takes long to import

    results = [run.results[identity] for identity in run.claims if identity in run.results]
    configs = Configs(run.paths)
    keys = swept_keys(results, Manifest(swept=run.swept), configs)
    if not results:
        return typed([], keys, run.paths, None)
    objective, direction, manifest = run.settings.objective, run.settings.direction, load_manifest(run.paths)
    found = rankings(results, objective, direction, keys, configs, manifest)
    table = rows([result for group in found for result in group.results], keys, configs)
    if len(found) > 1:
        places = [place for place, group in enumerate(found, start=1) for _ in group.results]
        table = [row for row, place in zip(table, places, strict=True) for row in numbered([row], place)]
    return typed(table, keys, run.paths, run.summary or rank_runs(run.paths).summary)


def typed(table: Sequence[Row], keys: Sequence[str], sweep: SweepPaths, summary: Summary | None) -> pd.DataFrame:
    """Return rows as a frame with typed columns.

    Args:
        table: the rows, ranked.
        keys: the swept keys.
        sweep: where the runs are.
        summary: of the sweep directory, which knows the best configuration; None if it has no finished run.
    """
    import pandas as pd  # late: it takes long to import

    from xor_sweep.summary.frame import frame

    made = frame([{name: _tuples(name, value) for name, value in row.items()} for row in table])
    known = dict.fromkeys(FLOATS, "float64") | dict.fromkeys(COUNTS, "Int64")
    made = made.astype({name: kind for name, kind in known.items() if name in made and name not in keys})
    if "started_at" in made:
        made["started_at"] = pd.to_datetime(made["started_at"], utc=True, format="ISO8601", errors="coerce")
    model = summary and best_model(sweep, summary)
    made.attrs["directory"] = str(sweep.directory)
    made.attrs["model"] = model and str(model)
    return made


def settings_of(run: str, configs: Configs) -> Iterator[tuple[str, Any]]:
    """Every key of a run's configuration with its value, dotted; what refers to another key has that one's value."""
    for key in configs.keys(run):
        yield key, configs.value(run, key)


def _tuples(name: str, value: Any) -> Any:
    """Lists as tuples, which can be grouped by; the overrides, which become text, as they are."""
    if name == "overrides" or not isinstance(value, list):
        return value
    return tuple(_tuples("", item) for item in value)
