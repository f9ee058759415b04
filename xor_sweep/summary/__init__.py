"""What a sweep directory's runs say together: ranking, tables, plots; of the results on disk, never of a training."""

from __future__ import annotations

import importlib
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from xor_sweep.errors import SweepError
from xor_sweep.manifest import Manifest, load_manifest
from xor_sweep.results import STATUSES, RunResult, left_out, read_results
from xor_sweep.runs import RunPaths, SweepPaths
from xor_sweep.stopping import held
from xor_sweep.summary.columns import Configs, swept_keys
from xor_sweep.summary.groups import why
from xor_sweep.summary.ranking import Cost, best, cost_of, rank, rankings

if TYPE_CHECKING:
    from xor_sweep.summary.configurations import Configuration
    from xor_sweep.summary.effects import Effect
    from xor_sweep.summary.frame import Row
    from xor_sweep.summary.importance import Importance

SWEEPS_NAMED = 10
"""So many of the sweeps in a directory are named where one has to be chosen."""

__all__ = ["Summary", "rank", "rank_runs", "summarise", "write_summary"]


@dataclass(frozen=True)
class Summary:
    """The runs of a sweep directory that are ranked together, and beside them its other rankings.

    Attributes:
        ranked: their finished runs, best first, then diverged, then failed ones.
        keys: the swept keys.
        objective, direction: what ranked them.
        cost: which cost they have.
        target: the accuracy from which on a run counts as solved.
        configurations: the runs that differ in seed or fold alone, taken together, the best median first.
        effects: of each swept key that tells configurations apart.
        importance: of these keys, as far as it can be computed.
        pictures: the plots that were written.
        best_config: the file that trains the best configuration again; None where there is none.
        best_needs: what the command that names this file needs beside it, a line each.
        damaged: the results that are not what was written, whose runs are missing here.
        label: what tells this ranking from the others of the directory; empty if there are no others.
        others: the other rankings, whose runs cannot be compared with these.
        why: why there are several, in one line; None if there is one.
    """

    ranked: tuple[RunResult, ...]
    keys: tuple[str, ...]
    objective: str
    direction: str
    cost: Cost
    target: float
    configurations: tuple[Configuration, ...]
    effects: tuple[Effect, ...] = ()
    importance: Importance | None = None
    pictures: tuple[Path, ...] = ()
    best_config: Path | None = None
    best_needs: tuple[str, ...] = ()
    damaged: tuple[Path, ...] = ()
    label: str = ""
    others: tuple[Summary, ...] = ()
    why: str | None = None

    @property
    def rankings(self) -> tuple[Summary, ...]:
        """This ranking and the others, in their order."""
        return (self, *self.others)

    @property
    def everything(self) -> tuple[RunResult, ...]:
        """The runs of all rankings, one ranking after the other."""
        return tuple(result for each in self.rankings for result in each.ranked)

    @property
    def best_run(self) -> str | None:
        """The name of the best configuration's run at the median; None where no such run completed."""
        return self.configurations[0].run if self.configurations else None

    @property
    def best_result(self) -> RunResult | None:
        """The result of that run; None where no such run completed."""
        return next((result for result in self.ranked if result.run == self.best_run), None)

    @property
    def replicated(self) -> bool:
        """Whether a configuration has several runs."""
        return any(each.n > 1 for each in self.configurations)

    @property
    def counts(self) -> dict[str, int]:
        """How many runs ended with each status, of all rankings."""
        return {status: sum(result.status == status for result in self.everything) for status in STATUSES}

    @property
    def best(self) -> RunResult | None:
        """The completed run that ranks first; None where no run completed."""
        return best(self.ranked, self.objective, self.direction)


@dataclass(frozen=True)
class Ranked:
    """A sweep directory's runs in their order, before anything is drawn or written.

    Attributes:
        summary: without effects, pictures and a best configuration.
        table: the rows of its runs, best first.
        configs: their configurations.
        manifest: what the directory knows beside them.
        others: the rows of the other rankings.
    """

    summary: Summary
    table: list[Row]
    configs: Configs
    manifest: Manifest
    others: tuple[list[Row], ...] = ()


def rank_runs(
    sweep: SweepPaths, objective: str | None = None, direction: str | None = None, target: float | None = None
) -> Ranked:
    """Rank the finished runs of a sweep directory and their configurations; nothing is written.

    Args:
        sweep: the sweep directory.
        objective, direction, target: as of `summarise`.

    Raises:
        SweepError: where the directory does not exist or holds no finished run, or the objective is none.
    """
    results, damaged = read_results(sweep)
    if not results:
        raise SweepError(left_out(damaged) if damaged else nothing_in(sweep.directory))
    manifest = load_manifest(sweep)
    objective, direction = ranking(manifest, objective, direction)
    with held():  # late: pandas
        from xor_sweep.summary.configurations import configurations
        from xor_sweep.summary.frame import numbered, rows
        from xor_sweep.summary.replicates import Unswept

    configs = Configs(sweep)
    keys = swept_keys(results, manifest, configs)
    target = manifest.target if target is None else target
    apart = rankings(results, objective, direction, keys, configs, manifest)
    everything = rows([result for group in apart for result in group.results], keys, configs)
    unswept = Unswept(configs, manifest)
    summaries, tables = [], []
    for place, group in enumerate(apart, start=1):
        ranked = group.results
        table, everything = everything[: len(ranked)], everything[len(ranked) :]
        if len(apart) > 1:
            table = numbered(table, place)
        found = configurations(table, keys, objective, direction, target, unswept)
        cost = cost_of(ranked, configs)
        summaries.append(
            Summary(tuple(ranked), keys, objective, direction, cost, target, found, damaged=damaged, label=group.label)
        )
        tables.append(table)
    summary = replace(summaries[0], others=tuple(summaries[1:]), why=why(apart))
    return Ranked(summary, tables[0], configs, manifest, tuple(tables[1:]))


