"""Arrays under names, as a file holds them: `weights/0` is the first of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

Named = Mapping[str, NDArray[Any]]


def numbered(name: str, values: Sequence[NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Arrays under one name with their numbers."""
    return {f"{name}/{number}": array for number, array in enumerate(values)}


def in_order(name: str, named: Named) -> tuple[NDArray[Any], ...]:
    """The arrays that `numbered` named.

    Raises:
        KeyError: where one is missing.
    """
    found = below(name, named)
    return tuple(found[str(number)] for number in range(len(found)))


def above(name: str, named: Named) -> dict[str, NDArray[Any]]:
    """The arrays with a name put before their own."""
    return {f"{name}/{own}": array for own, array in named.items()}


def below(name: str, named: Named) -> dict[str, NDArray[Any]]:
    """What `above` made, undone: the arrays whose names begin so, without that beginning."""
    return {own.removeprefix(f"{name}/"): array for own, array in named.items() if own.startswith(f"{name}/")}
