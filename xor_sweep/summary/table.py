"""The ranked runs as a table in a terminal, or in plain text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from xor_sweep.amounts import DIGITS, FEW, count, number, pair
from xor_sweep.results import RunResult
from xor_sweep.runs import SweepPaths
from xor_sweep.summary.eligible import LEVEL_HEAD, bar_of, interval_head, interval_of, runs_of, tied, too_few
from xor_sweep.visible import visible

if TYPE_CHECKING:
    from xor_sweep.summary import Summary
    from xor_sweep.summary.configurations import Configuration
    from xor_sweep.summary.effects import Effect
    from xor_sweep.summary.eligible import Bar

WIDE, NARROW = 76, 62
"""Characters from which on there is room for the lowest cost, and for the accuracy."""

NUMBERS = (
    ("n", "solved", "median", LEVEL_HEAD, "mean ± std", "best", "worst"),
    ("n", "solved", "median", LEVEL_HEAD),
    ("n", "solved", "median"),
    ("median",),
)
"""The columns of numbers beside a configuration's name: the first that a line has room for."""

BETWEEN = 3
"""Characters between two columns, and at both ends of a line together."""

LONGEST = 40
"""Characters of a configuration's name that numbers leave room for."""

RANKINGS_SHOWN = 5
"""Rankings that have a table; the summary has all."""

STYLES = {"completed": "", "diverged": "yellow", "failed": "red"}


def titled(title: Text) -> Table:
    """An empty table below a title, as all of ours look."""
    return Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left", caption_justify="left")


def ranked_tables(summary: Summary, command_runs: Collection[str], sweep_dir: Path, width: int = WIDE) -> list[Table]:
    """A table of the runs for each ranking, at most `RANKINGS_SHOWN`; arguments as of `ranked_table`."""
    if not summary.others:
        return [ranked_table(summary.ranked, command_runs, sweep_dir, width=width)]
    shown = enumerate(summary.rankings[:RANKINGS_SHOWN], start=1)
    return [
        ranked_table(
            each.ranked,
            {result.run for result in each.ranked if result.run in command_runs},
            sweep_dir,
            width=width,
            name=f"Ranking {place} of {len(summary.rankings)}, {each.label}: ",
        )
        for place, each in shown
    ]


def ranked_table(
    ranked: Sequence[RunResult],
    command_runs: Collection[str],
    sweep_dir: Path,
    limit: int = 20,
    width: int = WIDE,
    name: str = "",
) -> Table:
    """The first runs of a sweep directory, best first.

    Args:
        ranked: all runs of the directory, in the order of the table.
        command_runs: the names of those that the present command asked for, marked where the directory holds others
            too; empty where there is no such command.
        sweep_dir: the directory, as the person wrote it.
        limit: at most so many rows; the caption counts the others.
        width: characters of a line; a narrow one has fewer columns of numbers, so that names have room.
        name: what the title begins with, if there are several such tables.
    """
    total = count(len(ranked), "run")
    head = f"{count(len(command_runs), 'run')} of this command, {len(ranked):,}" if command_runs else total
    table = titled(Text(visible(f"{name}{head} in {sweep_dir}")))
    table.add_column("rank", justify="right", no_wrap=True)
    table.add_column("run", overflow="fold")
    table.add_column("status", no_wrap=True)
    numbers = {"final cost": "final_cost", "accuracy": "final_accuracy", "best cost": "best_cost"}
    if all(result.final_accuracy is None for result in ranked) and any(r.status == "completed" for r in ranked):
        del numbers["accuracy"]  # of a regression
    for name, least in (("best cost", WIDE), ("accuracy", NARROW)):
        if width < least:
            numbers.pop(name, None)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    marked = set(command_runs) if any(result.run not in command_runs for result in ranked) else set()
    shown = ranked[:limit]
    for place, (result, following) in enumerate(zip(shown, [*shown[1:], None], strict=False), start=1):
        mark = "* " if result.run in marked else ""
        # As Text: names hold brackets, which rich would take for styles.
        table.add_row(
            f"{mark}{place}",
            _named(result, following),
            Text(result.status, style=STYLES[result.status]),
            *(number(getattr(result, attribute)) for attribute in numbers.values()),
            style="bold" if mark else None,
        )
    notes = ["* of this command"] if marked else []
    if len(ranked) > limit:
        notes.append(f"… and {len(ranked) - limit:,} more in {SweepPaths(sweep_dir).summary_csv}")
    table.caption = Text(visible("\n".join(notes))) if notes else None
    return table


