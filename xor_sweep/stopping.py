"""Signals that end a sweep: the first one asks training to stop where nothing is lost, a second one ends it at once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """The process was asked to end.

    Attributes:
        signal: by which signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.signal = number

    @property
    def exit_code(self) -> int:
        """128 and the signal's number, as a shell has it."""
        return 128 + self.signal


class Stopping:
    """Whether training was asked to stop.

    Args:
        say: told once, when somebody asks.

    Attributes:
        signal: that asked; None where none did.
        wanted: whether the sweep itself wants to stop.
    """

    def __init__(self, say: Callable[[], None]) -> None:
        self._say = say
        self._said = False
        self.signal: int | None = None
        self.wanted = False

    def asked(self) -> bool:
        """Whether it was; for a loop that asks several times a second."""
        if self.signal is not None and not self._said:
            self._said = True
            self._say()  # not in the handler, which may have interrupted another line
        return self.wanted or self.signal is not None

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """Take a signal; the second one raises."""
        if self.signal is not None:
            raise Interrupted(number)
        self.signal = number


def interrupt(number: int, _frame: FrameType | None) -> None:
    """A handler that ends what is done at once."""
    raise Interrupted(number)


@contextmanager
def unmasked() -> Iterator[None]:
    """Raise an interrupt that the block was ended by as itself, also where clean-up code raised something in its place.

    OmegaConf's does, where a signal comes while it has a flag set.

    Raises:
        Interrupted: where the block's exception was raised while an interrupt was on its way, or because of one.
    """
    try:
        yield
    except Exception as error:
        behind: BaseException | None = error
        while behind is not None:
            if isinstance(behind, Interrupted):
                raise behind from None
            behind = behind.__cause__ or behind.__context__
        raise


@contextmanager
def stopping(say: Callable[[], None]) -> Iterator[Stopping]:
    """While the block runs, the first signal asks and the second raises.

    Signals that are ignored, as those of a job in a shell's background or under `nohup`, stay so. In another thread
    than the main one, which takes no signals, nothing changes.

    Raises:
        Interrupted: at a second signal, wherever the block is.
    """
    stop = Stopping(say)
    with handled(stop.handle):
        yield stop


@contextmanager
def held() -> Iterator[None]:
    """Hold signals back until the block is through, as while modules are imported, which would stay half imported."""
    late: list[int] = []
    with handled(lambda number, _frame: late.append(number)):
        yield
    for number in late[:1]:
        signal.raise_signal(number)


@contextmanager
def handled(handler: Callable[[int, FrameType | None], Any]) -> Iterator[None]:
    """Have a handler for the signals that end a process, where they are not ignored."""
    if current_thread() is not main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    taken = [number for number, old in before.items() if old not in (signal.SIG_IGN, None)]
    try:
        for number in taken:
            signal.signal(number, handler)
        yield
    finally:
        for number in taken:
            signal.signal(number, before[number])
