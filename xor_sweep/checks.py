"""The overrides of a command line against the configuration that they are for.

Every key, every choice and every swept value is held against the schema, and the remedy is named.
"""

from __future__ import annotations

import argparse
import copy
import itertools
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from hydra import compose
from hydra.core.config_loader import ConfigLoader
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from xor_sweep.config import schema
from xor_sweep.config.identity import OUTSIDE
from xor_sweep.config.limits import did_you_mean, shown
from xor_sweep.config.values import schema_of
from xor_sweep.errors import ConfigError
from xor_sweep.grammar import Parser
from xor_sweep.hydra_node import check_hydra
from xor_sweep.jobs import checked_spec
from xor_sweep.naming import plain_value
from xor_sweep.primary import check_given, leave_out
from xor_sweep.references import refers
from xor_sweep.refusals import (
    LISTS,
    check_allowed,
    check_files,
    check_number,
    check_trusting,
    fixed,
    in_our_words,
    keys_of,
    searched,
    values_of,
)
from xor_sweep.resolvers import called_outside, calls_in, refused
from xor_sweep.resolvers import check_values as check_calls
from xor_sweep.sweep_functions import SweepFunctionError
from xor_sweep.sweep_params import sweep_params
from xor_sweep.unknown_keys import unknown
from xor_sweep.value_checks import as_mapping_raw, check_reference, check_targets, check_values, known_keys, trusted_of

ARGUMENTS = ("network", "data", "loss")
"""Nodes whose `_target_` takes arguments that no schema knows, so that `+` adds them."""

OWN_SWEEPER = "hydra_plugins.xor_sweep.sweeper.GridSweeper"


