"""What a command line or a configuration may not ask for, and Hydra's own complaints in a person's words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig

from xor_sweep.config import schema
from xor_sweep.config.limits import did_you_mean, shown
from xor_sweep.config.trust import callable_node, somebody_elses, targets
from xor_sweep.errors import ConfigError
from xor_sweep.foreign import check_yaml, read_file, yaml_files
from xor_sweep.naming import plain_value
from xor_sweep.sweep_functions import ExactRange

MOST_RUNS = 1_000_000
LISTS = "a grid takes lists and ranges, such as lr=0.1,0.01 or seed=range(0,10)"

OURS = re.compile(r"hydra\.(run|sweep|output_subdir|runtime|job\.(name|chdir|num|id)|overrides)(\..*)?")
"""Keys of Hydra's that say where a run goes, and so are ours."""

OPEN = re.compile(
    r"hydra(/launcher|/sweeper|/callbacks|/\w+_logging|\.(launcher|sweeper|callbacks|verbose|job\.env_set)(\..*)?)"
)
"""Keys of Hydra's that a command line may set."""

FIXED = ("optimizer.name", "schedule.name", "data.kind")
"""Keys that say which option of a group was chosen."""


def check_allowed(override: Override) -> None:
    """Refuse an override that no command line may have.

    Raises:
        ConfigError: with what to write instead.
    """
    key, line = override.key_or_group, override.input_line
    if not key:
        raise ConfigError(f"{line}: takes key=value, such as lr=0.1; --help lists the keys")
    if "_target_" in str(line) and not names_function(override):
        raise ConfigError(f"{line}: what is called is not set by a command line; choose a group's option instead")
    if key in FIXED:
        raise fixed(override)
    if OURS.fullmatch(key):
        raise ConfigError(f"{key}: run directories have their own names; set outputs=… and experiment=… instead")
    if f"{key}.".startswith("hydra.sweeper.params."):
        raise ConfigError(f"{line}: what is swept is written as it is, with -m; write lr=0.1,0.01, say")
    if key in ("hydra.mode", "hydra.searchpath"):
        raise ConfigError(f"{key}: {'add or leave out -m' if key == 'hydra.mode' else 'use --config-dir'} instead")
    if key.startswith("hydra") and not OPEN.fullmatch(key):
        raise ConfigError(f"{line}: there is no key {key} to set; launcher, sweeper, callbacks and verbose are")
    if override.is_delete():
        raise ConfigError(f"{line}: keys cannot be taken away; set one to null or to its default")
    if override.package is not None:
        raise ConfigError(f"{line}: takes no @; write {key}={shown(plain_value(override.value()))}")


def names_function(override: Override) -> bool:
    """Whether all functions that an override names stand where one may: whether they are trusted is asked later."""
    key = override.key_or_group
    if "_target_" in key:
        return callable_node(key) is not None
    nodes = (value for value in values_of(override) if isinstance(value, dict | list))
    return all(callable_node(place) is not None for node in nodes for place, _ in targets(node, key))


def fixed(override: Override) -> ConfigError:
    """The one line for a key that its group's option fixes."""
    group = override.key_or_group.split(".")[0]
    value = "one" if override.is_sweep_override() else shown(plain_value(override.value()))
    return ConfigError(f"{override.input_line}: the name goes with its keys; write {group}={value}")


def check_trusting(config: DictConfig, config_dir: str | None, plain: Sequence[Override]) -> None:
    """Refuse trust that a file among results asks for, and a file's trust in what others wrote.

    Args:
        config: composed from files, before the command line's plain values are in it.
        config_dir: the directory of the person's own files.
        plain: the command line's plain values.

    Raises:
        ConfigError: where `trusted_modules` comes from files that lie in a sweep directory, or below `outputs`,
            or names what others wrote.
    """
    modules = [str(module) for module in config.trusted_modules or []]
    if config_dir is None or not modules:
        return
    outputs = next((o.value() for o in plain if o.key_or_group == "outputs"), config.outputs)
    if among_results(Path(config_dir), Path(str(outputs))):
        raise ConfigError(
            f"--config-dir {config_dir}: lies among results, whose trusted_modules count for nothing; "
            "copy the files elsewhere, read them, and name that directory"
        )
    given = any(o.key_or_group == "trusted_modules" for o in plain)
    if others := [module for module in modules if not given and somebody_elses(module.split(".")[0])]:
        raise ConfigError(
            f"--config-dir {config_dir}: a file trusts {others[0]}, which is none of your own modules; "
            f"write trusted_modules={shown(modules)} on the command line if you mean it"
        )


def among_results(directory: Path, outputs: Path) -> bool:
    """Whether a directory is a sweep's, lies in one, or lies below `outputs`."""
    here = directory.resolve()
    return any(
        place == outputs.resolve()
        or (place / ".sweep").is_dir()
        or ((place / "summary.csv").exists() and (place / "summary.json").exists())
        for place in (here, *here.parents)
    )


