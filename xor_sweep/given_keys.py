"""Which keys of optimizer, loss and metrics a sweep gives itself: by overrides, a sweep's file or the user's own files.

What our own conf/ says by default is not given by anybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig, OmegaConf

from xor_sweep.config import schema
from xor_sweep.config.values import defaults
from xor_sweep.naming import key_and_value
from xor_sweep.primary import keys_of_primary

USUAL = {"optimizer": "adam", "schedule": "constant"}
"""The options of our own primary configuration."""

RATE = "learning_rate"


def given_keys(own: Sequence[str], composed: DictConfig, from_files: frozenset[str]) -> frozenset[str]:
    """Return the keys that are given, and the part of each that is given as a whole.

    Args:
        own: the job's overrides.
        composed: the configuration that its choices of options make, before plain values are put in.
        from_files: the keys that files give by name, as `keys_of_files` returns them.
    """
    found = {place for override in own for place in _places(override)} | from_files | set(_differing(composed))
    if f"optimizer.{RATE}" in found:
        found.add("lr")
    if any(key.startswith("loss.") for key in found):
        found.add("loss")
    return frozenset(found)


def keys_of_files(loader: ConfigLoader, choices: Mapping[str, Any]) -> frozenset[str]:
    """Return the keys that a named sweep's file and a primary configuration of the user's give.

    Args:
        loader: Hydra's.
        choices: the option of each group.
    """
    found = set(keys_of_primary())
    if name := choices.get("sweep"):
        loaded = loader.repository.load_config(f"sweep/{name}")  # type: ignore[attr-defined]  # Hydra's own loader has it
        raw: Any = {} if loaded is None else OmegaConf.to_container(loaded.config, resolve=False)
        found |= set(leaves({key: value for key, value in raw.items() if key not in ("hydra", "defaults")}))
    return frozenset(found)


def leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The dotted keys of values; a node with `_target_` is one value."""
    for key, value in values.items():
        if isinstance(value, Mapping) and "_target_" not in value:
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def _places(override: str) -> Iterator[str]:
    """The keys that an override gives."""
    key = override.partition("=")[0].lstrip("+~").partition("@")[0]
    if key in USUAL and "{" in override:
        yield from leaves({key: key_and_value(override)[1]})
    else:
        yield key


def _differing(composed: DictConfig) -> Iterator[str]:
    """The keys whose values are not those of our own conf/: a file of the user's gives them."""
    values: Any = OmegaConf.to_container(composed, resolve=False)
    top = defaults(schema.Config)
    yield from (key for key in ("lr", "loss", "metrics") if values.get(key, top[key]) != top[key])
    for group, confs in (("optimizer", schema.OPTIMIZERS), ("schedule", schema.SCHEDULES)):
        node, usual = dict(values[group]), defaults(confs[USUAL[group]])
        rate = node.pop(RATE, None)
        if rate not in (None, "${lr}"):
            yield f"{group}.{RATE}"
        if any(node.get(key, value) != value for key, value in usual.items() if key != RATE) or node.keys() - usual:
            yield group
