"""What can go wrong before or around training, each with the message a person reads."""

from __future__ import annotations

from xor_sweep.visible import one_line


class SweepError(Exception):
    """A sweep cannot go on; the message is one line that names the remedy."""

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


class ConfigError(SweepError):
    """The configuration asks for something that cannot be; nothing was trained or written."""


class RunFailedError(SweepError):
    """A run ended as `failed`, and the sweep ends with it; the run's directory holds the traceback."""


class Raised(Exception):  # noqa: N818  # it stands for another one, which has its own name
    """What a user's or Keras's own code raised in another process, as words.

    Attributes:
        kind: the name of the exception's class.
        message: what it said.
        text: its traceback.
    """

    def __init__(self, kind: str, message: str, text: str) -> None:
        super().__init__(kind, message, text)
        self.kind, self.message, self.text = kind, message, text

    def __str__(self) -> str:
        return self.message


class TrainingProcessDied(Raised):  # as above
    """The process that trains ended without a word."""
