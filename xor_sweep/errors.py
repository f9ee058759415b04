"""What can go wrong before or around training, each with the message a person reads."""

from __future__ import annotations


class SweepError(Exception):
    """A sweep cannot go on; the message is one line that names the remedy."""

    def __init__(self, message: str) -> None:
        super().__init__(message.replace("\n", "\\n").replace("\r", "\\r"))


class ConfigError(SweepError):
    """The configuration asks for something that cannot be; nothing was trained or written."""
