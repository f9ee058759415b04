from __future__ import annotations

from typing import Any

import pytest
import yaml
from omegaconf import OmegaConf

from xor_sweep.fast_yaml import dump, to_yaml

WORDS = [
    "1",
    "1.0",
    "1e3",
    "true",
    "yes",
    "null",
    "~",
    "",
    " ",
    "a: b",
    "- a",
    "#",
    "é",
    "a\nb",
    "[x]",
    "'",
    '"',
    "x" * 200,
    "a word and " * 20,
]


@pytest.mark.parametrize(
    "value", [*WORDS, 1, 1.0, 1e-7, 1e22, True, None, [], {}, [1, "1", None], {"a": {"b": []}}], ids=repr
)
def test_a_configuration_is_written_as_omegaconf_writes_it(value: Any) -> None:
    config = OmegaConf.create({"value": value, "other": "${value}", "nested": {"list": [value, "${other}"]}})
    assert to_yaml(config) == OmegaConf.to_yaml(config)


@pytest.mark.parametrize("value", [WORDS, *WORDS])
def test_a_plain_value_is_written_as_yaml_writes_it(value: Any) -> None:
    assert dump(value) == yaml.dump(value, default_flow_style=False, allow_unicode=True, width=1_000_000).removesuffix(
        "...\n"
    )
