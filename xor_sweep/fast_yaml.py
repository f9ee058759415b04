"""YAML as OmegaConf writes it, by libyaml where it is installed: ten times faster than in Python."""

from __future__ import annotations

from typing import Any

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf._utils import get_omega_conf_dumper

WIDE = 1_000_000
"""Characters of a line, so that none is broken."""

_Dumper: Any = getattr(yaml, "CDumper", yaml.Dumper)


class _AsOmegaConf(_Dumper):  # type: ignore[misc]  # whichever there is
    """With OmegaConf's quotes around words that look like numbers or truth values."""


_AsOmegaConf.add_representer(str, get_omega_conf_dumper().str_representer)


def to_yaml(config: DictConfig) -> str:
    """A configuration, its interpolations as they are: what `OmegaConf.to_yaml` returns."""
    return dump_config(OmegaConf.to_container(config, resolve=False, enum_to_str=True))


def dump_config(container: Any) -> str:
    """Plain values as a configuration file that OmegaConf reads back as the same."""
    text: str = yaml.dump(container, default_flow_style=False, allow_unicode=True, sort_keys=False, Dumper=_AsOmegaConf)
    return text


def dump(value: Any) -> str:
    """A plain value, as `yaml.dump` writes it; a word by itself without the mark of a document's end."""
    text: str = yaml.dump(value, default_flow_style=False, allow_unicode=True, width=WIDE, Dumper=_Dumper)
    return text.removesuffix("...\n")
