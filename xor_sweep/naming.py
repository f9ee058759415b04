"""From overrides to run names: canonical values of the keys that a run is named after."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import PurePath
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, QuotedString

from xor_sweep.config.identity import OUTSIDE
from xor_sweep.config.limits import shown
from xor_sweep.names import EVENTS, run_name

PLAIN = re.compile(r"\+{0,2}(?P<key>[A-Za-z_][\w.]*)=(?P<number>-?(?P<whole>0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?)")
"""What needs no grammar, which takes a millisecond."""


@lru_cache(maxsize=4096)
def parsed(override: str) -> Override:
    """One override as Hydra's own grammar reads it.

    Raises:
        hydra.errors.OverrideParseException: where it does not.
    """
    return OverridesParser.create().parse_override(override)


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


def named_keys(overrides: Sequence[str], swept: Collection[str]) -> list[tuple[str, str]]:
    """The keys that name a run, with their canonical values, in the order of the overrides.

    Args:
        overrides: the run's overrides.
        swept: the keys that the command sweeps; where there are none, every override names the run.
    """
    pairs = [key_and_value(override) for override in overrides]
    inside = [(key, value) for key, value in pairs if key.split(".")[0].split("/")[0] not in OUTSIDE]
    return [(key, shown_in_name(key, value)) for key, value in inside if not swept or key in swept]


def shown_in_name(key: str, value: Any) -> str:
    """A value as it stands in a name: of a path the file's name alone."""
    return PurePath(value).name if key == "data.path" and isinstance(value, str) else shown(value)


def stem_of(path: object) -> str:
    """What the data in a file is called: `customers` for `/data/customers.csv.gz`; an experiment may be called that."""
    name = PurePath(str(path)).name
    first, _, _ = name.lstrip(".").partition(".")
    return experiment_of(first or name)


def function_of(target: object) -> str:
    """What the data that a function returns is called: `load` for `my_project.data.load`."""
    return experiment_of(str(target).rpartition(".")[2])


def experiment_of(word: str) -> str:
    """A word with what an experiment's name may not hold replaced; `data` where there is none."""
    plain = EVENTS.sub("tf_", re.sub(r"[^A-Za-z0-9._=,+@-]", "_", word))[:100]
    return re.sub(r"^[^A-Za-z0-9_]", "_", plain) or "data"


def name_of(overrides: Sequence[str], swept: Collection[str] = ()) -> str:
    """A run's name from its overrides."""
    return run_name(named_keys(overrides, swept))
