"""A sweep as one side of a comparison: its results, and every run's value of a key, whatever release wrote it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from xor_sweep.compare.medians import Group
from xor_sweep.errors import SweepError
from xor_sweep.manifest import load_manifest
from xor_sweep.measure import facts_for
from xor_sweep.names import DIGITS
from xor_sweep.provenance import COMMIT_DIGITS
from xor_sweep.results import RunResult, left_out, read_results
from xor_sweep.runs import SweepPaths
from xor_sweep.summary import nothing_in
from xor_sweep.summary.columns import REPLICATES, Configs, Value, swept_keys, value_of, varied_keys
from xor_sweep.summary.ranking import loss_of, rankings
from xor_sweep.summary.recorded_measure import recorded_facts
from xor_sweep.summary.replicates import Origin, Unswept, variants

Values = tuple[str, ...]
"""A configuration's values of some keys, as a person would type them."""

Key = tuple[Values, str]
"""A configuration: its values of the swept keys and, where several have these, digits that tell it from the others."""


LENGTH = ("steps", "epochs")
"""Keys of which one says how long a run trains; where both are null that depends on the data."""


class Side:
    """The finished runs of a sweep directory.

    Attributes:
        directory: as a person wrote it.
        results: at least one.
        damaged: the results that are not what was written, whose runs are missing.
        manifest: what the directory knows beside its runs.

    Raises:
        SweepError: where the directory does not exist or holds no finished run.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        sweep = SweepPaths(directory)
        self.results, self.damaged = read_results(sweep)
        if not self.results:
            raise SweepError(left_out(self.damaged) if self.damaged else nothing_in(directory))
        self.manifest = load_manifest(sweep)
        self._configs = Configs(sweep)
        self._unswept = Unswept(self._configs, self.manifest)

    def keep_first_ranking(self, objective: str, direction: str) -> str | None:
        """Leave out the runs that cannot be compared with those of the latest command; say so, in one line."""
        keys = swept_keys(self.results, self.manifest, self._configs)
        first, *others = rankings(self.results, objective, direction, keys, self._configs, self.manifest)
        if not others:
            return None
        self.results = first.results
        left = sum(len(group.results) for group in others)
        return f"{self.directory}: the runs of {first.label}; {left:,} that cannot be compared with them are left out"

    def facts(self, result: RunResult, objective: str) -> dict[str, str]:
        """What a run was scored on, as far as it is known and matters for the objective."""
        return facts_for(result.measure or recorded_facts(result, self._configs, self.manifest), objective)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The swept keys that change a run's numbers."""
        from xor_sweep.config.identity import OUTSIDE  # late: it brings Hydra

        return tuple(key for key in swept_keys(self.results, self.manifest, self._configs) if top(key) not in OUTSIDE)

    def value(self, result: RunResult, key: str) -> Value:
        """A run's value of a key; of one that its release did not know, the default that stands for it.

        Where nobody said how long a run trains, or in which batches, it is what the run does then.
        """
        found = value_of(result, key, self._configs)
        if found is None and key not in self._configs.keys(result.run):
            found = self._defaults(result.run).get(key)
        if (found is None and key in LENGTH) or (found == "auto" and key == "batch_size"):
            return self._unsaid(result, key, found)
        return found

    def text(self, result: RunResult, key: str) -> str:
        """A run's value of a key as a person would type it."""
        return shown(self.value(result, key))

    def setting(self, result: RunResult, key: str) -> str | None:
        """The same, but None where the run has no such key."""
        value = self.value(result, key)
        known = value is not None or key in self._configs.keys(result.run) or key in self._defaults(result.run)
        return shown(value) if known else None

    def batch_order(self, result: RunResult) -> str | None:
        """Return which key draws the order of a run's batches; None without batches or without a record of them."""
        if result.batch_order or not self.recorded_at_all(result.run):
            return result.batch_order
        return None if self.value(result, "batch_size") is None else "data.seed"

    def recorded(self, result: RunResult) -> list[str]:
        """The keys of a run's configuration that hold values of their own; none where it has no record of it."""
        return [key for key in self._configs.keys(result.run) if not self._configs.refers(result.run, key)]

    def groups(
        self,
        configurations: Mapping[Key, list[RunResult]],
        keys: Sequence[str],
        objective: str,
        direction: str,
        apart: Container[Values],
    ) -> dict[Key, tuple[Group, list[RunResult]]]:
        """The configurations with their runs and what ranks these.

        Args:
            configurations: of these keys.
            keys: the swept ones.
            objective, direction: what ranks the runs.
            apart: values whose runs are told apart by what else their configurations say.
        """
        origin = self._origins(keys)
        found: dict[Key, list[RunResult]] = {}
        for (values, variant), runs in configurations.items():
            alone = self._unswept.fingerprint(origin(runs[0]))[:DIGITS] if values in apart else ""
            found[values, variant or alone] = runs

        def group(runs: Iterable[RunResult]) -> Group:
            losses = {result.run: loss_of(result, objective, direction) for result in runs}
            return Group(tuple(losses.values()), tuple(origin(result).replicate for result in runs))

        return {key: (group(runs), runs) for key, runs in found.items()}

    def configurations(self, keys: Sequence[str]) -> dict[Key, list[RunResult]]:
        """The runs by configuration; digits tell some apart that differ in what was not swept, as an edited file."""
        by_values: dict[Values, list[RunResult]] = {}
        varied = varied_keys(keys)
        for result in self.results:
            by_values.setdefault(tuple(self.text(result, key) for key in varied), []).append(result)
        return {
            (values, variant): alike
            for values, runs in by_values.items()
            for variant, alike in variants(runs, self._origins(keys), self._unswept)
        }

    def _origins(self, keys: Sequence[str]) -> Callable[[RunResult], Origin]:
        own = [key for key in keys if key in REPLICATES]

        def origin(result: RunResult) -> Origin:
            replicate = tuple(self.text(result, key) for key in own)
            return Origin(result.run, result.started_at, result.identity, replicate, result.batch_order)

        return origin

    def versions(self) -> dict[str, list[str]]:
        """What the runs were made with, on which processor, and the git commits that the latest commands ran in."""
        found: dict[str, set[str]] = {"cpu": {result.cpu for result in self.results}}
        commits = {command.revision(COMMIT_DIGITS) for command in self.manifest.commands if command.commit}
        if commits:
            found["git commit"] = commits
        for result in self.results:
            for name, version in result.versions.items():
                found.setdefault(name, set()).add(version)
        return {name: sorted(versions) for name, versions in found.items()}

    def _defaults(self, run: str) -> dict[str, Value]:
        """What stands for keys that a run's record does not have; nothing where there is no record."""
        from xor_sweep.config import schema  # late: they bring Hydra
        from xor_sweep.config.identity import default_values
        from xor_sweep.config.values import defaults

        optimizer = str(self._configs.value(run, "optimizer"))
        schedule = str(self._configs.value(run, "schedule") or "constant")
        data = str(self.kind(run))
        if optimizer not in schema.OPTIMIZERS or schedule not in schema.SCHEDULES or data not in schema.DATA:
            return {}  # those of a later release, or of nobody's
        top = defaults(schema.Config)
        return default_values(optimizer, schedule, data) | {key: top[key] for key in (*LENGTH, "batch_size")}

    def _unsaid(self, result: RunResult, key: str, found: Value) -> Value:
        """What null means in a key of `LENGTH`, nothing unless all of them are null, and what `auto` batches are."""
        from xor_sweep.config import schema  # late: they bring Hydra
        from xor_sweep.config.identity import usual_training

        data = str(self.kind(result.run))
        said = key in LENGTH and any(value_of(result, each, self._configs) is not None for each in LENGTH)
        return found if said or data not in schema.DATA else usual_training(data).get(key)

    def recorded_at_all(self, run: str) -> bool:
        """Whether a run has a record of its configuration."""
        return bool(self._configs.keys(run))

    def kind(self, run: str) -> Value:
        """The kind of a run's data; the first release knew names alone."""
        return self._configs.value(run, "data.kind") or self._configs.value(run, "data.name")


def top(key: str) -> str:
    """The group or the key at the top that a key belongs to."""
    return key.partition("@")[0].replace("/", ".").partition(".")[0]


def shown(value: Value) -> str:
    """A value as a person would type it."""
    from xor_sweep.config import limits  # late: it brings Hydra

    return limits.shown(value)
