"""`hydra/sweeper=grid`: Hydra's basic grid, without composing every job twice and without ending at a failed run."""

from collections.abc import Sequence
from dataclasses import dataclass

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn

from hydra_plugins.xor_sweep.launcher import FusedLauncher


@dataclass
class GridSweeperConf:
    """The settings of Hydra's basic sweeper."""

    _target_: str = "hydra_plugins.xor_sweep.sweeper.GridSweeper"
    max_batch_size: int | None = None
    params: dict[str, str] | None = None


ConfigStore.instance().store(group="hydra/sweeper", name="grid", node=GridSweeperConf, provider="xor_sweep")


class GridSweeper(BasicSweeper):
    """The product of all swept values, in Hydra's order and with Hydra's syntax."""

    def sweep(self, arguments: list[str]) -> list[Sequence[JobReturn]]:
        """Launch all batches; what a run ended with is in its own `JobReturn` and on disk."""
        from xor_sweep.application import launch_batches

        assert self.config is not None
        assert self.hydra_context is not None
        assert self.launcher is not None
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        overrides = parser.parse_overrides([*self._parse_config(), *arguments])
        batches = self.split_arguments(overrides, self.max_batch_size)
        fused = isinstance(self.launcher, FusedLauncher)
        return launch_batches(batches, self.launcher, self.hydra_context, self.config, one_by_one=not fused)
