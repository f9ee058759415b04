"""The command line, read and checked before Hydra acts: a mistake is one line, and nothing was written.

Hydra checks types while it composes a job, in several lines and with exit code 1, after it wrote multirun.yaml. Here
its own parser and composition are asked first, and every swept value is held against the schema.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from hydra import compose, initialize_config_dir
from hydra._internal.utils import get_args_parser
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from xor_sweep.config import schema
from xor_sweep.config.identity import OUTSIDE
from xor_sweep.config.limits import did_you_mean, shown
from xor_sweep.config.parse import parse, schema_field, typed
from xor_sweep.errors import ConfigError
from xor_sweep.jobs import as_mapping
from xor_sweep.naming import plain_value
from xor_sweep.places import CONF

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


@dataclass(frozen=True)
class Command:
    """A command line that can be carried out.

    Attributes:
        words: the arguments for Hydra.
        runs: whether it trains; otherwise Hydra shows help or a configuration.
        single: whether it asks for one run and not for a sweep.
        swept: the keys that it sweeps, in their order.
    """

    words: tuple[str, ...]
    runs: bool
    single: bool = False
    swept: tuple[str, ...] = ()


class Parser:
    """Hydra's argument parser, whose complaints are ours."""

    def __init__(self) -> None:
        self._parser = get_args_parser()
        self._parser.error = self._error  # type: ignore[method-assign]  # argparse exits with its usage otherwise
        self.flags = {flag for action in self._parser._actions for flag in action.option_strings}

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse; raises ConfigError where a flag is unknown or lacks its value."""
        for word in words:
            flag, equals, value = word.partition("=")
            if word.startswith("--") and flag not in self.flags:
                key = flag.removeprefix("--").replace("-", "_")
                if equals:
                    raise ConfigError(f"{word}: keys are written without dashes; write {key}={value}")
                raise ConfigError(f"{word}: no such flag{did_you_mean(flag, self.flags)}; keys are written key=value")
        return self._parser.parse_intermixed_args(list(words))

    @staticmethod
    def _error(message: str) -> NoReturn:
        raise ConfigError(f"{message}; --help shows what there is")


def read(words: Sequence[str]) -> Command:
    """Check a command line.

    Raises:
        ConfigError: where something in it cannot be; the line names what, what was expected, and the remedy.
    """
    args = Parser().parse(words)
    if args.experimental_rerun is not None:
        raise ConfigError("--experimental-rerun: refused, it would run code from a file; repeat the command instead")
    if args.config_path is not None:
        raise ConfigError("--config-path: would replace xor_sweep's own configuration; use --config-dir to add to it")
    if args.help or args.hydra_help or args.shell_completion or args.info:
        return Command(tuple(words), runs=False)
    if args.config_dir is not None and not Path(args.config_dir).is_dir():
        raise ConfigError(f"--config-dir {args.config_dir}: no such directory")
    check_words(args.overrides)
    with hydra_here() as loader:
        checker = Checker(loader, args)
        swept = checker.check()
    if args.cfg:
        return Command(tuple(words), runs=False)
    single = not (args.multirun or checker.named_sweep)
    extra = [] if args.multirun or checker.named_sweep else ["--multirun"]
    return Command((*words, *extra), runs=True, single=single, swept=swept)


@contextmanager
def hydra_here() -> Iterator[ConfigLoader]:
    """Hydra with our configuration, and without a trace of it afterwards."""
    schema.register()
    with initialize_config_dir(config_dir=str(CONF), job_name="xor_sweep", version_base="1.3"):
        yield GlobalHydra.instance().config_loader()


def check_words(words: Sequence[str]) -> None:
    """Refuse words that are no `key=value`, with the likely remedy."""
    for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False):
        if "=" in word or word.startswith("~"):
            continue
        if before.endswith(","):
            raise ConfigError(f"{before} {word}: a space splits the list; write {before}{word}")
        if after and "=" not in after:
            raise ConfigError(f"{word} {after}: takes an equals sign; write {word}={after}")
        raise ConfigError(f"{word}: takes key=value, such as lr=0.1; --help lists the keys")
    for word in words:
        if word.endswith(","):
            raise ConfigError(f"{word}: a value is missing after the last comma; write {word.rstrip(',')}")


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
            first, *others = itertools.islice(values_of(override), 1_000_000)
            for value in others:
                check_value(config, override.key_or_group, value)
            check_value(config, override.key_or_group, first)
            firsts.append((override.key_or_group, first))
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
