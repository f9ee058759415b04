"""What tells a sweep's runs apart: the swept keys, and each run's value of them."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from xor_sweep.foreign import load_yaml, read_file
from xor_sweep.manifest import Manifest
from xor_sweep.references import UnresolvedError, at, refers, resolve
from xor_sweep.results import RunResult
from xor_sweep.runs import SweepPaths

Value = float | int | bool | str | tuple[Any, ...] | None
"""A key's value; a list is a tuple, and None is a value that a run does not have."""

REPLICATES = ("seed", "data.fold", "data.seed")
"""Keys whose values are repetitions of one configuration."""

OVERRIDE = re.compile(r"\+{0,2}([^=~+][^=]*)=(.*)", re.DOTALL)
"""`key=value`, `+key=value` or `++key=value`; a deletion (`~key`) gives no value."""

REFERENCE = re.compile(r"\$\\?\{")
r"""What the override of a job has in it that gives a key the value of another one: `$\{lr\}`."""

WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class Configs:
    """The composed configurations of a sweep's runs, each read once, and only when one of its values is asked for."""

    def __init__(self, sweep: SweepPaths) -> None:
        self._sweep = sweep
        self._read: dict[str, dict[str, Any]] = {}
        self._choices: dict[str, dict[str, Any]] = {}

    def value(self, run: str, key: str) -> Value:
        """A key's value in a run's configuration; a config group's value is its `name`, or else the chosen option.

        Args:
            run: the run's name.
            key: the dotted key, or a config group as in an override (`optimizer`, `optimizer@package`).
        """
        config = self.mapping(run)
        path = path_of(key)
        found = _at(config, path)
        group = isinstance(found, dict) or not ("." in path or path in config)
        if isinstance(found, dict):
            path, found = f"{path}.name", found.get("name")
        if group and found is None:
            return self.choice(run, key)
        return _plain(_resolved(config, path, found))

    def keys(self, run: str) -> list[str]:
        """Every dotted key of a run's configuration that holds a value and no keys of its own."""
        return list(_leaves(self.mapping(run), ""))

    def is_null(self, run: str, key: str) -> bool:
        """Whether a key is there in a run's configuration, and is null."""
        config, place = self.mapping(run), tuple(path_of(key).split("."))
        try:
            return resolve(config, at(config, place), place) is None
        except UnresolvedError:
            return False

    def fingerprint(self, run: str) -> str:
        """A hash of all values that a run's configuration gives its numbers, but for seeds and folds."""
        from xor_sweep.config.identity import OUTSIDE  # late: it brings Hydra

        keys = sorted(key for key in self.keys(run) if key not in REPLICATES and key.split(".")[0] not in OUTSIDE)
        values = repr([(key, self.value(run, key)) for key in keys])
        return hashlib.sha256(values.encode(errors="replace")).hexdigest()

    def choice(self, run: str, group: str) -> str | None:
        """The option of a config group that was composed into a run, by Hydra's record; None where it names none."""
        if run not in self._choices:
            paths = self._sweep.run(run)
            node = None if paths.hydra.is_symlink() else _load(lambda: read_file(paths.hydra_config))
            found = _at(node, "hydra.runtime.choices")
            self._choices[run] = found if isinstance(found, dict) else {}
        option = self._choices[run].get(group)
        return option if isinstance(option, str) else None

    def refers(self, run: str, key: str) -> bool:
        """Whether a run's value of a key is a reference, such as `${lr}`, to that of another."""
        return refers(_at(self.mapping(run), key))

    def mapping(self, run: str) -> dict[str, Any]:
        """A run's configuration as it was recorded, references as they are; empty where it cannot be read."""
        if run not in self._read:
            paths = self._sweep.run(run)
            config = None if paths.hydra.is_symlink() else _load(lambda: read_file(paths.config))
            self._read[run] = config if isinstance(config, dict) else {}
        return self._read[run]


