"""What the report says, taken from a summary and the sweep directory, as plain values for its template."""

from __future__ import annotations

import base64
import re
from bisect import bisect
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xor_sweep.foreign import read_file
from xor_sweep.manifest import Manifest
from xor_sweep.provenance import COMMIT_DIGITS, Command
from xor_sweep.results import RunResult, left_out
from xor_sweep.runs import SweepPaths
from xor_sweep.spread import evenly
from xor_sweep.summary.best_config import command
from xor_sweep.summary.columns import Configs, path_of
from xor_sweep.summary.configurations import Configuration
from xor_sweep.summary.eligible import bar_of, interval_head, interval_of, runs_of, tied, too_few
from xor_sweep.summary.frame import RANKING, Row, is_number, text
from xor_sweep.summary.importance import share as of_variance
from xor_sweep.summary.labels import key_names
from xor_sweep.summary.report.axes import MOST_AXES, NOWHERE, colours, key_axis, objective_axis
from xor_sweep.summary.report.cells import Cell, Table, cell, pair, share, table_of
from xor_sweep.visible import visible

if TYPE_CHECKING:
    from xor_sweep.summary import Summary

MOST_ROWS, MOST_CONFIGURATIONS, MOST_REASONS = 2_000, 500, 50
MOST_KEYS, MOST_VALUES, MOST_SETTINGS = 40, 8, 500
MOST_PICTURES, MOST_PICTURE_BYTES = 24, 1 << 22
"""What keeps the file small, whatever the sweep."""

HEAD_LETTERS = 14
"""A longer name of an axis is cut, such that it does not reach into the next one."""

UNSHOWN = ("identity", "overrides", "cpu", "started_at", "kept_at", "batch_order", RANKING, "format")
"""Columns of `summary.csv` that a reader does not compare runs by; versions are the environment's."""


STEP = re.compile(r" at step ([0-9][0-9,]{0,23})\b")
"""Where a reason says when: runs that differ in it alone ended for one reason."""


def shown_places(table: Sequence[Row], best_run: str | None) -> list[int]:
    """The places of the rows that are shown: all, or the best ones and some evenly spread over the rest.

    The best configuration's run is among them.
    """
    if len(table) <= MOST_ROWS:
        return list(range(len(table)))
    half = MOST_ROWS // 2
    places = [*range(half), *evenly(range(half, len(table)), MOST_ROWS - half)]
    best = next((place for place, row in enumerate(table) if row["run"] == best_run), 0)
    if best not in places:
        places[bisect(places, best) - 1] = best  # in the place of its neighbour
    return places


def runs_table(table: Sequence[Row], places: Sequence[int], summary: Summary) -> Table:
    """The ranked runs: rank, name, swept keys, and what they ended with; columns without a value are left out."""
    keys = [key for key in summary.keys if key != "run"]
    versions = {name for result in summary.ranked for name in result.versions}
    left_out = {*UNSHOWN, *versions, *keys, "steps", "run"}
    ends = [name for name in table[0] if name not in left_out and any(row[name] is not None for row in table)]
    names = [*keys[:MOST_KEYS], *ends[:MOST_KEYS]]
    rows = ([place + 1, *(table[place][name] for name in ("run", *names))] for place in places)
    return table_of(["rank", "run", *names], rows, len(table))


def configurations_table(summary: Summary) -> Table | None:
    """What replicates say together; None where each configuration is one run. How many completed, if not all did."""
    if not summary.replicated:
        return None
    found = summary.configurations
    keys = list(found[0].values)[:MOST_KEYS]
    solved = any(each.solved is not None for each in found)
    lost = any(each.completed < each.n for each in found)
    names = ["rank", *keys, "n", *(["completed"] if lost else []), *(["solved"] if solved else [])]
    head = interval_head(found)
    names += ["median", head, "mean ± std", "best", "worst", "run at the median"]
    rows, bar = [], bar_of(found)
    for each in found[:MOST_CONFIGURATIONS]:
        row = [
            each.place,
            *(each.values[key] for key in keys),
            Cell(runs_of(each, bar), number=True),
            *([each.completed] if lost else []),
        ]
        row += [share(each.solved)] if solved else []
        row += [each.median, _interval(each, head)]
        row += [pair(each.mean, " ± ", each.std) if each.n > 1 else each.mean, each.best, each.worst, each.run]
        rows.append(row)
    return table_of(names, rows, len(found))


