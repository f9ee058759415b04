"""A composed configuration as plain values, section by section: jobs share the sections that nothing of theirs changes.

Resolving a whole configuration takes most of a millisecond. A section (`network`, `optimizer`, `seed`, …) depends on
the values that are put into it and into the sections that its interpolations name, and mostly these are few.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from omegaconf import DictConfig, OmegaConf

REFERENCE = re.compile(r"\$\{([A-Za-z_]\w*)(\.\w+)*\}")
"""An interpolation that names another value by its place, seen from the top."""

OWN = re.compile(r"\$\{xor_sweep\.\w+:[^${}]*\}")
"""A call of a resolver of ours, which depends on its argument alone; another one may say something new at each call."""

KEPT = 1024
"""Versions of a section that are kept; where more values are put into it, most jobs have one of their own."""


class Sections:
    """The plain values of the jobs of one composition.

    Args:
        task: the composed configuration, before any job's values are put in.
    """

    def __init__(self, task: DictConfig) -> None:
        self._sources = sources(as_mapping(task, resolve=False))
        self._kept: dict[str, dict[tuple[str, ...], Any]] = {section: {} for section in self._sources}

    def mapping(self, plain: Sequence[str], put_in: Callable[[], DictConfig]) -> dict[str, Any]:
        """A job's configuration as plain values, interpolations resolved; what it holds is shared and stays as it is.

        Args:
            plain: the job's overrides that set values. Those that hold references are in the composed configuration
                already, so that a section depends on what they name.
            put_in: gives the configuration with these values.

        Raises:
            ConfigError: what `put_in` raises, where a key does not take its value.
        """
        roots = [root_of(override) for override in plain]
        if any(root not in self._sources for root in roots):
            return as_mapping(put_in())
        values: dict[str, Any] = {}
        config: DictConfig | None = None
        for section, of in self._sources.items():
            changed = tuple(text for root, text in zip(roots, plain, strict=True) if root in of)
            kept = self._kept[section]
            if changed not in kept:
                config = put_in() if config is None else config
                if len(kept) >= KEPT:
                    kept.clear()
                found = config[section]
                kept[changed] = OmegaConf.to_container(found, resolve=True) if OmegaConf.is_config(found) else found
            values[section] = kept[changed]
        return values


def sources(raw: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """For each section of an unresolved configuration those that it depends on, itself among them.

    Empty where that cannot be told: where a value is missing, or where an interpolation calls something.
    """
    named = {section: references(value) for section, value in raw.items()}
    if any(found is None or not found <= raw.keys() for found in named.values()):
        return {}
    return {section: reached(section, named) for section in raw}


def reached(section: str, named: Mapping[str, set[str] | None]) -> frozenset[str]:
    """A section, those that it names, those that they name, and so on."""
    found, waiting = set(), [section]
    while waiting:
        if (here := waiting.pop()) not in found:
            found.add(here)
            waiting += named[here] or ()
    return frozenset(found)


def references(value: Any) -> set[str] | None:
    """The sections that the interpolations in a value name; None where one calls something, or a value is missing."""
    if isinstance(value, dict | list):
        every = [references(item) for item in (value.values() if isinstance(value, dict) else value)]
        known = [found for found in every if found is not None]
        return set().union(*known) if len(known) == len(every) else None
    if not isinstance(value, str):
        return set()
    rest = OWN.sub("", REFERENCE.sub("", value))
    return None if value == "???" or "$" in rest else {match[1] for match in REFERENCE.finditer(value)}


def root_of(override: str) -> str:
    """The section that an override sets a value in."""
    return re.split(r"[.=@/]", override.lstrip("+"), maxsplit=1)[0]


def as_mapping(config: DictConfig, *, resolve: bool = True) -> dict[str, Any]:
    """A composed configuration as plain values, with its interpolations resolved or as they are."""
    values = OmegaConf.to_container(config, resolve=resolve)
    assert isinstance(values, dict)
    return values  # type: ignore[return-value]  # the keys of a config are strings
