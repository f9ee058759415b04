"""From overrides to run names: canonical values of the keys that a run is named after."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import PurePath
from typing import Any

from hydra.core.override_parser.types import Override, QuotedString

from xor_sweep.config.identity import OUTSIDE
from xor_sweep.config.limits import shown
from xor_sweep.grammar import Parser
from xor_sweep.names import run_name
from xor_sweep.references import refers

PLAIN = re.compile(r"\+{0,2}(?P<key>[A-Za-z_][\w.]*)=(?P<number>-?(?P<whole>0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?)")
"""What needs no grammar, which takes a millisecond."""


@lru_cache(maxsize=4096)
def parsed(override: str) -> Override:
    """One override as Hydra's grammar reads it.

    Raises:
        hydra.errors.HydraException: where it does not.
    """
    return Parser().parse_override(override)


def key_and_value(override: str) -> tuple[str, Any]:
    """The key of an override, without `+`, and its plain Python value."""
    if plain := PLAIN.fullmatch(override):
        number = plain["number"]
        return plain["key"], int(number) if number.lstrip("-") == plain["whole"] else float(number)
    found = parsed(override)
    return found.key_or_group, plain_value(found.value())


def plain_value(value: Any) -> Any:
    """A value of Hydra's grammar as a plain Python one: quoted strings lose their quotes."""
    if isinstance(value, QuotedString):
        return value.text
    if isinstance(value, list):
        return [plain_value(item) for item in value]
    if isinstance(value, dict):
        return {plain_value(key): plain_value(item) for key, item in value.items()}
    return value


def may_refer(override: str) -> bool:
    r"""Whether an override's value may hold a reference such as `${lr}`, which Hydra spells `$\{lr\}` in a job's."""
    return "$" in override


def resolved(value: Any, held: Any) -> Any:
    """A value with what its references stand for.

    Args:
        value: as an override gives it.
        held: the value of the same key in the resolved configuration, which may have more keys if it is a mapping.
    """
    if isinstance(value, dict) and isinstance(held, dict):
        return {key: resolved(item, held[key]) if key in held else item for key, item in value.items()}
    return held if refers(value) else value


def named_keys(
    overrides: Sequence[str], swept: Collection[str], values: Mapping[str, Any] | None = None
) -> list[tuple[str, str]]:
    """The keys that name a run, with their canonical values, in the order of the overrides.

    Args:
        overrides: the run's overrides.
        swept: the keys that the command sweeps; where there are none, every override names the run.
        values: the run's resolved configuration, which says what references stand for.
    """
    pairs = [key_and_value(override) for override in overrides]
    inside = [(key, value) for key, value in pairs if key.split(".")[0].split("/")[0] not in OUTSIDE]
    named = [(key, value) for key, value in inside if not swept or key in swept]
    if values is not None and any(map(may_refer, overrides)):
        named = [(key, resolved(value, held_at(values, key))) for key, value in named]
    return [(key, shown_in_name(key, value)) for key, value in named]


def held_at(values: Mapping[str, Any], key: str) -> Any:
    """The value of a dotted key; None if there is none."""
    node: Any = values
    for part in key.split("."):
        node = node.get(part) if isinstance(node, Mapping) else None
    return node


def shown_in_name(key: str, value: Any) -> str:
    """A value as it stands in a name: of a path the file's name alone."""
    return PurePath(value).name if key == "data.path" and isinstance(value, str) else shown(value)


def name_of(overrides: Sequence[str], swept: Collection[str] = (), values: Mapping[str, Any] | None = None) -> str:
    """A run's name from its overrides, and from its resolved configuration if they hold references."""
    return run_name(named_keys(overrides, swept, values))
