"""What a sweep directory knows beside its runs: which keys were swept into it and what ranks its runs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from xor_sweep.durable import write_whole
from xor_sweep.foreign import read_file, refuse_links
from xor_sweep.measure import Measure
from xor_sweep.provenance import MOST_COMMANDS, Command, from_json, latest
from xor_sweep.runs import SweepPaths

MOST_CHANGES = 1000
"""So many of the latest changes of sources are kept."""

MOST_MEASURES = 100
"""So many different measures of a command's runs are kept."""


@dataclass(frozen=True, slots=True)
class Change:
    """A source that was found changed.

    Attributes:
        at: when the command began that found it: UTC, ISO 8601.
        name: the source's.
        before: its hash until then.
    """

    at: str
    name: str
    before: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The commands of a sweep directory, merged.

    Attributes:
        swept: every key that a command swept, in the order of their first appearance.
        objective, direction: what the latest command ranked by.
        target: the accuracy from which on it counted a run as solved.
        kept: the run whose model is kept as that of the best configuration; None where there is none.
        kept_cost: the cost that its weights were ranked with; None of release 0.2.0, which kept the last weights.
        unkept: by the run that it would be of, why no model of it could be written.
        test: what that model is worth on the test part, by `run`, `cost` and `accuracy`; None where it was not scored.
        sources: hashes of the files and functions that runs depend on, by name, as the latest command had them.
        commands: the latest ones, the last one last; none of releases that wrote none down.
        changes: of sources, the last one last.
        measures: of the latest command's runs, in their order, the first `MOST_MEASURES` different ones; () of releases
            up to 0.2.0.
        code_of_files: by the hash of a function's file, as release 0.2.0 knew the function, the hash of the code that a
            result of that release was first taken for; with `()`, of what a function of data returned then.
    """

    swept: tuple[str, ...] = ()
    objective: str = "final_cost"
    direction: str = "minimize"
    kept: str | None = None
    test: dict[str, Any] | None = None
    unkept: dict[str, str] | None = None
    sources: dict[str, str] = field(default_factory=dict)
    target: float = 1.0
    commands: tuple[Command, ...] = ()
    changes: tuple[Change, ...] = ()
    kept_cost: float | None = None
    measures: tuple[Measure, ...] = ()
    code_of_files: dict[str, str] = field(default_factory=dict)


def load_manifest(sweep: SweepPaths) -> Manifest:
    """The manifest of a sweep directory; the default one where there is none or it is damaged."""
    try:
        content = json.loads(read_file(sweep.manifest))
        return Manifest(
            tuple(map(_word, content["swept"])),
            _word(content["objective"]),
            _word(content["direction"]),
            _run(sweep, content["kept"]) if content.get("kept") else None,
            _scores(content["test"]) if content.get("test") else None,
            {_word(run): _word(reason) for run, reason in content["unkept"].items()} if content.get("unkept") else None,
            {_word(name): _word(digest) for name, digest in content.get("sources", {}).items()},
            _share(content.get("target", 1.0)),
            tuple(map(from_json, content.get("commands", ())[-MOST_COMMANDS:])),
            tuple(map(_change, content.get("changes", ())[-MOST_CHANGES:])),
            None if content.get("kept_cost") is None else _finite(content["kept_cost"]),
            tuple(map(_measure, content.get("measures", ())[:MOST_MEASURES])),
            {_word(name): _word(digest) for name, digest in content.get("code_of_files", {}).items()},
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Manifest()


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _measure(value: Any) -> Measure:
    return tuple((_word(key), _word(fact)) for key, fact in value)


def _change(value: Any) -> Change:
    return Change(_word(value["at"]), _word(value["name"]), _word(value["before"]))


def _share(value: Any) -> float:
    if not isinstance(value, float) or not 0 < value <= 1:
        raise ValueError(f"{value!r} is no share")
    return value


def _finite(value: Any) -> float:
    if not isinstance(value, float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a finite number")
    return value


def _run(sweep: SweepPaths, value: Any) -> str:
    """A run's name, whose model may be removed: of a directory in the sweep directory, and no path to elsewhere."""
    name = _word(value)
    if "/" in name or "\0" in name or name.startswith(".") or sweep.run(name).directory.is_symlink():
        raise ValueError(f"{name!r} is no run's name")
    return name


def _scores(test: Any) -> dict[str, Any]:
    scores = {name: test[name] for name in ("cost", "accuracy") if test.get(name) is not None}
    if "cost" not in scores or not all(isinstance(s, float) and math.isfinite(s) for s in scores.values()):
        raise ValueError(f"{test!r} holds no scores")
    return {"run": _word(test["run"]), **scores}


def extend_manifest(
    sweep: SweepPaths,
    swept: Iterable[str],
    objective: str,
    direction: str,
    sources: Mapping[str, str],
    target: float = 1.0,
    command: Command | None = None,
    code_of_files: Mapping[str, str] | None = None,
    measures: Iterable[Measure] = (),
) -> None:
    """Add a command, its swept keys and its sources to the manifest, and rank by its objective from now on.

    The rankings of runs with its measures are the first ones from now on.
    """
    before = load_manifest(sweep)
    code_of_files = {**(code_of_files or {}), **before.code_of_files}  # what a result was first taken for stays
    changes = [
        Change(command.started_at, name, before.sources[name])
        for name, content in sources.items()
        if command and _is_other(before.sources.get(name, content), content, code_of_files)
    ]
    save_manifest(
        sweep,
        replace(
            before,
            swept=tuple(dict.fromkeys([*before.swept, *swept])),
            objective=objective,
            direction=direction,
            sources={**before.sources, **sources},
            target=target,
            commands=latest(before.commands, command) if command else before.commands,
            changes=(*before.changes, *changes)[-MOST_CHANGES:],
            code_of_files=code_of_files,
            measures=tuple(dict.fromkeys(measures))[:MOST_MEASURES],
        ),
    )


def _is_other(before: str, code: str, code_of_files: Mapping[str, str]) -> bool:
    """Whether a source has changed; release 0.2.0 knew functions by their files."""
    return code_of_files.get(before, before) != code


def add_command(sweep: SweepPaths, command: Command) -> None:
    """Add a command to the manifest, or what has become known of it since it was added."""
    before = load_manifest(sweep)
    save_manifest(sweep, replace(before, commands=latest(before.commands, command)))


def save_manifest(sweep: SweepPaths, now: Manifest) -> None:
    """Write a manifest that says something new.

    Raises:
        ConfigError: where a link stands in its place.
    """
    refuse_links([sweep.state])
    before = load_manifest(sweep)
    if now != before or not sweep.manifest.exists():
        write_whole(sweep.manifest, json.dumps(asdict(now)) + "\n")
