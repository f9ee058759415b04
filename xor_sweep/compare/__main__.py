"""The command that holds two sweeps against each other: `python -m xor_sweep.compare outputs/a outputs/b`."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from xor_sweep.errors import SweepError
from xor_sweep.option_parser import Parser, end_with
from xor_sweep.visible import one_line

if TYPE_CHECKING:
    from xor_sweep.compare.comparison import Comparison

EPILOG = """\
The best configuration of each sweep is the one with the best median; runs that
differ in seed or fold alone are one configuration, and a run that diverged or
failed counts as the worst. --fail-if-worse ends with 1 where the best of b is
worse than the best of a with 95% confidence: where the 95% bootstrap interval
of the difference of their medians is above the tolerance. Of equally good
sweeps that happens in about 2.5% of cases, or fewer, where both have the same
number of configurations. With fewer than five runs a side, b is worse where
each of its runs is worse than every one of a by more than the tolerance (luck
alone: 1 in 20 with three a side, 1 in 6 with two). With one run a side there is
no confidence: the two numbers are compared.

exit codes: 0; 1 with --fail-if-worse, where b is worse; 2 where the two cannot
be compared

example, for CI: python -m xor_sweep.compare outputs/main outputs/branch \\
                   --fail-if-worse --tolerance 0.01
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare two sweep directories and print what differs.

    Returns:
        the exit code: 0; 1 where the second is worse and that was to fail; 2 where they cannot be compared.
    """
    from xor_sweep.config.schema import DIRECTIONS, OBJECTIVES  # late: it brings Hydra

    parser = Parser(
        prog="python -m xor_sweep.compare",
        description="Say what differs between two sweeps, and whether the second is better or worse.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("a", type=Path, help="a sweep directory, such as outputs/main")
    parser.add_argument("b", type=Path, help="the one that is held against it, such as outputs/branch")
    for option, choices, means, default in (
        ("--objective", OBJECTIVES, "what ranks the runs", "as both were swept"),
        ("--direction", DIRECTIONS, "which way is better", "as suits the objective"),
    ):
        listed = ", ".join(choices)
        parser.add_argument(option, choices=choices, metavar="WORD", help=f"{means}: {listed} (default: {default})")
    parser.add_argument("--fail-if-worse", action="store_true", help="end with 1 where b is worse than a")
    parser.add_argument(
        "--tolerance",
        type=tolerance,
        metavar="AMOUNT",
        help="how much worse is no failure, in the unit of the objective: 0.01 (default: 0)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, with every configuration")
    try:
        options = parser.parse_args(arguments)
        if options.tolerance is not None and not options.fail_if_worse:
            parser.error("--tolerance says when --fail-if-worse fails; give both")
        accepted = options.tolerance or 0.0
        from xor_sweep.compare.comparison import compare  # late: it brings Hydra

        comparison = compare(options.a, options.b, options.objective, options.direction)
    except SweepError as error:
        sys.stderr.write(one_line(str(error)) + "\n")
        return 2
    except OSError as error:
        sys.stderr.write(one_line(f"{error.filename or options.a}: {error.strerror or error}") + "\n")
        return 2
    if options.json:
        from xor_sweep.compare.shown import as_json

        sys.stdout.write(as_json(comparison, accepted) + "\n")
    else:
        show(comparison, accepted if options.fail_if_worse else None)
    return 1 if options.fail_if_worse and comparison.best.worse_by(accepted) else 0


def tolerance(word: str) -> float:
    """A finite number that is not negative: `0.01`."""
    value = float(word)
    if not math.isfinite(value) or value < 0:
        raise argparse.ArgumentTypeError(f"{word}: takes a number of at least 0, such as 0.01")
    return value


def show(comparison: Comparison, accepted: float | None) -> None:
    """Print a comparison, and where it may fail, by how much b may be worse and whether it is."""
    from rich.console import Console

    from xor_sweep.compare.shown import counted, differences, head, overall, table

    console = Console()

    def say(*lines: str, under: str = "") -> None:
        for line in [*([f"\n{under}"] if under else []), *(f"  {line}" if under else line for line in lines)]:
            console.print(line, markup=False, highlight=False)

    in_both = len(comparison.pairs)
    say(head("a", comparison.a, in_both + comparison.only_a), head("b", comparison.b, in_both + comparison.only_b))
    say(*(differences(comparison) or ["nothing but the results"]), under="What differs")
    console.print()
    if comparison.pairs:
        console.print(table(comparison, console.width))
        say(counted(comparison))
    else:
        say("No configuration is in both.")
    say(*overall(comparison), under="Best against best")
    if comparison.notes:
        say(*comparison.notes, under="Mind")
    if accepted is not None:
        failed = comparison.best.worse_by(accepted)
        say("", f"{'FAILED' if failed else 'passed'}: b is {'' if failed else 'not '}worse by more than {accepted:g}")


if __name__ == "__main__":
    end_with(main)
