"""The values of one key of a command line against the configuration that they are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from xor_sweep.config.limits import did_you_mean, shown
from xor_sweep.config.trust import callable_node, check_module_names, check_trusted, targets
from xor_sweep.config.values import schema_field, typed
from xor_sweep.errors import ConfigError
from xor_sweep.jobs import first_line
from xor_sweep.references import UnresolvedError, at, named_in, resolve
from xor_sweep.refusals import values_of


def trusted_of(config: DictConfig, plain: Sequence[Override]) -> list[str]:
    """The modules that are trusted, by the command line or by a file.

    Raises:
        ConfigError: where they are no list of modules' names.
    """
    given = next((o for o in plain if o.key_or_group == "trusted_modules"), None)
    value = list(config.trusted_modules) if given is None else next(values_of(given))
    check_values(config, "trusted_modules", [value])
    check_module_names(value)
    return list(value)


def check_targets(key: str, values: Sequence[Any], trusted: Sequence[str]) -> None:
    """Refuse a function that is not trusted among the values of a key.

    Raises:
        ConfigError: where there is one.
    """
    for value in values:
        if callable_node(key) is not None:
            check_trusted(key, value, trusted)
        elif isinstance(value, dict | list):
            for place, target in targets(value, key):
                check_trusted(place, target, trusted)


def check_values(config: DictConfig, key: str, values: Sequence[Any]) -> None:
    """Hold the values of one key against the schema.

    Raises:
        ConfigError: where the key does not take one of them.
    """
    found = schema_field(as_mapping_raw(config), key)
    for value in values:
        if key == "early_stopping" and not isinstance(value, dict):
            raise ConfigError(f"{key}={shown(value)}: holds keys of its own; write {key}.patience=…")
        if found is None:
            converted(config, key, value)
            continue
        conf, field = found
        try:
            typed(key, value, conf, field)
        except ConfigError:  # the value may be another spelling, such as overwrite=1, which OmegaConf knows
            typed(key, converted(config, key, value, strict=False), conf, field)


def check_reference(config: DictConfig, key: str, value: Any) -> None:
    """Hold what the references in a value stand for against the schema.

    Args:
        config: holds the value, and those of the keys that it names.
        key, value: the key, and its value as it was given.

    Raises:
        ConfigError: if the key does not take that, or if a reference leads nowhere.
    """
    plain = as_mapping_raw(config)
    try:
        value = resolve(plain, value, tuple(key.split(".")))
    except UnresolvedError as error:
        if "${hydra:" in str(value):
            what = "Hydra's own values are no keys of a run"
            raise ConfigError(f"{key}={shown(value)}: {what}; name a key, such as ${{seed}}") from error
        if missing := next((name for name in named_in(value) if not _is_there(plain, name)), None):
            remedy = did_you_mean(missing, sorted(known_keys(config))) or "; ${…} holds the name of a key"
            raise ConfigError(f"{key}={shown(value)}: there is no key {missing}{remedy}") from error
        if key in named_in(value):
            raise ConfigError(f"{key}={shown(value)}: names itself; give it a value") from error
    check_values(config, key, [value])


def known_keys(config: DictConfig) -> set[str]:
    """Every dotted key of a configuration."""
    found: set[str] = set()

    def walk(node: Any, prefix: str) -> None:
        for key, value in node.items():
            found.add(f"{prefix}{key}")
            if isinstance(value, dict):
                walk(value, f"{prefix}{key}.")

    walk(OmegaConf.to_container(config, resolve=False), "")
    return found


def _is_there(config: Mapping[str, Any], name: str) -> bool:
    try:
        at(config, tuple(name.split(".")))
    except UnresolvedError:
        return False
    return True


def converted(config: DictConfig, key: str, value: Any, *, strict: bool = True) -> Any:
    """A value as the configuration holds it, of the key's type; without `strict` unchanged where it has none.

    Raises:
        ConfigError: where it cannot be converted.
    """
    try:
        OmegaConf.update(config, key, value, merge=True, force_add=True)
        held = OmegaConf.select(config, key)
        return OmegaConf.to_container(held, resolve=True) if OmegaConf.is_config(held) else held
    except OmegaConfBaseException as error:
        if strict:
            raise ConfigError(f"{key}={shown(value)}: {first_line(error)}") from error
        return value


def as_mapping_raw(config: DictConfig) -> dict[str, Any]:
    """A configuration as plain values, interpolations left as they are."""
    return OmegaConf.to_container(config, resolve=False)  # type: ignore[return-value]  # its keys are strings
