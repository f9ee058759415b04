"""Mini-batches: every point once an epoch, in an order that the run's seed draws and nothing else changes."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import scipy.stats

from tests.specs import spec, structure
from tests.training.custom import given
from tests.training.trained import costs_of, scalar, train
from xor_sweep.data import dataset
from xor_sweep.training import Program, batches, feed
from xor_sweep.training.batches import Order, batch_rows, permutation


def test_every_point_is_seen_once_an_epoch_and_in_another_order_each() -> None:
    rows = np.concatenate([batch_rows(3, 40, 16, step) for step in range(10)]).reshape(4, 40)
    assert (np.sort(rows, axis=1) == np.arange(40)).all()
    assert len({row.tobytes() for row in rows}) == 4
    assert not np.array_equal(batch_rows(3, 40, 16, 0), batch_rows(4, 40, 16, 0))


@pytest.mark.parametrize(("points", "batch", "steps"), [(40, 16, 100), (7, 7, 30), (5, 1, 60), (9, 8, 50), (64, 16, 3)])
@pytest.mark.parametrize("room", [1, 200])
def test_a_window_holds_the_batches_of_its_steps_for_each_lane(
    monkeypatch: pytest.MonkeyPatch, points: int, batch: int, steps: int, room: int
) -> None:
    monkeypatch.setattr(batches, "WINDOW", room)
    seeds = [7, 1, 7, 0]
    order, window = Order(seeds, points, batch, steps), np.array([], np.int32)
    for step in range(steps):
        moved = order.moved_to(step, steps)
        window = window if moved is None else moved
        assert window.shape == (batches.window_steps(4, batch, steps), 4, batch)
        own = [batch_rows(seed, points, batch, step) for seed in seeds]
        assert np.array_equal(window[order.place(step)], own)
        assert step < order.end <= steps


def test_the_window_and_the_epochs_that_are_kept_are_bounded_however_many_points_and_lanes_there_are() -> None:
    assert batches.window_steps(lanes=128, batch=32, steps=10**9) * 128 * 32 <= batches.WINDOW
    assert batches.window_steps(lanes=128, batch=10**6, steps=10**9) == 1
    kept = batches.Epochs(most=100)
    orders = [kept.order(seed, 0, 40) for seed in (1, 2, 3, 1)]
    assert [order.tolist() for order in orders] == [permutation(seed, 0, 40).tolist() for seed in (1, 2, 3, 1)]
    assert sum(map(len, kept._orders.values())) == kept._places == 80
    assert kept.order(1, 0, 40) is orders[3], "what was asked for last is kept"


def test_configurations_of_one_seed_share_the_order_and_cut_it_into_batches_of_their_size() -> None:
    small, large = (np.concatenate([batch_rows(3, 40, size, step) for step in range(80 // size)]) for size in (5, 16))
    assert np.array_equal(small, large)


def test_the_order_of_an_epoch_is_written_down() -> None:
    """A run's numbers depend on it: another order is another result under the same name."""
    assert permutation(0, 0, 10).tolist() == [0, 7, 8, 6, 9, 5, 1, 3, 2, 4]
    assert permutation(5, 3, 10).tolist() == [5, 0, 7, 9, 6, 8, 2, 4, 3, 1]


BATCH, UPDATES = 5, 12


def regressions(seeds: int) -> list[Any]:
    """Runs of a logistic regression that starts at 0: seeds differ in the order of their batches alone."""
    values = {**given(points=24, validated=0.0), "network.hidden": [], "network.init_scale": 1e-30}
    values |= {"optimizer": "sgd", "lr": 3.0, "batch_size": BATCH, "steps": UPDATES}
    return [spec(values, seed=seed) for seed in range(seeds)]


def textbook_cost(run: Any, rows: Any) -> float:
    """The cost of the same regression, computed by hand, after updates on rows `(updates, batch)`."""
    data = dataset(run.data).train
    x, y = np.c_[data.x, np.ones(len(data.x))], data.y
    weights = np.zeros([x.shape[1], 1])
    for batch in rows:
        error = 1 / (1 + np.exp(-x[batch] @ weights)) - y[batch]
        weights -= run.optimizer.learning_rate * x[batch].T @ error / len(batch)
    return float(np.mean(np.logaddexp(0, x @ weights) - y * (x @ weights)))


def rows_of(run: Any) -> Any:
    return np.array([batch_rows(run.seed, 24, BATCH, step) for step in range(UPDATES)])


def test_an_interval_over_seeds_holds_what_independent_repetitions_come_to() -> None:
    runs = regressions(100)
    costs = train(runs)[1].scalars["Cost/train"].astype(np.float64)
    assert costs == pytest.approx([textbook_cost(run, rows_of(run)) for run in runs], rel=1e-4)
    generator = np.random.default_rng(8)
    shuffles = (np.concatenate([generator.permutation(24) for _ in range(3)]) for _ in range(2_000))
    truth = np.array([textbook_cost(runs[0], order[: BATCH * UPDATES].reshape(-1, BATCH)) for order in shuffles])
    low, high = scipy.stats.t.interval(0.95, 99, costs.mean(), scipy.stats.sem(costs))
    assert low < truth.mean() < high
    assert costs.std(ddof=1) == pytest.approx(truth.std(), rel=0.2)


def test_a_lane_ends_where_model_fit_ends_on_the_batches_of_its_seed() -> None:
    runs = regressions(3)
    data = dataset(runs[0].data).train
    for run, cost in zip(runs, train(runs)[1].scalars["Cost/train"], strict=True):
        model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1, "sigmoid", kernel_initializer="zeros")])
        model.compile(keras.optimizers.SGD(3.0), "binary_crossentropy", jit_compile=False)
        order = rows_of(run).ravel()
        model.fit(data.x[order], data.y[order], BATCH, shuffle=False, verbose=0)
        assert cost == pytest.approx(model.evaluate(data.x, data.y, verbose=0), rel=1e-4)


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
    # Not a window of one step: XLA leaves the choice of a step out, and rounds otherwise.
    monkeypatch.setattr(batches, "WINDOW", 2 * structure(runs[0]).width * 16)
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
