"""What a person at the terminal reads, and a log file without one."""

from __future__ import annotations

import shlex
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import rich.console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from xor_sweep.claims import Claim
from xor_sweep.config import Settings
from xor_sweep.data import points
from xor_sweep.plan import Chunk, structure_of
from xor_sweep.runs import RunResult, SweepPaths
from xor_sweep.size import Size
from xor_sweep.summary import Summary
from xor_sweep.summary.table import ranked_table

PLAIN_SECONDS = 10.0
"""How often a line says how far a sweep is, where there is no terminal to draw a bar in."""

PICTURES_NAMED = 3
WIDTH_OF_A_FILE = 120
"""Columns of a table where there is no terminal to be as wide as."""


class Console:
    """Says what a command does, in words that are the same with and without a terminal."""

    def __init__(self) -> None:
        self._out = rich.console.Console(highlight=False, soft_wrap=True)
        if not self._out.is_terminal:
            self._out.width = max(self._out.width, WIDTH_OF_A_FILE)

    def say(self, line: str = "") -> None:
        """Print one line."""
        self._out.print(line, markup=False)

    def planned(self, jobs: int, claims: Sequence[Claim], size: Size, settings: Settings, *, single: bool) -> None:
        """Say before anything starts how many runs, programs, files and bytes there will be."""
        if jobs > len(claims):
            self.say(f"{count(jobs, 'configuration')} are {count(len(claims), 'run')}: equal values count once")
        kept = len(claims) - size.runs
        where = settings.sweep_dir
        if settings.dry_run:
            self._dry_run(claims, size, where)
            return
        if not single and kept:
            self.say(f"{count(kept, 'run')} finished already in {where}: not trained again (overwrite=true does)")
            if any(override.startswith("logging") for override in claims[0].job.overrides):
                self.say("Finished runs keep the logs that they have; for other logging use overwrite=true")
        if not single and size.runs:
            programs = "program" if size.structures == 1 else "programs"
            self.say(
                f"{count(size.runs, 'run')} in {size.structures} {programs}: {size.files:,} files, "
                f"about {megabytes(size.bytes)}, in {where}"
            )
        for reason, runs in alone(claims).items():
            self.say(f"{count(runs, 'run')} one lane at a time: {reason}")

    def _dry_run(self, claims: Sequence[Claim], size: Size, where: Path) -> None:
        self.say(f"Plan for {where} (dry run: nothing is trained or written)")
        rows = {
            "runs to train": size.runs,
            "runs finished already": len(claims) - size.runs,
            "structures (programs to compile)": size.structures,
            "chunks (calls of a program)": size.chunks,
            "files": size.files,
        }
        for name, value in rows.items():
            self.say(f"  {name:<34} {value:>12,}")
        self.say(f"  {'bytes, about':<34} {size.bytes:>12,}")
        for claim in claims[:20]:
            self.say(f"  {'finished' if claim.finished else 'train':<9} {claim.paths.name}")
        if len(claims) > 20:
            self.say(f"  … and {len(claims) - 20:,} more")

    @contextmanager
    def progress(self, chunks: Sequence[Chunk], *, single: bool) -> Iterator[Watch]:
        """Show how far training is while the block runs."""
        if single or not chunks:
            yield MilestoneLines(self)
        elif self._out.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[runs]} runs, step {task.fields[step]}"),
                TimeRemainingColumn(),
            )
            with Progress(*columns, console=self._out, transient=True) as bar:
                yield ProgressBar(bar, chunks)
        else:
            yield PlainLines(self, chunks)

    def run_ended(self, claim: Claim, result: RunResult, *, trained: bool) -> None:
        """Say what a single run ended with; for a finished one all of it from disk."""
        if not trained:
            for step, cost in result.milestones:
                self.milestone(step, cost)
        if result.status == "completed":
            self._hypothesis(claim, result)
            self.say(f"final cost {result.final_cost:.6g} after {result.steps:,} steps")
        else:
            self.say(f"{result.status}: {result.reason}")
            if claim.paths.error.exists():
                self.say(f"The traceback is in {claim.paths.error}")
        self.say()
        directory = claim.paths.directory
        self.say(f"Files       {directory}")
        if not claim.job.settings.logging.off:
            self.say(f"TensorBoard {tensorboard(directory.parent)}")
        if not trained:
            self.say("This run was finished already: the same seed gives the same numbers")
            self.say("seed=1 is another start; overwrite=true trains it again")
        elif result.status == "completed" and result.final_accuracy is not None and result.final_accuracy < 1:
            self.say("Not every point is right: seed=1 is another start, and sweep=seeds shows how much is luck")

    def milestone(self, step: int, cost: float) -> None:
        """The cost of a single run at one step."""
        self.say(f"step {step:>7,}  cost {cost:.6f}")

    def _hypothesis(self, claim: Claim, result: RunResult) -> None:
        if not result.hypothesis:
            return
        inputs, targets = points(claim.job.spec.data)
        table = Table(box=None, pad_edge=False)
        for name in ("input", "hypothesis", "predicted", "target"):
            table.add_column(name, justify="left" if name == "input" else "right")
        for row, output, target in zip(inputs, result.hypothesis, targets, strict=True):
            bits = " ".join(str(int(bit)) for bit in row)
            table.add_row(bits, f"{output:.6f}", str(int(output > 0.5)), str(int(target[0])))
        self._out.print(table)
        self.say(f"accuracy {result.final_accuracy:.4g}")

    def sweep_ended(
        self, summary: Summary, results: Sequence[RunResult], sweep: SweepPaths, *, one_seed: bool, logged: bool
    ) -> None:
        """The ranked comparison, where the files are and how to look at them."""
        self.say()
        self._out.print(ranked_table(summary.ranked, {result.run for result in results}, sweep.directory))
        self.say()
        names = [path.name for path in summary.pictures]
        pictures = names if len(names) <= PICTURES_NAMED else [f"{len(names)} pictures"]
        self.say(f"Files       {sweep.directory}: {', '.join(['summary.csv, .json, .md', *pictures])}")
        if logged:
            self.say(f"TensorBoard {tensorboard(sweep.directory)}")
        if one_seed and len(results) > 1:
            self.say("One seed a setting: python -m xor_sweep sweep=seeds shows how much of this is luck")

    def interrupted(self, finished: int, runs: int, command: str) -> None:
        """Say what a stopped command leaves."""
        self.say()
        self.say(f"Stopped: {finished} of {count(runs, 'run')} finished. The same command goes on from here:")
        self.say(f"  {command}")


