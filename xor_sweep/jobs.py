"""From override lists to jobs, composing once for each set of config-group choices.

Hydra composes every job anew, about 60 ms each. Here the groups that the overrides choose are composed once, and plain
values are put into a copy of the result, which Hydra's own composition does in the same order with the same types.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.object_type import ObjectType
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict, read_write
from omegaconf.errors import ConfigAttributeError, OmegaConfBaseException

from xor_sweep.calls import Call
from xor_sweep.config import Once, RunSpec, Settings, identity, parse
from xor_sweep.config.limits import did_you_mean, shown
from xor_sweep.data import with_content
from xor_sweep.errors import ConfigError
from xor_sweep.fast_yaml import dump, to_yaml
from xor_sweep.given_keys import given_keys, keys_of_files
from xor_sweep.hydra_node import check_hydra
from xor_sweep.naming import key_and_value, may_refer, name_of
from xor_sweep.places import CONF, SWEEPS
from xor_sweep.resolvers import calls_in, check_values
from xor_sweep.sections import Sections, as_mapping

JOB_NUMBER = 987_654_321
OUTPUT_DIR = "@output_dir@"
OVERRIDES = "@overrides@"
OVERRIDE_DIRNAME = "@override_dirname@"
SUBDIR = "@subdir@"
"""What stands in a rendered hydra.yaml where jobs differ."""

ARGUMENT = re.compile(r"\+{0,2}(optimizer|schedule)\.")
"""What sets an argument of an optimizer or a schedule."""

KEPT = 64
"""Copies of a composed configuration that are kept: one for each set of keys and references that jobs give."""


@dataclass(frozen=True, eq=False)
class Composition:
    """What a set of config-group choices composes to.

    Attributes:
        task: the job's keys, before plain values are put in.
        full: the same with Hydra's own node.
        from_files: the keys that the user's own files give by name.
    """

    task: DictConfig
    full: DictConfig
    from_files: frozenset[str] = frozenset()
    _scratch: dict[tuple[str, ...], DictConfig] = field(default_factory=dict)
    _sections: dict[tuple[str, ...], Sections] = field(default_factory=dict)

    def with_values(self, plain: Sequence[str]) -> DictConfig:
        """The job's keys with plain values put in, in a copy that is good until the next call.

        A copy takes a millisecond, so jobs that set the same keys, with the same references, share one: each puts all
        its values over those of the one before.

        Raises:
            ConfigError: where a key does not take its value.
        """
        keys = tuple(text if may_refer(text) else key_and_value(text)[0] for text in plain)
        if keys not in self._scratch:
            if len(self._scratch) >= KEPT:
                self._scratch.clear()
            self._scratch[keys] = copy.deepcopy(self.task)
        put(self._scratch[keys], plain)
        return self._scratch[keys]

    def mapping(self, plain: tuple[str, ...]) -> dict[str, Any]:
        """The job's keys as plain values, with plain values put in; what it holds is shared and stays as it is.

        What a section depends on follows from the references that the job itself gives, too. Jobs share these mostly.

        Raises:
            ConfigError: if a key does not take its value, or a reference does not lead to one.
        """
        references = tuple(filter(may_refer, plain))
        if references not in self._sections:
            if len(self._sections) >= KEPT:
                self._sections.clear()
            self._sections[references] = Sections(self.with_values(references) if references else self.task)
        try:
            return self._sections[references].mapping(plain, lambda: self.with_values(plain))
        except OmegaConfBaseException as error:
            raise unresolved(error, references) from error

    @cached_property
    def hydra_yaml(self) -> str:
        """`.hydra/hydra.yaml`, rendered once with marks where jobs differ."""
        node = OmegaConf.create({"hydra": copy.deepcopy(self.full.hydra)})
        with read_write(node), open_dict(node):
            node.hydra.job.id, node.hydra.job.num = str(JOB_NUMBER), JOB_NUMBER
            node.hydra.job.override_dirname = OVERRIDE_DIRNAME
            node.hydra.runtime.output_dir = OUTPUT_DIR
            node.hydra.sweep.subdir = SUBDIR
            node.hydra.overrides.task = [OVERRIDES]
        return to_yaml(node)


@dataclass(frozen=True)
class Job:
    """One configuration of a sweep, composed and parsed.

    Attributes:
        number: the job's place in the command, as Hydra counts it.
        overrides: as on a command line.
        spec, settings, identity: the parsed configuration.
        name: the run directory's name, unless a run of another identity has it.
        composition: what its config-group choices compose to.
        plain: the overrides that set plain values in it.
        compiled: how many of the overrides, the first ones, stand for what the model was compiled with.
    """

    number: int
    overrides: tuple[str, ...]
    spec: RunSpec
    settings: Settings
    identity: str
    name: str
    composition: Composition
    plain: tuple[str, ...]
    compiled: int = 0

    @property
    def task(self) -> DictConfig:
        """The composed configuration without Hydra's node; made anew, since one takes 11 kB and a millisecond."""
        return copy.deepcopy(self.composition.with_values(self.plain))

    def hydra_files(self, output_dir: Path) -> tuple[str, str, str]:
        """The contents of config.yaml, hydra.yaml and overrides.yaml, as Hydra writes them."""
        listed = dump(list(self.overrides))
        text = self.composition.hydra_yaml
        text = text.replace(f"'{JOB_NUMBER}'", f"'{self.number}'").replace(str(JOB_NUMBER), str(self.number))
        text = text.replace(f"'{OUTPUT_DIR}'", _scalar(str(output_dir.absolute())))
        text = text.replace(f"'{OVERRIDE_DIRNAME}'", _scalar(self.override_dirname))
        text = text.replace(f"'{SUBDIR}'", _scalar(output_dir.name))
        first, _, rest = text.partition(f"- '{OVERRIDES}'\n")
        indent = first[first.rindex("\n") + 1 :]
        if self.overrides:
            first += listed.replace("\n- ", f"\n{indent}- ")
        else:
            first = f"{first.removesuffix(indent).rstrip()} []\n"
        return to_yaml(self.composition.with_values(self.plain)), first + rest, listed

    @property
    def override_dirname(self) -> str:
        """Hydra's own flat name for the overrides, which `hydra.job.override_dirname` holds."""
        return ",".join(sorted(self.overrides))

    def full_config(self, output_dir: Path) -> DictConfig:
        """The configuration with Hydra's node, as job callbacks and `JobReturn` have it."""
        full = copy.deepcopy(self.composition.full)
        with read_write(full), open_dict(full):
            full.merge_with(self.task)
            full.hydra.job.id, full.hydra.job.num = str(self.number), self.number
            full.hydra.job.override_dirname = self.override_dirname
            full.hydra.runtime.output_dir = str(output_dir.absolute())
            full.hydra.sweep.subdir = output_dir.name
            full.hydra.overrides.task = list(self.overrides)
        return full


