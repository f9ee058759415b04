"""Which rows are learnt from: those without a missing value, or without one that cannot be filled in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xor_sweep.config.spec import DataSpec
from xor_sweep.data.doubts import command_line
from xor_sweep.data.errors import DataError
from xor_sweep.data.table import Table, is_frame
from xor_sweep.data.task import missing_targets

Rows = NDArray[np.int64]

SETTABLE = ("csv", "arrays")
"""The kinds of data that have the key `data.missing`."""

COLUMNS_NAMED = 5


def usable_rows(data: DataSpec, table: Table) -> Rows:
    """Return the rows that are learnt from, ascending.

    `data.missing=drop` leaves out each row with a missing value, `impute` only rows without a target.

    Raises:
        DataError: if targets are missing and no policy says what then, or if no row is left.
    """
    untold = missing_targets(table.y)
    if untold.all():
        raise DataError(f"{table.where}: the target {table.target} has no values at all; name another target")
    if untold.any() and data.missing == "error":
        what = f"the target {table.target} is missing in {untold.sum():,} of {len(untold):,} rows"
        remedy = "leave such rows out" + (" with data.missing=impute or data.missing=drop" * (data.kind in SETTABLE))
        raise DataError(f"{table.where}: {what}; {remedy}")
    left_out = untold | gaps(table).any(1) if data.missing == "drop" else untold
    usable = np.flatnonzero(~left_out)
    if not len(usable):
        what = "every row has a missing value, so that data.missing=drop leaves none"
        raise DataError(f"{table.where}: {what}; use data.missing=impute")
    own = table.own_validation
    if own is not None and not (usable >= own).any():
        if untold[own:].all():
            raise DataError(f"{table.where}: y_validation has no values at all; leave the validation part out")
        what = "every row of the validation part has a missing value"
        raise DataError(f"{table.where}: {what}; use data.missing=impute")
    return usable


def gaps(table: Table) -> NDArray[np.bool_]:
    """Return where inputs are missing, `(rows, columns)`; a plain array counts as one column."""
    if is_frame(table.x):
        found: NDArray[np.bool_] = table.x.isna().to_numpy(np.bool_)
        return found
    x = table.x
    missing = np.isnan(x) if x.dtype.kind == "f" else np.zeros(x.shape, np.bool_)
    return np.asarray(missing.reshape(len(x), -1).any(1, keepdims=True))


def about_rows(data: DataSpec, table: Table, usable: Rows) -> list[str]:
    """Return a line for each thing that missing values do to the rows."""
    untold, missing = missing_targets(table.y), gaps(table)
    rows, told = len(untold), int((~untold).sum())
    said = []
    if data.missing == "drop" and len(usable) < rows:
        said.append(f"data.missing=drop leaves {len(usable):,} of {rows:,} rows{_dearest(table, untold, missing)}")
    elif told < rows:
        said.append(f"{rows - told:,} of {rows:,} rows have no target and are left out")
    counts = missing[usable].sum(0)
    if counts.any() and is_frame(table.x):
        names = [(name, count) for name, count in zip(table.x.columns, counts, strict=True) if count]
        filled = [f"{count:,} in {name}" for name, count in names[:COLUMNS_NAMED]]
        filled += [f"{sum(count for _, count in names[COLUMNS_NAMED:]):,} in others"] * (len(names) > COLUMNS_NAMED)
        said.append(f"data.missing=impute fills missing values: {', '.join(filled)}")
    return said


def _dearest(table: Table, untold: NDArray[np.bool_], missing: NDArray[np.bool_]) -> str:
    """Which column costs the most rows, and how many are left without it."""
    counts = missing.sum(0)
    if not counts.any() or untold.sum() >= counts.max():
        return f": {untold.sum():,} have no target"
    if not is_frame(table.x):
        return f": {counts[0]:,} have a missing input"
    place = int(counts.argmax())
    name = table.x.columns[place]
    left = int((~(untold | np.delete(missing, place, 1).any(1))).sum())
    remedy = f"; {command_line({'ignore': [name]})} leaves {left:,}" if missing.shape[1] > 1 else ""
    return f": column {name} has no value in {counts[place]:,}{remedy}"