def summarise(
    sweep: SweepPaths,
    plots: bool = True,
    objective: str | None = None,
    direction: str | None = None,
    target: float | None = None,
) -> Summary:
    """Rank the finished runs of a sweep directory and write its tables, plots, report and best configuration.

    Args:
        sweep: the sweep directory.
        plots: whether to draw; otherwise pictures of an earlier summary stay as they are, and the report has none.
        objective: what to rank by in place of the manifest's objective.
        direction: `minimize` or `maximize`, in place of the manifest's or of what suits the given objective.
        target: the accuracy from which on a run counts as solved, in place of the manifest's.

    Raises:
        SweepError: where the directory does not exist or holds no finished run, or the objective is none.
    """
    return write_summary(sweep, rank_runs(sweep, objective, direction, target), plots)


def write_summary(sweep: SweepPaths, found: Ranked, plots: bool = True) -> Summary:
    """Write the summary files, the plots, `best.yaml`, the report and what TensorBoard shows of them.

    Args:
        sweep: the sweep directory.
        found: its runs in their order.
        plots: whether to draw the plots as well.
    """
    summary, table, configs, manifest = found.summary, found.table, found.configs, found.manifest
    objective, direction, keys, ranked = summary.objective, summary.direction, summary.keys, summary.ranked
    with held():  # late: Jinja, and with plots matplotlib
        from xor_sweep.summary.best_config import best_config
        from xor_sweep.summary.effects import effects, several_valued
        from xor_sweep.summary.importance import importance_of
        from xor_sweep.summary.report import write_report
        from xor_sweep.summary.tensorboard import show_in_tensorboard
        from xor_sweep.summary.write import write, write_best

        if plots:
            from xor_sweep.summary.plots import draw

    pictures = draw(sweep, ranked, table, keys, summary.cost) if plots else []

    def with_effects(of: Summary, rows: list[Row]) -> Summary:
        importance = importance_of(rows, several_valued(rows, keys), objective, direction)
        return replace(of, effects=effects(rows, keys, objective, direction, importance), importance=importance)

    summary = replace(with_effects(summary, table), pictures=tuple(pictures))
    summary = replace(summary, others=tuple(map(with_effects, summary.others, found.others)))
    everything = [row for rows in (table, *found.others) for row in rows]
    write(sweep, everything, summary, manifest.test)
    result = summary.best_result
    again = None if result is None else best_config(sweep, result, configs.mapping(result.run), objective, direction)
    write_best(sweep, again and again.text)
    summary = replace(summary, best_config=again and sweep.best, best_needs=again.needs if again else ())
    show_in_tensorboard(sweep, everything, summary, manifest.test)
    write_report(sweep, table, summary, configs, manifest, found.others)
    return summary


def import_ahead() -> None:
    """Import what a summary needs, which takes half a second, while there is nothing else to do."""
    for name in ("plots", "report"):
        importlib.import_module(f"xor_sweep.summary.{name}")


def ranking(manifest: Manifest, objective: str | None, direction: str | None) -> tuple[str, str]:
    """The objective and direction: as asked for, otherwise the manifest's.

    Raises:
        SweepError: where one is unknown, or where they would call the worst run the best.
    """
    from xor_sweep.config.schema import OBJECTIVES  # late: it brings Hydra

    chosen = manifest.objective if objective is None else objective
    if chosen not in OBJECTIVES:
        raise SweepError(f"objective={chosen}: takes one of {', '.join(OBJECTIVES)}")
    better, larger = ("maximize", "larger") if chosen == "final_accuracy" else ("minimize", "smaller")
    if direction is None:
        direction = better if objective is not None else manifest.direction
    if direction != better:
        raise SweepError(f"direction={direction}: a {larger} {chosen} is better; use direction={better}")
    return chosen, direction


def nothing_in(directory: Path) -> str:
    """The line for a directory without a finished run: what it is, or the command that trains one in it."""
    if there := what_is_there(directory):
        return there
    experiment, outputs = directory.resolve().name, directory.parent
    elsewhere = [] if outputs == Path("outputs") else [f"outputs={outputs}"]
    command = shlex.join(["python", "-m", "xor_sweep", f"experiment={experiment}", *elsewhere])
    what = "no finished run here" if directory.is_dir() else "no such directory"
    return f"{directory}: {what}; train one with {command}"


def what_is_there(directory: Path) -> str | None:
    """The line for a directory that is a run, holds sweeps, or is a sweep without a finished run; None for others."""
    resolved = directory.resolve()
    if RunPaths(resolved).result.exists():
        above = directory.parent if directory.name not in ("", "..") else resolved.parent
        return f"{directory}: this is one run; name the sweep directory that it is in, {above}"
    below = sorted(path.parent.name for path in resolved.glob(f"*/{SweepPaths(Path()).state}"))
    if below:
        return f"{directory}: no run in it itself; name one of the sweeps in it: {', '.join(below[:SWEEPS_NAMED])}"
    return f"{directory}: no finished run here yet" if SweepPaths(resolved).state.is_dir() else None