def other_rankings(summary: Summary, tables: Sequence[Sequence[Row]]) -> list[dict[str, Any]]:
    """The rankings whose runs cannot be compared with those of the first one."""
    found = []
    for place, (each, table) in enumerate(zip(summary.others, tables, strict=True), start=2):
        shown = shown_places(table, each.best_run)
        runs, configurations = runs_table(table, shown, each), configurations_table(each)
        found.append({"place": place, "label": visible(each.label), "runs": runs, "configurations": configurations})
    return found


def _interval(each: Configuration, head: str) -> Cell:
    return pair(each.low, " to ", each.high)._replace(words=interval_of(each, head))


def keys_table(table: Sequence[Row], summary: Summary) -> Table:
    """The swept keys: their values, which of them is the best, and how much the key matters."""
    effects = {each.key: each for each in summary.effects}
    known = any(each.importance is not None for each in summary.effects)
    rows = []
    for key in summary.keys[:MOST_KEYS]:
        having = sorted((row[key] for row in table if row[key] is not None), key=_order)
        values = list(dict.fromkeys(map(text, having)))
        few = values if len(values) <= MOST_VALUES else [*values[: MOST_VALUES - 2], "…", values[-1]]
        effect = effects.get(key)
        row = [key, len(values), ", ".join(few), *([effect.best_text(), effect.median] if effect else [None, None])]
        rows.append([*row, Cell(of_variance(effect.importance if effect else None))] if known else row)
    names = ["key", "values", "which", "best value", f"its median {summary.objective}"]
    return table_of([*names, *(["importance"] if known else [])], rows, len(summary.keys))


def _order(value: Any) -> tuple[bool, Any]:
    number = is_number(value)
    return not number, value if number else text(value)


def best(summary: Summary, table: Sequence[Row]) -> dict[str, Any]:
    """The first thing that is said: which setting wins, and by what."""
    if summary.best_run is None:
        what = (
            "No run completed." if summary.best is None else "No configuration has more than half its runs completed."
        )
        return {"none": what}
    first: Configuration = summary.configurations[0]
    row = next(row for row in table if row["run"] == summary.best_run)
    facts: list[tuple[str, Cell]] = []
    if first.n > 1:
        facts.append((f"median {summary.objective}", cell(first.median)))
        facts.append((head := interval_head([first]), _interval(first, head)))
        facts.append(("runs", Cell(f"{first.completed} of {first.n} completed")))
        if first.solved is not None:
            facts.append(("solved", share(first.solved)))
    else:
        facts.append((summary.objective, cell(row[summary.objective])))
        if row["final_accuracy"] is not None and summary.objective != "final_accuracy":
            facts.append(("accuracy", cell(row["final_accuracy"])))
    known = [(cell(key), cell(value)) for key, value in first.values.items() if value is not None]
    top = table[0] if first.n > 1 and table[0]["run"] != summary.best_run else None
    return {
        "setting": known[:MOST_KEYS],
        "name": cell(first.name if first.n > 1 else summary.best_run),
        "facts": facts,
        "run": cell(summary.best_run) if first.n > 1 else None,
        "tied": cell(note) if (note := tied(summary.configurations)) else None,
        "passed": cell(note) if (note := too_few(summary.configurations, summary.direction)) else None,
        "top": (cell(top["run"]), cell(top[summary.objective])) if top else None,
        "alone": not summary.replicated and len(table) > 1,
    }


def again(sweep: SweepPaths, summary: Summary) -> str | None:
    """The command that trains the best configuration again; None where there is no `best.yaml`."""
    return None if summary.best_config is None else visible(command(sweep))


def ended(summary: Summary) -> dict[str, Any]:
    """How many runs ended how, and what ranks them."""
    return {
        "total": len(summary.everything),
        "why": visible(summary.why) if summary.why else None,
        "label": visible(summary.label),
        "counts": list(summary.counts.items()),
        "objective": summary.objective,
        "direction": "lowest first" if summary.direction == "minimize" else "highest first",
        "part": summary.cost.part,
        "damaged": visible(left_out(summary.damaged)) if summary.damaged else None,
    }


def failures(ranked: Sequence[RunResult]) -> Table:
    """Why runs did not complete: a row a reason, whatever its step, with the traceback of the first that failed so."""
    reasons: dict[tuple[str, str], list[RunResult]] = {}
    for result in ranked:
        if result.status != "completed":
            reasons.setdefault((result.status, STEP.sub(" at step …", str(result.reason))), []).append(result)
    rows = [
        [status, len(those), _reason(those), those[0].run, f"{those[0].run}/error.txt" if status == "failed" else None]
        for (status, _), those in list(reasons.items())[:MOST_REASONS]
    ]
    return table_of(["status", "runs", "reason", "first run", "traceback"], rows, len(reasons))


