"""What all tests have in common."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """Exempt what the imports made from garbage collection: TensorFlow's objects alone take a second to go through."""
    gc.collect()
    gc.freeze()
