"""`hydra/launcher=fused`: the jobs of a batch train as lanes of compiled programs."""

from collections.abc import Sequence
from dataclasses import dataclass

from hydra._internal.core_plugins.basic_launcher import BasicLauncher
from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, ListConfig, OmegaConf


def run_name(overrides: ListConfig, *, _root_: DictConfig) -> str:
    """The name of a job's run directory, for launchers and sweepers that are not ours."""
    from xor_sweep.naming import may_refer, name_of
    from xor_sweep.sections import as_mapping

    words = [str(word) for word in OmegaConf.to_container(overrides, resolve=False) or ()]
    if not any(map(may_refer, words)):
        return name_of(words)
    task = OmegaConf.masked_copy(_root_, [str(key) for key in _root_ if key != "hydra"])
    return name_of(words, values=as_mapping(task))


def stem(path: str) -> str:
    """What data in a file is called."""
    from xor_sweep.names import stem_of

    return stem_of(path)


def function(target: str) -> str:
    """What data that a function returns is called."""
    from xor_sweep.names import function_of

    return function_of(target)


def register_resolvers() -> None:
    """Have OmegaConf know our resolvers, whatever a program around us has cleared."""
    OmegaConf.register_new_resolver("xor_sweep.run_name", run_name, replace=True)
    OmegaConf.register_new_resolver("xor_sweep.stem", stem, replace=True)
    OmegaConf.register_new_resolver("xor_sweep.function", function, replace=True)


register_resolvers()


@dataclass
class FusedLauncherConf:
    """The launcher takes no settings: widths follow from what a run is."""

    _target_: str = "hydra_plugins.xor_sweep.launcher.FusedLauncher"


ConfigStore.instance().store(group="hydra/launcher", name="fused", node=FusedLauncherConf, provider="xor_sweep")


class FusedLauncher(Launcher):
    """Trains xor_sweep's jobs together; the jobs of any other application run one by one, as Hydra runs them."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Keep what Hydra hands over."""
        self.hydra_context = hydra_context
        self.task_function = task_function
        self.config = config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run a batch of jobs; `initial_job_idx` is the number of the first."""
        from xor_sweep.application import Application, launch_fused

        if isinstance(self.task_function, Application):
            return launch_fused(self.task_function, self.hydra_context, self.config, job_overrides, initial_job_idx)
        basic = BasicLauncher()
        basic.setup(hydra_context=self.hydra_context, task_function=self.task_function, config=self.config)
        return basic.launch(job_overrides, initial_job_idx)
