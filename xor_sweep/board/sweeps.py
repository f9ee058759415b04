"""The sweeps that a board shows: the order of their runs, the key that colours them, the cost that ranks them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from xor_sweep.board.logged import ITSELF
from xor_sweep.errors import SweepError
from xor_sweep.logs.read import read_scalars
from xor_sweep.manifest import Manifest, load_manifest
from xor_sweep.names import EVENTS, FORBIDDEN
from xor_sweep.results import RunResult, load_results
from xor_sweep.runs import SweepPaths
from xor_sweep.spread import evenly
from xor_sweep.summary import ranking
from xor_sweep.summary.columns import REPLICATES, Configs, swept_keys
from xor_sweep.summary.ranking import rankings
from xor_sweep.tags import COSTS

MOST, BEST = 500, 200
"""TensorBoard selects so many runs by itself; of more configurations so many of the best ones have a run among them."""

MOST_ROOTS = 100
"""What the summaries of more sweeps say has to give way to their runs."""

LOOKED_AT = 5
"""The runs, the best ones, in which the cost is looked for."""


@dataclass(frozen=True)
class Sweep:
    """The runs of one sweep directory that have a log.

    Attributes:
        name: the sweep directory's path below the one that is shown; `.` for that one itself.
        runs: the runs' names as TensorBoard has them, best first, those that are not finished last.
        key: the first swept key that tells configurations apart, as their names spell it; None where there is none.
        cost: the tag of the cost that ranks the runs; None where none is logged.
        configurations: the runs that differ in seed or fold alone, each best first; a run that is in none is one by
            itself.
    """

    name: str
    runs: tuple[str, ...]
    key: str | None
    cost: str | None
    configurations: tuple[tuple[str, ...], ...] = ()


def read_sweeps(directory: Path, runs: Sequence[str]) -> list[Sweep]:
    """The sweeps that runs belong to, in the order of their names."""
    siblings: dict[str, list[str]] = {}
    for run in runs:
        siblings.setdefault(str(PurePosixPath(run).parent), []).append(run)
    return [_read(directory, name, siblings[name]) for name in sorted(siblings)]


def _read(directory: Path, name: str, runs: Sequence[str]) -> Sweep:
    if runs == [ITSELF]:
        return Sweep(name, (ITSELF,), None, _cost(directory, runs))
    sweep = SweepPaths(directory / name)
    manifest = load_manifest(sweep)
    try:
        results = _ranked(sweep, manifest)
    except SweepError:  # of a later release, or damaged: there are event files to show nonetheless
        results = []
    finished = [str(PurePosixPath(name, result.run)) for result in results]
    places = {run: place for place, run in enumerate(finished)}
    logged_runs = set(runs)
    ranked = tuple(sorted(runs, key=lambda run: (places.get(run, len(places)), run)))
    found: dict[tuple[str, ...], list[str]] = {}
    for result in results:
        if (run := str(PurePosixPath(name, result.run))) in logged_runs:
            found.setdefault(_values(result), []).append(run)
    groups = tuple(map(tuple, found.values()))
    return Sweep(name, ranked, _key(sweep, manifest, results, runs), _cost(directory, ranked), groups)


def _ranked(sweep: SweepPaths, manifest: Manifest) -> list[RunResult]:
    """The finished runs, one ranking after the other, each best first."""
    results, configs = load_results(sweep), Configs(sweep)
    if not results:
        return []
    keys = swept_keys(results, manifest, configs)
    found = rankings(results, *ranking(manifest, None, None), keys, configs, manifest)
    return [result for group in found for result in group.results]


def _values(result: RunResult) -> tuple[str, ...]:
    """What a run was asked for with, without seed and folds."""
    return tuple(override for override in result.overrides if override.split("=")[0].lstrip("+") not in REPLICATES)


def _key(sweep: SweepPaths, manifest: Manifest, results: Sequence[RunResult], runs: Sequence[str]) -> str | None:
    """The manifest's first swept key that is in a run's name, or else the first key whose values differ.

    Seeds and folds tell no configurations apart, and keys outside of a run's identity are in no name.
    """

    def telling(keys: Iterable[str]) -> Iterator[str]:
        for key in keys:
            name = EVENTS.sub("tf_", FORBIDDEN.sub("_", key))
            if key not in REPLICATES and any(f"{name}=" in run for run in runs):
                yield name

    found = next(telling(manifest.swept), None)
    return found or next(telling(swept_keys(results, manifest, Configs(sweep))), None)


def _cost(directory: Path, runs: Sequence[str]) -> str | None:
    for run in runs[:LOOKED_AT]:
        found = read_scalars(directory / run, COSTS, most=1)
        for tag in COSTS:
            if len(found[tag][0]):
                return tag
    return None


def choose(sweeps: Sequence[Sweep], most: int, best: int = BEST) -> list[str]:
    """Choose at most `most` runs, so that what is shown of a configuration is what all of its runs would show.

    Each configuration has the same number of runs, spread over its ranks, as far as it has so many; what is left goes
    to the best ones. If there are more configurations than runs to choose, the best ones and others spread over the
    ranks have their middle run.

    Args:
        sweeps: whose runs are best first.
        most: how many runs.
        best: how many configurations are the best ones, if there are too many.

    Returns:
        the runs by rank, of several sweeps in turn.
    """
    by_rank = sorted((place, sweep.name, run) for sweep in sweeps for place, run in enumerate(sweep.runs))
    runs = [run for _, _, run in by_rank]
    if len(runs) <= most:
        return runs
    configurations = [group for _, _, group in sorted(of for sweep in sweeps for of in _configurations(sweep))]
    if len(configurations) > most:
        configurations = configurations[:best] + evenly(configurations[best:], most - best)
        chosen = {group[(len(group) - 1) // 2] for group in configurations}
    else:
        counts = even_counts([len(group) for group in configurations], most)
        chosen = {run for group, count in zip(configurations, counts, strict=True) for run in spread_out(group, count)}
    return [run for run in runs if run in chosen]


def _configurations(sweep: Sweep) -> Iterator[tuple[float, str, tuple[str, ...]]]:
    """The configurations of a sweep, each with the rank of its middle run and the sweep's name before it."""
    places = {run: place for place, run in enumerate(sweep.runs)}
    grouped = {run for group in sweep.configurations for run in group}
    for group in (*sweep.configurations, *((run,) for run in sweep.runs if run not in grouped)):
        yield statistics.median(places[run] for run in group), sweep.name, group


def even_counts(sizes: Sequence[int], most: int) -> list[int]:
    """Divide `most` among groups, which are at most so large: evenly, what is left to the first ones."""
    counts = [0] * len(sizes)
    while left := most - sum(counts):
        open_groups = [place for place, size in enumerate(sizes) if counts[place] < size]
        if not open_groups:
            break
        share = max(1, left // len(open_groups))
        for place in open_groups[:left]:
            counts[place] = min(sizes[place], counts[place] + share)
    return counts


def spread_out(group: Sequence[str], count: int) -> list[str]:
    """Return `count` runs from the middles of as many equal parts of a group, so that their median is about its own."""
    return [group[int((2 * place + 1) * len(group) / (2 * count))] for place in range(count)]
