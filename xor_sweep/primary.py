"""A primary configuration that is none of ours: a person's file, or the `best.yaml` of a sweep directory.

Hydra would act on all that such a file says: search paths, callbacks, options that lie beside it. So Hydra never reads
it. It is read here, as data, and may choose options of our groups and give our keys plain values. These are put into
our own primary configuration, which Hydra then gets under the file's name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import yaml
from omegaconf import MISSING
from omegaconf._utils import get_yaml_loader

from xor_sweep.config import schema
from xor_sweep.config.limits import did_you_mean, is_text, shown
from xor_sweep.errors import ConfigError
from xor_sweep.foreign import check_yaml, read_file
from xor_sweep.places import CONF
from xor_sweep.sections import REFERENCE

GROUPS = ("network", "optimizer", "schedule", "data", "logging")
"""The groups whose options such a file chooses."""

NODES = (*GROUPS, "early_stopping", "executor", "failure")
"""Keys at the top that hold keys of their own."""

NOT_AMONG_RESULTS = ("outputs", "overwrite", "trusted_modules")
"""What a file among results does not say: where others write, what they replace, and whom they trust."""

HOW_LONG = ("steps", "epochs")
"""Keys of which one is given: whoever types one takes the other away."""

OPTION = re.compile(r"\w[\w.-]*", re.ASCII)


@dataclass(frozen=True)
class Primary:
    """What a file says.

    Attributes:
        name: the file's, without its ending.
        options: the chosen option of each group that it names.
        values: plain values by key, those of a node in a mapping.
    """

    name: str
    options: Mapping[str, str]
    values: Mapping[str, Any]

    def without(self, keys: Iterable[str]) -> Primary:
        """The same without what the command line takes over: a group whose option it chooses, or how long to train."""
        taken = {key for key in keys if key in GROUPS or key in HOW_LONG}
        taken |= set(HOW_LONG) if taken & set(HOW_LONG) else set()
        return replace(
            self,
            options={group: option for group, option in self.options.items() if group not in taken},
            values={key: value for key, value in self.values.items() if key not in taken},
        )

    def missing(self) -> Iterator[str]:
        """The dotted keys whose values are still to be given: Hydra would take the default in silence."""

        def walk(node: Any, key: str) -> Iterator[str]:
            if node == MISSING:
                yield key
            elif isinstance(node, dict | list):
                for name, item in node.items() if isinstance(node, dict) else enumerate(node):
                    yield from walk(item, f"{key}.{name}".lstrip("."))

        yield from walk(self.values, "")

    def node(self) -> dict[str, Any]:
        """Our own primary configuration with these options and values in it, as Hydra loads one."""
        ours: dict[str, Any] = yaml.load((CONF / "config.yaml").read_bytes(), Loader=get_yaml_loader())
        # As overrides they stand over what an option says of another group, as data=csv does of the network.
        ours["defaults"] += [{f"override {group}": option} for group, option in self.options.items()]
        for key, value in self.values.items():
            both = isinstance(value, dict) and isinstance(ours.get(key), dict)
            ours[key] = {**ours[key], **value} if both else value
        return ours


_served: dict[str, Primary] = {}
"""What Hydra gets, by its name: one, or none."""


def serve(primary: Primary | None) -> None:
    """Have Hydra find this primary configuration from now on, and no earlier one."""
    _served.clear()
    if primary is not None:
        _served[primary.name] = primary


def served(name: str) -> Primary | None:
    """The primary configuration of that name, where Hydra is to find one."""
    return _served.get(name)


def keys_of_primary() -> Iterator[str]:
    """The dotted keys that the primary configuration gives, and the groups whose options it chooses."""
    for primary in _served.values():
        yield from primary.options
        for key, value in primary.values.items():
            inside = isinstance(value, dict) and key in NODES and "_target_" not in value
            yield from (f"{key}.{name}" for name in value) if inside else (key,)


def leave_out(keys: Iterable[str]) -> None:
    """Take out of what Hydra gets what these keys of the command line, or of a sweep's file, take over."""
    taken = list(keys)
    for name, primary in _served.items():
        _served[name] = primary.without(taken)


def check_given(keys: Collection[str]) -> None:
    """Refuse a command that leaves open what a file leaves open.

    Args:
        keys: those that the command line, or a sweep's file, gives values.

    Raises:
        ConfigError: where a key of the file has no value.
    """
    for primary in _served.values():
        if missing := next((key for key in primary.missing() if key not in keys), None):
            raise ConfigError(
                f"--config-name {primary.name}: {missing} has no value there; add {missing}=… to the command"
            )


