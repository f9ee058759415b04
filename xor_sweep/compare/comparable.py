"""Whether the objectives of two sweeps can be held against each other at all."""

from __future__ import annotations

from pathlib import PurePath

from xor_sweep.compare.side import Side
from xor_sweep.errors import SweepError
from xor_sweep.measure import DATA_SEED, DIGITS, differing
from xor_sweep.results import RunResult
from xor_sweep.summary import ranking
from xor_sweep.summary.ranking import part_of

TASK = ("data.bits", "data.target", "data._target_", "data.sha256")
"""Keys that say what is learnt from data of one kind; the others say how it is split and prepared."""

SPLIT = ("data.validation_fraction", "data.test_fraction", "data.folds", "data.missing", "data.ignore")
"""Keys that say which rows rank runs."""

SAID_ELSEWHERE = ("content", "split", "rows", DATA_SEED)
"""Facts of a measure that `_content` and `_split` look at: which rows rank runs, and what they held."""

CROSSENTROPY = ("crossentropy", "bce", "binarycrossentropy", "categoricalcrossentropy", "sparsecategoricalcrossentropy")
SQUARES = ("mse", "meansquarederror")
"""Keras's names of the losses that tasks have where nobody names one, the first to be shown."""


def common_ranking(a: Side, b: Side, objective: str | None, direction: str | None) -> tuple[str, str]:
    """The objective and direction: as asked for, otherwise those of both manifests.

    Raises:
        SweepError: where one is unknown, the manifests disagree, or completed runs have no such objective.
    """
    chosen, towards = ranking(a.manifest, objective, direction)
    theirs = ranking(b.manifest, objective, direction)
    if (chosen, towards) != theirs:
        raise SweepError(
            f"{a.directory} ranks by {chosen}, {b.directory} by {theirs[0]}; give one with --objective {chosen}, say"
        )
    for side in (a, b):
        completed = [result for result in side.results if result.status == "completed"]
        if completed and all(result.objective(chosen) is None for result in completed):
            raise SweepError(f"{side.directory}: no run has a {chosen}; give another --objective")
    return chosen, towards


def check(a: Side, first: RunResult, b: Side, second: RunResult, objective: str) -> list[str]:
    """Refuse runs whose objectives are of different data, parts or losses.

    Args:
        a, b: the sweeps.
        first, second: a run of each.
        objective: what ranks them.

    Returns:
        what cannot be known, or may matter, a line each.

    Raises:
        SweepError: where they cannot be compared.
    """
    parts = [part_of(side.results) for side in (a, b)]
    if None not in parts and parts[0] != parts[1]:
        raise SweepError(f"{_both(a, b)}: ranked on the {parts[0]} part and on the {parts[1]} part; {ALIKE}")
    unrecorded = [side for side, run in ((a, first), (b, second)) if not side.recorded_at_all(run.run)]
    if unrecorded:
        return [f"{side.directory} has no record of its configurations: are its data the same?" for side in unrecorded]
    kinds = a.kind(first.run), b.kind(second.run)
    keys = ["data.name", *TASK] if kinds == ("sklearn", "sklearn") else TASK
    found = [("data", *map(str, kinds)), *((key, a.text(first, key), b.text(second, key)) for key in keys)]
    for key, mine, theirs in found:
        if mine != theirs:
            raise SweepError(f"{_both(a, b)}: different data, {key}={mine} and {key}={theirs}; {ALIKE}")
    losses = _loss(a, first), _loss(b, second)
    if objective != "final_accuracy" and None not in losses and losses[0] != losses[1]:
        remedy = "" if first.final_accuracy is None else ", or give --objective final_accuracy"
        raise SweepError(f"{_both(a, b)}: costs of different losses, {losses[0]} and {losses[1]}; {ALIKE}{remedy}")
    _check_measures(a, first, b, second, objective)
    return [*_content(a, first, b, second), *_split(a, first, b, second)]


def _check_measures(a: Side, first: RunResult, b: Side, second: RunResult, objective: str) -> None:
    """Refuse runs that one sweep would not rank together either, but for what `_content` and `_split` look at."""
    mine, theirs = a.facts(first, objective), b.facts(second, objective)
    for key in differing(mine, theirs):
        if key not in SAID_ELSEWHERE:
            what = f"{key} is {mine[key]} in one and {theirs[key]} in the other"
            raise SweepError(f"{_both(a, b)}: what the runs are scored on differs, {what}; {ALIKE}")


ALIKE = "compare sweeps whose objectives are of one kind"


def _both(a: Side, b: Side) -> str:
    return f"{a.directory}, {b.directory}"


def _content(a: Side, first: RunResult, b: Side, second: RunResult) -> list[str]:
    """What is known of the content of the data, by the runs' results or what the latest command of each sweep noted."""
    key, mark = ("data._target_", "()") if a.kind(first.run) == "python" else ("data.path", "")
    paths = a.text(first, key) + mark, b.text(second, key) + mark
    if a.kind(first.run) not in ("csv", "npz", "python"):
        return []
    digests = _digest(a, first, paths[0]), _digest(b, second, paths[1])
    if mark and None in digests:
        return []
    name = PurePath(paths[0]).name
    if None in digests:
        return [f"whether {name} held the same rows for both is not known"]
    if digests[0] != digests[1]:
        raise SweepError(f"{_both(a, b)}: different data, the content of {name} changed; {ALIKE}")
    return []


def _digest(side: Side, run: RunResult, source: str) -> str | None:
    known = side.facts(run, "final_cost").get("content") or side.manifest.sources.get(source)
    return known and known[:DIGITS]


def _split(a: Side, first: RunResult, b: Side, second: RunResult) -> list[str]:
    differ = [key for key in SPLIT if a.text(first, key) != b.text(second, key)]
    return [f"other rows rank the runs: {', '.join(differ)} differ"] if differ else []


def _loss(side: Side, result: RunResult) -> str | None:
    """What a cost is of, under one name for all of Keras's names of it; None where it cannot be known.

    A loss that nobody named is that of the task, and the task shows in what runs have that completed.
    """
    loss = side.text(result, "loss._target_" if side.value(result, "loss") is None else "loss")
    if loss == "null":
        completed = [each for each in side.results if each.status == "completed"]
        classes = any(each.final_accuracy is not None for each in completed)
        return CROSSENTROPY[0] if classes else SQUARES[0] if completed else None
    plain = loss.replace("_", "").lower()
    return SQUARES[0] if plain in SQUARES else CROSSENTROPY[0] if plain in CROSSENTROPY else loss
