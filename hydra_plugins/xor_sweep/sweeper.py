"""`hydra/sweeper=grid`: Hydra's basic grid, without composing every job twice and without ending at a failed run."""

from collections.abc import Sequence
from dataclasses import dataclass

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_store import ConfigStore
from hydra.core.object_type import ObjectType
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
    """The product of all swept values, in Hydra's order and with Hydra's syntax, its functions being exact."""

    def sweep(self, arguments: list[str]) -> list[Sequence[JobReturn]]:
        """Launch all batches; what a run ended with is in its own `JobReturn` and on disk."""
        from xor_sweep.application import launch_batches
        from xor_sweep.grammar import Parser
        from xor_sweep.sweep_params import sweep_params

        assert self.config is not None
        assert self.hydra_context is not None
        assert self.launcher is not None
        loader = self.hydra_context.config_loader
        params = sweep_params(self.config, lambda key: not loader.get_group_options(key, ObjectType.CONFIG))
        overrides = Parser(loader).parse_overrides([*params, *arguments])
        batches = self.split_arguments(overrides, self.max_batch_size)
        fused = isinstance(self.launcher, FusedLauncher)
        return launch_batches(batches, self.launcher, self.hydra_context, self.config, one_by_one=not fused)
