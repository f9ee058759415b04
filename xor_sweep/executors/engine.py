"""What trains, as the rest of the command sees it: asked for chunks and calls, it gives what comes of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.checkpoint import Checkpoint
from xor_sweep.plan import Chunk
from xor_sweep.segment import Ending, Segment

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Train:
    """A chunk to train.

    Attributes:
        number: told with everything that comes of it.
        chunk: the runs.
        graph: whether the serialized graph is wanted.
        record, snapshots, train_scores, checkpoint, until: as `Program.train` takes them.
        checkpoint_seconds: how often, at least, a checkpoint is wanted; None is never.
    """

    number: int
    chunk: Chunk
    graph: bool
    record: Ints
    snapshots: Ints
    train_scores: Ints
    checkpoint: Checkpoint | None = None
    checkpoint_seconds: float | None = None
    until: Ints | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function of `xor_sweep.training` to call.

    Attributes:
        number: told with what it returns or raises.
        function: its name.
        arguments: by position.
    """

    number: int
    function: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """No more training, as `Engine.stop` says."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A chunk's training begins."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A line that the user should read."""

    text: str


@dataclass(frozen=True, slots=True)
class Graph:
    """The serialized graph of a chunk that wanted one, before its first segment."""

    serialized: bytes


@dataclass(frozen=True, slots=True)
class Stopped:
    """A chunk trains no further, though it has not come to its end: the engine was told to stop."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What a call returned."""

    value: Any


Given = Begun | Notice | Graph | Segment | Checkpoint | Ending | Stopped | Returned | BaseException


class Engine(ABC):
    """Trains chunks in the order in which it is asked to, and carries out calls beside that.

    Of each chunk it gives `Begun`, notices, its graph where that was wanted, its segments with a checkpoint now and
    then, and last its ending, what training raised, or `Stopped`.
    """

    def __init__(self) -> None:
        self._numbers = count()
        self._early: deque[tuple[int, Given]] = deque()

    def train(
        self,
        chunk: Chunk,
        *,
        graph: bool,
        record: Ints,
        snapshots: Ints,
        train_scores: Ints,
        checkpoint: Checkpoint | None = None,
        checkpoint_seconds: float | None = None,
        until: Ints | None = None,
    ) -> int:
        """Ask for a chunk; returns the number under which `next` gives what comes of it."""
        number = next(self._numbers)
        self.send(Train(number, chunk, graph, record, snapshots, train_scores, checkpoint, checkpoint_seconds, until))
        return number

    def next(self, seconds: float | None = None) -> tuple[int, Given] | None:
        """Wait for what comes next of the chunks; None where nothing came in so many seconds."""
        return self._early.popleft() if self._early else self.receive(seconds)

    def call(self, function: str, *arguments: Any) -> Any:
        """Call a function of `xor_sweep.training` by its name, and wait for what it returns; raises what it raises."""
        number = next(self._numbers)
        self.send(Call(number, function, arguments))
        while (answer := self.receive(None)) is None or answer[0] != number:
            self._early.extend([] if answer is None else [answer])
        given = answer[1]
        if isinstance(given, BaseException):
            raise given
        assert isinstance(given, Returned)
        return given.value

    def forget(self) -> None:  # noqa: B027  # an engine that keeps nothing has nothing to forget
        """Compile what functions of the user's build anew, whatever was compiled before."""

    def __reduce__(self) -> tuple[type[Engine], tuple[()]]:
        """Where a launcher takes a sweep to another process, its engine begins anew there."""
        return type(self), ()

    @abstractmethod
    def send(self, request: Train | Call) -> None:
        """Hand a request over."""

    @abstractmethod
    def receive(self, seconds: float | None) -> tuple[int, Given] | None:
        """Wait for what comes next of any request; None where nothing came in so many seconds."""

    @abstractmethod
    def stop(self) -> None:
        """Have each chunk that was asked for end with the segment that is under way.

        Those that have begun give a checkpoint, where they have come to a first segment, and then all give `Stopped`.
        """

    @abstractmethod
    def close(self) -> None:
        """End what it does, with the segment that is under way."""