def read_primary(path: Path, *, among_results: bool) -> Primary:
    """Read a file that chooses options and gives values, and nothing else.

    Args:
        path: the file.
        among_results: whether it lies among results, where others may have put it: then it is no link, chooses our own
            options alone, and says nothing of `NOT_AMONG_RESULTS`.

    Raises:
        ConfigError: where there is no such file, or where it says more.
    """
    where = f"--config-name {path.stem}"
    try:
        content = read_file(path, through_links=not among_results)
        check_yaml(content)
        node = yaml.load(content, Loader=get_yaml_loader())
    except OSError as error:
        raise ConfigError(f"{where}: {path}: {error.strerror}; configurations are read from files") from error
    except (ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{where}: {path} is no configuration: {' '.join(str(error).split())}") from error
    if not isinstance(node, dict):
        raise ConfigError(f"{where}: {path} takes keys with values; begin it with defaults: [config, _self_]")
    known = {field.name for field in fields(schema.Config)} - {"sweep"}
    values = {key: value for key, value in node.items() if key != "defaults"}
    for key, value in values.items():
        check_key(where, key, known)
        if among_results and key in NOT_AMONG_RESULTS:
            raise ConfigError(
                f"{where}: {path} lies among results, where {key} counts for nothing; write {key}=… on the command line"
            )
        if key in NODES and not isinstance(value, dict):
            raise ConfigError(f"{where}: {key}={shown(value)}: takes keys with values; defaults choose options")
        check_plain(where, key, value, references=not among_results)
    return Primary(path.stem, options_in(where, node.get("defaults"), ours_alone=among_results), values)


def check_key(where: str, key: Any, known: set[str]) -> None:
    """Refuse a key at the top that is none of a run's.

    Raises:
        ConfigError: where it is one.
    """
    if key == "hydra":
        raise ConfigError(f"{where}: hydra: such a file says nothing of Hydra's own; write what you need after it")
    if key not in known:
        raise ConfigError(f"{where}: there is no key {key} to set{did_you_mean(str(key), known)}")


def options_in(where: str, entries: Any, *, ours_alone: bool) -> dict[str, str]:
    """The options that a defaults list chooses, by group.

    Raises:
        ConfigError: where it names anything else.
    """
    takes = "takes config, _self_, and the likes of override /optimizer: sgd"
    if not isinstance(entries, list) or not entries or entries[0] != "config" or entries.count("_self_") > 1:
        raise ConfigError(f"{where}: defaults={shown(entries)}: {takes}, and begins with config")
    options: dict[str, str] = {}
    for entry in entries[1:]:
        if entry == "_self_":
            continue
        word, option = next(iter(entry.items())) if isinstance(entry, dict) and len(entry) == 1 else (entry, None)
        found = re.fullmatch(r"override /?(\w+)", word) if isinstance(word, str) else None
        if found is None or found[1] not in GROUPS or found[1] in options:
            raise ConfigError(
                f"{where}: defaults: {shown(entry)}: {takes}, each group once; groups: {', '.join(GROUPS)}"
            )
        group = found[1]
        own = sorted(path.stem for path in (CONF / group).glob("*.yaml"))
        if not isinstance(option, str) or not OPTION.fullmatch(option) or (ours_alone and option not in own):
            what = f"takes one of {', '.join(own)}{did_you_mean(str(option), own)}"
            raise ConfigError(f"{where}: override /{group}: {shown(option)}: {what}")
        options[group] = option
    return options


def check_plain(where: str, key: str, value: Any, *, references: bool) -> None:
    """Refuse what is no plain value, or holds none, or stands for something that is looked up or called.

    Args:
        where: the file, as a complaint names it.
        key: the value's dotted key.
        value: as it was read.
        references: whether it may stand for another key's value, as `${lr}`.

    Raises:
        ConfigError: where it is one.
    """
    if isinstance(value, dict | list):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(value, dict) and not (isinstance(name, str) and is_text(name) and "$" not in name):
                raise ConfigError(f"{where}: {key}: {shown(name)} is no key; keys are words")
            check_plain(where, f"{key}.{name}", item, references=references)
    elif not (value is None or isinstance(value, bool | int | float | str)):
        raise ConfigError(f"{where}: {key}={value}: takes numbers, words, true, false and null")
    elif isinstance(value, str) and (not is_text(value) or "${" in (REFERENCE.sub("", value) if references else value)):
        takes = "takes values and names of keys, such as ${lr}" if references else "takes plain values"
        raise ConfigError(f"{where}: {key}={value}: {takes}; what is looked up or called is typed on the command line")
