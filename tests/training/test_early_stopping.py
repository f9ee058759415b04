"""Each lane stops as Keras's EarlyStopping would stop it, and changes nothing for the others."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tests.specs import spec, structure
from tests.training.custom import chain_of, given
from tests.training.trained import NONE, program_of, scalar, train
from xor_sweep.config import RunSpec
from xor_sweep.data import dataset

pytestmark = pytest.mark.proof

RICH = {"network.hidden": [6], "network.dropout": 0.2, "network.batch_normalization": True, "optimizer": "adam"}


def run(values: dict[str, Any] | None = None, **top: Any) -> RunSpec:
    stopping = {"early_stopping.patience": 3, "batch_size": 16, "epochs": 30}
    return spec({**given(points=60), **RICH, **stopping, **(values or {})}, **top)


class Replayed:
    """A model whose weights are the number of the epoch, for Keras's callback to keep and to stop."""

    def __init__(self) -> None:
        self.stop_training = False
        self.epoch = 0

    def get_weights(self) -> int:
        return self.epoch

    def set_weights(self, kept: int) -> None:
        self.epoch = kept


def keras_says(values: list[float], metric: str, patience: int, min_delta: float) -> tuple[int | None, int]:
    """At which check Keras stops, and which check's weights it restores."""
    callback = keras.callbacks.EarlyStopping(
        monitor="watched",
        mode="max" if metric == "accuracy" else "min",
        patience=patience,
        min_delta=min_delta,
        restore_best_weights=True,
    )
    model = Replayed()
    callback.set_model(model)
    callback.on_train_begin()
    stopped = None
    for epoch, value in enumerate(values):
        model.epoch = epoch
        callback.on_epoch_end(epoch, {"watched": value})
        if model.stop_training:
            stopped = epoch
            break
    callback.on_train_end()
    return stopped, model.epoch


def runs_of(metric: str) -> list[RunSpec]:
    """Lanes of different patience, least improvement, rate and seed."""
    numbers = [(1, 0.0, 0.1), (2, 0.0, 0.03), (3, 0.01, 0.03), (5, 0.0, 0.3), (4, 0.05, 0.01), (29, 0.0, 0.001)]
    return [
        run(
            {"early_stopping.metric": metric, "early_stopping.patience": patience, "early_stopping.min_delta": delta},
            lr=lr,
            seed=seed,
        )
        for seed, (patience, delta, lr) in enumerate(numbers)
    ]


@pytest.mark.parametrize("metric", ["cost", "accuracy"])
def test_lanes_stop_where_keras_stops_and_keep_what_keras_restores(metric: str) -> None:
    runs = runs_of(metric)
    segments, ending = train(runs)
    tag = "Cost/validation" if metric == "cost" else "accuracy/validation"
    checks = structure(runs[0]).checks
    history = scalar(segments, tag)
    stops = []
    for lane, each in enumerate(runs):
        early = each.training.early_stopping
        assert early is not None
        values = [float(value) for value in history[:, lane] if not np.isnan(value)]
        stopped, kept = keras_says(values, metric, early.patience, early.min_delta)
        stops.append(stopped)
        assert ending.stopped_at[lane] == (-1 if stopped is None else checks[stopped])
        assert ending.kept_at[lane] == checks[kept]
        assert ending.scalars[tag][lane] == np.float32(values[kept])
        if stopped is not None:
            assert len(values) == stopped + 1, "nothing is recorded after a lane has stopped"
    assert any(stop is not None for stop in stops)


def test_the_kept_weights_and_statistics_are_those_of_the_best_check() -> None:
    runs = runs_of("cost")
    _, ending = train(runs)
    data = dataset(runs[0].data)
    assert data.validation is not None
    for lane, each in enumerate(runs):
        model = chain_of(each, structure(each))
        for variable, value in zip(model.trainable_variables, ending.weights, strict=True):
            variable.assign(value[lane])
        others = [v for v in model.non_trainable_variables if not v.path.endswith("seed_generator_state")]
        for variable, value in zip(others, ending.state, strict=True):
            variable.assign(value[lane])
        cost = keras.losses.BinaryCrossentropy()(data.validation.y, model(data.validation.x))
        assert float(cost) == pytest.approx(ending.scalars["Cost/validation"][lane], rel=1e-5)


def bits(runs: list[RunSpec], lane: int, record: Any = NONE, snapshots: Any = NONE) -> list[bytes]:
    """Everything that one of some runs ended with, and its checks on the way."""
    segments, ending = train(runs, record, snapshots)
    checks = np.isin(np.concatenate([segment.steps for segment in segments]), structure(runs[0]).checks)
    history = {tag: scalar(segments, tag)[checks][:, lane] for tag in segments[0].scalars}
    # A call goes on while any lane trains, and records nothing of those that have stopped.
    found = [values[~np.isnan(values)].tobytes() for values in history.values()]
    found += [ending.scalars[tag][lane].tobytes() for tag in ending.scalars]
    found += [getattr(ending, name)[lane].tobytes() for name in ("best_cost", "diverged_at", "stopped_at", "kept_at")]
    return found + [values[lane].tobytes() for values in (*ending.weights, *ending.state)]


