"""The ranked runs as rows: plain values for JSON and Markdown, and a pandas frame."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from xor_sweep.results import RunResult
from xor_sweep.summary.columns import Configs, is_finite, named_values, value_of

Row = dict[str, Any]
"""A run's values by column: None where it has none, lists where there are several, no number that is not finite.

A swept key that is null is `NULL`.
"""


class Null(str):
    """A null that a run was given: a word to a reader, and no value to who counts, draws or computes."""

    __slots__ = ()


NULL = Null("null")

RESULT = (
    "status",
    "final_cost",
    "final_accuracy",
    "best_cost",
    "train_cost",
    "train_accuracy",
    "steps",
    "stopped_at",
    "kept_at",
    "batch_order",
    "identity",
    "overrides",
    "reason",
    "started_at",
    "wall_s",
    "program_s",
    "cpu",
)
"""The fields of `RunResult` that are columns, between the swept keys and the versions."""


def rows(ranked: Sequence[RunResult], keys: Sequence[str], configs: Configs) -> list[Row]:
    """A row a run, in the order given, each with the same columns.

    The columns: `run`, the swept keys, the fields in `RESULT`, a column a metric, a column a version, `format`. A swept
    key that is also a field (`steps`) is one column, at the key's place.
    """
    versions = list(dict.fromkeys(name for result in ranked for name in result.versions))
    metrics = list(dict.fromkeys(tag for result in ranked for tag, _ in result.metrics))
    return [_row(result, keys, metrics, versions, configs) for result in ranked]


RANKING = "ranking"
"""The column that tells apart runs that are not ranked together; there is one only if there are such runs."""


def numbered(table: Sequence[Row], ranking: int) -> list[Row]:
    """Return the rows with the number of their ranking, from 1 on, behind the name of the run."""
    return [{"run": row["run"], RANKING: ranking} | row for row in table]


def _row(
    result: RunResult, keys: Sequence[str], metrics: Sequence[str], versions: Sequence[str], configs: Configs
) -> Row:
    row: Row = {"run": result.run}
    row |= {key: _swept(result, key, configs) for key in keys if key != "run"}
    row |= {name: getattr(result, name) for name in RESULT}
    # What a file calls like one of these columns does not take its place.
    for named, values in ((metrics, dict(result.metrics)), (versions, result.versions)):
        row |= {name: values.get(name) for name in named if name not in row}
    row["format"] = result.format
    return {name: _jsonable(value) for name, value in row.items()}


def _swept(result: RunResult, key: str, configs: Configs) -> Any:
    value = value_of(result, key, configs)
    if value is None and (key in named_values(result) or configs.is_null(result.run, key)):
        return NULL
    return value


def _jsonable(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_jsonable(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def text(value: Any) -> str:
    """A value as a person would type it: `[2,4]`, `true`; empty where there is none."""
    from xor_sweep.config.limits import shown  # late: it brings Hydra

    return "" if value is None else shown(value)


def is_number(value: Any) -> bool:
    """Whether a value is a number that has a place on an axis: no bool, and not past what a float holds."""
    return isinstance(value, int | float) and not isinstance(value, bool) and is_finite(value)


def is_numeric(table: Sequence[Row], key: str) -> bool:
    """Whether a key's values are numbers, where a run has one."""
    return all(fits_numbers(row[key]) for row in table)


def fits_numbers(value: Any) -> bool:
    """Whether a value may stand among numbers: it is one, or there is none."""
    return is_number(value) or not given(value)


def given(value: Any) -> bool:
    """Whether a run has a value, and not null."""
    return value is not None and not isinstance(value, Null)


def bare(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as files for programs have them: None for a null too."""
    return {name: value if given(value) else None for name, value in values.items()}


def frame(table: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The rows as a frame: numbers as numbers, lists as text, and the overrides of a run joined with spaces."""
    names = list(table[0]) if table else []
    table = cells(table)
    columns = {_as_utf8(name): _column([row[name] for row in table]) for name in names}
    return pd.DataFrame(columns, columns=pd.Index(columns))


def _as_utf8(name: str) -> str:
    """A column's name with each half of a character spelled out: with PyArrow, pandas refuses what is no UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode()


def cells(table: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The rows with a number or a text in each column: lists as text, and the overrides of a run joined with spaces."""
    return [{name: _cell(name, value) for name, value in bare(row).items()} for row in table]


def _cell(name: str, value: Any) -> Any:
    if name == "overrides" and not isinstance(value, str):
        return " ".join(value)
    return text(value) if isinstance(value, list) else value


def _column(values: list[Any]) -> pd.Series[Any]:
    """A column of the narrowest type that keeps every value: a missing seed makes no float of the other seeds."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int} and all(value is None or -(2**63) <= value < 2**63 for value in values):
        return pd.Series(values, dtype="Int64" if None in values else "int64")
    if kinds == {bool}:
        return pd.Series(values, dtype="boolean" if None in values else "bool")
    if kinds in ({float}, {float, int}):
        return pd.Series(values, dtype="float64")
    return pd.Series(values, dtype="object")