def _scalar(text: str) -> str:
    return dump(text).strip()


Compiled = Callable[[RunSpec, Collection[str]], Sequence[str]]
"""From a run and the keys that are given to the overrides that stand for what its model was compiled with."""


class Composer:
    """Composes the jobs of one command.

    Args:
        loader: Hydra's.
        master: the configuration of the command.
        swept: the keys that it sweeps.
        compiled: asked about each job whose network a function of the user's builds; None asks nobody.
    """

    def __init__(
        self, loader: ConfigLoader, master: DictConfig, swept: Sequence[str], compiled: Compiled | None = None
    ) -> None:
        self._loader = loader
        self._master = master
        self._swept = frozenset(swept)
        self._compositions: dict[tuple[str, ...], Composition] = {}
        self._groups: dict[str, bool] = {}
        self._compiled = compiled
        self._once = Once()

    def job(self, number: int, overrides: Sequence[str]) -> Job:
        """Compose and parse one job, whose model's `compile` says what the job does not.

        Args:
            number: the job's place in the command.
            overrides: the job's own overrides; one that sets `hydra.…` is no part of its record.

        Raises:
            ConfigError: where the configuration cannot be.
        """
        if self._compiled is None:
            return self._job(number, overrides)
        mistake = None
        try:
            job = self._job(number, overrides)
        except ConfigError as error:  # an argument of the compiled optimizer, say
            rest = [override for override in overrides if not ARGUMENT.match(override)]
            if len(rest) == len(overrides):
                raise
            job, mistake = self._job(number, rest), error
        words: Sequence[str] = ()
        if isinstance(job.spec.network, Call):
            composed, files = job.composition.task, job.composition.from_files
            words = self._compiled(job.spec, given_keys(overrides, composed, files))
        if mistake and not words:
            raise mistake
        return self._compiled_job(number, overrides, words) if words else job

    def _compiled_job(self, number: int, overrides: Sequence[str], words: Sequence[str]) -> Job:
        """The job with what its model was compiled with; a mistake in that says where it comes from."""
        try:
            return self._job(number, overrides, words)
        except ConfigError as error:
            key = re.split("[=:]", str(error), maxsplit=1)[0]
            if any(word.startswith(f"{key}=") for word in words):
                raise ConfigError(f"{error}; the model's compile() says so, and {key}=… here stands over it") from error
            raise

    def _job(self, number: int, named: Sequence[str], words: Sequence[str] = ()) -> Job:
        """Compose and parse one job; `words` come before the overrides that name it."""
        overrides = [*words, *named]
        own = tuple(override for override in overrides if not override.lstrip("+~").startswith("hydra"))
        plain = tuple(override for override in own if self._is_plain(override))
        plain = own if plain == own else plain  # one tuple, in most sweeps
        composition = self._composition(tuple(override for override in overrides if override not in plain))
        if self._calls:
            check_values(composition.task, self._calls, {key_and_value(override)[0] for override in plain})
        values = composition.mapping(plain)
        spec, settings = spec_of(values, self._once)
        name = name_of(own[len(words) :], self._swept, values)
        return Job(number, own, spec, settings, identity(spec), name, composition, plain, len(words))

    @cached_property
    def _calls(self) -> frozenset[str]:
        """What a value of a file that is none of ours may not be."""
        sources = (source for source in self._master.hydra.runtime.config_sources if source["schema"] == "file")
        others = [source.path for source in sources if Path(source.path) not in (CONF, SWEEPS)]
        return frozenset().union(*map(calls_in, others))

    def _composition(self, overrides: tuple[str, ...]) -> Composition:
        if overrides not in self._compositions:
            try:
                full = self._loader.load_sweep_config(self._master, list(overrides))
            except (HydraException, OmegaConfBaseException) as error:
                raise ConfigError(first_line(error)) from error
            check_hydra(full)  # a file may bring something along with one choice of two groups alone
            task = copy.deepcopy(full)
            with read_write(task), open_dict(task):
                del task["hydra"]
            files = keys_of_files(self._loader, full.hydra.runtime.choices)
            self._compositions[overrides] = Composition(task, full, files)
        return self._compositions[overrides]

    def _is_plain(self, override: str) -> bool:
        """Whether an override sets or adds a value and chooses no option of a group."""
        if override[0] == "~" or "@" in override.split("=")[0]:
            return False
        key, value = key_and_value(override)
        if key not in self._groups:
            self._groups[key] = bool(self._loader.get_group_options(key, ObjectType.CONFIG))
        return not (self._groups[key] or isinstance(value, dict))


