"""Text of others as it may be shown: nothing in it that a terminal or a reader's eye would take for a command."""

from __future__ import annotations

import re

HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, the escape of terminals among them; tabs and new lines stay
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what turns the direction of writing
    "\u2028\u2029"  # lines and paragraphs that not every reader breaks
    "\u00ad\u200b\u2060-\u2064\ufeff\U000e0000-\U000e007f"  # what has no width, but for the joiners that scripts need
    "\ud800-\udfff]"  # halves of characters, which no encoding takes
)


def visible(text: str) -> str:
    r"""The text with each hidden character spelled out, as `\x1b`."""
    return HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def one_line(text: str) -> str:
    """A text without what would break its line, steer a terminal, turn the rest of it round, or be no UTF-8."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
