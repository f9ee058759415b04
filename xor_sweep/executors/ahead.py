"""Programs compiled ahead: while one trains, which needs Python for little, the next ones are made ready in a thread.

One thread makes them all: tracing holds Python's lock.
"""

from __future__ import annotations

import sys
from collections import OrderedDict, deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Event, Lock
from typing import TYPE_CHECKING

from xor_sweep.quiet import quiet_compilation
from xor_sweep.structure import Structure

if TYPE_CHECKING:
    from xor_sweep.training import Program

AHEAD = 2
"""Programs that are ready or in the making beside the one that trains; each holds variables for all its lanes."""

MOMENT = 0.1
"""Seconds between two looks at whether a program is still wanted."""

KEPT = 8
"""Programs that are kept for chunks and calls to come."""


def _compiled(structure: Structure) -> Program:
    from xor_sweep.training import compile_program

    with quiet_compilation():
        return compile_program(structure)


class Ahead:
    """The programs of structures, and their graphs, made in the order in which they are expected."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._expected: deque[Structure] = deque()
        self._programs: OrderedDict[Structure, Future[Program]] = OrderedDict()
        self._untaken: set[Structure] = set()
        self._wanted: set[Structure] = set()
        self._graphs: dict[Structure, Future[bytes]] = {}
        self._thread: ThreadPoolExecutor | None = None

    def expect(self, structure: Structure, *, graph: bool) -> None:
        """Have a program ready in time, and its serialized graph where that is wanted."""
        with self._lock:
            if graph:
                self._wanted.add(structure)
            if structure not in self._programs and structure not in self._expected:
                self._expected.append(structure)
            self._make_next()
            if structure in self._programs:
                self._draw(structure)

    def _maker(self) -> ThreadPoolExecutor:
        self._thread = self._thread or ThreadPoolExecutor(1, thread_name_prefix="xor_sweep-trace")
        return self._thread

    def _make_next(self) -> None:
        while self._expected and len(self._untaken) < AHEAD:
            self._make(self._expected.popleft())

    def _make(self, structure: Structure) -> None:
        self._programs[structure] = self._maker().submit(_compiled, structure)
        self._untaken.add(structure)
        self._draw(structure)
        while len(self._programs) - len(self._untaken) > KEPT:
            del self._programs[next(old for old in self._programs if old not in self._untaken)]

    def _draw(self, structure: Structure) -> None:
        from xor_sweep.training import graph_of

        if structure in self._wanted and structure not in self._graphs:
            self._graphs[structure] = self._maker().submit(graph_of, structure)

    def graph(self, structure: Structure) -> bytes:
        """The serialized graph of a structure that was expected with it; raises what its tracing raised."""
        with self._lock:
            made = self._graphs[structure]
        return made.result()

    def program(self, structure: Structure, given_up: Event) -> Program | None:
        """The program of a structure, None where it is given up before it is made; raises what its making raised."""
        with self._lock:
            if structure not in self._programs:
                if structure in self._expected:
                    self._expected.remove(structure)
                self._make(structure)
            made = self._programs[structure]
            self._programs.move_to_end(structure)
            self._untaken.discard(structure)
            self._make_next()
        while not (made.done() or given_up.is_set()):
            wait([made], MOMENT)
        return made.result() if made.done() else None

    def forget(self) -> None:
        """Forget the programs, and the pictures of graphs, of networks that functions of the user's build."""
        with self._lock:
            for structure in [each for each in self._programs if each.has_functions]:
                del self._programs[structure]
                self._untaken.discard(structure)
                self._graphs.pop(structure, None)
        if "xor_sweep.training" in sys.modules:
            from xor_sweep.training import graph_of

            graph_of.cache_clear()

    def close(self) -> None:
        """Make nothing more, and wait for what is in the making; what is made stays."""
        with self._lock:
            maker, self._thread = self._thread, None
            self._expected.clear()
        if maker is not None:
            maker.shutdown(cancel_futures=True)
        done = {s: made for s, made in self._programs.items() if made.done() and not made.cancelled()}
        self._programs = OrderedDict((s, made) for s, made in done.items() if made.exception() is None)
        for kept in (self._untaken, self._wanted, self._graphs):
            kept.clear()
