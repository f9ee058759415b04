"""Configurations that share nodes are parsed once a node, and then share what was made of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)

KEPT = 1024
"""Nodes that are known at most; a sweep over a node's own key has as many of them as runs."""


class Once:
    """What was made of the nodes of the configurations of one command."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, object], tuple[object, Any]] = {}
        self._equal: dict[Any, Any] = {}

    def made(self, node: object, make: Callable[..., T], *more: Hashable) -> T:
        """`make(node, *more)`, once for each node; a node is known by the object that it is, and is not to change."""
        key = (id(node), (make, more))
        # The node is held beside what was made of it, so that no other one gets its id.
        if key not in self._made:
            if len(self._made) >= KEPT:
                self._made.clear()
            self._made[key] = (node, make(node, *more))
        found: T = self._made[key][1]
        return found

    def equal(self, value: H) -> H:
        """The first of all equal values, in place of another one that would be kept beside it."""
        found: H = self._equal.setdefault(value, value)
        return found
