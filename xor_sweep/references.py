"""References such as `${lr}` in a recorded configuration, resolved without calling what it names.

OmegaConf would call whatever resolver a configuration names, and `${oc.env:…}` would bring what stands in the reader's
environment into a summary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from xor_sweep.names import function_of, stem_of

Place = tuple[str, ...]
"""Where a value stands in a configuration: a key, or an index, a level."""

REFERENCE = re.compile(r"\$\{(\.*)(\w+(?:\.\w+|\[\w+\])*)\}", re.ASCII)
"""An interpolation that names another value by its place, seen from the top, or from where it stands after dots."""

OURS = re.compile(r"\$\{xor_sweep\.(stem|function):(\$\{[\w.\[\]]+\}|[^${}]*)\}", re.ASCII)
"""A call of a resolver of ours, whose argument is a text or a reference."""

MOST = 16
"""So many references one behind the other are followed."""


class UnresolvedError(LookupError):
    """A value that cannot be told from the configuration alone."""


def refers(value: Any) -> bool:
    """Whether a plain value holds a reference, such as `${lr}`, or calls a resolver."""
    if isinstance(value, dict | list):
        return any(map(refers, value.values() if isinstance(value, dict) else value))
    return isinstance(value, str) and "${" in value


def named_in(value: Any) -> Iterator[str]:
    """Yield the dotted keys that references in a plain value name from the top: `lr` for `${lr}`."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from named_in(item)
    elif isinstance(value, str):
        yield from (".".join(place_of(found, ())) for found in REFERENCE.finditer(value) if not found[1])


def resolve(config: Mapping[str, Any], value: Any, place: Place, followed: int = 0) -> Any:
    """A value with what its references stand for, as OmegaConf resolves them.

    Args:
        config: the whole configuration as plain values, references as they are.
        value: what stands at `place`.
        place: where references that begin with a dot are seen from.
        followed: how many references led here.

    Raises:
        UnresolvedError: if one leads nowhere or in a circle, or if something else is called.
    """
    if isinstance(value, dict):
        return {key: resolve(config, item, (*place, str(key)), followed) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(config, item, (*place, str(index)), followed) for index, item in enumerate(value)]
    if not refers(value):
        return value
    if followed >= MOST or "\\$" in value:  # that stands for a dollar sign
        raise UnresolvedError(value)

    def looked_up(found: re.Match[str]) -> Any:
        there = place_of(found, place)
        return resolve(config, at(config, there), there, followed + 1)

    def called(found: re.Match[str]) -> str:
        argument = resolve(config, found[2], place, followed + 1)
        return {"stem": stem_of, "function": function_of}[found[1]](argument)

    if whole := REFERENCE.fullmatch(value):
        return looked_up(whole)
    inner = OURS.sub(called, value)
    inner = REFERENCE.sub(lambda found: in_text(looked_up(found)), inner)
    if inner == value:
        raise UnresolvedError(value)
    return resolve(config, inner, place, followed + 1)


def place_of(reference: re.Match[str], place: Place) -> Place:
    """Where a reference leads: one dot is a key beside the place, two dots are one a level above it."""
    keys = tuple(re.split(r"[.\[\]]+", reference[2].rstrip("]")))
    dots = len(reference[1])
    if dots > len(place):
        raise UnresolvedError(reference[0])
    return (*place[: len(place) - dots], *keys) if dots else keys


def at(config: Any, place: Place) -> Any:
    """What stands at a place.

    Raises:
        UnresolvedError: if nothing does, or a value is still to be given.
    """
    for key in place:
        if isinstance(config, list) and key.isdecimal() and int(key) < len(config):
            config = config[int(key)]
        elif isinstance(config, Mapping) and key in config:
            config = config[key]
        else:
            raise UnresolvedError(".".join(place))
    if config == "???":
        raise UnresolvedError(".".join(place))
    return config


def in_text(value: Any) -> str:
    """A value as it stands inside of a longer text.

    Raises:
        UnresolvedError: if it is no single value.
    """
    if isinstance(value, dict | list):
        raise UnresolvedError(str(value))
    return str(value)
