"""Hydra with our configuration, inside whatever program: what was there before is there afterwards."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.hydra import Hydra
from hydra.core.config_search_path import SearchPathQuery
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobRuntime
from hydra.version import VersionBase

from xor_sweep.commandline import hydra_here

_one_at_a_time = threading.RLock()
"""Hydra's state is the process's, and a compiled program is for one thread at a time."""


@contextmanager
def hydra_apart(config_dir: str | None) -> Iterator[Hydra]:
    """Our own Hydra, while the block runs; another thread's block waits.

    Args:
        config_dir: a directory whose files stand before ours.
    """
    with _one_at_a_time:
        whole, config, runtime = GlobalHydra.instance(), HydraConfig.instance(), JobRuntime.instance()
        version, store = VersionBase.instance(), ConfigStore.instance()
        before = (whole.hydra, config.cfg, copy.deepcopy(runtime.conf), version.version_base)
        stored = {name: store.repo.get(name) for name in ("schema.yaml",)}
        whole.clear()
        try:
            with hydra_here() as loader:
                hydra = whole.hydra or GlobalHydra.instance().hydra
                assert hydra is not None
                if config_dir is not None:
                    hydra.config_loader = _before_ours(loader, config_dir)
                yield hydra
        finally:
            GlobalHydra.set_instance(whole)
            whole.hydra, config.cfg, runtime.conf, version.version_base = before
            for name, node in stored.items():
                store.repo.pop(name, None) if node is None else store.repo.update({name: node})


def _before_ours(loader: object, config_dir: str) -> ConfigLoaderImpl:
    """A loader that looks into a directory first, as Hydra's `--config-dir` has it."""
    assert isinstance(loader, ConfigLoaderImpl)
    path = loader.get_search_path()
    place = f"file://{Path(config_dir).absolute()}"
    path.prepend(provider="command-line", path=place, anchor=SearchPathQuery(provider="schema"))
    return ConfigLoaderImpl(config_search_path=path)
