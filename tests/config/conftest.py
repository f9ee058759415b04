from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xor_sweep.data import give


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What each kind of data needs to be there, by dotted key."""
    directory = tmp_path_factory.mktemp("sources")
    x, y = np.arange(24, dtype=np.float32).reshape(12, 2), np.arange(12) % 2
    (directory / "people.csv").write_text("age,paid\n" + "".join(f"{age},{age % 2}\n" for age in range(20, 32)))
    np.savez(directory / "arrays.npz", x=x, y=y)
    own = {"data._target_": "tests.config.own.load", "trusted_modules": ["tests"]}
    return {
        "csv": {"data.path": str(directory / "people.csv"), "data.target": "paid"},
        "npz": {"data.path": str(directory / "arrays.npz")},
        "python": own,
        "arrays": {"data.sha256": give(x, y)},
    }
