"""Programs compiled ahead: while one trains, which needs Python for little, the next ones are made ready in a thread.

One thread makes them all: tracing holds Python's lock, and Keras's layers are patched while a model is built.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING

from xor_sweep.plan import Structure

if TYPE_CHECKING:
    from xor_sweep.training import Program

AHEAD = 2
"""Programs that are ready or in the making beside the one that trains; each holds variables for all its lanes."""


class Ahead:
    """The programs of some structures, and their graphs, made in a thread of their own.

    Args:
        structures: in the order in which they will be asked for, each with whether its graph will be too.
    """

    def __init__(self, structures: Sequence[tuple[Structure, bool]]) -> None:
        self._waiting = deque(dict(structures).items())
        self._programs: dict[Structure, Future[Program]] = {}
        self._graphs: dict[Structure, Future[bytes]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="xor_sweep-trace")
        for _ in range(AHEAD):
            self._begin_next()

    def _begin_next(self) -> None:
        if not self._waiting:
            return
        from xor_sweep.training import compile_program, graph_of

        structure, graph = self._waiting.popleft()
        if graph:
            self._graphs[structure] = self._thread.submit(graph_of, structure)
        self._programs[structure] = self._thread.submit(compile_program, structure)

    def graph(self, structure: Structure) -> bytes:
        """The serialized graph of a structure; raises what its tracing raised."""
        return self._graphs[structure].result()

    def program(self, structure: Structure) -> Program:
        """The program of a structure; raises what its tracing raised."""
        future = self._programs.pop(structure, None)
        if future is None:  # of a chunk before
            from xor_sweep.training import compile_program

            return compile_program(structure)
        self._begin_next()
        return future.result()

    def __enter__(self) -> Ahead:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(cancel_futures=True)
