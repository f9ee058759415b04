"""Which runs of equal swept keys are replicates of each other, and which differ in something that was not swept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from xor_sweep.names import DIGITS

Run = TypeVar("Run")


def variants(
    runs: Sequence[Run],
    replicate: Callable[[Run], tuple[str, ...]],
    fingerprint: Callable[[Run], str],
    identity: Callable[[Run], str],
) -> Iterator[tuple[str, list[Run]]]:
    """Runs of equal swept keys, apart where two of them have one seed: such runs differ in something else.

    That is what their configurations say or, where these are the same too, as after the data changed, their identity.

    Args:
        runs: of equal swept keys.
        replicate: of a run, its seed and folds.
        fingerprint: of a run, what its configuration is but for these.
        identity: of a run, what tells it from all others.

    Yields:
        digits that tell these runs from the others, empty where all are together, and the runs.
    """
    if not repeated(runs, replicate):
        yield "", list(runs)
        return
    found: dict[str, list[Run]] = {}
    for run in runs:
        found.setdefault(fingerprint(run), []).append(run)
    for variant, group in found.items():
        if repeated(group, replicate):
            yield from ((identity(run)[:DIGITS], [run]) for run in group)
        else:
            yield variant[:DIGITS], group


def repeated(runs: Sequence[Run], replicate: Callable[[Run], tuple[str, ...]]) -> bool:
    """Whether two of some runs of equal swept keys have one seed and the same folds."""
    return len(set(map(replicate, runs))) < len(runs)
