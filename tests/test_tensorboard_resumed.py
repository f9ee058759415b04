"""A run that was stopped and went on is one curve in TensorBoard, under both of its loaders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.stopped import run, stop
from tests.tensorboard_server import ask, serve
from xor_sweep.logs.append import event_files
from xor_sweep.logs.read import read_scalars

WORDS = ("-m", "seed=1,2", "steps=6000", "save=none", "logging.scalars=100", "logging.histograms=10")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A sweep that was stopped twice, once in a write that the kill of a writer tore."""
    directory = tmp_path_factory.mktemp("stopped")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        patch.setattr("sys.argv", ["xor_sweep"])
        patch.setattr("xor_sweep.training.program.FIRST_SEGMENT_STEPS", 500)
        patch.setattr("xor_sweep.training.program.SEGMENT_SECONDS", 0.01)
        assert stop(*WORDS, after=2) == 143
        for path in Path("outputs").glob("*/*/events*"):
            path.write_bytes(path.read_bytes() + b"\x18\0\0\0\0\0\0\0torn")
        assert stop(*WORDS, after=2) == 143
        assert run(*WORDS) == 0
        yield directory / "outputs"


@pytest.mark.parametrize("load_fast", [True, False], ids=["data_server", "python_loader"])
def test_a_run_that_went_on_is_one_curve(load_fast: bool, outputs: Path) -> None:
    assert len(event_files(outputs / "xor/seed=1")) == 3
    with serve(outputs, load_fast=load_fast) as url:
        assert sorted(ask(url, "runs")) == ["xor", "xor/seed=1", "xor/seed=2"]
        for seed in (1, 2):
            steps, costs = read_scalars(outputs / f"xor/seed={seed}", ["Cost/Cost"])["Cost/Cost"]
            points = ask(url, "plugin/scalars/scalars", run=f"xor/seed={seed}", tag="Cost/Cost")
            assert [(step, np.float32(value)) for _, step, value in points] == list(zip(steps, costs, strict=True))
            assert (steps[0], steps[-1], len(steps)) == (0, 6000, 100)
            shown = ask(url, "plugin/histograms/histograms", run=f"xor/seed={seed}", tag="Layer1/W1")
            assert len(shown) == 10
        graphs = ask(url, "plugin/graphs/info")
        assert all(of_run["run_graph"] for of_run in graphs.values())
