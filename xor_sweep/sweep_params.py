"""What a sweep's file sweeps: `hydra.sweeper.params` as overrides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf

from xor_sweep.naming import parsed
from xor_sweep.sections import OWN, REFERENCE


def sweep_params(config: DictConfig, for_jobs: Callable[[str], bool]) -> list[str]:
    """The overrides that a file's `params` stand for.

    A reference to another key of a run, as in `steps: ${seed}`, stays one, and each job resolves its own. Hydra would
    resolve it once, before there is any job. It still does so for what is needed earlier: the ends of a range, the
    option of a group, and calls of resolvers.

    Args:
        config: a composed configuration with Hydra's node.
        for_jobs: whether the jobs may resolve the references in the value of a key.
    """
    params = config.hydra.sweeper.get("params")
    if params is None:
        return []
    unresolved: Any = OmegaConf.to_container(params, resolve=False)
    words = {key: f"{key}={value}" for key, value in unresolved.items()}
    return [
        word if "$" not in word or (of_a_job(word) and for_jobs(key)) else f"{key}={params[key]}"
        for key, word in words.items()
    ]


def of_a_job(word: str) -> bool:
    """Whether an override can be read with its references in it, and all of them are to keys of a run."""
    if "$" in OWN.sub("", REFERENCE.sub("", word)) or "${hydra." in word:
        return False
    try:
        parsed(word)
    except (HydraException, ValueError):
        return False
    return True