@pytest.mark.parametrize("patience", [None, 3], ids=["to the end", "early stopping"])
def test_a_lane_that_stops_or_diverges_changes_no_bit_of_another(patience: int | None) -> None:
    values = {"early_stopping.patience": patience}
    mine = run(values, lr=0.01, seed=1)
    wild = run(values, lr=1e38, seed=2)
    others = [run(values, lr=float(lr), seed=seed) for seed, lr in enumerate(np.geomspace(1e-4, 1, 7), 10)]
    quick = run({**values, **({"early_stopping.patience": 1} if patience else {})}, lr=1.0, seed=3)
    alone = bits([mine], 0)
    assert bits([mine, wild, quick], 0) == alone
    assert bits([wild, quick, mine], 2) == alone
    assert bits([*others, wild, mine, quick], 8) == alone
    assert bits([*others[::-1], quick, wild, wild, mine], 10) == alone
    ended = train([mine, wild])[1]
    assert ended.diverged_at[0] == -1
    assert ended.diverged_at[1] >= 0


@pytest.mark.parametrize(
    "values", [{}, {"optimizer.gradient_accumulation_steps": 3, "batch_size": 7}], ids=["adam", "accumulating"]
)
def test_lanes_that_stop_make_room_for_others_and_change_no_bit(values: dict[str, Any]) -> None:
    rates = np.geomspace(1e-4, 0.3, 300)
    runs = [run({"epochs": 60, **values}, lr=float(lr), seed=seed) for seed, lr in enumerate(rates)]
    width = structure(runs[0]).width
    assert width < len(runs) / 2
    segments, ending = train(runs, np.array([0, 3, 10]), np.array([0]))
    first, last = (
        len({tuple(segment.lanes) for segment in segments if segment.done == done})
        for done in (min(segment.done for segment in segments), segments[-1].done)
    )
    assert last < first == -(-len(runs) // width), "those that have stopped leave room"
    for lane in (0, 1, 127, 128, 200, 298, 299):
        own, alone = train([runs[lane]], np.array([0, 3, 10]), np.array([0]))
        for tag in own[0].scalars:
            assert history(segments, tag, lane) == history(own, tag, 0)
        for name in ("best_cost", "diverged_at", "stopped_at", "kept_at"):
            assert getattr(ending, name)[lane] == getattr(alone, name)[0]
        for mine, its in zip((*ending.weights, *ending.state), (*alone.weights, *alone.state), strict=True):
            assert np.array_equal(mine[lane], its[0])
        assert all(ending.scalars[tag][lane] == alone.scalars[tag][0] for tag in ending.scalars)


def history(segments: list[Any], tag: str, lane: int) -> list[tuple[int, float]]:
    """What was recorded of one lane: steps and values."""
    found = []
    for segment in segments:
        if lane in segment.lanes:
            values = segment.scalars[tag][:, list(segment.lanes).index(lane)]
            found += [(int(s), float(v)) for s, v in zip(segment.steps, values, strict=True) if not np.isnan(v)]
    return found


@pytest.mark.parametrize("patience", [None, 3], ids=["to the end", "early stopping"])
def test_what_is_logged_changes_no_bit(patience: int | None) -> None:
    runs = [run({"early_stopping.patience": patience}, lr=lr, seed=seed) for seed, lr in enumerate((0.01, 0.1, 1.0))]
    steps = structure(runs[0]).steps
    every = np.arange(steps + 1)
    plain = bits(runs, 0)
    assert bits(runs, 0, every, every) == plain
    assert bits(runs, 0, np.arange(0, steps, 5), np.array([0, 1, 17])) == plain
    assert bits(runs, 0, NONE, np.array([steps])) == plain


def test_training_ends_when_all_lanes_have_stopped_and_starts_anew() -> None:
    quick = run({"early_stopping.patience": 1, "epochs": 2_000}, lr=1.0, seed=3)
    slow = run({"early_stopping.patience": 50, "epochs": 2_000}, lr=1e-4, seed=1)
    steps = structure(quick).steps
    first = bits([slow], 0)
    segments, ending = train([quick])
    assert 0 <= ending.stopped_at[0] <= segments[-1].done < steps
    assert program_of(structure(quick)).ending().kept_at.shape == (1,)
    assert bits([slow], 0) == first


@pytest.mark.parametrize("metric", ["cost", "accuracy"])
def test_one_lane_at_a_time_stops_where_keras_stops(metric: str) -> None:
    values = {"early_stopping.metric": metric, "early_stopping.patience": 2, "optimizer.clipnorm": 1.0}
    one = run(values, lr=0.1, seed=2)
    assert structure(one).width == 1
    segments, ending = train([one])
    tag = "Cost/validation" if metric == "cost" else "accuracy/validation"
    seen = [float(value) for value in scalar(segments, tag)[:, 0] if not np.isnan(value)]
    stopped, kept = keras_says(seen, metric, 2, 0.0)
    checks = structure(one).checks
    assert stopped is not None
    assert (ending.stopped_at[0], ending.kept_at[0]) == (checks[stopped], checks[kept])