def put(config: DictConfig, plain: Sequence[str]) -> None:
    """Set plain values in a configuration.

    Raises:
        ConfigError: where a key does not take its value.
    """
    for override in plain:
        key, value = key_and_value(override)
        try:
            OmegaConf.update(config, key, value, merge=True, force_add=override[0] == "+")
        except ConfigAttributeError as error:
            raise no_key(config, key, override) from error
        except OmegaConfBaseException as error:
            raise ConfigError(f"{override}: {first_line(error)}") from error


def no_key(config: DictConfig, key: str, override: str) -> ConfigError:
    """The one line for a key that a group's option does not have."""
    group, _, last = key.rpartition(".")
    node = OmegaConf.select(config, group) if group else config
    names = sorted(map(str, node)) if isinstance(node, DictConfig) else []
    hint = did_you_mean(last, names) or f"; {group} has {', '.join(names)}"
    return ConfigError(f"{override}: there is no key {key}{hint}")


def unresolved(error: OmegaConfBaseException, references: Sequence[str]) -> ConfigError:
    """The one line for a reference that leads to no value, or to one that its key does not take.

    Args:
        error: what OmegaConf says.
        references: the overrides that hold references.
    """
    missing = re.match(r"Interpolation key '([^']+)' not found", str(error))
    given = [(key, value) for key, value in map(key_and_value, references) if missing and missing[1] in str(value)]
    key, value = given[0] if given else (error.full_key, None)
    what = f"there is no key {missing[1]}" if missing else first_line(error)
    where = f"{key}={shown(value)}" if given else key
    return ConfigError(f"{where}: {what}; ${{…}} holds the name of a key, such as ${{lr}}")


