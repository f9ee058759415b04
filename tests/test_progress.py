"""What a person sees of a long sweep while it trains."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from tests.command import environment
from tests.specs import spec, work
from tests.test_runs import RESULT
from xor_sweep.plan import Chunk, plan
from xor_sweep.progress import LiveTable, PlainLines, Progressing, duration, line_of
from xor_sweep.results import RunResult

STEPS = 1000


@pytest.fixture
def chunks() -> list[Chunk]:
    """Three chunks of one, two and three runs."""
    runs = [spec({"network.hidden": [size], "steps": STEPS}, seed=seed) for size in (1, 2, 3) for seed in range(size)]
    return plan(work(runs))


def results(*rows: tuple[str, str, float | None]) -> Sequence[RunResult]:
    return [replace(RESULT, run=run, status=status, final_cost=cost, steps=STEPS) for run, status, cost in rows]  # type: ignore[arg-type]


def passed(watch: Progressing, chunks: Sequence[Chunk]) -> None:
    """One chunk ended with a failure, one with a run that diverged, and the third is at half of its steps."""
    watch.segment(chunks[0], 500, [])
    watch.finished(chunks[0], results(("a", "failed", None)))
    watch.segment(chunks[2], 500, [])
    watch.finished(chunks[1], results(("b", "completed", 0.25), ("c", "diverged", 0.01)))


def test_runs_are_counted_by_what_became_of_them(chunks: list[Chunk]) -> None:
    watch = Progressing(chunks, "final_cost", "minimize")
    passed(watch, chunks)
    now = watch.standing
    assert (now.runs, now.ended, now.running) == (6, 3, 3)
    assert (now.completed, now.diverged, now.failed) == (1, 1, 1)
    assert now.share == pytest.approx((1 + 2 + 3 / 2) / 6)
    assert now.best == ("b", 0.25), "a run that diverged is never the best"


@pytest.mark.parametrize(("direction", "best"), [("minimize", ("x", 0.1)), ("maximize", ("y", 0.4))])
def test_the_best_so_far_is_that_of_the_objective(direction: str, best: tuple[str, float], chunks: list[Chunk]) -> None:
    watch = Progressing(chunks, "final_cost", direction)
    watch.finished(chunks[1], results(("y", "completed", 0.4), ("x", "completed", 0.1)))
    watch.finished(chunks[0], results(("z", "completed", 0.2)))
    assert watch.standing.best == best


def test_without_a_terminal_a_line_comes_every_ten_seconds(
    chunks: list[Chunk], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, lines = [100.0], []
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    watch = PlainLines(lines.append, chunks, "final_cost", "minimize")
    for second in range(30):
        clock[0] = 100.0 + second
        watch.segment(chunks[2], 10 + second, [])
    assert len(lines) == 2
    assert lines[0].startswith("0 of 6 runs done, 3 running, 1% of all steps")


def test_a_line_says_all_that_there_is_to_say(chunks: list[Chunk]) -> None:
    watch = Progressing(chunks, "final_cost", "minimize")
    passed(watch, chunks)
    line = line_of(replace(watch.standing, left=4000.0), "final_cost")
    assert line == (
        "3 of 6 runs done, 3 running, 1 diverged, 1 failed, 75% of all steps, best final_cost 0.25 (b), "
        "about 67 min left"
    )


@pytest.mark.parametrize("width", [40, 69, 70, 80, 200])
@pytest.mark.parametrize("best", ["b", "optimizer=adam,network.hidden=[3],lr=0.1,seed=12" * 2], ids=["short", "long"])
def test_what_is_live_fits_its_terminal_and_keeps_its_numbers(
    width: int, best: str, chunks: list[Chunk], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = LiveTable(chunks, "final_cost", "minimize")
    passed(table, chunks)
    now = replace(table.standing, best=(best, 0.00284234), left=12_000.0)
    monkeypatch.setattr(LiveTable, "standing", now)
    console = Console(width=width)
    # As a console draws live that breaks no lines by itself.
    drawn = console.render_lines(table, console.options.update(no_wrap=True, overflow="ignore"), pad=False)
    lines = ["".join(segment.text for segment in line) for line in drawn]
    assert max(map(len, lines)) <= width
    said = " ".join(" ".join(lines).split())
    words = ["running", "diverged", "failed", "final_cost", "3 of 6", "0.00284234", "3 h 20 min"]
    assert [each for each in words if each not in said] == []


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.4, "0 s"), (99, "99 s"), (100, "2 min"), (5900, "98 min"), (12_000, "3 h 20 min")]
)
def test_times_are_for_a_reader(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.proof
def test_in_a_terminal_the_table_is_there_while_it_trains_and_gone_afterwards(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    words = ("-m", "seed=range(0,3)", "steps=200000", "logging=off", "save=none")
    process = subprocess.Popen(
        [sys.executable, "-m", "xor_sweep", *words],
        cwd=tmp_path,
        env=environment({"TERM": "xterm", "COLUMNS": "100"}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    try:
        while chunk := read(ours):
            seen += chunk
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())
    assert "0 of 3" in text
    assert "running" in text
    assert "3 runs of this command, 3 in outputs/xor" in text


def read(descriptor: int) -> bytes:
    """What a terminal shows next; nothing where its program has ended."""
    try:
        return os.read(descriptor, 10_000)
    except OSError:
        return b""
