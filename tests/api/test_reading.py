"""`load_results` and `load_history`: what a sweep directory says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tensorboard.compat.proto import event_pb2, summary_pb2

from xor_sweep import SweepError, load_history, load_results, sweep
from xor_sweep.logs.records import record


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep of two optimizers and two seeds; not to be written to."""
    outputs = tmp_path_factory.mktemp("outputs")
    what = {"optimizer": ["adam", "sgd"], "seed": range(2), "steps": 30, "network.hidden": [[3, 2]]}
    sweep(what, outputs=outputs, save="none", quiet=True)
    return outputs / "xor"


@pytest.fixture
def copied(swept: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(swept, tmp_path / "xor"))


def test_results_are_typed_and_ranked(swept: Path) -> None:
    results = load_results(swept)
    assert len(results) == 4
    assert list(results.columns[:4]) == ["run", "optimizer", "seed", "network.hidden"]
    assert results.final_cost.is_monotonic_increasing
    assert results.seed.dtype == np.int64
    assert set(results["network.hidden"]) == {(3, 2)}
    assert isinstance(results.started_at.dtype, pd.DatetimeTZDtype)
    assert results.stopped_at.isna().all()
    assert results.train_cost.dtype == np.float64
    assert (results.attrs["directory"], results.attrs["model"]) == (str(swept), None)


def test_in_full_every_configuration_key_is_a_column(swept: Path) -> None:
    results = load_results(swept, full=True).set_index("run")
    adam = results.loc[results.optimizer == "adam"].iloc[0]
    assert (adam["optimizer.beta_1"], adam["optimizer.learning_rate"], adam["experiment"]) == (0.9, 0.01, "xor")
    assert adam["network.activation"] == "sigmoid"
    assert results.loc[results.optimizer == "sgd", "optimizer.beta_1"].isna().all()
    assert results["data.name"].eq("xor").all()
    assert set(load_results(swept).columns) < {"run", *results.columns}


def test_a_sweep_that_is_still_running_has_the_runs_that_are_finished(copied: Path) -> None:
    unfinished = next(path for path in copied.iterdir() if (path / "result.json").exists())
    (unfinished / "result.json").rename(unfinished / ".result.json.part")
    assert len(load_results(copied)) == 3
    assert len(load_history(copied)) == 4


def test_a_sweep_of_an_older_release_is_read(copied: Path) -> None:
    newer = ("train_cost", "train_accuracy", "metrics", "stopped_at", "kept_at", "milestones", "hypothesis")
    newer += ("checksum", "seal", "files", "program_s", "batch_order", "measure")
    for path in copied.glob("*/result.json"):
        content = json.loads(path.read_text())
        path.write_text(json.dumps({key: value for key, value in content.items() if key not in newer}))
    shutil.rmtree(copied / ".sweep")
    results = load_results(copied, full=True)
    assert len(results) == 4
    assert results.kept_at.isna().all()
    assert {"optimizer", "seed"} < set(results.columns)


def test_the_history_of_a_run_is_its_curves(swept: Path) -> None:
    results = load_results(swept)
    curves = load_history(swept / results.run[0])
    assert set(curves) == {"Cost/Cost", "accuracy"}
    steps, cost = curves["Cost/Cost"]
    assert (steps.dtype, cost.dtype, steps.tolist()) == (np.int64, np.float32, list(range(31)))
    assert cost[-1] == pytest.approx(results.final_cost[0])


def test_the_history_of_a_sweep_is_that_of_its_runs(swept: Path) -> None:
    curves = load_history(swept)
    assert set(curves) == set(load_results(swept).run)
    run = next(iter(curves))
    assert np.array_equal(curves[run]["accuracy"][1], load_history(swept / run)["accuracy"][1])


def test_a_run_that_logged_nothing_has_no_curves(copied: Path) -> None:
    run = load_results(copied).run[0]
    for path in (copied / run).glob("events.*"):
        path.unlink()
    assert load_history(copied)[run] == {}


def test_tags_of_other_writers_are_found_beside_what_is_no_scalar(tmp_path: Path) -> None:
    tensor = {"dtype": 1, "float_val": [2.5]}
    values = [
        summary_pb2.Summary(value=[{"tag": "early", "simple_value": 1.0}, {"tag": "late/ä", "tensor": tensor}]),
        summary_pb2.Summary(value=[{"tag": "other", "simple_value": 1.0}, {"tag": "late/ö", "tensor": tensor}]),
        summary_pb2.Summary(value=[{"tag": "words", "tensor": {"dtype": 7, "string_val": [b"text"]}}]),
        summary_pb2.Summary(value=[{"tag": "bars", "histo": {"min": 0.0, "max": 1.0, "num": 1.0}}]),
    ]
    events = [event_pb2.Event(wall_time=1.0, step=step, summary=summary) for step, summary in enumerate(values, 1)]
    data = b"".join(
        record(event.SerializeToString()) for event in [event_pb2.Event(file_version="brain.Event:2"), *events]
    )
    (tmp_path / "events.out.tfevents.1700000000.host").write_bytes(data + b"torn")
    curves = load_history(tmp_path)
    assert {tag: (steps.tolist(), numbers.tolist()) for tag, (steps, numbers) in curves.items()} == {
        "early": ([1], [1.0]),
        "late/ä": ([1], [2.5]),
        "late/ö": ([2], [2.5]),
        "other": ([2], [1.0]),
    }


def test_where_there_is_nothing_to_read_a_line_says_what_to_name(swept: Path, tmp_path: Path) -> None:
    with pytest.raises(SweepError, match="no such directory"):
        load_results(tmp_path / "nowhere")
    with pytest.raises(SweepError, match="no such directory"):
        load_history(tmp_path / "nowhere")
    with pytest.raises(SweepError, match="no finished run here; train one with"):
        load_results(tmp_path)
    with pytest.raises(SweepError, match="no run here"):
        load_history(tmp_path)
    with pytest.raises(SweepError, match="this is one run; name the sweep directory"):
        load_results(swept / load_results(swept).run[0])
    with pytest.raises(SweepError, match="name one of the sweeps in it: xor"):
        load_results(swept.parent)
