"""What a configuration may make of Hydra's own node, whichever file or word it comes from.

Hydra acts on that node before any code of ours: it imports and calls what its `_target_`s name, hands its logging to
`logging.config.dictConfig`, which calls what that names, sets environment variables, and writes into its directories.
So what stands there is held against lists of what may.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from xor_sweep.config.limits import shown
from xor_sweep.config.trust import callable_node, targets
from xor_sweep.errors import ConfigError

PLACES = {"run.dir": "${outputs}/${experiment}", "sweep.dir": "${outputs}/${experiment}"}

FIXED = {
    "sweep.subdir": ("${xor_sweep.run_name:${hydra.overrides.task}}",),
    "output_subdir": (".hydra",),
    "job.name": ("xor_sweep",),
    "job.chdir": (None, False),
}
"""Keys that say where Hydra writes, with the values that they have."""

OF_HYDRA = re.compile(
    r"\$\{(outputs|experiment|hydra\.(run\.dir|sweep\.dir|sweep\.subdir|verbose|runtime\.(output_dir|cwd)|"
    r"job\.(name|num|id|override_dirname)))\}"
)
"""The keys that Hydra's node may refer to. Other references, and resolvers, could bring anything into it."""

CALLBACKS = ("LogJobReturnCallback", "PickleJobInfoCallback")
"""Hydra's own callbacks, in `hydra.experimental.callbacks`."""

HANDLERS = ("logging.StreamHandler", "logging.FileHandler", "logging.NullHandler")
STREAMS = ("ext://sys.stdout", "ext://sys.stderr")
LOG_FILE = re.compile(r"\$\{hydra\.runtime\.output_dir\}/(\$\{hydra\.job\.name\}|\w[\w.-]*)\.log", re.ASCII)
COLOURED = "colorlog.ColoredFormatter"

VARIABLES = re.compile(
    r"(OMP|MKL|OPENBLAS|NUMEXPR|VECLIB)_NUM_THREADS|CUDA_VISIBLE_DEVICES|"
    r"TF_(CPP_MIN_LOG_LEVEL|NUM_INTRAOP_THREADS|NUM_INTEROP_THREADS|ENABLE_ONEDNN_OPTS|FORCE_GPU_ALLOW_GROWTH)"
)
"""Environment variables that no program takes for code or for a place."""


def check_hydra(config: DictConfig) -> None:
    """Refuse what a configuration, of whatever file, makes of Hydra's own node.

    Raises:
        ConfigError: where run directories would lie elsewhere, a batch be empty, or something foreign be called.
    """
    hydra: Any = OmegaConf.to_container(config.hydra, resolve=False)
    check_places(hydra)
    sweeper = hydra["sweeper"]
    for name in ("sweeper", "launcher"):
        if not isinstance(hydra[name], dict):
            raise ConfigError(f"hydra.{name}={shown(hydra[name])}: takes a node with _target_; write hydra/{name}=…")
    batch = sweeper.get("max_batch_size", 1)
    if batch is not None and (type(batch) is not int or batch < 1):
        raise ConfigError(f"hydra.sweeper.max_batch_size={shown(batch)}: takes a whole number from 1, or null")
    if not isinstance(sweeper.get("params") or {}, dict):
        raise ConfigError(f"hydra.sweeper.params={shown(sweeper['params'])}: takes swept keys with their values")
    check_references({name: hydra[name] for name in ("launcher", "callbacks", "hydra_logging", "job_logging")})
    check_references({"sweeper": {key: value for key, value in sweeper.items() if key != "params"}})
    check_references({"job": {"env_set": hydra["job"]["env_set"]}})
    for key, target in targets(OmegaConf.to_container(config, resolve=False), ""):
        # Whether the function of a network, say, is trusted is asked where its node is parsed.
        if callable_node(key) is None and not may_be_called(key, target):
            raise ConfigError(f"{key}={target}: only Hydra's plugins and callbacks may be called from a configuration")
    for name in ("hydra_logging", "job_logging"):
        check_logging(f"hydra.{name}", hydra[name], files=name == "job_logging")
    for name in hydra["job"]["env_set"]:
        if not VARIABLES.fullmatch(str(name)):
            raise ConfigError(f"hydra.job.env_set.{name}: not set from a configuration; set {name} in the shell")
    check_resolves(config)


def check_resolves(config: DictConfig) -> None:
    """Refuse what stands for another key's value in Hydra's own node, where that is none that Hydra takes there.

    Raises:
        ConfigError: where one of the keys that a person may set has no such value.
    """
    for key in ("verbose", "sweeper", "launcher", "job.env_set", "callbacks"):
        try:
            node = OmegaConf.select(config, f"hydra.{key}")
            node = OmegaConf.to_container(node, resolve=True) if OmegaConf.is_config(node) else node
        except OmegaConfBaseException as error:
            raise ConfigError(f"hydra.{key}: {' '.join(str(error).split()).split(' full_key')[0]}") from error
        if key == "verbose" and not are_loggers(node):
            raise ConfigError(f"hydra.verbose={shown(node)}: takes true, false, or the names of loggers")
        if key == "callbacks" and not are_callbacks(node):
            raise ConfigError(f"hydra.callbacks={shown(node)}: takes names, each with a node whose _target_ is Hydra's")
        inside = node if isinstance(node, dict) else {"params": node}
        if key != "verbose" and not isinstance(inside.get("params") or {}, dict):
            raise ConfigError(f"hydra.{key}={shown(node)}: holds keys of its own, and so do the params of a sweeper")


