"""Mini-batches: every point once an epoch, in an order that all lanes share and nothing else changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.specs import spec, structure
from tests.training.custom import given
from tests.training.trained import costs_of, scalar, train
from xor_sweep.training import Program, batches, feed
from xor_sweep.training.batches import Order, batch_rows, permutation


def test_every_point_is_seen_once_an_epoch_and_in_another_order_each() -> None:
    rows = np.concatenate([batch_rows(3, 40, 16, step) for step in range(10)]).reshape(4, 40)
    assert (np.sort(rows, axis=1) == np.arange(40)).all()
    assert len({row.tobytes() for row in rows}) == 4
    assert not np.array_equal(batch_rows(3, 40, 16, 0), batch_rows(4, 40, 16, 0))


@pytest.mark.parametrize(("points", "batch", "steps"), [(40, 16, 100), (7, 7, 30), (5, 1, 60), (9, 8, 50), (64, 16, 3)])
def test_a_window_holds_the_batches_of_its_steps(
    monkeypatch: pytest.MonkeyPatch, points: int, batch: int, steps: int
) -> None:
    monkeypatch.setattr(batches, "WINDOW", 1)
    order, window = Order(1, points, batch, steps), np.array([], np.int32)
    for step in range(steps):
        moved = order.moved_to(step)
        window = window if moved is None else moved
        assert len(window) == order.epochs * points
        start = order.place(step)
        assert np.array_equal(window[start : start + batch], batch_rows(1, points, batch, step))
        assert step < order.end


def test_the_order_of_an_epoch_is_written_down() -> None:
    """A run's numbers depend on it: another order is another result under the same name."""
    assert permutation(0, 0, 10).tolist() == [0, 7, 8, 6, 9, 5, 1, 3, 2, 4]
    assert permutation(5, 3, 10).tolist() == [5, 0, 7, 9, 6, 8, 2, 4, 3, 1]


def run(values: dict[str, Any] | None = None, **top: Any) -> Any:
    batched = {"network.hidden": [5], "batch_size": 16, "epochs": 9, "network.dropout": 0.2}
    return spec({**given(points=61), **batched, **(values or {})}, **top)


def ended(runs: list[Any]) -> list[bytes]:
    """The bits of everything that runs end with, in a program compiled anew."""
    segments, ending = train(runs, np.arange(0, 30, 3), np.arange(0, 30, 7), program=Program(structure(runs[0])))
    return [costs_of(segments).tobytes(), *(weight.tobytes() for weight in ending.weights)]


def test_crossing_windows_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [run(seed=1), run(seed=2, lr=0.1)]
    whole = ended(runs)
    monkeypatch.setattr(batches, "WINDOW", 1)
    assert ended(runs) == whole


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_evaluating_in_blocks_gives_what_evaluating_at_once_gives(monkeypatch: pytest.MonkeyPatch, task: str) -> None:
    metric = "mae" if task == "regression" else "AUC"
    values = given(task=task, points=61) | {"metrics": [metric], "network.batch_normalization": True}
    runs = [run(values, seed=1), run(values, seed=2, lr=0.1)]
    whole, ending = train(runs, np.arange(0, 30, 3), np.array([0]), program=Program(structure(runs[0])))
    monkeypatch.setattr(feed, "VALUES_OF_A_BLOCK", structure(runs[0]).width * structure(runs[0]).facts.widest * 10)
    parts, other = train(runs, np.arange(0, 30, 3), np.array([0]), program=Program(structure(runs[0])))
    for tag in whole[0].scalars:
        np.testing.assert_allclose(scalar(parts, tag), scalar(whole, tag), rtol=1e-5, atol=1e-6, err_msg=tag)
    for tag, shot in whole[0].snapshots.items():
        np.testing.assert_allclose(parts[0].snapshots[tag], shot, rtol=1e-6, atol=1e-6, err_msg=tag)
    for mine, theirs in zip(other.weights, ending.weights, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)