class Checker:
    """Holds the overrides of one command line against the configuration that they are for.

    Args:
        loader: Hydra's.
        args: what Hydra's argument parser makes of a command line; overrides that are parsed already may stand there.

    Attributes:
        named_sweep: whether a file makes a sweep of the command.
        own_sweeper: whether the sweeper is ours; others have Hydra compose each job, and act on it, before we see it.
        places: the sweep directories of the command's runs.
        waiting: words of one value whose key is known when jobs are composed: see `of_compiled`.
    """

    def __init__(self, loader: ConfigLoader, args: argparse.Namespace) -> None:
        self._loader = loader
        self._config_name = args.config_name or "config"
        self._config_dir = args.config_dir
        self._extra = [] if args.config_dir is None else [f"hydra.searchpath=[{searched(args.config_dir)}]"]
        self._multirun = bool(args.multirun)
        self._overrides = [self._parsed(word) if isinstance(word, str) else word for word in args.overrides]
        self._known_options: dict[str, list[str]] = {}
        self._composed: dict[tuple[str, ...], DictConfig] = {}
        self.named_sweep = False
        self.own_sweeper = True
        self.places: set[Path] = set()
        self.waiting: set[str] = set()
        if self._config_dir is not None:
            check_files(self._config_dir)
        self._calls = frozenset() if self._config_dir is None else calls_in(self._config_dir)
        leave_out(override.key_or_group for override in self._overrides)

    def check_shown(self) -> None:
        """Check what Hydra acts on where it only shows help: it sets up logging before it prints."""
        for override in self._overrides:
            self._allowed(override)
        config = self._compose([str(override.input_line) for override in self._overrides], hydra=True)
        check_hydra(config)
        check_calls(config, self._calls, {override.key_or_group for override in self._overrides})

    def check(self, *, grid: bool = True) -> tuple[str, ...]:
        """Check every override and every swept value; returns the swept keys in their order.

        Args:
            grid: whether the runs are the product of the swept values, which may be too many.
        """
        self._once_each()
        for override in self._overrides:
            self._allowed(override)
        groups = [override for override in self._overrides if self._is_group(override)]
        for override in groups:
            self._check_choices(override)
        params = self._sweep_file([override for override in groups if not override.is_sweep_override()])
        given = {override.get_key_element() for override in self._overrides}
        everything = [*(p for p in params if p.get_key_element() not in given), *self._overrides]
        check_given({override.key_or_group for override in everything})
        sweeps = [override for override in everything if override.is_sweep_override()]
        for override in sweeps:
            if override.key_or_group.split(".")[0] in OUTSIDE:
                raise ConfigError(f"{override.input_line}: only keys that change a run can be swept; give one value")
        if sweeps and not (self._multirun or self.named_sweep):
            first = sweeps[0]
            raise ConfigError(f"{first.input_line}: several values need -m: python -m xor_sweep -m {first.input_line}")
        check_number(sweeps, grid=grid)
        plain = [o for o in everything if not self._is_group(o) and not o.key_or_group.startswith("hydra")]
        chosen = {o.key_or_group for o in everything if self._is_group(o)}
        for config in self._compositions([o for o in everything if self._is_group(o)]):
            check_trusting(config, self._config_dir, plain)
            check_calls(config, self._calls, {override.key_or_group for override in plain})
            waiting = [o for o in plain if of_compiled(config, o, chosen)]
            self.waiting |= {str(o.input_line) for o in waiting if not o.is_sweep_override()}
            self._check_values(config, [o for o in plain if o not in waiting])
        return tuple(override.key_or_group for override in sweeps)

    def _parsed(self, word: str) -> Override:
        try:
            return Parser(self._loader).parse_overrides([word])[0]
        except (HydraException, ValueError) as error:
            if isinstance(error.__cause__, SweepFunctionError):
                raise ConfigError(f"{word}: {error.__cause__}; {LISTS}") from error
            key = word.split("=")[0]
            raise ConfigError(f"{word}: cannot be read; put special characters into quotes, '{key}=\"…\"'") from error

    def _once_each(self) -> None:
        """Refuse a key that has two values, be it that one of them stands in a mapping for the whole node."""
        seen: list[tuple[str, str]] = []
        for override in self._overrides:
            key, line = override.get_key_element().lstrip("+"), str(override.input_line)
            # What chooses a group's option, and the keys of that option, are two things.
            single = not (override.is_sweep_override() or override.is_delete())
            places = list(leaves(key, plain_value(override.value()) if single else None))
            places = [f"{key}/"] if self._is_group(override) else places
            for place in places:
                if other := next((line for taken, line in seen if clash(taken, place)), None):
                    raise ConfigError(f"{other} {line}: the same key twice; leave one out")
            seen += [(place, line) for place in places]

    def _allowed(self, override: Override) -> None:
        check_allowed(override)
        key, line = override.key_or_group, override.input_line
        argument = "." in key and key.split(".")[0] in ARGUMENTS  # that depends on the option, and is asked later
        if (override.is_add() or override.is_force_add()) and not argument:
            known = known_keys(self._compose([]))
            if key in known:
                raise stands_already(override)
            if not self._is_group(override):
                raise unknown(key, str(line), known)

    def _is_group(self, override: Override) -> bool:
        return bool(self._options(override.key_or_group))

    def _options(self, group: str) -> list[str]:
        if group not in self._known_options:
            try:
                found = self._loader.get_group_options(group, ObjectType.CONFIG, self._config_name, self._extra)
            except OSError:  # longer than a directory's name can be
                found = []
            self._known_options[group] = found if group else []
        return self._known_options[group]

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
        check_calls(config, self._calls, {override.key_or_group for override in self._overrides})
        self.own_sweeper = config.hydra.sweeper.get("_target_") == OWN_SWEEPER
        params = sweep_params(config, lambda key: self.own_sweeper and not self._options(key))
        for override in (overrides := [self._parsed(word) for word in params]):
            if self._config_dir is not None:
                self._check_param(str(override.input_line))
            if override.key_or_group.startswith("hydra"):
                raise ConfigError(f"hydra.sweeper.params: sweeps {override.key_or_group}; only keys of runs are swept")
            self._allowed(override)
            if self._is_group(override):
                self._check_choices(override)
        leave_out(override.key_or_group for override in overrides)
        return overrides

    def _check_param(self, word: str) -> None:
        """Refuse a param of a sweep's file that says whom the user trusts, or that calls what reads outside."""
        key, _, value = word.partition("=")
        if key.lstrip("+") == "trusted_modules":
            raise ConfigError(f"hydra.sweeper.params: {word}: is not for params to say; type {word} if you mean it")
        # Hydra's grammar takes backslashes off, so that $\{oc.env:HOME\} is a call afterwards.
        if text := next((text for text in (value, value.replace("\\", "")) if called_outside(text)), None):
            raise refused(key, text)

    def _compositions(self, groups: Sequence[Override]) -> Iterator[DictConfig]:
        """The configuration with every group's every choice, the other groups at their first."""
        choices = [[f"{o.get_key_element()}={shown(value)}" for value in values_of(o)] for o in groups]
        first = [options[0] for options in choices]
        others = [[*first[:k], option, *first[k + 1 :]] for k, every in enumerate(choices) for option in every[1:]]
        # Our own sweeper's jobs are each checked when they are composed; of others Hydra acts on whatever they bring.
        for chosen in (first, *others) if self.own_sweeper else itertools.product(*choices):
            config = self._compose(chosen, hydra=True)
            check_hydra(config)
            with open_dict(config):
                del config["hydra"]
            yield config

    def _compose(self, overrides: Sequence[str], *, hydra: bool = False) -> DictConfig:
        """What these overrides compose to, in a copy of its own; Hydra composes them once."""
        key = tuple(overrides)
        if key not in self._composed:
            self._composed[key] = self._composed_anew(key)
        config = copy.deepcopy(self._composed[key])
        if not hydra:
            with open_dict(config):
                del config["hydra"]
        return config

    def _composed_anew(self, overrides: Sequence[str]) -> DictConfig:
        try:
            return compose(self._config_name, [*overrides, *self._extra], return_hydra_config=True)
        except (HydraException, OmegaConfBaseException, yaml.YAMLError) as error:
            raise ConfigError(in_our_words(error, self._config_dir)) from error
        except KeyError as error:
            raise ConfigError(f"hydra.job.env_copy: the environment has no {error.args[0]}; leave it out") from error
        except OSError as error:
            raise ConfigError(f"{error.filename}: cannot be read: {error.strerror}") from error

    def _check_values(self, config: DictConfig, plain: Sequence[Override]) -> None:
        for group in ("optimizer", "schedule", "data"):
            schema_of(as_mapping_raw(config), group)  # an option that a file forgot is said before what follows from it
        known = known_keys(config)
        given = [override.key_or_group for override in plain]
        for override in plain:
            key, line = override.key_or_group, str(override.input_line)
            if override.is_add() or override.is_force_add():
                if key in known:
                    raise stands_already(override)
                if not takes_arguments(config, key, given):
                    raise unknown(key, line, known)
            elif key not in known:
                if takes_arguments(config, key, given):
                    raise ConfigError(f"{line}: {key} is not in the configuration yet; add it with +{line}")
                raise unknown(key, line, known)
            elif key == "data.name" and config.data.get("kind") in schema.TRUTH_TABLES:
                raise fixed(override)
        trusted = trusted_of(config, plain)
        firsts = []
        for override in plain:
            values = list(values_of(override))
            check_targets(override.key_or_group, values, trusted)
            check_values(config, override.key_or_group, [value for value in values if not refers(value)])
            firsts.append((override.key_or_group, values[0]))
        for key, value in firsts:
            try:
                OmegaConf.update(config, key, value, merge=True, force_add=True)
            except OmegaConfBaseException as error:
                raise ConfigError(f"{key}={shown(value)}: cannot be read; ${{…}} holds the name of a key") from error
        # What a reference stands for is known once the keys that it names have their values; those of other jobs are
        # looked at when these are composed.
        for key, value in firsts:
            if refers(value):
                check_reference(config, key, value)
        try:
            self.places.add(checked_spec(config).sweep_dir)
        except OmegaConfBaseException as error:
            raise ConfigError(in_our_words(error, self._config_dir)) from error


