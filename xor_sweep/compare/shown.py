"""A comparison as a person reads it in a terminal, and as a program does."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from xor_sweep.amounts import count
from xor_sweep.compare.comparison import Comparison
from xor_sweep.compare.medians import Difference, Verdict
from xor_sweep.compare.settings import MOST_PAIRS, Spread
from xor_sweep.compare.side import Side
from xor_sweep.results import STATUSES
from xor_sweep.summary.ranking import sign_of
from xor_sweep.summary.table import titled
from xor_sweep.visible import one_line

FORMAT = 1
"""The format of `--json`."""

LUCK = 0.05
"""The share of equals that is called better or worse: what an interval of 95% leaves out."""

LIMIT = 20
"""Rows of the table, and lines of each list of what differs; the others are counted."""

WIDE = 110
"""Characters from which on there is room for all numbers."""

LONGEST = 60
"""Characters of a value that are shown."""

VERDICTS: dict[Verdict, str] = {
    "better": "b is better",
    "worse": "b is worse",
    "unclear": "no clear difference",
    "equal": "no difference: the same numbers",
}


def differences(comparison: Comparison) -> list[str]:
    """What differs beside the results, a line each, and what a reader has to mind."""
    compared = min(max(1, len(comparison.pairs)), MOST_PAIRS)
    lines = []
    for each in comparison.keys[:LIMIT]:
        some = "" if each.configurations == compared else f" (in {each.configurations} of {compared} configurations)"
        lines.append(f"{_word(each.key)}: {_word(each.a)} in a, {_word(each.b)} in b{some}")
    lines += _more(comparison.keys)
    lines += [f"{_word(each.name)}: {_where(each)}" for each in comparison.swept[:LIMIT]]
    lines += _more(comparison.swept)
    lines += [f"{_word(name)}: its source changed" for name in comparison.sources[:LIMIT]]
    lines += _more(comparison.sources)
    lines += [f"{_word(each.name)}: {_where(each)}" for each in comparison.versions[:LIMIT]]
    lines += _more(comparison.versions)
    return lines


def table(comparison: Comparison, width: int) -> Table:
    """The configurations that both sweeps have.

    Args:
        comparison: which has at least one.
        width: characters of a line; a narrow one has fewer columns.
    """
    wide = width >= WIDE
    in_both = count(len(comparison.pairs), "configuration")
    found = titled(Text(f"{in_both} in both, medians of {comparison.objective} ({comparison.direction})"))
    found.add_column("configuration", overflow="fold")
    heads = ["n", "a", "b", "b - a", "95% interval", "b / a", "b better", "b is"]
    shown = [head for head in heads if wide or head not in ("n", "b - a", "b / a", "b better")]
    for head in shown:
        found.add_column(head, justify="left" if head == "b is" else "right", no_wrap=True)
    for pair in comparison.pairs[:LIMIT]:
        numbers = _numbers(pair.difference, comparison.direction)
        sizes = f"{len(pair.difference.a.losses)}, {len(pair.difference.b.losses)}"
        cells = {
            "n": sizes,
            "a": _number(numbers["a"]),
            "b": _number(numbers["b"]),
            "b - a": _number(numbers["difference"]),
            "95% interval": _interval(numbers),
            "b / a": _number(numbers["ratio"]),
            "b better": _share(numbers["probability"]),
            "b is": pair.difference.verdict,
        }
        found.add_row(Text(one_line(pair.name)), *(Text(cells[head]) for head in shown))
    if len(comparison.pairs) > LIMIT:
        found.caption = Text(f"… and {len(comparison.pairs) - LIMIT:,} more; --json has all")
    return found


def counted(comparison: Comparison) -> str:
    """How many configurations are better, worse and neither, and how many of these luck would make."""
    counts = Counter(pair.difference.verdict for pair in comparison.pairs)
    words = ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in VERDICTS if counts[verdict])
    unequal = len(comparison.pairs) - counts["equal"]
    if unequal < 2:
        return f"b beside a: {words}."
    return (
        f"b beside a: {words}. Each is judged by itself: were none of the {unequal:,} different, luck would still call "
        f"up to {LUCK * unequal:.2g} of them better or worse."
    )


def overall(comparison: Comparison) -> list[str]:
    """The best configuration of each sweep, and what the one is beside the other."""
    best = comparison.best
    numbers = _numbers(best, comparison.direction)
    sides = (
        (side, name, group, numbers[side])
        for side, name, group in (("a", comparison.best_a, best.a), ("b", comparison.best_b, best.b))
    )
    lines = [
        f"{side}: {_word(name)}, {'' if len(group.losses) == 1 else 'median '}{_number(median)} "
        f"({group.completed:,} of {count(len(group.losses), 'run')} completed)"
        for side, name, group, median in sides
    ]
    ratio = f", b / a = {_number(numbers['ratio'])}" if numbers["ratio"] is not None else ""
    lines.append(f"b - a = {_number(numbers['difference'])}{ratio}")
    if not best.single:
        lines.append(f"95% interval of b - a: {_interval(numbers)}" + (", paired by seed" if best.paired else ""))
    if best.probability is not None:
        lines.append(f"b is better with probability {_share(best.probability)}")
    return [*lines, verdict(best)]


def verdict(best: Difference) -> str:
    """The verdict in a sentence, with what it is worth."""
    words = VERDICTS[best.verdict]
    if best.equal:
        return words
    if best.single:
        return f"{words}, of single runs: there is no confidence without several seeds"
    if best.few and best.verdict == "unclear":
        return f"{words}; with so few runs it would take one between all of a and all of b"
    if best.luck is not None:
        return f"{words}, with every run; luck alone does that in up to 1 of {round(1 / best.luck)} cases"
    return f"{words}, with 95% confidence" if best.verdict in ("better", "worse") else words


def head(label: str, side: Side, configurations: int) -> str:
    """A line about a sweep."""
    counts = Counter(result.status for result in side.results)
    ends = ", ".join(f"{counts[status]:,} {status}" for status in STATUSES if counts[status])
    return f"{label}: {one_line(str(side.directory))}, {count(configurations, 'configuration')}, runs: {ends}"


def as_json(comparison: Comparison, tolerance: float) -> str:
    """The whole comparison as JSON; a number that is not finite is null."""
    pairs = [{"configuration": pair.name, **_json(pair.difference, comparison.direction)} for pair in comparison.pairs]
    content = {
        "format": FORMAT,
        "a": _side(comparison.a, len(comparison.pairs) + comparison.only_a),
        "b": _side(comparison.b, len(comparison.pairs) + comparison.only_b),
        "objective": comparison.objective,
        "direction": comparison.direction,
        "keys": [
            {"key": each.key, "a": each.a, "b": each.b, "configurations": each.configurations}
            for each in comparison.keys
        ],
        "swept": [_json_spread(each) for each in comparison.swept],
        "versions": [_json_spread(each) for each in comparison.versions],
        "sources": list(comparison.sources),
        "notes": list(comparison.notes),
        "configurations": pairs,
        "best": {
            "configuration_a": comparison.best_a,
            "configuration_b": comparison.best_b,
            **_json(comparison.best, comparison.direction),
        },
        "tolerance": tolerance,
        "worse": comparison.best.worse_by(tolerance),
    }
    return json.dumps(content, indent=2, allow_nan=False)


def _json(each: Difference, direction: str) -> dict[str, Any]:
    numbers = _numbers(each, direction)
    finite = {name: value if value is not None and math.isfinite(value) else None for name, value in numbers.items()}
    sides = {
        side: {"n": len(group.losses), "completed": group.completed, "median": finite.pop(side)}
        for side, group in (("a", each.a), ("b", each.b))
    }
    return {**sides, **finite, "paired": each.paired, "luck": each.luck, "verdict": each.verdict}


def _side(side: Side, configurations: int) -> dict[str, Any]:
    counts = Counter(result.status for result in side.results)
    ends: dict[str, Any] = {status: counts[status] for status in STATUSES}
    return {"directory": str(side.directory), "runs": len(side.results), **ends, "configurations": configurations}


def _json_spread(each: Spread) -> dict[str, Any]:
    return {"name": each.name, "both": each.both, "only_a": each.only_a, "only_b": each.only_b}


def _numbers(each: Difference, direction: str) -> dict[str, float | None]:
    """Medians, their difference with its interval, their ratio, in the unit of the objective."""
    sign = sign_of(direction)
    a, b = sign * each.a.median, sign * each.b.median
    ends = [None if end is None else sign * end for end in (each.low, each.high)]
    low, high = ends if sign > 0 else ends[::-1]
    ratio = b / a if sign > 0 and a > 0 and b > 0 and math.isfinite(a) and math.isfinite(b) else None
    return {
        "a": a,
        "b": b,
        "difference": sign * each.median + 0.0,
        "low": low,
        "high": high,
        "ratio": ratio,
        "probability": each.probability,
    }


def _interval(numbers: dict[str, float | None]) -> str:
    low, high = numbers["low"], numbers["high"]
    return "" if low is None else f"{_short(low)} to {_short(high)}"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if math.isfinite(value) else "none"


def _short(value: float | None) -> str:
    return "" if value is None else f"{value + 0.0:.3g}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def _where(each: Spread) -> str:
    parts = (("in both", each.both), ("in a alone", each.only_a), ("in b alone", each.only_b))
    return "; ".join(f"{_listed(values)} {where}" for where, values in parts if values)


def _listed(values: Sequence[str]) -> str:
    if len(values) > 8:
        return f"{_word(values[0])}, {_word(values[1])}, … {_word(values[-1])} ({len(values):,} values)"
    return ", ".join(map(_word, values))


def _word(value: str | None) -> str:
    if value is None:
        return "nothing"
    plain = one_line(value)
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST]}…"


def _more(values: Sequence[Any]) -> Iterator[str]:
    if len(values) > LIMIT:
        yield f"… and {len(values) - LIMIT:,} more; --json has all"
