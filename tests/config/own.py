"""Functions as a user writes them, in a module that tests trust or do not."""

from __future__ import annotations

from typing import Any


def build(**_arguments: Any) -> Any:
    raise AssertionError("a configuration is parsed without calling what it names")


def load(**_arguments: Any) -> Any:
    return [[float(row)] for row in range(20)], [row % 2 for row in range(20)]
