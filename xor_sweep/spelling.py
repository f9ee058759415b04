"""Plain Python values as a command line spells them."""

from __future__ import annotations

import re
from typing import Any

from hydra.core.override_parser.types import Quote, QuotedString

BARE = re.compile(r"[A-Za-z_/][\w./-]*", re.ASCII)
WORDS = ("true", "false", "null", "nan", "inf", "none")
"""What is a value of another type, or may be taken for one, where it stands without quotes."""


def spelled(value: Any) -> str:
    """A plain value as a command line spells it; words that could be read otherwise are in quotes."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        bare = BARE.fullmatch(value) and value.lower() not in WORDS
        return value if bare else QuotedString(value, Quote.single).with_quotes()
    if isinstance(value, list):
        return f"[{','.join(map(spelled, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{spelled(name)}:{spelled(item)}" for name, item in value.items()) + "}"
    return repr(value)
