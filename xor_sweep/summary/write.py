"""The ranked runs as files that people and programs read: CSV, JSON and Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from xor_sweep.durable import write_whole
from xor_sweep.runs import SweepPaths
from xor_sweep.summary.frame import Row, cells, frame, part_of, text
from xor_sweep.visible import visible

FORMAT = 1
"""The format of `summary.json`."""

EMPTY = "[]\n}\n"
"""How `summary.json` ends where there is no run."""

MARKUP = re.compile(r"([\\|*`~<]|(?<=\])\()")
"""What Markdown would take for a column's border, an emphasis, code, HTML, or a link's or an image's address."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a text begins that spreadsheets take for a formula, which may run programs."""


def write(
    sweep: SweepPaths,
    table: Sequence[Row],
    keys: Sequence[str],
    counts: Mapping[str, int],
    ranking: tuple[str, str],
    pictures: Sequence[Path],
    test: Mapping[str, Any] | None,
) -> None:
    """Write `summary.csv`, `summary.json` and `summary.md`, each whole.

    Args:
        sweep: where to.
        table: the rows of the runs, best first.
        keys: the swept keys among their columns.
        counts: how many runs ended with each status.
        ranking: objective and direction.
        pictures: the plots that the Markdown shows, files of the sweep directory.
        test: what the best configuration's model is worth on the test part, by `run`, `cost` and `accuracy`.
    """
    write_whole(sweep.summary_csv, as_csv(table))
    write_whole(sweep.summary_json, as_json(table, keys, ranking, test))
    title = sweep.directory.resolve().name
    write_whole(sweep.summary_md, as_markdown(title, table, keys, counts, ranking, pictures, test))


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
    return visible(f"'{value}" if value.startswith(FORMULA) else value)


def as_json(
    table: Sequence[Row], keys: Sequence[str], ranking: tuple[str, str], test: Mapping[str, Any] | None = None
) -> str:
    """Strict JSON: no NaN, null for what is missing."""
    objective, direction = ranking
    head = {"format": FORMAT, "objective": objective, "direction": direction, "swept": list(keys)}
    head |= {"test": dict(test)} if test else {}
    empty = json.dumps(head | {"runs": []}, allow_nan=False, indent=1) + "\n"
    if not table:
        return empty
    # A row at a time: the encoder holds a string for each value of what it is given.
    runs = ",\n".join("  " + json.dumps(row, allow_nan=False, indent=1).replace("\n", "\n  ") for row in table)
    return f"{empty.removesuffix(EMPTY)}[\n{runs}\n ]\n}}\n"


def as_markdown(
    title: str,
    table: Sequence[Row],
    keys: Sequence[str],
    counts: Mapping[str, int],
    ranking: tuple[str, str],
    pictures: Sequence[Path],
    test: Mapping[str, Any] | None = None,
) -> str:
    """A page: how the runs ended, the best one, the table, the pictures."""
    objective, direction = ranking
    total = f"{len(table):,} run{'' if len(table) == 1 else 's'}"
    ends = ", ".join(f"{count:,} {status}" for status, count in counts.items())
    first = table[0] if table and table[0]["status"] == "completed" else None
    best = f"Best run: {cell(first['run'])}, {objective} {cell(first[objective])}." if first else "No run completed."
    ranked_by = f"Ranked by {objective} ({direction}), of the {part_of(table)} part."
    lines = [f"# {cell(title)}", "", f"{total}: {ends}. {ranked_by}", "", best, ""]
    if test:
        scores = ", ".join(f"{name} {cell(test[name])}" for name in ("cost", "accuracy") if test.get(name) is not None)
        lines += [f"On the test part, scored once: {cell(test['run'])}, {scores}.", ""]
    lines += _table(table, keys)
    for picture in pictures:
        lines += ["", f"![{cell(picture.stem.replace('_', ' '))}]({quote(picture.name)})"]
    return "\n".join(lines) + "\n"


def _table(table: Sequence[Row], keys: Sequence[str]) -> list[str]:
    columns = ["run", *keys, "status", "final_cost", "final_accuracy", "best_cost", "reason"]
    heads = {"final_cost": "final cost", "final_accuracy": "accuracy", "best_cost": "best cost"}
    numeric = [all(not isinstance(row[name], str | list | bool) for row in table) for name in columns[:-1]]
    lines = [
        _line(["rank", *(cell(heads.get(name, name)) for name in columns)]),
        _line(["--:", *("--:" if right else "---" for right in numeric), "---"]),
    ]
    return lines + [
        _line([str(place), *(cell(row[name]) for name in columns)]) for place, row in enumerate(table, start=1)
    ]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def cell(value: Any) -> str:
    """A value in Markdown: floats to 6 significant digits, one line, nothing that Markdown would interpret."""
    words = f"{value:.6g}" if isinstance(value, float) else visible(" ".join(text(value).split()))
    return MARKUP.sub(r"\\\1", words)
