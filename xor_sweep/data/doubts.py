"""What cannot be read without asking, in one line for a whole table, with a command line that settles it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BARE = re.compile(r"[A-Za-z_?*@%/][\w?*@%/.-]*|[-.]+", re.ASCII)
WORDS = ("true", "false", "null", "nan", "inf", "none")
"""What Hydra would take for another value than the word."""

MOST_NAMED = 10

Keys = Mapping[str, Any]
"""Values of keys of `data`, such as `{"dtype": {"zip": "category"}}`."""


@dataclass(frozen=True)
class Doubt:
    """A column that can be read in several ways.

    Attributes:
        name: of the column.
        what: what is in the way, as the rest of a sentence that begins with the column's name.
        first, second: values of keys that each settle it.
    """

    name: str
    what: str
    first: Keys
    second: Keys


def question(doubts: Sequence[Doubt], known: Keys) -> str:
    """One line about all doubtful columns of a table, with the keys that settle them.

    Args:
        doubts: about each of them.
        known: what keys say already; an answer keeps it.
    """
    named = [f"column {doubt.name} {doubt.what}" for doubt in doubts[:MOST_NAMED]]
    if len(doubts) > MOST_NAMED:
        named.append(f"and {len(doubts) - MOST_NAMED} more such columns")
    answers = [merged([getattr(doubt, which) for doubt in doubts]) for which in ("first", "second")]
    kept = [{key: value for key, value in known.items() if key in answer} for answer in answers]
    lines = [command_line(merged([own, answer])) for own, answer in zip(kept, answers, strict=True)]
    return f"{'; '.join(named)}; write {', or '.join(dict.fromkeys(lines))}"


def merged(keys: Sequence[Keys]) -> dict[str, Any]:
    """The values of several keys together: lists and mappings of one key become one."""
    found: dict[str, Any] = {}
    for each in keys:
        for key, value in each.items():
            if isinstance(value, Mapping):
                found[key] = {**found.get(key, {}), **value}
            elif isinstance(value, list):
                found[key] = list(dict.fromkeys([*found.get(key, []), *value]))
            else:
                found[key] = value
    return found


def command_line(keys: Keys) -> str:
    """Keys of `data` as a command line gives them, quoted for Hydra and for a shell."""
    return " ".join(shlex.quote(f"data.{key}={spelled(value)}") for key, value in keys.items())


def spelled(value: Any) -> str:
    """A value as Hydra's grammar takes it. A mapping whose keys it does not take is a list of pairs."""
    if isinstance(value, str):
        return value if BARE.fullmatch(value) and value.lower() not in WORDS else quoted(value)
    if isinstance(value, Mapping):
        if all(BARE.fullmatch(key) and key.lower() not in WORDS for key in value):
            return "{" + ",".join(f"{key}:{spelled(item)}" for key, item in value.items()) + "}"
        pairs = ([key, *item] if isinstance(item, list | tuple) else [key, item] for key, item in value.items())
        return f"[{','.join(map(spelled, pairs))}]"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(spelled, value))}]"
    return str(value)


def quoted(text: str) -> str:
    """A text in double quotes, with what Hydra and OmegaConf would replace in it escaped."""
    from hydra.core.override_parser.types import Quote, QuotedString  # late: predictions need no Hydra

    return QuotedString(text, Quote.double).with_quotes().replace("${", "\\${")