def _reason(those: Sequence[RunResult]) -> str:
    """The reason of runs that differ in its step alone, from the first step to the last."""
    reason = str(those[0].reason)
    steps = sorted({int(found[1].replace(",", "")) for each in those if (found := STEP.search(str(each.reason)))})
    return STEP.sub(f" at step {steps[0]:,} to {steps[-1]:,}", reason) if len(steps) > 1 else reason


def settings(summary: Summary, configs: Configs) -> tuple[Table, Table]:
    """The configuration that all runs share, and what the best run has of the keys that were swept."""
    run = summary.best_run or summary.ranked[0].run
    swept = tuple(map(path_of, summary.keys))
    shared: list[tuple[str, Any]] = []
    own: list[tuple[str, Any]] = []
    for key in configs.keys(run)[:MOST_SETTINGS]:
        is_swept = any(key == each or key.startswith(f"{each}.") for each in swept)
        (own if is_swept else shared).append((key, configs.value(run, key)))
    return table_of(["key", "value"], shared), table_of(["key", "value"], own)


def environment(ranked: Sequence[RunResult]) -> Table:
    """What the runs were made with: each thing with its values, the most frequent first."""
    found: dict[str, dict[str, int]] = {}
    for result in ranked:
        for name, value in (*result.versions.items(), ("processor", result.cpu)):
            seen = found.setdefault(name, {})
            seen[value] = seen.get(value, 0) + 1
    rows = []
    for name, seen in list(found.items())[:MOST_KEYS]:
        by_number = sorted(seen, key=lambda value: -seen[value])[:MOST_VALUES]
        words = [f"{value} ({seen[value]:,} runs)" if len(seen) > 1 else value for value in by_number]
        rows.append((name, ", ".join(words)))
    times = [result.started_at for result in ranked]
    rows.append(("trained", min(times) if min(times) == max(times) else f"{min(times)} to {max(times)}"))
    return table_of(["what", "value"], rows)


def commands(found: Sequence[Command]) -> Table | None:
    """The latest commands, the last one first; None in a directory of a release that wrote none down."""
    if not found:
        return None
    rows = []
    for each in reversed(found):
        commit = Cell(visible(each.revision(COMMIT_DIGITS)), visible(each.revision()))
        versions = ", ".join(f"{name} {version}" for name, version in each.versions.items())
        rows.append([each.started_at, each.line, commit, each.host, versions])
    return table_of(["started (UTC)", "command", "git commit", "host", "versions"], rows)


def lines(table: Sequence[Row], places: Sequence[int], summary: Summary) -> dict[str, Any]:
    """Parallel coordinates, for the script: axes, a colour a row, and the best configuration's row."""
    rows = [table[place] for place in places]
    weight = {each.key: each.importance or 0.0 for each in summary.effects}
    keys = [key for key in summary.keys if len({text(row[key]) for row in table}) > 1]
    kept = set(sorted(keys, key=lambda key: -weight.get(key, -1.0))[:MOST_AXES])
    axes = [key_axis(key, table, rows) for key in keys if key in kept]
    axes.append(objective_axis(summary.objective, summary.direction, table, rows))
    at = next((index for index, row in enumerate(rows) if row["run"] == summary.best_run), -1)
    heads = key_names([each.name for each in axes], HEAD_LETTERS).values()
    drawn = [
        {"name": each.name, "head": head, "ticks": each.ticks, "at": each.at, "log": each.log}
        for each, head in zip(axes, heads, strict=True)
    ]
    return {"axes": drawn, "colours": colours(table, rows, places), "best": at, "nowhere": NOWHERE, "swept": len(keys)}


def pictures(found: Sequence[Path]) -> list[tuple[Cell, str]]:
    """The drawn pictures: what each shows, and its bytes as a `data:` address."""
    shown = []
    for path in found[:MOST_PICTURES]:
        content = base64.b64encode(read_file(path, MOST_PICTURE_BYTES)).decode()
        shown.append((cell(path.stem.replace("_", " ")), f"data:image/png;base64,{content}"))
    return shown


def scored(manifest: Manifest) -> list[tuple[str, Cell]]:
    """What the best configuration's model is worth on the test part; empty where it was not scored."""
    scores = manifest.test or {}
    return [(name, cell(scores[name])) for name in ("run", "cost", "accuracy") if scores.get(name) is not None]
