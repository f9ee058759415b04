"""The overrides of a command line against the configuration that they are for.

Every key, every choice and every swept value is held against the schema, and the remedy is named.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

import yaml
from hydra import compose
from hydra.core.config_loader import ConfigLoader
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from xor_sweep.config.identity import OUTSIDE
from xor_sweep.config.limits import did_you_mean, shown
from xor_sweep.config.parse import parse, schema_field, typed
from xor_sweep.errors import ConfigError
from xor_sweep.jobs import as_mapping, first_line
from xor_sweep.refusals import check_allowed, check_hydra, check_number, in_our_words, searched, values_of

OTHER_WORDS = {
    "learning_rate": "lr",
    "learningrate": "lr",
    "alpha": "lr",
    "epochs": "steps",
    "iterations": "steps",
    "units": "network.hidden",
    "layers": "network.hidden",
    "opt": "optimizer",
    "out": "outputs",
    "output": "outputs",
    "output_dir": "outputs",
    "name": "experiment",
    "dry": "dry_run",
    "force": "overwrite",
    "metric": "objective",
    "random_seed": "seed",
}
"""What people write for a key of another name."""


class Checker:
    """Holds the overrides of one command line against the configuration that they are for."""

    def __init__(self, loader: ConfigLoader, args: argparse.Namespace) -> None:
        self._loader = loader
        self._config_name = args.config_name or "config"
        self._config_dir = args.config_dir
        self._extra = [] if args.config_dir is None else [f"hydra.searchpath=[{searched(args.config_dir)}]"]
        self._multirun = bool(args.multirun)
        self._overrides = [self._parsed(word) for word in args.overrides]
        self.named_sweep = False

    def check(self) -> tuple[str, ...]:
        """Check every override and every swept value; returns the swept keys in their order."""
        self._once_each()
        for override in self._overrides:
            self._allowed(override)
        groups = [override for override in self._overrides if self._is_group(override)]
        for override in groups:
            self._check_choices(override)
        params = self._sweep_file([override for override in groups if not override.is_sweep_override()])
        given = {override.get_key_element() for override in self._overrides}
        everything = [*(p for p in params if p.get_key_element() not in given), *self._overrides]
        sweeps = [override for override in everything if override.is_sweep_override()]
        for override in sweeps:
            if override.key_or_group.split(".")[0] in OUTSIDE:
                raise ConfigError(f"{override.input_line}: only keys that change a run can be swept; give one value")
        if sweeps and not (self._multirun or self.named_sweep):
            first = sweeps[0]
            raise ConfigError(f"{first.input_line}: several values need -m: python -m xor_sweep -m {first.input_line}")
        check_number(sweeps)
        plain = [o for o in everything if not self._is_group(o) and not o.key_or_group.startswith("hydra")]
        for config in self._compositions([o for o in everything if self._is_group(o)]):
            self._check_values(config, plain)
        return tuple(override.key_or_group for override in sweeps)

    def _parsed(self, word: str) -> Override:
        try:
            return OverridesParser.create(config_loader=self._loader).parse_overrides([word])[0]
        except (HydraException, ValueError) as error:
            key = word.split("=")[0]
            raise ConfigError(f"{word}: cannot be read; put special characters into quotes, '{key}=\"…\"'") from error

    def _once_each(self) -> None:
        seen: dict[str, str] = {}
        for override in self._overrides:
            key, line = override.get_key_element().lstrip("+"), override.input_line or ""
            if key in seen:
                raise ConfigError(f"{seen[key]} {line}: the same key twice; leave one out")
            seen[key] = line

    def _allowed(self, override: Override) -> None:
        check_allowed(override)
        key, line = override.key_or_group, override.input_line
        if override.is_add() or override.is_force_add():
            known = self._known(self._compose([]))
            if key in known:
                raise ConfigError(f"{line}: {key} stands in the configuration already; write it without +")
            if not self._is_group(override):
                raise self._unknown(key, str(line), known)

    def _is_group(self, override: Override) -> bool:
        return bool(self._options(override.key_or_group))

    def _options(self, group: str) -> list[str]:
        return self._loader.get_group_options(group, ObjectType.CONFIG, self._config_name, self._extra) if group else []

    def _check_choices(self, override: Override) -> None:
        group = override.key_or_group
        options = self._options(group)
        for value in values_of(override):
            if group == "sweep" and value is None:
                raise ConfigError("sweep=null: stands for no named sweep already; leave it out")
            if value not in options:
                what = f"takes one of {', '.join(options)}{did_you_mean(str(value), options)}"
                raise ConfigError(f"{group}={shown(value)}: {what}")

    def _sweep_file(self, groups: Sequence[Override]) -> list[Override]:
        """The overrides that a named sweep brings with it."""
        own = [str(o.input_line) for o in self._overrides if o.key_or_group.startswith("hydra.")]
        config = self._compose([*(str(o.input_line) for o in groups), *own], hydra=True)
        self.named_sweep = str(config.hydra.mode).endswith("MULTIRUN")
        check_hydra(config)
        params = config.hydra.sweeper.get("params") or {}
        for override in (overrides := [self._parsed(f"{key}={value}") for key, value in params.items()]):
            if self._is_group(override):
                self._check_choices(override)
        return overrides

    def _compositions(self, groups: Sequence[Override]) -> Iterator[DictConfig]:
        """The configuration with every group's every choice, the other groups at their first."""
        choices = [[f"{o.get_key_element()}={shown(value)}" for value in values_of(o)] for o in groups]
        first = [options[0] for options in choices]
        others = [[*first[:k], option, *first[k + 1 :]] for k, every in enumerate(choices) for option in every[1:]]
        for chosen in (first, *others):
            config = self._compose(chosen, hydra=True)
            check_hydra(config)
            with open_dict(config):
                del config["hydra"]
            yield config

    def _compose(self, overrides: Sequence[str], *, hydra: bool = False) -> DictConfig:
        try:
            return compose(self._config_name, [*overrides, *self._extra], return_hydra_config=hydra)
        except (HydraException, OmegaConfBaseException, yaml.YAMLError) as error:
            raise ConfigError(in_our_words(error, self._config_dir)) from error

    def _check_values(self, config: DictConfig, plain: Sequence[Override]) -> None:
        known = self._known(config)
        for override in plain:
            if override.key_or_group not in known:
                raise self._unknown(override.key_or_group, str(override.input_line), known)
        firsts = []
        for override in plain:
            values = list(values_of(override))
            check_values(config, override.key_or_group, values)
            firsts.append((override.key_or_group, values[0]))
        for key, value in firsts:
            OmegaConf.update(config, key, value, merge=True)
        try:
            parse(as_mapping(config))
        except OmegaConfBaseException as error:
            raise ConfigError(in_our_words(error, self._config_dir)) from error

    def _known(self, config: DictConfig) -> set[str]:
        """Every dotted key of a configuration."""
        found: set[str] = set()

        def walk(node: Any, prefix: str) -> None:
            for key, value in node.items():
                found.add(f"{prefix}{key}")
                if isinstance(value, dict):
                    walk(value, f"{prefix}{key}.")

        walk(OmegaConf.to_container(config, resolve=False), "")
        return found

    def _unknown(self, key: str, line: str, known: set[str]) -> ConfigError:
        group, _, last = key.rpartition(".")
        if group and group in known:
            siblings = sorted(name.removeprefix(f"{group}.") for name in known if name.startswith(f"{group}."))
            listed = f"; {group} has {', '.join(siblings)}" if siblings else f"; set {group} as a whole"
            hint = did_you_mean(last, siblings) or listed
        else:
            same_name = sorted(name for name in known if name.rpartition(".")[2] == last and not name.endswith(".name"))
            guess = OTHER_WORDS.get(last) or (same_name[0] if same_name else None)
            hint = f"; did you mean {guess}?" if guess else did_you_mean(key, known | {"sweep"})
        return ConfigError(f"{line}: there is no key {key}{hint or '; --help lists the keys'}")


