"""The sweeps that a board shows: the order of their runs, the key that colours them, the cost that ranks them."""

from __future__ import annotations

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
from xor_sweep.summary import rank, ranking
from xor_sweep.summary.columns import REPLICATES, Configs, swept_keys
from xor_sweep.tags import COSTS

MOST, BEST = 500, 200
"""TensorBoard selects so many runs by itself, and so many of them are the best ones."""

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
    """

    name: str
    runs: tuple[str, ...]
    key: str | None
    cost: str | None


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
        results = rank(load_results(sweep), *ranking(manifest, None, None))
    except SweepError:  # of a later release, or damaged: there are event files to show nonetheless
        results = []
    finished = [str(PurePosixPath(name, result.run)) for result in results]
    places = {run: place for place, run in enumerate(finished)}
    ranked = tuple(sorted(runs, key=lambda run: (places.get(run, len(places)), run)))
    return Sweep(name, ranked, _key(sweep, manifest, results, runs), _cost(directory, ranked))


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
    """At most `most` runs: the best ones, and others evenly spread over the ranks, each sweep in its turn.

    Args:
        sweeps: whose runs are best first.
        most: how many runs.
        best: how many of them are the best ones.
    """
    by_rank = sorted((place, sweep.name, run) for sweep in sweeps for place, run in enumerate(sweep.runs))
    runs = [run for _, _, run in by_rank]
    if len(runs) <= most:
        return runs
    others = runs[best:]
    return runs[:best] + evenly(others, most - best)
