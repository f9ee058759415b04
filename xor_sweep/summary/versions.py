"""Versions of functions that were given from Python: runs of an earlier one cannot be trained again."""

from __future__ import annotations

from xor_sweep.given import PREFIX, is_given
from xor_sweep.manifest import Manifest
from xor_sweep.measure import DIGITS, VERSION, Facts
from xor_sweep.results import RunResult
from xor_sweep.summary.columns import Configs
from xor_sweep.summary.replicates import Source, Unswept

NOW = "now"
"""The version of the latest command."""


class Versions:
    """Which version of the functions given from Python each run was trained with.

    Args:
        configs: the recorded configurations, which are read only if such a function has changed.
        manifest: knows when functions changed.
    """

    def __init__(self, configs: Configs, manifest: Manifest) -> None:
        self._unswept = Unswept(configs, manifest)
        self._changed = {change.name for change in manifest.changes if is_given(change.name)}

    def facts(self, result: RunResult) -> Facts:
        """Return the version as a fact beside the measure; none if no function of the run has ever changed."""
        if not (sources := self._sources(result)):
            return {}
        earlier = [f"{source.name} {source.content[:DIGITS]}" for source in sources if source.changed_at]
        return {VERSION: ", ".join(earlier) or NOW}

    def is_latest(self, result: RunResult) -> bool:
        """Return whether a run was trained with the functions as they are now."""
        return self.facts(result).get(VERSION, NOW) == NOW

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
        return [each for each in self._unswept.sources(result.run, result.started_at) if each.name in self._changed]
