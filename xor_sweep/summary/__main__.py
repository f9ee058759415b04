"""The command that summarises a sweep directory again: `python -m xor_sweep.summary outputs/xor`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from xor_sweep.durable import FULL
from xor_sweep.errors import SweepError
from xor_sweep.option_parser import Parser, end_with
from xor_sweep.results import left_out
from xor_sweep.runs import SweepPaths
from xor_sweep.summary import Summary, summarise
from xor_sweep.visible import one_line, visible


def main(arguments: Sequence[str] | None = None) -> int:
    """Summarise a sweep directory and print its ranked runs.

    Returns:
        the exit code: 0; 1 if a run failed or none completed, or if the disk is full; 2 if there is nothing to
            summarise.
    """
    from xor_sweep.config.schema import DIRECTIONS, OBJECTIVES  # late: it brings Hydra

    parser = Parser(
        prog="python -m xor_sweep.summary",
        description="Rank the finished runs of a sweep directory; write its summary, plots, best.yaml and report.",
        epilog="example: python -m xor_sweep.summary outputs/xor --objective best_cost",
    )
    parser.add_argument("directory", type=Path, help="the sweep directory, such as outputs/xor")
    parser.add_argument("--objective", choices=OBJECTIVES, help="what ranks the runs (default: as they were swept)")
    parser.add_argument("--direction", choices=DIRECTIONS, help="which way is better (default: as suits the objective)")
    parser.add_argument("--target", type=share, help="accuracy from which on a run counts as solved (default: 1.0)")
    try:
        options = parser.parse_args(arguments)
        sweep = SweepPaths(options.directory)
        summary = summarise(sweep, objective=options.objective, direction=options.direction, target=options.target)
    except SweepError as error:
        sys.stderr.write(one_line(f"{error}") + "\n")
        return 2
    except OSError as error:
        full = error.errno in FULL
        room = "; the same command writes the rest when there is room" if full else ""
        sys.stderr.write(one_line(f"{error.filename or sweep.directory}: {error.strerror or error}{room}") + "\n")
        return 1 if full else 2
    show(summary, sweep)
    counts = summary.counts
    return 1 if counts["failed"] or not counts["completed"] else 0


def share(word: str) -> float:
    """A share that is more than none: `0.95`."""
    value = float(word)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{word}: takes a number above 0 and at most 1, such as 0.95")
    return value


def show(summary: Summary, sweep: SweepPaths) -> None:
    """Print the ranked runs and where the files are."""
    from rich.console import Console

    from xor_sweep.summary.eligible import tied
    from xor_sweep.summary.table import RANKINGS_SHOWN, best_values, configurations_table, ranked_tables
    from xor_sweep.summary.unmoved import unmoved

    console = Console()
    for table in ranked_tables(summary, (), sweep.directory, width=console.width):
        console.print(table)
    if summary.why:
        console.print(visible(summary.why), markup=False, highlight=False, soft_wrap=True)
    for each in summary.rankings[:RANKINGS_SHOWN]:
        if each.replicated:
            console.print(configurations_table(each, width=console.width))
        elif note := tied(each.configurations):
            console.print(visible(note), markup=False, highlight=False, soft_wrap=True)
    if note := unmoved(summary.everything):
        console.print(visible(note), markup=False, highlight=False, soft_wrap=True)
    if keys := best_values(summary):
        console.print(f"best values: {visible(keys)}", markup=False, highlight=False, soft_wrap=True)
    if summary.damaged:
        console.print(visible(left_out(summary.damaged)), markup=False, highlight=False, soft_wrap=True)
    counts = ", ".join(f"{count:,} {status}" for status, count in summary.counts.items())
    console.print(f"{counts}; ranked by {summary.objective} ({summary.direction})", markup=False, highlight=False)
    best = () if summary.best_config is None else (summary.best_config,)
    files = (sweep.summary_csv, sweep.summary_json, sweep.summary_md, *best, *summary.pictures, sweep.report)
    for path in files:
        # Not wrapped: a path is there to be copied.
        console.print(visible(str(path)), markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    end_with(main)