def check_values(config: DictConfig, key: str, values: Sequence[Any]) -> None:
    """Hold the values of one key against the schema.

    Raises:
        ConfigError: where the key does not take one of them.
    """
    found = schema_field(as_mapping_raw(config), key)
    for value in values:
        if found is None:
            converted(config, key, value)
            continue
        conf, field = found
        try:
            typed(key, value, conf, field)
        except ConfigError:  # the value may be another spelling, such as overwrite=1, which OmegaConf knows
            typed(key, converted(config, key, value, strict=False), conf, field)


def converted(config: DictConfig, key: str, value: Any, *, strict: bool = True) -> Any:
    """A value as the configuration holds it, of the key's type; without `strict` unchanged where it has none.

    Raises:
        ConfigError: where it cannot be converted.
    """
    try:
        OmegaConf.update(config, key, value, merge=True)
        held = OmegaConf.select(config, key)
    except OmegaConfBaseException as error:
        if strict:
            raise ConfigError(f"{key}={shown(value)}: {first_line(error)}") from error
        return value
    return OmegaConf.to_container(held) if OmegaConf.is_config(held) else held


def as_mapping_raw(config: DictConfig) -> dict[str, Any]:
    """A configuration as plain values, interpolations left as they are."""
    return OmegaConf.to_container(config, resolve=False)  # type: ignore[return-value]  # its keys are strings
