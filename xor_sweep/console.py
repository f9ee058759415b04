"""What a person at the terminal reads, and a log file without one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import rich.console
from rich.live import Live
from rich.table import Table

from xor_sweep.amounts import count, listed, megabytes
from xor_sweep.claims import Claim
from xor_sweep.config import Settings
from xor_sweep.config.spec import DataSpec
from xor_sweep.data import points
from xor_sweep.given import Given
from xor_sweep.keep import Kept
from xor_sweep.model_facts import beyond_float32
from xor_sweep.outputs import threshold_of
from xor_sweep.plan import Chunk
from xor_sweep.prepare import Prepared
from xor_sweep.progress import LiveTable, MilestoneLines, PlainLines, Watch, milestone
from xor_sweep.results import RunResult, left_out, trained_again
from xor_sweep.resume import Resumed
from xor_sweep.runs import RunPaths, SweepPaths
from xor_sweep.size import Size
from xor_sweep.summary import Summary
from xor_sweep.summary.eligible import tied
from xor_sweep.summary.table import RANKINGS_SHOWN, best_values, configurations_table, failures_table, ranked_tables
from xor_sweep.summary.unmoved import unmoved
from xor_sweep.visible import visible
from xor_sweep.wording import adding_rows, alone, logging_in, tensorboard, unbuilt

PICTURES_NAMED = 3
WIDTH_OF_A_FILE = 120
"""Columns of a table where there is no terminal to be as wide as."""


_unfollowed: set[tuple[str, tuple[str, ...]]] = set()
"""What of functions was named in this process."""


class Console:
    """Says what a command does, in words that are the same with and without a terminal, and in a notebook.

    Args:
        quiet: whether it says nothing.
        python: whether a call from Python is what is carried out, so that remedies are spelled for one.
        again: the command, as a person types it once more; None for a call from Python.
    """

    def __init__(self, *, quiet: bool = False, python: bool = False, again: str | None = None) -> None:
        self._out = rich.console.Console(highlight=False, soft_wrap=True, quiet=quiet, force_jupyter=False)
        self._python, self._again = python, again
        if not self._out.is_terminal:
            self._out.width = max(self._out.width, WIDTH_OF_A_FILE)

    def say(self, line: str = "") -> None:
        """Print one line."""
        self._out.print(visible(line), markup=False)

    def about_function(self, given: Given) -> None:
        """Say what of a function that was given cannot be known, once, and which file is not what was imported."""
        self.unfollowed(given.name, given.unfollowed)
        for file in given.stale:
            self.say(f"{file} has changed since it was imported: what was imported trains; import it again")

    def unfollowed(self, name: str, used: tuple[str, ...]) -> None:
        """Say once what a function uses whose changes no run notices."""
        if used and (name, used) not in _unfollowed and not self._out.quiet:
            _unfollowed.add((name, used))
            again = "pass overwrite=True" if self._python else "add overwrite=true"
            self.say(f"{name} uses {listed(used)}, whose value cannot be followed; after a change of it, {again}")

    def planned(
        self,
        jobs: int,
        claims: Sequence[Claim],
        size: Size,
        settings: Settings,
        prepared: Prepared,
        *,
        single: bool,
    ) -> None:
        """Say before anything starts how many runs, programs, files and bytes there will be."""
        if jobs > len(claims):
            self.say(f"{count(jobs, 'configuration')} are {count(len(claims), 'run')}: equal values count once")
        kept = sum(claim.finished is not None for claim in claims)
        where = settings.sweep_dir
        self.read(prepared)
        if settings.dry_run:
            self._dry_run(claims, size, where)
            self._unlike(claims, prepared)
            return
        if not single and kept:
            self.say(f"{count(kept, 'run')} finished already in {where}: not trained again (overwrite=true does)")
            asked = ((claim.finished.overrides, claim.job.overrides) for claim in claims if claim.finished)
            if any(logging_in(before) != logging_in(now) for before, now in asked):
                self.say("Finished runs keep the logs that they have; for other logging use overwrite=true")
        if not single and size.runs:
            programs = "program" if size.structures == 1 else "programs"
            self.say(
                f"{count(size.runs, 'run')} in {size.structures} {programs}: {size.files:,} files, "
                f"about {megabytes(size.bytes)}, in {where}"
            )
        self._unlike(claims, prepared)

    def read(self, prepared: Prepared) -> None:
        """Say how data was read."""
        for text in prepared.said:
            for line in text:
                self.say(f"{'Data' if line is text[0] else '':<11} {line}")

    def compiled(self, lines: Sequence[str]) -> None:
        """Say what models were compiled with, and what the sweep gives instead."""
        for line in lines:
            self.say(f"{'Compiled':<11} {line}")

    def damaged(self, files: Sequence[Path]) -> None:
        """Say which results cannot be trusted, by the file of each that is not as it was written."""
        if files:
            self.say(trained_again(files))

    def left_out(self, results: Sequence[Path]) -> None:
        """Say which results are missing in the ranking, for they are damaged."""
        if results:
            self.say(left_out(results))

    def cut_logs(self, logs: Sequence[tuple[Path, int, int]]) -> None:
        """Say which finished runs' event files are not as long as they were, `(path, bytes, recorded bytes)`."""
        if logs:
            path, found, recorded = logs[0]
            more = f", and {len(logs) - 1:,} more" if len(logs) > 1 else ""
            what = f"{count(len(logs), 'event file')} damaged: {path} has {found:,} of {recorded:,} bytes{more}"
            self.say(f"{what}; overwrite=true trains such runs again")

    def changed(self, sources: Mapping[str, int]) -> None:
        """Say what runs depend on that is not as it was, and how many train again for it."""
        for name, runs in sources.items():
            train = "trains" if runs == 1 else "train"
            beside = "the old one" if runs == 1 else "the old ones"
            again = f"{count(runs, 'run')} {train} again, beside {beside}"
            drawn = "; if it draws random numbers, seed them" if name.endswith(" returns") else ""
            self.say(f"{name} changed: {again if runs else 'its new runs are configurations of their own'}{drawn}")

    def reordered(self, train: Sequence[Claim]) -> None:
        """Say which runs train beside a result of an earlier release, whose batches had another order."""
        if earlier := sum(taken.earlier is not None for taken in train):
            beside = "its earlier result, which stays" if earlier == 1 else "their earlier results, which stay"
            again = f"{count(earlier, 'run')} {'trains' if earlier == 1 else 'train'} again, beside {beside}"
            self.say(f"seed draws the order of batches now, and data.seed did up to release 0.2.0: {again}")

    def resumed(self, found: Resumed) -> None:
        """Say which runs go on from a checkpoint, and which do not though there was one."""
        for task in found.work:
            done, steps = task.saved.checkpoint.done if task.saved else 0, task.chunk.structure.steps
            self.say(f"{count(len(task.claims), 'run')} from a checkpoint: on from step {done:,} of {steps:,}")
        for name in found.damaged:
            self.say(f"The checkpoint {name} is damaged: its runs train from their start")
        if found.made_otherwise:
            self.say(
                f"{count(found.made_otherwise, 'run')} from the start: the checkpoint is of another processor, or of "
                "other versions of TensorFlow, Keras, NumPy, Python or xor_sweep"
            )
        if found.reordered:
            runs = count(found.reordered, "run")
            self.say(
                f"{runs} from the start: in the checkpoint data.seed draws the order of batches, and now seed does"
            )

    def stopping(self) -> None:
        """Say that a signal has come."""
        self.say("Stopping with what is under way, and keeping it; again (Ctrl-C) stops at once")

    def _unlike(self, claims: Sequence[Claim], prepared: Prepared) -> None:
        """Say which runs do not train beside others, and which cannot train at all."""
        for reason, names in alone(claims, prepared).items():
            self.say(f"{count(len(names), 'run')} one lane at a time, {listed(names)}: {reason}")
        for reason, names in adding_rows(claims, prepared).items():
            what = "with the gradients of looked-up rows added up"
            self.say(f"{count(len(names), 'run')} {what}, {listed(names)}: {reason}")
        for reason, taken in unbuilt(claims, prepared).items():
            self.say(f"{count(len(taken), 'run')} cannot be built, {listed([c.paths.name for c in taken])}: {reason}")
            self.say(f"  The traceback is in {taken[0].paths.error}")

    def _dry_run(self, claims: Sequence[Claim], size: Size, where: Path) -> None:
        self.say(f"Plan for {where} (dry run: nothing is trained or written)")
        rows = {
            "runs to train": size.runs,
            "runs finished already": sum(claim.finished is not None for claim in claims),
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
    def progress(self, chunks: Sequence[Chunk], settings: Settings, *, single: bool) -> Iterator[Watch]:
        """Show how far training is while the block runs."""
        objective, direction = settings.objective, settings.direction
        if single or not chunks:
            yield MilestoneLines(self.say)
        elif self._out.is_terminal:
            table = LiveTable(chunks, objective, direction)
            with Live(table, console=self._out, transient=True):
                yield table
        else:
            yield PlainLines(self.say, chunks, objective, direction)

    def run_ended(self, claim: Claim, result: RunResult, kept: Kept, *, trained: bool) -> None:
        """Say what a single run ended with; for a finished one all of it from disk."""
        if not trained:
            for step, cost in result.milestones:
                self.say(milestone(step, cost))
        if result.status == "completed":
            self._hypothesis(claim, result)
            self._final(claim, result)
            if note := unmoved([result]):
                self.say(note)
        else:
            self.say(f"{result.status}: {result.reason}")
            if claim.paths.error.exists():
                self.say(f"The traceback is in {claim.paths.error}")
        self.say()
        directory = claim.paths.directory
        self.say(f"Files       {directory}")
        self.say(f"Report      {SweepPaths(directory.parent).report}")
        if not claim.job.settings.logging.off:
            self.say(f"TensorBoard {tensorboard(directory.parent)}")
        self._kept(kept)
        if not trained:
            self.say("This run was finished already: the same seed gives the same numbers")
            self.say("seed=1 is another start; overwrite=true trains it again")
        elif claim.job.spec.data.truth_table and result.final_accuracy is not None and result.final_accuracy < 1:
            self.say("Not every point is right: seed=1 is another start, and sweep=seeds shows how much is luck")

    def _hypothesis(self, claim: Claim, result: RunResult) -> None:
        if not result.hypothesis:
            return
        inputs, targets = points(claim.job.spec.data)
        threshold = threshold_of(claim.job.spec)
        table = Table(box=None, pad_edge=False)
        for name in ("input", "hypothesis", "predicted", "target"):
            table.add_column(name, justify="left" if name == "input" else "right")
        for row, output, target in zip(inputs, result.hypothesis, targets, strict=True):
            bits = " ".join(str(int(bit)) for bit in row)
            table.add_row(bits, f"{output:.6f}", str(int(output > threshold)), str(int(target[0])))
        self._out.print(table)
        self.say(f"accuracy {result.final_accuracy:.4g}")

    def _final(self, claim: Claim, result: RunResult) -> None:
        """What a run that completed ended with."""
        steps = f"{result.steps:,} steps"
        if result.stopped_at is not None:
            steps = f"{result.stopped_at:,} of {steps}; stopped early, with the weights of step {result.kept_at:,}"
        if claim.job.spec.data.truth_table:
            self.say(f"final cost {result.final_cost:.6g} after {steps}")
            return
        part = "training" if result.train_cost is None else "validation"
        rows = [(part, result.final_cost, result.final_accuracy)]
        if result.train_cost is not None:
            rows.append(("training", result.train_cost, result.train_accuracy))
        for name, cost, accuracy in rows:
            known = "" if accuracy is None else f"  accuracy {accuracy:.4g}"
            self.say(f"{name:<10}  cost {cost:.6g}{known}")
        for tag, value in result.metrics:
            self.say(f"{tag} {value:.6g}")
        self.say(f"after {steps}")

    def _kept(self, kept: Kept) -> None:
        """Say where the best model is and what it is worth on the part that was held out."""
        if kept.model is not None:
            of = f", {kept.weights}" if kept.weights else ""
            self.say(f"Model       {kept.model}{of}{f'; {kept.note}' if kept.note else ''}")
            if names := beyond_float32(RunPaths(kept.model.parent).model_facts):
                digits = f"{listed(names)}: more digits than float32 holds"
                self.say(f"            {digits}; call model(rows), as model.predict(rows) rounds float64 to float32")
        elif kept.reason:
            of = f" of {listed(kept.without)}" if kept.without else ""
            self.say(f"No model is kept{of}: {kept.reason}")
        if kept.test:
            accuracy = "" if kept.test.get("accuracy") is None else f", accuracy {kept.test['accuracy']:.6g}"
            self.say(f"Test part   cost {kept.test['cost']:.6g}{accuracy}, of that model, scored once")

    def sweep_ended(
        self,
        summary: Summary,
        results: Sequence[RunResult],
        sweep: SweepPaths,
        kept: Kept,
        *,
        one_seed_of: DataSpec | None,
        logged: bool,
        runs: int,
    ) -> None:
        """The ranked comparison, where the files are and how to look at them.

        Args:
            summary, results, sweep, kept: what came out.
            one_seed_of: the data of a command that has one seed a setting; None where it has several.
            logged: whether there are event files.
            runs: how many were asked for; more than the results where the first failure ended the sweep.
        """
        self.say()
        asked = {result.run for result in results}
        self._ranked(summary, asked, sweep)
        for each in summary.rankings[:RANKINGS_SHOWN]:
            if each.replicated:
                self._out.print(configurations_table(each, width=self._out.width))
                self.say()
            elif note := tied(each.configurations):
                self.say(note)
                self.say()
        self._failures(results, sweep)
        if note := unmoved(results):
            self.say(note)
            self.say()
        if keys := best_values(summary):
            self.say(f"Best values {keys}")
        names = [path.name for path in summary.pictures]
        pictures = names if len(names) <= PICTURES_NAMED else [f"{len(names)} pictures"]
        self.say(f"Files       {sweep.directory}: {', '.join(['summary.csv, .json, .md', *pictures])}")
        self.say(f"Report      {sweep.report}")
        if logged:
            self.say(f"TensorBoard {tensorboard(sweep.directory)}")
        self._kept(kept)
        if len(results) < runs:
            self._unfinished(results, runs)
        elif one_seed_of and len(results) > 1:
            lab = one_seed_of.kind == "xor"
            command = "python -m xor_sweep sweep=seeds" if lab else "seed=range(0,20) beside it"
            more = '"seed": range(20)' if self._python else command
            self.say(f"One seed a setting: {more} shows how much of this is luck")

    def interrupted(self, summary: Summary | None, results: Sequence[RunResult], runs: int, sweep: SweepPaths) -> None:
        """What a stopped command, or a stopped call from Python, leaves: its finished runs, and how it goes on.

        Args:
            summary: of the sweep directory; None where no run of it is finished.
            results: of the finished runs.
            runs: how many were asked for.
            sweep: the sweep directory.
        """
        self.say()
        if summary is not None:
            asked = {result.run for result in results}
            self._ranked(summary, asked, sweep)
            self._failures(results, sweep)
        self._unfinished(results, runs)

    def _ranked(self, summary: Summary, asked: Collection[str], sweep: SweepPaths) -> None:
        """The runs of each ranking, and why there are several."""
        for table in ranked_tables(summary, asked, sweep.directory, width=self._out.width):
            self._out.print(table)
            self.say()
        if summary.why:
            self.say(summary.why)
            self.say()

    def _unfinished(self, results: Sequence[RunResult], runs: int) -> None:
        failed = sum(result.status == "failed" for result in results)
        finished = f"{len(results) - failed:,} of {count(runs, 'run')} finished"
        finished += f", {failed:,} failed" if failed else ""
        what = "call goes on from here" if self._again is None else "command goes on from here:"
        self.say(f"Stopped: {finished}. The same {what}")
        if self._again is not None:
            self.say(f"  {self._again}")

    def _failures(self, results: Sequence[RunResult], sweep: SweepPaths) -> None:
        """Which runs failed, and why: a row a reason."""
        reasons: dict[str, list[str]] = {}
        for result in results:
            if result.status == "failed":
                reasons.setdefault(str(result.reason), []).append(result.run)
        if reasons:
            self._out.print(failures_table(reasons, sweep))
            self.say()
