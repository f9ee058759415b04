"""The overrides of a command line against the configuration that they are for.

Every key, every choice and every swept value is held against the schema, and the remedy is named.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hydra import compose
from hydra.core.config_loader import ConfigLoader
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from xor_sweep.config.identity import OUTSIDE
from xor_sweep.config.limits import did_you_mean, shown
from xor_sweep.config.parse import parse, schema_field, typed
from xor_sweep.errors import ConfigError
from xor_sweep.jobs import as_mapping
from xor_sweep.naming import plain_value

PLACES = {"hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir", "hydra.output_subdir", "hydra.runtime.output_dir"}
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


MOST_RUNS = 1_000_000


class Checker:
    """Holds the overrides of one command line against the configuration that they are for."""

    def __init__(self, loader: ConfigLoader, args: argparse.Namespace) -> None:
        self._loader = loader
        self._config_name = args.config_name or "config"
        self._extra = (
            [] if args.config_dir is None else [f"hydra.searchpath=[file://{Path(args.config_dir).absolute()}]"]
        )
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
        if sweeps and not (self._multirun or self.named_sweep):
            first = sweeps[0]
            raise ConfigError(f"{first.input_line}: several values need -m: python -m xor_sweep -m {first.input_line}")
        for override in sweeps:
            if override.key_or_group.split(".")[0] in OUTSIDE:
                raise ConfigError(f"{override.input_line}: only keys that change a run can be swept; give one value")
        check_number(sweeps)
        plain = [o for o in everything if not self._is_group(o) and not o.key_or_group.startswith("hydra")]
        for config in self._compositions([o for o in everything if self._is_group(o)]):
            self._check_values(config, plain)
        return tuple(override.key_or_group for override in sweeps)

    def _parsed(self, word: str) -> Override:
        try:
            return OverridesParser.create(config_loader=self._loader).parse_override(word)
        except HydraException as error:
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
        key, line = override.key_or_group, override.input_line
        if key in PLACES:
            raise ConfigError(f"{key}: run directories have their own names; set outputs=… and experiment=… instead")
        if key in ("hydra.mode", "hydra.searchpath"):
            remedy = "add or leave out -m" if key == "hydra.mode" else "use --config-dir"
            raise ConfigError(f"{key}: {remedy} instead")
        if "_target_" in str(line):
            raise ConfigError(f"{line}: what is called is not set by a command line; choose a group's option instead")
        if override.is_delete():
            raise ConfigError(f"{line}: keys cannot be taken away; set one to null or to its default")
        if override.package is not None:
            raise ConfigError(f"{line}: takes no @; write {key}={shown(plain_value(override.value()))}")
        if (override.is_add() or override.is_force_add()) and not self._is_group(override):
            known = self._known(self._compose([]))
            raise (
                self._unknown(key, str(line), known)
                if key not in known
                else ConfigError(f"{line}: the key stands in the configuration already; write it without +")
            )

    def _is_group(self, override: Override) -> bool:
        return bool(self._options(override.key_or_group))

    def _options(self, group: str) -> list[str]:
        return self._loader.get_group_options(group, ObjectType.CONFIG, self._config_name, self._extra)

    def _check_choices(self, override: Override) -> None:
        group = override.key_or_group
        options = self._options(group)
        for value in values_of(override):
            if group == "sweep" and value is None:
                continue
            if value not in options:
                what = f"takes one of {', '.join(options)}{did_you_mean(str(value), options)}"
                raise ConfigError(f"{group}={shown(value)}: {what}")

    def _sweep_file(self, groups: Sequence[Override]) -> list[Override]:
        """The overrides that a named sweep brings with it."""
        config = self._compose([str(o.input_line) for o in groups], hydra=True)
        self.named_sweep = str(config.hydra.mode).endswith("MULTIRUN")
        params = config.hydra.sweeper.get("params") or {}
        for override in (overrides := [self._parsed(f"{key}={value}") for key, value in params.items()]):
            if self._is_group(override):
                self._check_choices(override)
        refuse_foreign_targets(config)
        return overrides

    def _compositions(self, groups: Sequence[Override]) -> Iterator[DictConfig]:
        """The configuration with every group's every choice, the other groups at their first."""
        choices = [[f"{o.get_key_element()}={shown(value)}" for value in values_of(o)] for o in groups]
        first = [options[0] for options in choices]
        yield self._compose(first)
        for place, options in enumerate(choices):
            for option in options[1:]:
                yield self._compose([*first[:place], option, *first[place + 1 :]])

    def _compose(self, overrides: Sequence[str], *, hydra: bool = False) -> DictConfig:
        try:
            return compose(self._config_name, [*overrides, *self._extra], return_hydra_config=hydra)
        except (HydraException, OmegaConfBaseException) as error:
            raise ConfigError(" ".join(str(error).split())) from error

    def _check_values(self, config: DictConfig, plain: Sequence[Override]) -> None:
        known = self._known(config)
        for override in plain:
            if override.key_or_group not in known:
                raise self._unknown(override.key_or_group, str(override.input_line), known)
        firsts = []
        for override in plain:
            values = list(values_of(override))
            for value in values:
                check_value(config, override.key_or_group, value)
            firsts.append((override.key_or_group, values[0]))
        for key, value in firsts:
            OmegaConf.update(config, key, value, merge=True)
        try:
            parse(as_mapping(config))
        except OmegaConfBaseException as error:
            raise ConfigError(" ".join(str(error).split())) from error

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
            hint = did_you_mean(last, siblings) or f"; {group} has {', '.join(siblings)}"
        else:
            same_name = sorted(name for name in known if name.rpartition(".")[2] == last and not name.endswith(".name"))
            guess = OTHER_WORDS.get(last) or (same_name[0] if same_name else None)
            hint = f"; did you mean {guess}?" if guess else did_you_mean(key, known | {"sweep"})
        return ConfigError(f"{line}: there is no key {key}{hint or '; --help lists the keys'}")