def are_loggers(node: Any) -> bool:
    """Whether a node says whose messages are shown: everybody's, nobody's, or those of named loggers."""
    return isinstance(node, bool | str) or (isinstance(node, list) and all(isinstance(each, str) for each in node))


def are_callbacks(node: Any) -> bool:
    """Whether a node holds callbacks by name."""
    named = list(node.values()) if isinstance(node, dict) else [node]
    return all(isinstance(each, dict) and "_target_" in each for each in named)


def check_places(hydra: Mapping[str, Any]) -> None:
    """Refuse files that have Hydra write elsewhere.

    Raises:
        ConfigError: where one does.
    """
    for key, ours in PLACES.items():
        if _at(hydra, key) != ours:
            raise ConfigError(f"hydra.{key}: a file sets it; let it set outputs and experiment instead")
    for key, allowed in FIXED.items():
        if _at(hydra, key) not in allowed:
            raise ConfigError(f"hydra.{key}: a file sets it, and runs have names and places of their own; leave it out")


def check_references(nodes: Mapping[str, Any]) -> None:
    """Refuse references that could bring into Hydra's node what was not held against the lists.

    Raises:
        ConfigError: where one refers to something else than a few keys of Hydra's.
    """
    for key, text in texts(nodes, "hydra"):
        if "${" in OF_HYDRA.sub("", text):
            raise ConfigError(f"{key}={shown(text)}: refers to what Hydra's own keys may not; write the value itself")


def may_be_called(key: str, target: Any) -> bool:
    """Whether what a `_target_` outside of networks, data, losses and metrics names is a plugin or callback of Hydra's.

    Nothing is imported to know that: plugins are in memory, because Hydra looks for them before anything else. A name
    alone would not do, for what stands behind `hydra.experimental.callbacks.pickle.loads` is no callback.
    """
    from hydra.core.plugins import Plugins
    from hydra.experimental.callback import Callback
    from hydra.plugins.launcher import Launcher
    from hydra.plugins.sweeper import Sweeper

    if key in ("hydra.launcher._target_", "hydra.sweeper._target_"):
        kind: Any = Launcher if "launcher" in key else Sweeper
        return target in {f"{found.__module__}.{found.__qualname__}" for found in Plugins.instance().discover(kind)}
    if not re.fullmatch(r"hydra\.callbacks\.[^.]+\._target_", key):
        return False
    module, _, name = str(target).rpartition(".")
    if module == "hydra.experimental.callbacks":
        return name in CALLBACKS
    found = getattr(sys.modules.get(module), name, None) if module.startswith("hydra_plugins.") else None
    return isinstance(found, type) and issubclass(found, Callback)


def check_logging(key: str, node: Any, *, files: bool) -> None:
    """Refuse a logging node that has `logging.config.dictConfig` call what it names, or write where no log goes.

    Args:
        key: the node's dotted key.
        node: its content.
        files: whether it may log into the directories of runs.

    Raises:
        ConfigError: where it is not of the plain form that Hydra's own options have.
    """
    sections = {"formatters", "handlers", "loggers", "root", "version", "disable_existing_loggers", "incremental"}
    _only(key, node, sections)
    for name, formatter in _nodes(f"{key}.formatters", node.get("formatters")):
        coloured = formatter.get("()") == COLOURED
        _only(name, formatter, {"format", "datefmt", "style", "validate", *(["()", "log_colors"] if coloured else [])})
    for name, handler in _nodes(f"{key}.handlers", node.get("handlers")):
        _only(name, handler, {"class", "level", "formatter", "stream", "filename", "mode", "encoding", "delay"})
        if handler.get("class") not in HANDLERS:
            raise ConfigError(f"{name}.class={shown(handler.get('class'))}: takes one of {', '.join(HANDLERS)}")
        if "filename" in handler and not (files and LOG_FILE.fullmatch(str(handler["filename"]))):
            instead = "write ${hydra.runtime.output_dir}/${hydra.job.name}.log" if files else "leave it out"
            raise ConfigError(f"{name}.filename={shown(handler['filename'])}: logs stay with their runs; {instead}")
        if "stream" in handler and handler["stream"] not in STREAMS:
            raise ConfigError(f"{name}.stream={shown(handler['stream'])}: takes one of {', '.join(STREAMS)}")
    for name, logger in (*_nodes(f"{key}.loggers", node.get("loggers")), *_nodes(key, {"root": node.get("root")})):
        _only(name, logger, {"level", "handlers", "propagate"})
    for place, text in texts(node, key):
        if "://" in text and text not in STREAMS:
            raise ConfigError(f"{place}={shown(text)}: takes plain words; leave it out")


def _nodes(key: str, section: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The nodes of a section of logging, each with its dotted key; none where it is null."""
    if section is None:
        return
    if not isinstance(section, dict):
        raise ConfigError(f"{key}={shown(section)}: takes nodes by name; leave it out")
    for name, node in section.items():
        if node is not None:
            yield f"{key}.{name}", node


def _only(key: str, node: Any, known: set[str]) -> None:
    if not isinstance(node, dict):
        raise ConfigError(f"{key}={shown(node)}: takes a node with keys; leave it out")
    for name in node:
        if name not in known:
            raise ConfigError(f"{key}.{name}: would have logging call what a file names, or is none of its keys")


def texts(node: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text in a node with its dotted key."""
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from texts(value, f"{path}.{key}")


def _at(node: Any, path: str) -> Any:
    for part in path.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return node