def configurations_table(summary: Summary, width: int = WIDE, limit: int = 20) -> Table:
    """The first configurations of a sweep, the best median first.

    Args:
        summary: whose configurations they are.
        width: characters of a line; a narrow one has fewer columns.
        limit: at most so many rows; the caption counts the others.
    """
    configurations, objective = summary.configurations, summary.objective
    of = f"{summary.label}: " if summary.label else ""
    table = titled(Text(visible(f"{of}{count(len(configurations), 'configuration')}, by median {objective}")))
    table.add_column("rank", justify="right", no_wrap=True)
    table.add_column("configuration", overflow="fold")
    shown = configurations[:limit]
    longest = max([len("configuration"), *(min(len(visible(each.name)), LONGEST) for each in shown)])
    columns = _numbers(shown, bar_of(configurations), width - len("rank") - longest - 2 * BETWEEN)
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    for each, *numbers in zip(shown, *columns.values(), strict=True):
        table.add_row(str(each.place), Text(visible(each.name)), *numbers)
    notes = [f"… and {len(configurations) - limit:,} more in summary.md"] if len(configurations) > limit else []
    notes += [note] if (note := tied(configurations)) else []
    notes += [note] if (note := too_few(configurations, summary.direction)) else []
    table.caption = Text(visible("\n".join(notes))) if notes else None
    return table


def _numbers(configurations: Sequence[Configuration], bar: Bar, room: int) -> dict[str, list[str]]:
    """The columns of numbers that fit into so many characters, by their heads; the median in any case."""
    found: dict[str, list[str]] = {}
    head = interval_head(configurations)
    for names, digits in ((names, digits) for names in NUMBERS for digits in (DIGITS, FEW)):
        columns = {
            "n": [runs_of(each, bar) for each in configurations],
            "solved": ["" if each.solved is None else f"{each.solved:.0%}" for each in configurations],
            "median": [number(each.median) for each in configurations],
            LEVEL_HEAD: [interval_of(each, head, digits) for each in configurations],
            "mean ± std": [pair(each.mean, " ± ", each.std, digits) for each in configurations],
            "best": [number(each.best) for each in configurations],
            "worst": [number(each.worst) for each in configurations],
        }
        found = {head if name == LEVEL_HEAD else name: columns[name] for name in names if any(columns[name])}
        if sum(max(map(len, [name, *cells])) + BETWEEN for name, cells in found.items()) <= room:
            break
    return found


def best_values(summary: Summary) -> str:
    """The best value of each key by the median of the runs that have it, and how much the key matters; in one line.

    Empty where one key was swept, without replicates.
    """
    from xor_sweep.config.limits import shown  # late: it brings Hydra
    from xor_sweep.summary.importance import LEAST, can_compute, share, together

    known = [each for each in summary.effects if each.median is not None]
    if not (summary.replicated or len(known) > 1):
        return ""  # the table above says it
    parts = [
        (f"{each.key}={each.best_text(shown)}" if each.best else f"{each.key}: all alike")
        + ("" if each.importance is None else f" ({share(each.importance)})")
        for each in known
    ]
    if any(each.importance is not None for each in known):
        parts[0] = parts[0].replace("%)", "% of the differences)")
    more = ["each key by itself"] if len(known) > 1 else []
    more += [f"the best configuration has {text}"] if (text := _otherwise(summary, known)) else []
    more += [text] if (text := together(summary.importance)) else []
    if more and summary.importance is None and len(summary.ranked) >= LEAST and not can_compute():
        more.append("for how much each key matters: pip install 'xor_sweep[importance]'")
    return "; ".join([", ".join(parts), *more])


def _otherwise(summary: Summary, known: Sequence[Effect]) -> str:
    """The keys of which the best configuration has another value than the best one of the key by itself."""
    from xor_sweep.config.limits import shown  # late: it brings Hydra

    won = summary.configurations[0].values
    other = [each.key for each in known if each.best and not _holds(each, won.get(each.key))]
    return ", ".join(f"{key}={shown(won[key])}" for key in other if key in won)


def _holds(effect: Effect, value: Any) -> bool:
    return effect.best[0] <= value <= effect.best[-1] if effect.ranges else value in effect.best


def failures_table(reasons: Mapping[str, Sequence[str]], sweep: SweepPaths, limit: int = 20) -> Table:
    """Why runs failed.

    Args:
        reasons: by reason, the names of the runs.
        sweep: their directory.
        limit: at most so many rows; the caption counts the others.
    """
    failed = sum(map(len, reasons.values()))
    table = titled(Text(f"{count(failed, 'run')} failed", style="red"))
    table.add_column("runs", justify="right", no_wrap=True)
    table.add_column("reason", overflow="fold")
    table.add_column("traceback, of the first", overflow="fold")
    for reason, names in list(reasons.items())[:limit]:
        table.add_row(f"{len(names):,}", Text(visible(" ".join(reason.split()))), Text(str(sweep.run(names[0]).error)))
    if len(reasons) > limit:
        table.caption = Text(f"… and {len(reasons) - limit:,} more reasons in {sweep.summary_csv}")
    return table


def _named(result: RunResult, following: RunResult | None) -> Text:
    """The run's name, and below it why it did not complete: a column of its own would leave names no room.

    Runs below each other that share a reason have it once, below the last of them.
    """
    text = Text(visible(result.run))
    if not result.reason or (following is not None and following.reason == result.reason):
        return text
    return text.append(f"\n{visible(' '.join(result.reason.split()))}", style="not bold dim")