def check_number(sweeps: Sequence[Override], *, grid: bool = True) -> None:
    """Refuse a sweep that was surely not meant: of more runs than anyone trains.

    Args:
        sweeps: the overrides with several values.
        grid: whether the runs are the product of the values; otherwise each override is looked at alone.

    Raises:
        ConfigError: where the swept values make more than `MOST_RUNS` runs, or none.
    """
    runs = 1
    for override in sweeps:
        runs = (runs if grid else 1) * number_of(override)
        if not 0 < runs <= MOST_RUNS:
            many = "no run" if not runs else f"more than {MOST_RUNS:,} runs"
            raise ConfigError(f"{override.input_line}: makes {many}; {LISTS}")


def number_of(override: Override) -> int:
    """How many values an override gives its key.

    Raises:
        ConfigError: where the values are no list.
    """
    value = override.value()
    return value.numbers.count if isinstance(value, ExactRange) else sum(1 for _ in values_of(override))


def values_of(override: Override) -> Iterator[Any]:
    """Every plain value that an override gives its key.

    Raises:
        ConfigError: where the values are no list, as those of `interval(0,1)`.
    """
    if not override.is_sweep_override():
        yield plain_value(override.value())
    elif not override.is_discrete_sweep():
        raise ConfigError(f"{override.input_line}: {LISTS}")
    else:
        try:
            yield from map(plain_value, override.sweep_iterator())
        except (HydraException, ValueError) as error:
            raise ConfigError(f"{override.input_line}: {LISTS}") from error


def in_our_words(error: Exception, config_dir: str | None) -> str:
    """One line for what Hydra, OmegaConf or YAML say about a configuration file.

    Args:
        error: what was raised.
        config_dir: the directory of the person's own configuration, which is where mistakes in files are.
    """
    text = " ".join(str(error).split())
    if not text and error.__cause__ is not None:  # Hydra passes a value that OmegaConf cannot parse on without a word
        reason, _, rest = " ".join(str(error.__cause__).split()).partition(" full_key: ")
        text = f"{rest.split()[0]}: cannot be read: {reason}; ${{…}} holds the name of a key" if rest else reason
    if " raised while composing " not in text:
        text = text.split(" full_key: ")[0]
    if found := re.match(r"Error merging override (\S+)", text):
        return f"{found[1]}: {' '.join(str(error.__cause__).split()).split(' full_key')[0]}"
    text = re.split(r" ?Config search path:| ?Check that it's in your config", text)[0]
    place = f"--config-dir {config_dir}: " if config_dir else ""
    if found := re.match(r"In '([^']+)': \w+ raised while composing config: (.*?)(?: full_key: (\S+).*)?$", text):
        file, reason, key = found.groups()
        if unknown := re.match(r"Key '(\w+)' not in '\w+'", reason):
            reason = f"there is no key {unknown[1]}{did_you_mean(unknown[1], keys_of(str(key)))}"
        reason = re.sub(r" of type '\w+'", "", reason)
        return f"{place}{file}.yaml: {key + ': ' if key else ''}{reason}"
    text = re.sub(r"Could not find '([^']+)' Available options in '([^']+)': (.*)", r"no \1; \2 has \3", text)
    text = re.sub(r"^In '([^']+)': ", r"\1.yaml: ", text)
    text = re.sub(r"Cannot find primary config '([^']+)'\.?", r"--config-name \1: there is no such file", text)
    return f"{place}{text}"


def keys_of(key: str) -> set[str]:
    """The names that stand beside a dotted key in the schema, for whatever option of its group."""
    group = key.rpartition(".")[0]
    return {field.name for conf in options_of(group).values() for field in fields(conf)}


def options_of(group: str) -> Mapping[str, type]:
    """The schemas of a node, by the option that has it."""
    of_group: dict[str, Mapping[str, type]] = {
        "": {"": schema.Config},
        "network": {"mlp": schema.NetworkConf},
        "logging": {"default": schema.LoggingConf},
        "early_stopping": {"": schema.EarlyStoppingConf},
        "executor": {"": schema.ExecutorConf},
        "failure": {"": schema.FailureConf},
        "optimizer": schema.OPTIMIZERS,
        "schedule": schema.SCHEDULES,
        "data": schema.DATA,
    }
    return of_group.get(group, {})


def searched(directory: str) -> str:
    """A directory as Hydra's search path names it, quoted for its grammar."""
    return "'file://" + str(Path(directory).absolute()).replace("\\", "\\\\").replace("'", "\\'") + "'"


def check_files(directory: str) -> None:
    """Refuse a directory of configuration files one of which would exhaust whoever reads it.

    Raises:
        ConfigError: where one is no YAML of an ordinary size, or where the directory holds far more than files of a
            configuration.
    """
    for path in yaml_files(directory):
        check_file(path)


def check_file(path: Path) -> None:
    """Refuse a YAML file that would exhaust whoever reads it.

    Raises:
        ConfigError: where it is one; what is no YAML at all is said where it is read.
    """
    try:
        content = read_file(path, through_links=True)
        check_yaml(content)
    except yaml.YAMLError:
        return
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; configurations are read from files") from error
    except ValueError as error:
        raise ConfigError(f"{path}: {error}, which is no configuration; remove it") from error
