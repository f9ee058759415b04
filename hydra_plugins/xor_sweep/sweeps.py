"""What stands beside conf/: the config group `sweep`, and a primary configuration that is none of ours."""

from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigLoadError, ConfigResult, ConfigSource
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import DictConfig, OmegaConf

from xor_sweep.places import CONF, SWEEPS

GROUP = "sweep"


def primary(name: str) -> DictConfig | None:
    """The primary configuration of that name, where one was read that is none of ours."""
    from xor_sweep.primary import served

    found = served(name)
    return None if found is None else OmegaConf.create(found.node())


class SweepsSource(ConfigSource):
    """Shows the files of one directory as the config group `sweep`, and a primary configuration as it was read."""

    def __init__(self, provider: str, path: str) -> None:
        super().__init__(provider, path)
        self._files = FileConfigSource(provider, f"file://{SWEEPS}")

    @staticmethod
    def scheme() -> str:
        """`xor-sweep://`."""
        return "xor-sweep"

    def available(self) -> bool:
        """Whether the directory is there."""
        return self._files.available()

    def is_group(self, config_path: str) -> bool:
        """The root and `sweep` are groups."""
        return config_path.strip("/") in ("", GROUP)

    def is_config(self, config_path: str) -> bool:
        """`sweep/lr_grid` is a config where sweeps/lr_grid.yaml is there, and so is a primary one that was read."""
        if primary(config_path) is not None:
            return True
        group, _, name = config_path.strip("/").partition("/")
        return group == GROUP and bool(name) and self._files.is_config(name)

    def load_config(self, config_path: str) -> ConfigResult:
        """Load `sweep/<name>`, or what was read as primary configuration.

        Raises:
            ConfigLoadError: where there is none of that name.
        """
        if (node := primary(config_path)) is not None:
            return ConfigResult(self.provider, f"{self.scheme()}://{self.path}", node, header={"package": None})
        if not self.is_config(config_path):
            raise ConfigLoadError(f"no sweep {config_path}")
        return self._files.load_config(config_path.strip("/").partition("/")[2])

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """The sweeps' names below `sweep`, the group itself at the root."""
        if config_path.strip("/") == GROUP:
            return [] if results_filter == ObjectType.GROUP else self._files.list("", ObjectType.CONFIG)
        return [] if results_filter == ObjectType.CONFIG else [GROUP]


class SweepsSearchPath(SearchPathPlugin):
    """Adds the sweeps for xor_sweep's own application; other Hydra applications do not see them."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Append the sweeps where the main configuration is xor_sweep's conf/."""
        paths = [item.path.removeprefix("file://") for item in search_path.get_path() if item.path]
        if str(CONF) in paths:
            search_path.append("xor_sweep", "xor-sweep://sweeps")
