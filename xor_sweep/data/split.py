"""Rows to a training, a validation and a test part: the same for the same seed, and each class in its share."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xor_sweep.config.limits import shown
from xor_sweep.config.spec import DataSpec
from xor_sweep.data.errors import DataError
from xor_sweep.data.task import Label

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The rows of each part, ascending; no row is in two, and together they are all."""

    train: Rows
    validation: Rows | None
    test: Rows | None


def split(data: DataSpec, strata: Rows, classes: tuple[Label, ...], where: str, own: Rows | None = None) -> Split:
    """Split rows by `data`'s fractions, fold and seed.

    The test part is drawn first and depends on nothing but its fraction and the seed.

    Args:
        data: holds the fractions, the fold and the seed.
        strata: each row's class, of which every part gets its share; all 0 for a regression.
        classes: the label of each, for messages; () for a regression.
        where: what messages call the data.
        own: the rows of the data's own validation part, which are then not split off.

    Raises:
        DataError: where there are too few rows for these parts.
    """
    generator = np.random.Generator(np.random.Philox(data.seed))
    everything = np.arange(len(strata))
    left = everything if own is None else np.setdiff1d(everything, own)
    test = _drawn(data.test_fraction, "test_fraction", left, left, strata, generator, where)
    outside = np.setdiff1d(left, test)
    if own is not None:
        if data.fold is not None:
            raise DataError(f"data.fold={data.fold}: {where} has its own validation part; leave data.fold out")
        validation = own
    elif data.fold is not None:
        validation = _fold(data.fold, data.folds, outside, strata, classes, generator, where)
    else:
        validation = _drawn(data.validation_fraction, "validation_fraction", left, outside, strata, generator, where)
    train = np.setdiff1d(outside, validation)
    if len(train) < 2:
        raise DataError(
            f"{where}: {_rows(len(train))} of {len(strata)} left to train on; give more rows or smaller parts"
        )
    if absent := set(strata.tolist()) - set(strata[train].tolist()):
        label = classes[min(absent)]
        raise DataError(f"{where}: class {label} is not in the training part; give more rows of it, or smaller parts")
    return Split(train, validation if len(validation) else None, test if len(test) else None)


def _drawn(
    fraction: float, key: str, of: Rows, rows: Rows, strata: Rows, generator: np.random.Generator, where: str
) -> Rows:
    """A share of `of`, drawn from `rows`, with one row of each class left over at least."""
    if fraction == 0:
        return np.empty(0, np.int64)
    wanted = math.floor(fraction * len(of) + 0.5)
    if wanted == 0:
        what = f"data.{key}={shown(fraction)} of {_rows(len(of))} is less than one row"
        raise DataError(f"{where}: {what}; give more rows, or data.{key}=0")
    found, members = np.unique(strata[rows], return_counts=True)
    counts = _counts(wanted, members)
    if counts is None:
        stay = "one has to stay" if len(found) == 1 else f"one of each of the {len(found)} classes has to stay"
        what = f"data.{key}={shown(fraction)} takes {wanted} of {_rows(len(rows))}"
        raise DataError(f"{where}: {what}, and {stay} to train on; give more rows, or a smaller fraction")
    drawn = [generator.permutation(rows[strata[rows] == one])[:count] for one, count in zip(found, counts, strict=True)]
    return np.sort(np.concatenate(drawn))


def _counts(wanted: int, members: Rows) -> Rows | None:
    """How many of each class: its share, rounded so that they add up; one member stays out. None: too few rows."""
    most = members - 1
    if wanted > most.sum():
        return None
    share = wanted * members / members.sum()
    counts: Rows = np.minimum(np.floor(share).astype(np.int64), most)
    while counts.sum() < wanted:
        open_ = np.flatnonzero(counts < most)
        # The largest remainders first.
        order = open_[np.argsort(counts[open_] - share[open_], kind="stable")]
        counts[order[: wanted - counts.sum()]] += 1
    return counts


def _fold(
    fold: int,
    folds: int,
    rows: Rows,
    strata: Rows,
    classes: tuple[Label, ...],
    generator: np.random.Generator,
    where: str,
) -> Rows:
    """One of so many folds: class by class, rows are dealt out in turn, so that folds differ by one row at most."""
    if fold >= folds:
        raise DataError(f"data.fold={fold}: takes 0 to {folds - 1}, as data.folds={folds}")
    if len(rows) < folds:
        raise DataError(f"data.folds={folds}: {where} has {_rows(len(rows))} for them; use fewer folds")
    found, members = np.unique(strata[rows], return_counts=True)
    if classes and members.min() < 2:
        label = classes[found[members.argmin()]]
        what = f"class {label} has one row outside the test part, and has to be in training in every fold"
        raise DataError(f"data.folds={folds}: {where}: {what}; give more rows of it")
    order = np.concatenate([generator.permutation(rows[strata[rows] == one]) for one in found])
    return np.sort(order[fold::folds])


def _rows(count: int) -> str:
    return f"{count} row{'s' * (count != 1)}"