def check_number(sweeps: Sequence[Override]) -> None:
    """Refuse a sweep that was surely not meant: of more runs than anyone trains.

    Raises:
        ConfigError: where the swept values make more than `MOST_RUNS` runs, or none.
    """
    runs = 1
    for override in sweeps:
        runs *= sum(1 for _ in itertools.islice(values_of(override), MOST_RUNS + 1))
        if not 0 < runs <= MOST_RUNS:
            many = "no run" if not runs else f"more than {MOST_RUNS:,} runs"
            raise ConfigError(f"{override.input_line}: makes {many}; give it another range")


def check_value(config: DictConfig, key: str, value: Any) -> None:
    """Hold one value of one key against the schema.

    Raises:
        ConfigError: where the key does not take it.
    """
    found = schema_field(as_mapping_raw(config), key)
    converted = value
    try:
        OmegaConf.update(config, key, value, merge=True)
        converted = OmegaConf.select(config, key)
    except OmegaConfBaseException as error:
        if found is None:
            raise ConfigError(f"{key}={shown(value)}: {str(error).splitlines()[0]}") from error
    if found is not None:
        conf, field = found
        plain = OmegaConf.to_container(converted) if OmegaConf.is_config(converted) else converted
        typed(key, plain, conf, field)


def as_mapping_raw(config: DictConfig) -> dict[str, Any]:
    """A configuration as plain values, interpolations left as they are."""
    return OmegaConf.to_container(config, resolve=False)  # type: ignore[return-value]  # its keys are strings


def values_of(override: Override) -> Iterator[Any]:
    """Every plain value that an override gives its key.

    Raises:
        ConfigError: where the values are no list, as those of `interval(0,1)`.
    """
    if not override.is_sweep_override():
        yield plain_value(override.value())
    elif not override.is_discrete_sweep():
        raise ConfigError(f"{override.input_line}: a grid takes lists and ranges, such as lr=0.1,0.01 or range(0,10)")
    else:
        yield from map(plain_value, override.sweep_iterator())


def refuse_foreign_targets(config: DictConfig) -> None:
    """Refuse what a configuration would have Hydra import and call, outside Hydra and its plugins.

    Raises:
        ConfigError: naming the key and its target.
    """

    def walk(node: Any, path: str) -> None:
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            here = f"{path}.{key}".lstrip(".")
            if key == "_target_" and not str(value).startswith(("hydra.", "hydra_plugins.")):
                raise ConfigError(f"{here}={value}: only Hydra and its plugins may be called from a configuration")
            if isinstance(value, dict | list):
                walk(value, here)

    walk(OmegaConf.to_container(config, resolve=False), "")
