"""Data for tests, of every kind, as a person would have it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from xor_sweep.config.spec import DataSpec

CUSTOMERS = "\n".join(
    ["age,plan,member,churn"]
    + [
        f"{20 + row},{('basic', 'gold', 'free')[row % 3]},{row % 2 == 0},{('no', 'yes')[row % 4 == 0]}"
        for row in range(40)
    ]
)
"""40 rows: a whole number, three words, true and false; 10 customers churned."""


def csv(directory: Path, text: str = CUSTOMERS, name: str = "customers.csv", **keys: Any) -> DataSpec:
    """The spec of a CSV file that holds `text`."""
    path = directory / name
    path.write_text(text)
    return DataSpec(**{"kind": "csv", "name": "customers", "path": str(path), "target": "churn", **keys})


def npz(directory: Path, arrays: dict[str, Any], **keys: Any) -> DataSpec:
    """The spec of a .npz file that holds these arrays."""
    path = directory / "points.npz"
    np.savez(path, **arrays)
    return DataSpec(**{"kind": "npz", "name": "points", "path": str(path), **keys})


def numbers(rows: int = 20, features: int = 3) -> np.ndarray[Any, Any]:
    """Numbers of no particular mean and deviation."""
    return np.random.default_rng(3).normal(5, 2, (rows, features))
