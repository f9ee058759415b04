"""The comparison as a page of Markdown: `summary.md`, and what TensorBoard shows under Text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from xor_sweep.amounts import count, number, pair
from xor_sweep.results import left_out
from xor_sweep.summary.eligible import bar_of, interval_head, interval_of, runs_of, tied, too_few
from xor_sweep.summary.frame import RANKING, Row, fits_numbers, text
from xor_sweep.summary.importance import share, together
from xor_sweep.summary.unmoved import unmoved
from xor_sweep.visible import visible

if TYPE_CHECKING:
    from xor_sweep.summary import Summary

MARKUP = re.compile(r"([\\|*`~<]|(?<=\])\()")
"""What Markdown would take for a column's border, an emphasis, code, HTML, or a link's or an image's address."""

BY_ITSELF = "Each key by itself: the value whose runs have the best median, whatever their other keys are."

HEADS = {"final_cost": "final cost", "final_accuracy": "accuracy", "best_cost": "best cost"}


def as_markdown(
    title: str,
    table: Sequence[Row],
    summary: Summary,
    test: Mapping[str, Any] | None = None,
    *,
    most: int | None = None,
    pictures: bool = True,
) -> str:
    """A page: how the runs ended, the best one, the configurations, the keys, the runs, the pictures.

    Args:
        title: the sweep's name.
        table: the rows of the runs, best first, one ranking after the other.
        summary: what they say together.
        test: what the best configuration's model is worth on the test part, by `run`, `cost` and `accuracy`.
        most: at most so many rows of each table; None is all.
        pictures: whether the page lies beside the pictures, and shows them.
    """
    objective, direction = summary.objective, summary.direction
    total = count(len(table), "run")
    ends = ", ".join(f"{count:,} {status}" for status, count in summary.counts.items())
    ranked_by = f"Ranked by {objective} ({direction}), of the {summary.cost.part} part."
    first = table[: len(summary.ranked)]
    lines = [f"# {cell(title)}", "", f"{total}: {ends}. {ranked_by}", ""]
    if summary.why:
        lines += [f"{cell(summary.why)}.", ""]
    lines += [best(first, summary), ""]
    if summary.damaged:
        lines += [f"{cell(left_out(summary.damaged))}.", ""]
    if test:
        scores = ", ".join(f"{name} {cell(test[name])}" for name in ("cost", "accuracy") if test.get(name) is not None)
        lines += [f"On the test part, scored once: {cell(test['run'])}, {scores}.", ""]
    lines += _ranking(first, summary, most)
    start = len(first)
    for each in summary.others:
        rows = table[start : (start := start + len(each.ranked))]
        lines += ["", f"# Ranking {rows[0][RANKING]}: {cell(each.label)}", "", best(rows, each), ""]
        lines += _ranking(rows, each, most)
    for picture in summary.pictures if pictures else ():
        lines += ["", f"![{cell(picture.stem.replace('_', ' '))}]({quote(picture.name)})"]
    return "\n".join(lines) + "\n"


def _ranking(table: Sequence[Row], summary: Summary, most: int | None) -> list[str]:
    """The configurations, the keys and the runs of one ranking."""
    lines = []
    if summary.replicated:
        lines += ["## Configurations", "", replicates(summary), "", *_configurations(summary, most), ""]
    if summary.effects:
        lines += ["## Keys", "", BY_ITSELF, "", *_effects(summary), ""]
    return [*lines, "## Runs", "", *_runs(table, summary.keys, most)]


def best(table: Sequence[Row], summary: Summary) -> str:
    """Which configuration wins where runs are replicates, and which run has the best number."""
    objective = summary.objective
    if not table or table[0]["status"] != "completed":
        return "No run completed."
    run = f"{cell(table[0]['run'])}, {objective} {cell(table[0][objective])}."
    still = f" {cell(note)}." if (note := unmoved(summary.ranked)) else ""
    ties = f" {cell(note)}." if (note := tied(summary.configurations)) else ""
    if not summary.replicated:
        return f"Best run: {run}{ties}{still}"
    first = summary.configurations[0]
    if first.median is None:
        return f"No configuration has more than half its runs completed. Best single run: {run}{still}"
    note = too_few(summary.configurations, summary.direction)
    passed = f" {cell(note)}." if note else ""
    what = f"{cell(first.name)}, median {objective} {cell(first.median)}"
    return f"Best configuration: {what}.{ties} Best single run: {run}{passed}{still}"


