"""Versions of the user's functions: runs of an earlier one cannot be trained again."""

from __future__ import annotations

from pathlib import PurePath

from xor_sweep.given import PREFIX
from xor_sweep.manifest import Manifest
from xor_sweep.measure import DIGITS, VERSION, Facts
from xor_sweep.results import RunResult
from xor_sweep.summary.columns import Configs
from xor_sweep.summary.replicates import Source, Unswept

NOW = "now"
"""The version of the latest command."""


class Versions:
    """Which version of the user's functions each run was trained with.

    Functions and files of data are not among them: their content is part of a run's measure.

    Args:
        configs: the recorded configurations, which are read only if such a function has changed.
        manifest: knows when they changed.
    """

    def __init__(self, configs: Configs, manifest: Manifest) -> None:
        self._unswept, self._configs = Unswept(configs, manifest), configs
        known = manifest.sources
        changed = {change.name.removesuffix("()") for change in manifest.changes}
        self._changed = {PurePath(name).name for name in changed if f"{name}()" not in known}

    def facts(self, result: RunResult) -> Facts:
        """Return the version as a fact beside the measure; none if nothing has ever changed."""
        if not self._changed:
            return {}
        earlier = [f"{each.name} {each.content[:DIGITS]}" for each in self._sources(result) if each.changed_at]
        return {VERSION: ", ".join(earlier) or NOW}

    def said(self, result: RunResult) -> str:
        """Return the version in words: `build before its change of 2026-11-30 18:55:04 UTC`."""
        sources = self._sources(result)
        earlier = [
            f"{source.name.removeprefix(PREFIX)} before its change of {source.changed_at[:19].replace('T', ' ')} UTC"
            for source in sources
            if source.changed_at
        ]
        return ", ".join(earlier or [f"{source.name.removeprefix(PREFIX)} as it is now" for source in sources])

    def _sources(self, result: RunResult) -> list[Source]:
        if not self._changed:
            return []
        found = self._unswept.sources(result.run, result.started_at)
        data = PurePath(str(self._configs.value(result.run, "data.path"))).name
        return [each for each in found if each.name in self._changed and each.name != data]
