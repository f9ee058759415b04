from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine import ENGINE
from tests.specs import jobs, work
from xor_sweep.claims import claim
from xor_sweep.execute import execute
from xor_sweep.kept import Keeper
from xor_sweep.open_chunk import Work
from xor_sweep.plan import plan
from xor_sweep.runs import SweepPaths
from xor_sweep.size import Size, size_of
from xor_sweep.summary import summarise

ASKED: dict[str, tuple[str, ...]] = {
    "the default logging": (),
    "a short run": ("steps=20",),
    "scalars alone": ("logging=scalars",),
    "every step": ("logging=every_step", "steps=300"),
    "no event files": ("logging=off",),
    "no graph": ("logging.graph=false",),
    "sgd": ("optimizer=sgd",),
    "ftrl": ("optimizer=ftrl",),
    "a deeper network": ("network=mlp",),
    "a long chain": ("network=mlp", "network.hidden=[4,4,4,4,4,4,4,4]", "logging=scalars", "logging.graph=true"),
    "parity": ("data=parity", "data.bits=5", "network.hidden=[8]", "logging.histograms=10"),
    "models": ("network=mlp", "save=all", "logging=off"),
    "clipping": ("optimizer.clipnorm=1.0",),
}

LONG = ("a long chain", "clipping", "ftrl")


@pytest.mark.parametrize(
    "asked",
    [pytest.param(words, id=name, marks=[pytest.mark.proof] * (name in LONG)) for name, words in ASKED.items()],
)
def test_the_size_that_is_said_is_about_what_is_written(tmp_path: Path, asked: tuple[str, ...]) -> None:
    steps = () if any(word.startswith("steps=") for word in asked) else ("steps=2000",)
    said, sweep = written(tmp_path, *[(f"seed={seed}", *steps, *asked) for seed in range(3)])
    summarise(sweep, plots=False)
    files = [path for run in sweep.runs() for path in run.directory.rglob("*") if path.is_file()]
    assert len(sweep.runs()) == said.runs == 3
    assert len(files) == said.files
    assert said.bytes == pytest.approx(sum(path.stat().st_size for path in files), rel=0.25)


def written(tmp_path: Path, *overrides: tuple[str, ...]) -> tuple[Size, SweepPaths]:
    """What is said about a sweep, and its run directories."""
    asked = jobs(*[(*words, f"outputs={tmp_path}") for words in overrides])
    sweep = SweepPaths(asked[0].settings.sweep_dir)
    claims = {each.job.spec: each for each in claim(asked, sweep)}
    chunks = plan(work(list(claims)))
    trained = [Work(chunk, [claims[run] for run in chunk.specs]) for chunk in chunks]
    keeper = Keeper(ENGINE)
    keeper.save = asked[0].settings.save
    list(execute(trained, sweep, lambda *_: None, lambda _: None, keeper, ENGINE))
    return size_of(chunks, asked[0].settings.logging, asked[0].settings.save), sweep


def test_chunks_structures_and_runs_are_counted() -> None:
    asked = [[f"seed={seed}"] for seed in range(200)] + [["optimizer=sgd"], ["optimizer=sgd", "optimizer.clipnorm=1.0"]]
    everything = jobs(*asked)
    size = size_of(plan(work([each.spec for each in everything])), everything[0].settings.logging, "best")
    assert (size.runs, size.structures, size.chunks) == (202, 3, 4)


def test_nothing_takes_nothing() -> None:
    [default] = jobs([])
    assert size_of([], default.settings.logging, "all") == Size(0, 0, 0, 0, 0)