def replicates(summary: Summary) -> str:
    """What the statistics of configurations are of, in a sentence or two."""
    solved = ""
    if any(each.solved is not None for each in summary.configurations):
        solved = f" Solved is the share with an accuracy of at least {summary.target:g}."
    few = ""
    if not all(each.eligible for each in summary.configurations):
        bar = bar_of(summary.configurations)
        few = f" One with fewer than {bar.least} runs, where another has {bar.most:,}, ranks below those with more."
    interval = "95% interval (interpolated order statistics); of fewer than 6 runs that is their range"
    return (
        f"Runs that differ in seed or fold alone are one row, of {summary.objective}, the best median first, with its "
        f"{interval}. In the median a run that did not complete counts as the worst; mean, standard "
        f"deviation, best and worst are of those that completed.{solved}{few}"
    )


def _configurations(summary: Summary, most: int | None) -> list[str]:
    rows = summary.configurations
    keys = list(rows[0].values)
    numeric = [all(fits_numbers(each.values[key]) for each in rows) for key in keys]
    with_solved = any(each.solved is not None for each in rows)
    heads = ["rank", *keys, "n", "completed", *(["solved"] if with_solved else [])]
    head = interval_head(rows)
    heads += ["median", head, "mean ± std", "best", "worst", "run at the median"]
    sides = ["--:", *("--:" if right else "---" for right in numeric), *["--:"] * (len(heads) - len(keys) - 2), "---"]
    lines, bar = [_line(map(cell, heads)), _line(sides)], bar_of(rows)
    for each in rows[:most]:
        solved = [] if not with_solved else ["" if each.solved is None else f"{each.solved:.0%}"]
        cells = [
            str(each.place),
            *(cell(each.values[key]) for key in keys),
            runs_of(each, bar),
            str(each.completed),
            *solved,
        ]
        cells += [
            cell(each.median),
            interval_of(each, head),
            pair(each.mean, " ± ", each.std),
            cell(each.best),
            cell(each.worst),
        ]
        lines.append(_line([*cells, cell(each.run)]))
    return lines + _more(len(rows), most, "configurations")


def _effects(summary: Summary) -> list[str]:
    known = any(each.importance is not None for each in summary.effects)
    heads = ["key", "values", "best value", f"median {summary.objective}", *(["importance"] if known else [])]
    lines = [_line(map(cell, heads)), _line(["---", "--:", "--:", "--:", *(["--:"] if known else [])])]
    for each in summary.effects:
        part = [] if not known else [share(each.importance)]
        lines.append(_line([cell(each.key), str(each.values), cell(each.best_text()), cell(each.median), *part]))
    return lines + (["", f"{cell(together(summary.importance))}."] if together(summary.importance) else [])


def _runs(table: Sequence[Row], keys: Sequence[str], most: int | None) -> list[str]:
    columns = ["run", *keys, "status", "final_cost", "final_accuracy", "best_cost", "reason"]
    numeric = [all(fits_numbers(row[name]) for row in table) for name in columns[:-1]]
    lines = [
        _line(["rank", *(cell(HEADS.get(name, name)) for name in columns)]),
        _line(["--:", *("--:" if right else "---" for right in numeric), "---"]),
    ]
    rows = enumerate(table[:most], start=1)
    lines += [_line([str(place), *(cell(row[name]) for name in columns)]) for place, row in rows]
    return lines + _more(len(table), most, "runs")


def _more(rows: int, most: int | None, what: str) -> list[str]:
    return ["", f"… and {rows - most:,} more {what}"] if most is not None and rows > most else []


def _line(cells: Any) -> str:
    return "| " + " | ".join(cells) + " |"


def cell(value: Any) -> str:
    """A value in Markdown: floats to 6 significant digits, one line, nothing that Markdown would interpret."""
    words = number(value) if isinstance(value, float) else visible(" ".join(text(value).split()))
    return MARKUP.sub(r"\\\1", words)