def first_line(error: BaseException) -> str:
    """The first line of an exception's message."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def shared_settings(jobs: Sequence[Job], first: Settings | None = None) -> Settings:
    """What the jobs of a command have in common: where results go, how they rank, what is logged and kept.

    Args:
        jobs: composed.
        first: the settings of earlier jobs of the command; None if there are none.

    Raises:
        ConfigError: if they have not, as when a reference or an option of a group gives each job its own.
    """
    first = first or jobs[0].settings
    for job in jobs:
        if job.settings is not first and job.settings != first:
            check_shared(first, job.settings)
    return first


def check_shared(first: Settings, other: Settings) -> None:
    """Refuse settings that cannot be those of one command.

    Raises:
        ConfigError: if they differ in more than whose functions are trusted.
    """
    if other.sweep_dir != first.sweep_dir:
        raise ConfigError(
            f"experiment: these runs would go to {first.sweep_dir} and {other.sweep_dir}; "
            "give them one, experiment=mine, say"
        )
    mine, its = by_key(first), by_key(other)
    if key := next((key for key in mine if mine[key] != its[key]), None):
        raise ConfigError(
            f"{key}: is {shown(mine[key])} for some of these runs and {shown(its[key])} for others; "
            "only keys that change a run can be swept; give one value"
        )


def by_key(settings: Settings) -> dict[str, Any]:
    """Settings by their keys; not whose functions are trusted, which each file says for itself."""
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}
    logging = values.pop("logging")
    del values["outputs"], values["experiment"], values["trusted_modules"]
    values["executor.checkpoint_seconds"] = values.pop("checkpoint_seconds")
    values["failure.policy"] = values.pop("failure_policy")
    return values | {f"logging.{field.name}": getattr(logging, field.name) for field in fields(logging)}


def read_spec(config: DictConfig) -> tuple[RunSpec, Settings]:
    """A composed configuration as typed values, with the hash of the data's content.

    Raises:
        ConfigError: where the configuration cannot be, or there is no such data.
    """
    return spec_of(as_mapping(config), Once())


def checked_spec(config: DictConfig) -> Settings:
    """A composed configuration's settings, once all of it was held against the schema and its data was found.

    A function of the user's that gives the data is not called: reading a command runs nothing of the user's.

    Raises:
        ConfigError: where the configuration cannot be, or there is no such data.
    """
    spec, settings = parse(as_mapping(config), Once())
    if spec.data.kind != "python":
        with_content(spec.data)
    return settings


def spec_from(values: Mapping[str, Any]) -> RunSpec:
    """A configuration of plain values as a spec, with the hash of the data's content.

    Raises:
        ConfigError: where the configuration cannot be, or there is no such data.
    """
    return spec_of(values, Once())[0]


def spec_of(values: Mapping[str, Any], once: Once) -> tuple[RunSpec, Settings]:
    """The same from plain values; what is alike in the specs of several jobs is one object."""
    spec, settings = parse(values, once)
    return replace(spec, data=once.equal(with_content(spec.data))), settings
