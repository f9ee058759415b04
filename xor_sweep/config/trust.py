"""Which functions a configuration may name: some of Keras's, and those in modules that the person trusts.

Everything here is decided by names alone, before anything is imported.
"""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from xor_sweep.config.limits import shown
from xor_sweep.errors import ConfigError
from xor_sweep.given import is_given, latest

DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)

KERAS = {
    "network": re.compile(r"keras\.applications(\.[a-z]\w*)?\.[A-Z]\w*", re.ASCII),
    "loss": re.compile(r"keras\.losses\.(?!(get|deserialize|serialize)$)[A-Za-z]\w*", re.ASCII),
    "metrics": re.compile(r"keras\.metrics\.(?!(get|deserialize|serialize)$)[A-Za-z]\w*", re.ASCII),
    "data": re.compile(r"keras\.datasets\.[a-z]\w*\.load_data", re.ASCII),
}
"""What of Keras each node may name. The rest of it holds functions that download, unpickle and write files."""

KERAS_IN_WORDS = {
    "network": "keras.applications.…",
    "loss": "keras.losses.…",
    "metrics": "keras.metrics.…",
    "data": "keras.datasets.….load_data",
}

FILE_NAME = re.compile(r"\w[\w.-]*", re.ASCII)

EXAMPLES = {
    "network": "my_project.models.build",
    "loss": "my_project.losses.loss",
    "metrics": "my_project.metrics.metric",
    "data": "my_project.data.load",
}


def callable_node(key: str) -> str | None:
    """The node whose function a dotted key of a `_target_` names, such as `metrics` for `metrics.0._target_`.

    None where the key stands where nothing is called.
    """
    found = re.fullmatch(r"(network|data|loss)\._target_|(metrics)\.\d+\._target_", key)
    return (found[1] or found[2]) if found else None


def check_trusted(key: str, target: Any, trusted: Sequence[str]) -> None:
    """Refuse a function that is neither Keras's nor in a trusted module.

    Args:
        key: the dotted key of the `_target_`.
        target: what it names.
        trusted: the trusted modules; one stands for what is below it too.

    Raises:
        ConfigError: with what to do.
    """
    node = callable_node(key)
    assert node is not None
    example = EXAMPLES[node]
    if target in ("", None, "???"):
        raise ConfigError(
            f"{key}: names no function yet; write {key}={example}, say, with trusted_modules=[my_project]"
        )
    if not isinstance(target, str) or not DOTTED.fullmatch(target) or "." not in target:
        raise ConfigError(f"{key}={shown(target)}: takes a function's dotted name; write {key}={example}, say")
    if is_given(target):
        latest(target)  # what was given is trusted; for any other such name this raises
        return
    if target.startswith("keras."):
        if not KERAS[node].fullmatch(target):
            raise ConfigError(
                f"{key}={target}: of Keras it takes {KERAS_IN_WORDS[node]}; wrap others in a function of your own"
            )
        return
    if hidden := next((part for part in target.split(".") if part.startswith("__")), None):
        raise ConfigError(f"{key}={target}: {hidden} is Python's own; name a function that you wrote, {example} say")
    parts = target.split(".")
    for module in trusted:
        known = module.split(".")
        if parts[: len(known)] == known and len(parts) > len(known):
            return
    top = parts[0]
    if somebody_elses(top):
        raise ConfigError(
            f"{key}={target}: module {top} is not trusted; name a function in a module of your own, {example} say"
        )
    raise ConfigError(f"{key}={target}: module {top} is not trusted; add trusted_modules=[{top}] if you wrote it")


def check_module_names(trusted: Sequence[Any]) -> None:
    """Refuse what is no dotted name of a module.

    Raises:
        ConfigError: where one of the trusted modules is none.
    """
    for module in trusted:
        if not isinstance(module, str) or not DOTTED.fullmatch(module):
            got = f"takes modules' dotted names; got {'an empty word' if module == '' else shown(module)}"
            given = f"trusted_modules={shown(list(trusted))}"
            raise ConfigError(f"{given}: {got}; write trusted_modules=[my_project], say")
        if pythons_own(module.split(".")[0]):
            what = f"{module} is Python's own, whose functions run programs and remove files"
            raise ConfigError(f"trusted_modules={shown(list(trusted))}: {what}; name modules that you wrote")


def check_keras_path(key: str, target: str, path: Any) -> None:
    """Refuse a place of one's own for what Keras downloads: it replaces a file there whose content is another.

    Args:
        key: of the node that names the function.
        target: the function.
        path: its argument of that name; None where there is none.

    Raises:
        ConfigError: where the argument leads out of the directory of Keras's data.
    """
    if target.startswith("keras.datasets.") and path is not None and not FILE_NAME.fullmatch(str(path)):
        raise ConfigError(f"{key}.path={shown(path)}: Keras would write there; leave it out, or give a file's name")


def pythons_own(top: str) -> bool:
    """Whether a top-level module is of Python's own library, and not a person's of that name; it is not imported."""
    if top not in sys.stdlib_module_names:
        return False
    if top in sys.builtin_module_names:
        return True
    try:
        origin = (PathFinder.find_spec(top) or find_spec(top)).origin  # type: ignore[union-attr]  # raises as below
    except (AttributeError, ImportError, ValueError):
        return True
    return origin is None or not Path(origin).exists() or Path(sysconfig.get_path("stdlib")) in Path(origin).parents


def somebody_elses(top: str) -> bool:
    """Whether a top-level module is Python's own or stands where packages are installed; it is not imported."""
    if top in sys.stdlib_module_names:
        return True
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return False
    if spec is None:
        return False
    places = [spec.origin] if spec.origin else list(spec.submodule_search_locations or [])
    installed = {Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib", "stdlib")}
    return any(installed & set(Path(place).resolve().parents) for place in places)


def targets(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every `_target_` in a configuration with its dotted key."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        here = f"{path}.{key}".lstrip(".")
        if key == "_target_":
            yield here, value
        elif isinstance(value, dict | list):
            yield from targets(value, here)