def path_of(key: str) -> str:
    """Where a key of an override, as `group@package`, stands in a configuration: a dotted path."""
    return key.rpartition("@")[2].replace("/", ".")


def varied_keys(keys: Iterable[str]) -> list[str]:
    """The swept keys that tell configurations apart."""
    return [key for key in keys if key not in REPLICATES]


def value_of(result: RunResult, key: str, configs: Configs) -> Value:
    """A run's value of a key: what its overrides say, otherwise what its configuration holds."""
    named = named_values(result)
    return named[key] if key in named else configs.value(result.run, key)


def named_values(result: RunResult) -> dict[str, Value]:
    """The values that a run's overrides name, by key; a config group's value is the choice.

    Not those that refer to other keys: what these stand for is in the run's configuration.
    """
    return {key: typed(text) for key, text in _named(result) if not REFERENCE.search(text)}


def _named(result: RunResult) -> Iterator[tuple[str, str]]:
    """The keys that a run's overrides name, with their values as they are spelled."""
    for match in filter(None, map(OVERRIDE.fullmatch, result.overrides)):
        yield match[1], match[2]


def swept_keys(results: Sequence[RunResult], manifest: Manifest, configs: Configs) -> tuple[str, ...]:
    """The manifest's swept keys, then every other key of an override whose value differs among the results.

    Keys that do not change a run's numbers (`logging.graph`, say) count only where the manifest names them.
    """
    from xor_sweep.config.identity import OUTSIDE  # late: it brings Hydra

    named = [named_values(result) for result in results]
    keys = dict.fromkeys(key for result in results for key, _ in _named(result))
    more = [key for key in keys if key not in manifest.swept and re.split(r"[./@]", key)[0] not in OUTSIDE]
    return (*manifest.swept, *(key for key in more if _differs(key, results, named, configs)))


def _differs(key: str, results: Sequence[RunResult], named: Sequence[dict[str, Value]], configs: Configs) -> bool:
    seen = {_distinct(values[key]) for values in named if key in values}
    if len(seen) > 1:
        return True
    # Only now the configurations: reading them is what costs.
    unnamed = (result.run for result, values in zip(results, named, strict=True) if key not in values)
    return any(_distinct(configs.value(run, key)) not in seen for run in unnamed)


def _distinct(value: Value) -> tuple[bool, Value]:
    """The value, such that `true` and `1` are two and `1` and `1.0` are one."""
    return isinstance(value, bool), value


def typed(text: str) -> Value:
    """A value as Hydra's command line spells it, as a number, bool, tuple, None or else the text itself.

    `1e-1` and `0.10` are one number; what is not a finite number stays text.
    """
    text = text.strip()
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    if text.startswith("[") and (items := _load(lambda: text.encode())) is not None:
        return _plain([typed(item) if isinstance(item, str) else item for item in items])
    for number in (int, float):
        try:
            value = number(text)
        except ValueError:
            continue
        return value if is_finite(value) else text
    return text


def is_finite(value: float) -> bool:
    """Whether a number is finite, and a whole one not past what a float holds."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _load(read: Any) -> Any:
    """Plain values in YAML; None where it cannot be read."""
    import yaml

    try:
        return load_yaml(read())
    except (OSError, ValueError, yaml.YAMLError):
        return None


def _at(config: Any, path: str) -> Any:
    for part in path.split("."):
        config = config.get(part) if isinstance(config, dict) else None
    return config


def _leaves(config: dict[str, Any], prefix: str) -> Iterator[str]:
    for key, value in config.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def _resolved(config: dict[str, Any], path: str, value: Any) -> Any:
    """A value with what its references stand for; None if that cannot be told from the configuration."""
    try:
        return resolve(config, value, tuple(path.split(".")))
    except UnresolvedError:
        return None


def _plain(value: Any) -> Value:
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    if isinstance(value, int | float) and not is_finite(value):
        return hex(value) if isinstance(value, int) else str(value)  # as decimals Python refuses the longest ones
    return value if value is None or isinstance(value, float | int | bool | str) else str(value)
