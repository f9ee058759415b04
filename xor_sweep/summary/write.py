"""The ranked runs as files that people and programs read: CSV, JSON and Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from xor_sweep.durable import write_whole
from xor_sweep.runs import SweepPaths
from xor_sweep.spreadsheet import without_formula
from xor_sweep.summary.frame import Row, bare, cells, frame
from xor_sweep.summary.markdown import as_markdown
from xor_sweep.visible import visible

if TYPE_CHECKING:
    from xor_sweep.summary import Summary

FORMAT = 1
"""The format of `summary.json`."""

EMPTY = "[]\n}\n"
"""How `summary.json` ends where there is no run."""


def write(sweep: SweepPaths, table: Sequence[Row], summary: Summary, test: Mapping[str, Any] | None) -> None:
    """Write `summary.csv`, `summary.json` and `summary.md`, each whole.

    Args:
        sweep: where to.
        table: the rows of the runs, best first, one ranking after the other.
        summary: what they say together; the pictures that the Markdown shows are files of the sweep directory.
        test: what the best configuration's model is worth on the test part, by `run`, `cost` and `accuracy`.
    """
    write_whole(sweep.summary_csv, as_csv(table))
    write_whole(sweep.summary_json, as_json(table, summary, test))
    write_whole(sweep.summary_md, as_markdown(sweep.directory.resolve().name, table, summary, test))


def write_best(sweep: SweepPaths, text: str | None) -> None:
    """Write `best.yaml` whole; remove an earlier one where there is no text."""
    if text is None:
        sweep.best.unlink(missing_ok=True)
    else:
        write_whole(sweep.best, text)


def as_csv(table: Sequence[Row]) -> str:
    """CSV with a header; floats in the shortest form that reads back as the same float64, missing values empty.

    A text that a spreadsheet would take for a formula has an apostrophe before it, which spreadsheets do not show.
    """
    safe = [{harmless(name): harmless(value) for name, value in row.items()} for row in cells(table)]
    content: str = frame(safe).to_csv(index=False, lineterminator="\n")
    return content


def harmless(value: Any) -> Any:
    """A text as a cell that is not taken for a formula, without hidden characters; another value as it is."""
    if not isinstance(value, str):
        return value
    return visible(without_formula(value))


def as_json(table: Sequence[Row], summary: Summary, test: Mapping[str, Any] | None = None) -> str:
    """Strict JSON: no NaN, null for what is missing."""
    head: dict[str, Any] = {
        "format": FORMAT,
        "objective": summary.objective,
        "direction": summary.direction,
        "target": summary.target,
        "swept": list(summary.keys),
    }
    head |= {"test": dict(test)} if test else {}
    head |= _said_together(summary)
    if summary.others:
        head |= {"rankings": [{"ranking": n, **_ranking(each)} for n, each in enumerate(summary.rankings, start=1)]}
    empty = json.dumps(head | {"runs": []}, allow_nan=False, indent=1) + "\n"
    if not table:
        return empty
    # A row at a time: the encoder holds a string for each value of what it is given.
    runs = ",\n".join("  " + json.dumps(bare(row), allow_nan=False, indent=1).replace("\n", "\n  ") for row in table)
    return f"{empty.removesuffix(EMPTY)}[\n{runs}\n ]\n}}\n"


def _said_together(summary: Summary) -> dict[str, Any]:
    """What the runs of one ranking say together."""
    configurations = [
        {**asdict(each), "values": bare(each.values), "runs": list(each.runs)} for each in summary.configurations
    ]
    return {"configurations": configurations, "keys": [bare(asdict(each)) for each in summary.effects]}


def _ranking(summary: Summary) -> dict[str, Any]:
    """One of several rankings: what tells it from the others, its best run, and what its runs say together."""
    return {"label": summary.label, "runs": len(summary.ranked), "best": summary.best_run, **_said_together(summary)}
