"""What a person at the terminal reads, and a log file without one."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import rich.console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from xor_sweep.claims import Claim
from xor_sweep.config import Settings
from xor_sweep.data import points
from xor_sweep.plan import Chunk, structure_of
from xor_sweep.progress import MilestoneLines, PlainLines, ProgressBar, Watch, count, megabytes, milestone
from xor_sweep.runs import RunResult, SweepPaths
from xor_sweep.size import Size
from xor_sweep.summary import Summary
from xor_sweep.summary.table import ranked_table

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
            yield MilestoneLines(self.say)
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
            yield PlainLines(self.say, chunks)

    def run_ended(self, claim: Claim, result: RunResult, *, trained: bool) -> None:
        """Say what a single run ended with; for a finished one all of it from disk."""
        if not trained:
            for step, cost in result.milestones:
                self.say(milestone(step, cost))
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


def alone(claims: Sequence[Claim]) -> dict[str, int]:
    """Why runs train one lane at a time, and how many for each reason."""
    reasons: dict[str, int] = {}
    for claim in claims:
        if claim.finished is None and (reason := structure_of(claim.job.spec).alone_because):
            reasons[reason] = reasons.get(reason, 0) + 1
    return reasons


def tensorboard(directory: Path) -> str:
    """The command that shows a directory in TensorBoard, as it works when pasted here."""
    own = Path(sys.executable).with_name("tensorboard")
    found = shutil.which("tensorboard")
    plain = found is not None and Path(found).resolve() == own.resolve()
    command = ["tensorboard"] if plain else [sys.executable, "-m", "tensorboard.main"]
    return shlex.join([*command, "--logdir", str(directory)])
