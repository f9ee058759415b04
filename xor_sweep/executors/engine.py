"""What trains, as the rest of the command sees it: asked for chunks and calls, it gives what comes of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
        record, snapshots, train_scores: steps, as `Program.train` takes them.
    """

    number: int
    chunk: Chunk
    graph: bool
    record: Ints
    snapshots: Ints
    train_scores: Ints


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
class Begun:
    """A chunk's training begins."""


@dataclass(frozen=True, slots=True)
class Graph:
    """The serialized graph of a chunk that wanted one, before its first segment."""

    serialized: bytes


@dataclass(frozen=True, slots=True)
class Returned:
    """What a call returned."""

    value: Any


Given = Begun | Graph | Segment | Ending | Returned | BaseException


class Engine(ABC):
    """Trains chunks in the order in which it is asked to, and carries out calls beside that.

    Of each chunk it gives `Begun`, its graph where that was wanted, its segments, and its ending or what training
    raised.
    """

    def __init__(self) -> None:
        self._numbers = count()
        self._early: deque[tuple[int, Given]] = deque()

    def train(self, chunk: Chunk, *, graph: bool, record: Ints, snapshots: Ints, train_scores: Ints) -> int:
        """Ask for a chunk; returns the number under which `next` gives what comes of it."""
        number = next(self._numbers)
        self.send(Train(number, chunk, graph, record, snapshots, train_scores))
        return number

    def next(self) -> tuple[int, Given]:
        """Wait for what comes next of the chunks."""
        return self._early.popleft() if self._early else self.receive()

    def call(self, function: str, *arguments: Any) -> Any:
        """Call a function of `xor_sweep.training` by its name, and wait for what it returns; raises what it raises."""
        number = next(self._numbers)
        self.send(Call(number, function, arguments))
        while (answer := self.receive())[0] != number:
            self._early.append(answer)
        given = answer[1]
        if isinstance(given, BaseException):
            raise given
        assert isinstance(given, Returned)
        return given.value

    def __reduce__(self) -> tuple[type[Engine], tuple[()]]:
        """Where a launcher takes a sweep to another process, its engine begins anew there."""
        return type(self), ()

    @abstractmethod
    def send(self, request: Train | Call) -> None:
        """Hand a request over."""

    @abstractmethod
    def receive(self) -> tuple[int, Given]:
        """Wait for what comes next of any request."""

    @abstractmethod
    def close(self) -> None:
        """End what it does, with the segment that is under way."""