class Watch:
    """Follows training."""

    def segment(self, _chunk: Chunk, _done: int, _costs: Sequence[tuple[int, float]]) -> None:
        """A segment ended: so many of the chunk's steps are done; the first run's costs at its milestones."""

    def finished(self, _results: Sequence[RunResult]) -> None:
        """A chunk's results are on disk."""


class MilestoneLines(Watch):
    """A single run: its cost as training passes the milestones."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def segment(self, _chunk: Chunk, _done: int, costs: Sequence[tuple[int, float]]) -> None:
        """Print the costs that a segment brought."""
        for step, cost in costs:
            self._console.milestone(step, cost)


class Progressing(Watch):
    """A sweep: steps and runs that are done, of all."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self.runs = sum(len(chunk.specs) for chunk in chunks)
        self.work = sum(chunk.structure.steps * len(chunk.specs) for chunk in chunks)
        self.runs_done = self.work_done = 0
        self.step = ""
        self._open = 0

    def segment(self, chunk: Chunk, done: int, _costs: Sequence[tuple[int, float]]) -> None:
        """Count a segment's steps."""
        self._open = done * len(chunk.specs)
        self.step = f"{done:,} of {chunk.structure.steps:,}"
        self.show()

    def finished(self, results: Sequence[RunResult]) -> None:
        """Count a chunk's runs."""
        self.runs_done += len(results)
        self.work_done += sum(result.steps for result in results)
        self._open = 0
        self.show()

    @property
    def share(self) -> float:
        """How much of the work is done, from 0 to 1."""
        return min(1.0, (self.work_done + self._open) / max(1, self.work))

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

    def __init__(self, console: Console, chunks: Sequence[Chunk]) -> None:
        super().__init__(chunks)
        self._console = console
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
        if share > share_then:
            line += f", about {(now - began) * (1 - share) / (share - share_then):.0f} s left"
        self._console.say(line)


def alone(claims: Sequence[Claim]) -> dict[str, int]:
    """Why runs train one lane at a time, and how many for each reason."""
    reasons: dict[str, int] = {}
    for claim in claims:
        if claim.finished is None and (reason := structure_of(claim.job.spec).alone_because):
            reasons[reason] = reasons.get(reason, 0) + 1
    return reasons


def count(number: int, noun: str) -> str:
    """`1 run`, `3 runs`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def megabytes(size: int) -> str:
    """Bytes for a reader."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size} bytes"


def tensorboard(directory: Path) -> str:
    """The command that shows a directory in TensorBoard, as it works when pasted here."""
    own = Path(sys.executable).with_name("tensorboard")
    found = shutil.which("tensorboard")
    plain = found is not None and Path(found).resolve() == own.resolve()
    command = ["tensorboard"] if plain else [sys.executable, "-m", "tensorboard.main"]
    return shlex.join([*command, "--logdir", str(directory)])
