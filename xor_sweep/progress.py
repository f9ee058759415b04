"""How far training is: a live line in a terminal, a line now and then without one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from rich.progress import Progress, TaskID

from xor_sweep.plan import Chunk
from xor_sweep.results import RunResult

FIRST_ESTIMATE = 0.02
"""The share of the work after which the time that is left is said: compiling is over then."""

PLAIN_SECONDS = 10.0
"""How often a line says how far a sweep is, where there is no terminal to draw a bar in."""


class Watch:
    """Follows training."""

    def segment(self, _chunk: Chunk, _done: int, _costs: Sequence[tuple[int, float]]) -> None:
        """A segment ended: so many of the chunk's steps are done; the first run's costs at its milestones."""

    def finished(self, _chunk: Chunk, _results: Sequence[RunResult]) -> None:
        """A chunk's results are on disk."""


class MilestoneLines(Watch):
    """A single run: its cost as training passes the milestones."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def segment(self, _chunk: Chunk, _done: int, costs: Sequence[tuple[int, float]]) -> None:
        """Print the costs that a segment brought."""
        for step, cost in costs:
            self._say(milestone(step, cost))


class Progressing(Watch):
    """A sweep: steps and runs that are done, of all."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self.runs = sum(len(chunk.specs) for chunk in chunks)
        self.work = sum(chunk.structure.steps * len(chunk.specs) for chunk in chunks)
        self.runs_done = self.work_done = 0
        self.step = ""
        self._open: dict[int, int] = {}

    def segment(self, chunk: Chunk, done: int, _costs: Sequence[tuple[int, float]]) -> None:
        """Count a segment's steps."""
        self._open[id(chunk)] = done * len(chunk.specs)
        self.step = f"{done:,} of {chunk.structure.steps:,}"
        self.show()

    def finished(self, chunk: Chunk, results: Sequence[RunResult]) -> None:
        """Count a chunk's runs."""
        self.runs_done += len(results)
        self.work_done += sum(result.steps for result in results)
        self._open.pop(id(chunk), None)
        self.show()

    @property
    def share(self) -> float:
        """How much of the work is done, from 0 to 1."""
        return min(1.0, (self.work_done + sum(self._open.values())) / max(1, self.work))

    def show(self) -> None:
        """Bring the numbers before the reader's eyes."""


class ProgressBar(Progressing):
    """In a terminal: one live line."""

    def __init__(self, bar: Progress, chunks: Sequence[Chunk]) -> None:
        super().__init__(chunks)
        self._bar = bar
        self._task: TaskID = bar.add_task("Compiling", total=1.0, runs=f"0/{self.runs:,}", step="0")

    def show(self) -> None:
        """Move the bar."""
        runs = f"{self.runs_done:,}/{self.runs:,}"
        self._bar.update(self._task, description="Training", completed=self.share, runs=runs, step=self.step)


class PlainLines(Progressing):
    """Without a terminal: a line now and then."""

    def __init__(self, say: Callable[[str], None], chunks: Sequence[Chunk]) -> None:
        super().__init__(chunks)
        self._say = say
        self._last = time.monotonic()
        self._first: tuple[float, float] | None = None

    def show(self) -> None:
        """Print a line where the last one is old enough."""
        now, share = time.monotonic(), self.share
        began, share_then = self._first = self._first or (now, share)  # the first segment is mostly compiling
        if now - self._last < PLAIN_SECONDS:
            return
        self._last = now
        line = f"{self.runs_done:,} of {count(self.runs, 'run')}, {share:.0%} of all steps"
        if share > max(share_then, FIRST_ESTIMATE):
            line += f", about {(now - began) * (1 - share) / (share - share_then):.0f} s left"
        self._say(line)


def milestone(step: int, cost: float) -> str:
    """The cost of a single run at one step."""
    return f"step {step:>7,}  cost {cost:.6f}"


def count(number: int, noun: str) -> str:
    """`1 run`, `3 runs`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def megabytes(size: int) -> str:
    """Bytes for a reader."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size} bytes"