def leaves(key: str, value: Any) -> Iterator[str]:
    """The dotted keys that get values where a key gets one: those inside of a mapping, each."""
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from leaves(f"{key}.{name}", item)
    else:
        yield key


def clash(one: str, other: str) -> bool:
    """Whether two dotted keys are one, or one is that of a node in which the other stands."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def of_compiled(config: DictConfig, override: Override, chosen: Collection[str]) -> bool:
    """Whether a key may be one of the optimizer or the schedule that a user's model was compiled with.

    That is known when its jobs are composed.

    Args:
        config: with the chosen options of groups.
        override: gives the key a value.
        chosen: the groups whose option the command chooses.
    """
    group, _, name = override.key_or_group.partition(".")
    waits = group in ("optimizer", "schedule") and group not in chosen and "_target_" in config.network
    return waits and name not in config[group] and name in keys_of(override.key_or_group)


def for_jobs(word: str) -> str:
    """The word such that Hydra puts it into the jobs alone, and not into the configuration that they start from."""
    key, _, value = word.partition("=")
    return f"{key}=choice({value})"


def stands_already(override: Override) -> ConfigError:
    """The one line for a key that is added and is there."""
    key = override.key_or_group
    return ConfigError(f"{override.input_line}: {key} stands in the configuration already; write it without +")


def takes_arguments(config: DictConfig, key: str, given: Sequence[str]) -> bool:
    """Whether a key is an argument of a function that a node of the configuration, or the command line, names."""
    root, _, name = key.partition(".")
    if root not in ARGUMENTS or not name:
        return False
    node = config.get(root)
    named = OmegaConf.is_dict(node) and "_target_" in node
    return named or (root == "loss" and "loss._target_" in given)
