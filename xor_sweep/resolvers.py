"""Calls of OmegaConf's resolvers in configuration files, such as `${oc.env:HOME}`.

A resolver may read what lies outside the configuration. What it returns would be part of the name of a run's directory,
of its record and of tables. A typed value may call any resolver; a value in a file of `--config-dir` may call only
those that read the configuration.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import yaml
from hydra.core.override_parser.types import Quote, QuotedString
from omegaconf import DictConfig, OmegaConf
from omegaconf._utils import get_yaml_loader
from omegaconf.errors import GrammarParseError
from omegaconf.grammar.gen.OmegaConfGrammarParser import OmegaConfGrammarParser
from omegaconf.grammar_parser import parse

from xor_sweep.errors import ConfigError
from xor_sweep.foreign import read_file, yaml_files
from xor_sweep.hydra_node import FIXED, texts

INSIDE = ("oc.select", "oc.dict.keys", "oc.dict.values", "oc.deprecated", "xor_sweep.stem", "xor_sweep.function")
"""Resolvers that depend on the configuration alone.

`oc.decode` and `oc.create` are not among them: they resolve the text that they are given, in which an escaped call is
a call again.
"""


PARAMS = "hydra.sweeper.params."
"""Where the keys that a sweep's file sweeps stand."""


def called_outside(value: Any) -> str | None:
    """The first resolver that a plain value calls and that may read what lies outside the configuration; None: no such.

    A name that is itself computed, as in `${oc.${which}:HOME}`, counts as one.
    """
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return next(filter(None, map(called_outside, inside)), None)
    if not isinstance(value, str) or "${" not in value:
        return None
    try:
        tree = parse(value)
    except GrammarParseError:
        return None  # OmegaConf refuses it where it is resolved
    return next((name for name in _called(tree) if name not in INSIDE), None)


def _called(tree: Any) -> Iterator[str]:
    """The name of every resolver in a parse tree of OmegaConf's grammar."""
    if isinstance(tree, OmegaConfGrammarParser.InterpolationResolverContext):
        yield "".join(tree.resolverName().getText().split())  # type: ignore[no-untyped-call]  # generated code
    for child in getattr(tree, "children", None) or ():
        yield from _called(child)


def calls_in(directory: str) -> frozenset[str]:
    """The texts in a directory's configuration files that call a resolver which may read outside the configuration.

    Raises:
        ConfigError: if a defaults list does so: it is resolved before anything can be checked.
    """
    found: set[str] = set()
    for path in yaml_files(directory):
        try:
            content = yaml.load(read_file(path, through_links=True), Loader=get_yaml_loader())  # as Hydra does
        except (OSError, ValueError, yaml.YAMLError):
            continue  # said where it is read
        for _, text in texts(content, ""):
            if called_outside(text) is not None:
                found.add(text)
        if isinstance(content, Mapping) and (name := called_outside(_with_keys(content.get("defaults")))):
            raise ConfigError(f"{path}: defaults: calls {name}, which reads outside the configuration; name the option")
    return frozenset(found)


def _with_keys(node: Any) -> Any:
    """The keys and the values of a node, as a list."""
    if isinstance(node, Mapping):
        return [*map(str, node), *map(_with_keys, node.values())]
    return [_with_keys(item) for item in node] if isinstance(node, list) else node


def check_values(config: DictConfig, calls: Collection[str], given: Collection[str]) -> None:
    """Refuse values of files that read what lies outside the configuration.

    Args:
        config: a composed configuration; it is looked through only if there are such texts.
        calls: the texts that may not be among them, of `calls_in`.
        given: the dotted keys whose values are typed, and replace those of files.

    Raises:
        ConfigError: with the words to type if the value is meant.
    """
    for place, text in texts(OmegaConf.to_container(config, resolve=False), "") if calls else ():
        key = place.removeprefix(".").removeprefix(PARAMS)
        own = text in FIXED.get(place.removeprefix(".hydra."), ())
        if text in calls and not own and not any(f"{key}.".startswith(f"{one}.") for one in given):
            raise refused(key, text)


def refused(key: str, text: str) -> ConfigError:
    """The one line for a value of a file that calls such a resolver."""
    what = f"a file calls {called_outside(text)}, which reads outside the configuration"
    if key.startswith("hydra."):
        return ConfigError(f"{key}={text}: {what}; leave it out")
    typed = shlex.quote(f"{key}={QuotedString(text, Quote.double).with_quotes()}")
    return ConfigError(f"{key}={text}: {what}; type {typed} on the command line if you mean it")
