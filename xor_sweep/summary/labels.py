"""What pictures call keys, runs and numbers where room is short: names of keys give way before values do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from xor_sweep.amounts import count
from xor_sweep.names import FORBIDDEN

LETTERS = 44
"""A longer label in a legend has shorter names of keys."""

KEY_LETTERS = 28
"""A longer key is cut on axes and in titles."""

NAME_LETTERS = 32
"""A longer name of a sweep is cut in titles."""

KEY = re.compile(r"(?:^|(?<=,))[^=,]+(?==)")
"""The keys in a run's name."""


def plain(name: str) -> str:
    """A name with `_` for what the figures' font may lack and for `$`, which would start a formula."""
    return FORBIDDEN.sub("_", name)


def short(label: str, most: int) -> str:
    """The label, cut in its middle where it is longer than `most`."""
    return label if len(label) <= most else f"{label[: most // 2]}…{label[-(most - most // 2 - 1) :]}"


def key_names(keys: Sequence[str], most: int = KEY_LETTERS) -> dict[str, str]:
    """Names for the keys, plain, and no two the same but for letters that the figures' font may lack.

    Whole up to `most` letters; then without what stands before the last dot, where the rest names one key alone; then
    cut in the middle.
    """
    last = [key.rpartition(".")[2] for key in keys]
    parts = (key if len(key) <= most or last.count(part) > 1 else part for key, part in zip(keys, last, strict=True))
    names = {key: short(plain(part), most) for key, part in zip(keys, parts, strict=True)}
    if len(set(names.values())) < len(names) and most < max(map(len, keys)):
        return key_names(keys, 2 * most)
    return names


def run_labels(runs: Sequence[str], most: int = LETTERS, cut: int = LETTERS) -> list[str]:
    """Labels for runs: their names, with keys shortened in all of them as far as the longest one needs it.

    Args:
        runs: names of runs or configurations.
        most: letters that a label should have at most.
        cut: one that is longer nonetheless is cut in its middle past so many.
    """
    keys = list(dict.fromkeys(key for run in runs for key in KEY.findall(run)))
    labels = [plain(run) for run in runs]
    for letters in (24, 12, 6):
        if max(map(len, labels), default=0) <= most:
            break
        names = key_names(keys, letters)
        labels = [plain(KEY.sub(lambda match, names=names: names[match[0]], run)) for run in runs]  # type: ignore[misc]
    return [short(label, cut) for label in labels]


def counted(runs: int, missing: int, unfinished: int = 0) -> str:
    """How many runs a picture shows, and how many it leaves out for what."""
    left_out = f", {unfinished:,} without a finite cost left out" if unfinished else ""
    return count(runs, "run") + left_out + (f", {missing:,} without a value left out" if missing else "")


def numbers(values: Sequence[float], least: int = 3) -> list[str]:
    """The numbers with as few significant digits, `least` or more, as keep different ones apart."""
    written: list[str] = []
    for digits in range(least, 18):
        written = [number(value, digits) for value in values]
        if len(set(written)) == len(set(values)):
            break
    return written


def number(value: float, digits: int) -> str:
    """A number of so many significant digits; a whole one has six of them."""
    if float(value).is_integer():
        digits = max(digits, 6)
    return f"{float(f'{value:.{digits}g}') + 0.0:.{max(digits, 6)}g}"
