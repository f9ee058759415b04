"""What a sweep directory knows beside its runs: which keys were swept into it and what ranks its runs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from xor_sweep.durable import write_whole
from xor_sweep.runs import SweepPaths


@dataclass(frozen=True, slots=True)
class Manifest:
    """The commands of a sweep directory, merged.

    Attributes:
        swept: every key that a command swept, in the order of their first appearance.
        objective, direction: what the latest command ranked by.
        kept: the run whose model is kept as that of the best configuration; None where there is none.
        unkept: by the run that it would be of, why no model of it could be written.
        test: what that model is worth on the test part, by `run`, `cost` and `accuracy`; None where it was not scored.
    """

    swept: tuple[str, ...] = ()
    objective: str = "final_cost"
    direction: str = "minimize"
    kept: str | None = None
    test: dict[str, Any] | None = None
    unkept: dict[str, str] | None = None


def load_manifest(sweep: SweepPaths) -> Manifest:
    """The manifest of a sweep directory; the default one where there is none or it is damaged."""
    try:
        content = json.loads(sweep.manifest.read_bytes())
        test = content.get("test")
        return Manifest(
            tuple(map(str, content["swept"])),
            str(content["objective"]),
            str(content["direction"]),
            str(content["kept"]) if content.get("kept") else None,
            dict(test) if test else None,
            dict(content["unkept"]) if content.get("unkept") else None,
        )
    except (OSError, ValueError, TypeError, KeyError):
        return Manifest()


def extend_manifest(sweep: SweepPaths, swept: Iterable[str], objective: str, direction: str) -> None:
    """Add a command's swept keys to the manifest, and rank by its objective from now on."""
    before = load_manifest(sweep)
    save_manifest(
        sweep,
        replace(before, swept=tuple(dict.fromkeys([*before.swept, *swept])), objective=objective, direction=direction),
    )


def save_manifest(sweep: SweepPaths, now: Manifest) -> None:
    """Write a manifest that says something new."""
    before = load_manifest(sweep)
    if now != before or not sweep.manifest.exists():
        write_whole(sweep.manifest, json.dumps(asdict(now)) + "\n")
