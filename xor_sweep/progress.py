"""How far training is: a live table in a terminal, a line now and then without one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from xor_sweep.amounts import count, number
from xor_sweep.measure import DATA_SEED, facts_for
from xor_sweep.plan import Chunk
from xor_sweep.results import RunResult
from xor_sweep.scored import measure_of

FIRST_ESTIMATE = 0.02
"""The share of the work after which the time that is left is said: compiling is over then."""

PLAIN_SECONDS = 10.0
"""How often a line says how far a sweep is, where there is no terminal to draw a table in."""

BAR = 60
"""Characters of the bar, at most."""

NARROW = 70
"""Characters from which on there is room for a table; otherwise there is a text."""

STYLES = {"diverged": "yellow", "failed": "red"}


class Watch:
    """Follows training."""

    def segment(self, _chunk: Chunk, _done: int, _costs: Sequence[tuple[int, float]]) -> None:
        """A segment ended: so many of the chunk's steps are done; the first run's cost at its milestones."""

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


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a sweep is.

    Attributes:
        runs: of the sweep that train.
        running: that are in training.
        completed, diverged, failed: that have ended so.
        share: of all steps that are done, from 0 to 1.
        left: seconds, about; None where it is too early to say.
        best: the run that ranks first so far, and its objective's value; None if none completed, or if there will be
            several rankings.
    """

    runs: int
    running: int
    completed: int
    diverged: int
    failed: int
    share: float
    left: float | None
    best: tuple[str, float] | None

    @property
    def ended(self) -> int:
        """Runs that train no more."""
        return self.completed + self.diverged + self.failed

    @property
    def mishaps(self) -> dict[str, int]:
        """Runs that did not complete, by how they ended, where there are any."""
        return {name: number for name, number in (("diverged", self.diverged), ("failed", self.failed)) if number}


class Progressing(Watch):
    """A sweep's training as it stands.

    Args:
        chunks: all of it.
        objective, direction: what ranks runs.
    """

    def __init__(self, chunks: Sequence[Chunk], objective: str, direction: str) -> None:
        self.objective = objective
        self._sign = 1 if direction == "minimize" else -1
        self._runs = sum(len(chunk.specs) for chunk in chunks)
        self._work = sum(chunk.structure.steps * len(chunk.specs) for chunk in chunks)
        self._work_done = 0
        self._open: dict[int, tuple[int, int]] = {}
        self._ended = {"completed": 0, "diverged": 0, "failed": 0}
        self._best: tuple[str, float] | None = None
        measures = {tuple(_comparable(chunk, objective).items()) for chunk in chunks}
        self._one_ranking = len(measures) < 2
        self._first: tuple[float, float] | None = None

    def segment(self, chunk: Chunk, done: int, _costs: Sequence[tuple[int, float]]) -> None:
        """Count a segment's steps."""
        self._open[id(chunk)] = len(chunk.specs), done
        self.show()

    def finished(self, chunk: Chunk, results: Sequence[RunResult]) -> None:
        """Count a chunk's runs."""
        self._open.pop(id(chunk), None)
        self._work_done += sum(result.steps for result in results)
        for result in results:
            self._ended[result.status] += 1
            value = result.objective(self.objective)
            if result.status == "completed" and value is not None and self._one_ranking:
                better = self._best is None or self._sign * value < self._sign * self._best[1]
                self._best = (result.run, value) if better else self._best
        self.show()

    @property
    def standing(self) -> Standing:
        """How far it is now."""
        done = self._work_done + sum(runs * steps for runs, steps in self._open.values())
        now, share = time.monotonic(), min(1.0, done / max(1, self._work))
        began, share_then = self._first = self._first or (now, share)  # the first segment is mostly compiling
        left = None
        if share > max(share_then, FIRST_ESTIMATE):
            left = (now - began) * (1 - share) / (share - share_then)
        running = sum(runs for runs, _ in self._open.values())
        return Standing(self._runs, running, share=share, left=left, best=self._best, **self._ended)

    def show(self) -> None:
        """Bring the numbers before the reader's eyes."""


def _comparable(chunk: Chunk, objective: str) -> dict[str, str]:
    """What the objective of a chunk's runs is of, whatever the draw of its split."""
    facts = facts_for(measure_of(chunk.specs[0]), objective)
    return {key: value for key, value in facts.items() if key != DATA_SEED}


class LiveTable(Progressing):
    """In a terminal: a bar, and a table below it."""

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        """The table as it is now; `rich.live.Live` draws it several times a second."""
        now = self.standing
        yield ProgressBar(total=1.0, completed=now.share, width=min(BAR, options.max_width))
        yield Text("")  # the bar does not end its line
        if options.max_width < NARROW:
            # Said of the text, since the console that sweeps have breaks no lines by itself.
            yield Text(line_of(now, self.objective), no_wrap=False, overflow="fold")
            return
        yield self._table(now)
        if now.best is not None:
            yield Text(f"best run  {now.best[0]}", no_wrap=True, overflow="ellipsis")

    def _table(self, now: Standing) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        row = {"done": f"{now.ended:,} of {now.runs:,}", "running": f"{now.running:,}"}
        row |= {name: f"{runs:,}" for name, runs in now.mishaps.items()}
        row |= {} if now.left is None else {"left": duration(now.left)}
        row |= {} if now.best is None else {f"best {self.objective}": number(now.best[1])}
        for name in row:
            table.add_column(name, no_wrap=True, style=STYLES.get(name))
        table.add_row(*map(Text, row.values()))
        return table


class PlainLines(Progressing):
    """Without a terminal: a line now and then."""

    def __init__(self, say: Callable[[str], None], chunks: Sequence[Chunk], objective: str, direction: str) -> None:
        super().__init__(chunks, objective, direction)
        self._say = say
        self._last = time.monotonic()

    def show(self) -> None:
        """Print a line where the last one is old enough."""
        now = self.standing
        if time.monotonic() - self._last >= PLAIN_SECONDS:
            self._last = time.monotonic()
            self._say(line_of(now, self.objective))


def line_of(now: Standing, objective: str) -> str:
    """How far a sweep is, in a line."""
    parts = [f"{now.ended:,} of {count(now.runs, 'run')} done", f"{now.running:,} running"]
    parts += [f"{runs:,} {name}" for name, runs in now.mishaps.items()]
    parts.append(f"{now.share:.0%} of all steps")
    if now.best is not None:
        parts.append(f"best {objective} {number(now.best[1])} ({now.best[0]})")
    if now.left is not None:
        parts.append(f"about {duration(now.left)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """A time for a reader: `40 s`, `12 min`, `3 h 20 min`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def milestone(step: int, cost: float) -> str:
    """The cost of a single run at one step."""
    return f"step {step:>7,}  cost {cost:.6f}"
