"""The measure of a run: what scores it, by its spec and the data that was read for it."""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np

from xor_sweep.config.limits import shown
from xor_sweep.config.spec import DataSpec, RunSpec
from xor_sweep.data import Dataset, content, dataset
from xor_sweep.measure import DATA_SEED, DIGITS, Measure, loss_fact


def measure_of(spec: RunSpec) -> Measure:
    """Return the measure of a run.

    Raises:
        DataError: if its data was not read before, and cannot be.
    """
    facts = data_facts(spec.data)
    # Only the lowest cost of a truth table counts weights.
    weights = (("class_weight", shown(spec.training.class_weight)),) if spec.data.truth_table else ()
    return (*facts, ("loss", loss_fact(spec.training.loss, dict(facts)["task"])), *weights)


@lru_cache(maxsize=1 << 17)
def data_facts(data: DataSpec) -> Measure:
    """Return the facts about data; they are kept, so that a result needs no data that was let go since."""
    made = dataset(data)
    if data.truth_table:
        return (("data", f"{data.kind} {data.bits}" if data.kind == "parity" else data.kind), ("task", made.task))
    facts = {
        "data": f"sklearn {data.name}" if data.kind == "sklearn" else data.kind,
        "content": (data.sha256 or content(data))[:DIGITS],
        "target": data.target,
        "task": made.task,
        "rows": _rows(made),
        **split_facts(data, own_validation=made.own_validation),
    }
    if made.task == "regression":
        standardized = made.preprocessing.target_scale is not None
        facts["scale"] = "standard deviations" if standardized else "units"
    return tuple((key, value) for key, value in facts.items() if value)


def split_facts(data: DataSpec, *, own_validation: bool) -> dict[str, str]:
    """Return which part scores a run, and the seed that draws it if one does."""
    test = f", data.test_fraction={shown(data.test_fraction)}" if data.test_fraction else ""
    if own_validation:
        return {"split": f"its own validation part{test}"}
    drawn = data.fold is not None or data.validation_fraction > 0
    part = "training part"
    if drawn:
        fraction = f"data.validation_fraction={shown(data.validation_fraction)}"
        part = fraction if data.fold is None else f"data.folds={data.folds}"
    return {"split": f"{part}{test}"} | ({DATA_SEED: str(data.seed)} if drawn or test else {})


def _rows(made: Dataset) -> str:
    """Return a hash of which rows are learnt from or scored, whatever the part that they are in."""
    parts = (part.rows for part in (made.train, made.validation, made.test) if part is not None)
    rows = np.sort(np.concatenate([*parts])).astype("<i8")
    return hashlib.sha256(rows.tobytes()).hexdigest()[:DIGITS]
