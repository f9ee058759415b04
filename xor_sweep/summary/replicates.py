"""Which runs of equal swept keys are replicates of each other, and which differ in something that was not swept."""

from __future__ import annotations

import hashlib
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath
from typing import Any, NamedTuple, TypeVar

from xor_sweep.manifest import Manifest
from xor_sweep.names import DIGITS
from xor_sweep.summary.columns import Configs

Run = TypeVar("Run")


class Origin(NamedTuple):
    """Where a run came from.

    Attributes:
        run: its name.
        started_at: when it started to train: UTC, ISO 8601.
        identity: what tells it from all others.
        replicate: its seed and folds.
        batch_order: which key draws the order of its batches; None without batches and up to release 0.2.0.
    """

    run: str
    started_at: str
    identity: str
    replicate: tuple[str, ...]
    batch_order: str | None = None


class Source(NamedTuple):
    """A function or a file that a run depends on.

    Attributes:
        name: as a configuration has it, without folders.
        content: its hash when the run started.
        changed_at: when a command found it to be another one than it is now: UTC, ISO 8601; None if it is the same.
    """

    name: str
    content: str
    changed_at: str | None


class Unswept:
    """What a sweep's runs may differ in beside their swept keys: an edited configuration, function or file of data.

    Args:
        configs: the runs' configurations, which are read only where runs of several commands have equal swept keys.
        manifest: when the commands began, and what the sources were then.
    """

    def __init__(self, configs: Configs, manifest: Manifest) -> None:
        self._configs, self._manifest = configs, manifest
        self._began = sorted(command.started_at for command in manifest.commands)

    def command(self, origin: Origin) -> int | None:
        """Which command a run is of, counted; None of one that is older than those that are known."""
        return bisect(self._began, origin.started_at) or None

    def fingerprint(self, origin: Origin) -> str:
        """A hash of all that gave a run its numbers, as far as it was written down, but for seeds and folds."""
        config = self._configs.fingerprint(origin.run)
        sources = self.sources(origin.run, origin.started_at)
        beside: list[object] = [sorted((each.name, each.content) for each in sources), origin.batch_order]
        known = tuple(filter(None, beside))
        return hashlib.sha256(repr((config, *known)).encode(errors="replace")).hexdigest() if known else config

    def sources(self, run: str, started_at: str) -> Iterator[Source]:
        """Yield the functions and files that a run's configuration names, as they were when it started."""
        named = {PurePath(word).name for word in _words(self._configs.mapping(run))}
        for source, latest in self._manifest.sources.items():
            if (name := PurePath(source.removesuffix("()")).name) in named:
                later = (each for each in self._manifest.changes if each.name == source and each.at > started_at)
                change = next(later, None)
                content = change.before if change else latest
                yield Source(name, content, change.at if change and content != latest else None)


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _words(each)
    elif isinstance(value, str):
        yield value


def variants(runs: Sequence[Run], origin: Callable[[Run], Origin], unswept: Unswept) -> Iterator[tuple[str, list[Run]]]:
    """Runs of equal swept keys, apart where they differ in something else.

    Those of one command do not, unless two of them have one seed or their batches are ordered by different keys. Others
    differ where their fingerprints do, and where two of one fingerprint have one seed all of these are told apart by
    their identities.

    Args:
        runs: of equal swept keys.
        origin: of a run, where it came from.
        unswept: what they may differ in.

    Yields:
        digits that tell these runs from the others, empty where all are together, and the runs in their order.
    """
    origins = [origin(run) for run in runs]
    of_commands: dict[tuple[int | None, str | None], list[Origin]] = {}
    for each in origins:
        of_commands.setdefault((unswept.command(each), each.batch_order), []).append(each)
    if len(of_commands) == 1 and unswept.command(origins[0]) is not None and not _repeated(origins):
        yield "", list(runs)
        return
    known: dict[str, str] = {}
    for (command, _), those in of_commands.items():
        alike = unswept.fingerprint(those[0]) if command is not None and not _repeated(those) else None
        known |= {each.run: alike or unswept.fingerprint(each) for each in those}
    found: dict[str, list[tuple[Run, Origin]]] = {}
    for run, each in zip(runs, origins, strict=True):
        found.setdefault(known[each.run], []).append((run, each))
    for variant, group in found.items():
        if _repeated([each for _, each in group]):
            yield from ((each.identity[:DIGITS], [run]) for run, each in group)
        else:
            yield variant[:DIGITS] if len(found) > 1 else "", [run for run, _ in group]


def _repeated(origins: Sequence[Origin]) -> bool:
    """Whether two of some runs of equal swept keys have one seed and the same folds."""
    return len({each.replicate for each in origins}) < len(origins)
