"""Schedules, penalties, class weights, losses and metrics against Keras's own."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tests.specs import spec, structure
from tests.training.custom import STEPS, chain_of, followed, given
from tests.training.trained import NONE, starts_of, train
from xor_sweep.config import RunSpec
from xor_sweep.data import dataset
from xor_sweep.training.feed import point_weights
from xor_sweep.training.scores import OF_A_TASK

pytestmark = pytest.mark.proof

CHAIN = {"network.hidden": [5], "network.activation": "tanh", "batch_size": 16, "steps": STEPS, "optimizer": "sgd"}

SCHEDULES: dict[str, list[dict[str, Any]]] = {
    "cosine_decay": [{"alpha": 0.1, "decay_steps": 15}, {"alpha": 0.3, "decay_steps": 15}],
    "cosine_decay_restarts": [
        {"first_decay_steps": 4, "t_mul": 1.5, "m_mul": 0.9, "alpha": 0.1},
        {"first_decay_steps": 4, "t_mul": 1.5, "m_mul": 0.5, "alpha": 0.3},
    ],
    "exponential_decay": [{"decay_rate": 0.5, "decay_steps": 5}, {"decay_rate": 0.1, "decay_steps": 5}],
    "inverse_time_decay": [{"decay_rate": 0.5, "staircase": True, "decay_steps": 5}] * 2,
    "piecewise_constant_decay": [{"boundaries": [3, 9], "factors": [1.0, 0.5, 2.0]}] * 2,
    "polynomial_decay": [
        {"end_learning_rate": 0.01, "power": 1.0, "decay_steps": 6, "cycle": True},
        {"end_learning_rate": 0.001, "power": 2.0, "decay_steps": 6, "cycle": True},
    ],
}


def chain(values: dict[str, Any], task: str = "binary", **top: Any) -> RunSpec:
    return spec({**given(task=task), **CHAIN, **values}, **top)


def check(runs: list[RunSpec], loss: Any, penalized: bool = False) -> None:
    """Hold the weights of chains that train together against the plain loop."""
    [first, *_], ending = train(runs, NONE, np.array([0]))
    for lane, (run, start) in enumerate(zip(runs, starts_of(first, runs), strict=True)):
        model = chain_of(run, structure(run))
        if penalized:
            for layer in model.layers:
                if isinstance(layer, keras.layers.Dense):
                    layer.kernel.regularizer = keras.regularizers.L1L2(run.network.l1, run.network.l2)  # type: ignore[union-attr]
        kind = run.training.class_weight
        followed(run, model, start, loss, None if kind is None else point_weights(dataset(run.data), kind))
        assert max(np.abs(w[lane].ravel() - s).max() for w, s in zip(ending.weights, start, strict=True)) > 1e-2
        for mine, plain in zip(ending.weights, model.trainable_variables, strict=True):
            np.testing.assert_allclose(mine[lane], plain.numpy(), rtol=1e-5, atol=1e-5, err_msg=plain.path)


@pytest.mark.parametrize("name", SCHEDULES)
def test_two_lanes_follow_keras_own_schedule_each_with_its_numbers(name: str) -> None:
    lanes = [{f"schedule.{key}": value for key, value in lane.items()} for lane in SCHEDULES[name]]
    runs = [
        chain({"schedule": name, **lane}, lr=lr, seed=seed)
        for lane, lr, seed in zip(lanes, (0.3, 0.1), (1, 2), strict=True)
    ]
    check(runs, keras.losses.BinaryCrossentropy())


def test_a_schedule_without_a_length_takes_the_whole_run() -> None:
    check([chain({"schedule": "cosine_decay"}, lr=0.3)], keras.losses.BinaryCrossentropy())


def test_a_warm_up_is_that_of_keras() -> None:
    values = {"schedule": "cosine_decay", "schedule.warmup_target": 0.4, "schedule.warmup_steps": 6}
    check([chain(values, lr=0.05)], keras.losses.BinaryCrossentropy())


@pytest.mark.parametrize(
    "both",
    [({"l2": 1e-2}, {"l2": 1e-1}), ({"l1": 1e-3, "l2": 1e-2}, {"l1": 1e-2, "l2": 1e-3})],
)
def test_penalties_are_those_of_keras_regularizers(both: tuple[dict[str, float], ...]) -> None:
    runs = [
        chain({f"network.{key}": value for key, value in lane.items()}, lr=0.1, seed=seed)
        for seed, lane in enumerate(both)
    ]
    check(runs, keras.losses.BinaryCrossentropy(), penalized=True)


def test_dropout_rates_of_two_lanes_and_batch_normalization_are_those_of_the_plain_loop() -> None:
    values = {"network.batch_normalization": True, "network.hidden": [6, 4]}
    runs = [chain({**values, "network.dropout": rate}, lr=0.1, seed=k) for k, rate in enumerate((0.2, 0.5))]
    check(runs, keras.losses.BinaryCrossentropy())


@pytest.mark.parametrize("kind", ["balanced", [1.0, 3.0, 0.5]], ids=["balanced", "a list"])
def test_class_weights_weigh_the_points_of_each_batch(kind: Any) -> None:
    runs = [chain({"class_weight": kind}, "multiclass", lr=lr, seed=k) for k, lr in enumerate((0.1, 0.03))]
    check(runs, OF_A_TASK["multiclass"]())


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    data = dataset(chain({}, "multiclass").data)
    counts = np.bincount(data.train.y[:, 0])
    assert len(set(counts)) > 1
    weights = point_weights(data, "balanced")
    np.testing.assert_allclose(weights, (len(data.train.y) / (3 * counts))[data.train.y[:, 0]], rtol=1e-6)
    assert weights.mean() == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_class_weights_of_a_full_batch_end_where_model_fit_ends(task: str) -> None:
    weights = [1.0, 3.0, 0.5][: 2 if task == "binary" else 3]
    run = chain({"class_weight": weights, "batch_size": None}, task, lr=0.1)
    [first, *_], ending = train([run], NONE, np.array([0]))
    model, data = chain_of(run, structure(run)), dataset(run.data)
    for variable, value in zip(model.trainable_variables, starts_of(first, [run])[0], strict=True):
        variable.assign(value.reshape(variable.shape))
    model.compile(keras.optimizers.SGD(0.1), OF_A_TASK[task](), jit_compile=False)
    x, y = np.tile(data.train.x, (STEPS, 1)), np.tile(data.train.y, (STEPS, 1))
    count = len(data.train.x)
    model.fit(x, y, batch_size=count, shuffle=False, verbose=0, class_weight=dict(enumerate(weights)))
    for mine, plain in zip(ending.weights, model.trainable_variables, strict=True):
        np.testing.assert_allclose(mine[0], plain.numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_each_task_trains_keras_own_loss(task: str) -> None:
    check([chain({}, task, lr=lr, seed=k) for k, lr in enumerate((0.1, 0.03))], OF_A_TASK[task]())


def own_loss(y: Any, prediction: Any, power: float = 2.0) -> Any:
    return keras.ops.mean(keras.ops.abs(keras.ops.cast(y, "float32") - prediction) ** power, axis=-1)


def own_metric(y: Any, prediction: Any) -> Any:
    return keras.ops.mean(keras.ops.cast(y, "float32") * prediction)


def in_one_hot(loss: Any, classes: int) -> Any:
    """A loss of Keras's of class indices."""
    return lambda y, out, sample_weight=None: loss(
        keras.ops.one_hot(y[:, 0], classes), out, sample_weight=sample_weight
    )


LOSSES: list[tuple[str, Any, Any]] = [
    ("regression", "huber", keras.losses.Huber()),
    ("binary", "hinge", keras.losses.Hinge()),
    ("binary", "squared_hinge", keras.losses.SquaredHinge()),
    ("multiclass", "categorical_crossentropy", in_one_hot(keras.losses.CategoricalCrossentropy(), 3)),
    ("multiclass", "CategoricalHinge", in_one_hot(keras.losses.CategoricalHinge(), 3)),
    ("multiclass", "mse", in_one_hot(keras.losses.MeanSquaredError(), 3)),
    ("binary", "dice", lambda y, out, sample_weight=None: keras.losses.Dice()(y, out, sample_weight=sample_weight)),
]


@pytest.mark.parametrize(("task", "name", "loss"), LOSSES, ids=[f"{task} {name}" for task, name, _ in LOSSES])
def test_a_loss_that_was_asked_for_is_keras_own(task: str, name: str, loss: Any) -> None:
    check([chain({"loss": name}, task, lr=lr, seed=k) for k, lr in enumerate((0.1, 0.3))], loss)


def test_a_loss_of_the_users_own_is_trained_with_its_arguments() -> None:
    node = {"_target_": "tests.training.test_numbers.own_loss", "power": 3.0}
    runs = [chain({"loss": node, "trusted_modules": ["tests"]}, lr=0.3, seed=seed) for seed in (1, 2)]

    def plain(y: Any, out: Any, sample_weight: Any = None) -> Any:
        assert sample_weight is None
        return keras.ops.mean(own_loss(y, out, 3.0))

    check(runs, plain)


FOR_INDICES = ("SparseCategoricalAccuracy", "SparseCategoricalCrossentropy", "SparseTopKCategoricalAccuracy")
NOT_AS_LANES = (
    "BinaryIoU",
    "CategoricalAccuracy",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
)
"""Metrics that TensorFlow cannot vectorise; with one of them runs train one lane at a time."""

REGRESSION = (
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "LogCoshError",
    "MAE",
    "MAPE",
    "MSLE",
    "MeanSquaredError",
    "PearsonCorrelation",
    "R2Score",
    "RootMeanSquaredError",
)
MULTICLASS = (
    "AUC",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "F1Score",
    "FBetaScore",
    "KLDivergence",
    "Precision",
    "Recall",
    *FOR_INDICES,
    "mse",
    "TopKCategoricalAccuracy",
)
BINARY = (
    "AUC",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "BinaryIoU",
    "F1Score",
    "FalseNegatives",
    "FalsePositives",
    "Hinge",
    "Poisson",
    "Precision",
    "Recall",
    "SquaredHinge",
    "TrueNegatives",
    "TruePositives",
    "mae",
)


@pytest.mark.parametrize(
    ("task", "names", "alone"),
    [
        ("binary", BINARY, False),
        ("multiclass", MULTICLASS, False),
        ("multiclass", MULTICLASS, True),
        ("regression", REGRESSION, False),
    ],
)
def test_metrics_are_those_of_model_evaluate(task: str, names: tuple[str, ...], alone: bool) -> None:
    clipping = {"optimizer.clipnorm": 5.0} if alone else {}
    names = names if alone else tuple(name for name in names if name not in NOT_AS_LANES)
    runs = [
        chain({"metrics": list(names), **clipping}, task, lr=0.1, seed=seed) for seed in ((1,) if alone else (1, 2))
    ]
    _, ending = train(runs)
    data = dataset(runs[0].data)
    for lane, run in enumerate(runs):
        model = chain_of(run, structure(run))
        for variable, value in zip(model.trainable_variables, ending.weights, strict=True):
            variable.assign(value[lane])
        for name, part in (("validation", data.validation), ("train", data.train)):
            assert part is not None
            indices = [asked for asked in names if task != "multiclass" or asked in FOR_INDICES]
            hot = [asked for asked in names if asked not in indices]
            targets = keras.ops.one_hot(part.y[:, 0], 3) if hot else None
            for asked, y in ((indices, part.y), (hot, targets)):
                if not asked:
                    continue
                outputs, units = model.predict(part.x, batch_size=len(part.x), verbose=0), data.preprocessing
                if units.target_scale is not None:  # metrics are in the target's units
                    mean, scale = units.target_mean, units.target_scale
                    y, outputs = (np.float32(values * scale + mean) for values in (y, outputs))
                for one in asked:
                    known = {"threshold": 0.5} if (task, one) == ("binary", "F1Score") else {}
                    known |= {"axis": 0} if one in ("ConcordanceCorrelation", "PearsonCorrelation") else {}
                    metric = keras.metrics.get({"class_name": one, "config": known} if known else one)
                    metric = (
                        metric if isinstance(metric, keras.metrics.Metric) else keras.metrics.MeanMetricWrapper(metric)
                    )
                    metric.update_state(y, outputs)
                    mine = ending.scalars[f"{one}/{name}"][lane]
                    assert mine == pytest.approx(np.mean(metric.result()), rel=1e-5, abs=1e-6), one


@pytest.mark.parametrize("name", NOT_AS_LANES)
def test_a_metric_that_does_not_vectorise_is_no_silent_number(name: str) -> None:
    run = chain({"metrics": [name]}, "binary" if name == "BinaryIoU" else "multiclass")
    assert structure(run).width > 1
    with pytest.raises(ValueError, match="No pfor vectorization"):
        train([run])


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_the_metric_accuracy_is_the_tasks_accuracy_and_not_equality(task: str) -> None:
    plain, asked = (train([chain({"metrics": names}, task, lr=0.3)])[1] for names in ([], ["accuracy"]))
    assert asked.scalars["accuracy/train"] == plain.scalars["accuracy/train"] > 0


def test_a_metric_of_the_users_own_is_that_functions_value() -> None:
    node = {"_target_": "tests.training.test_numbers.own_metric"}
    runs = [chain({"metrics": [node], "trusted_modules": ["tests"]}, lr=0.1, seed=seed) for seed in (1, 2)]
    _, ending = train(runs)
    data = dataset(runs[0].data)
    for lane, run in enumerate(runs):
        model = chain_of(run, structure(run))
        for variable, value in zip(model.trainable_variables, ending.weights, strict=True):
            variable.assign(value[lane])
        expected = float(own_metric(data.train.y, model(data.train.x)))
        assert ending.scalars["own_metric/train"][lane] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_a_tiny_cost_is_shown_as_model_evaluate_shows_it(task: str) -> None:
    """Crossentropies of a sigmoid's or softmax's logits, which are not cut off at Keras's epsilon."""
    run = chain({"network.init_scale": 40.0, "network.output_activation": None}, task, lr=1e-6)
    _, ending = train([run])
    model, data = chain_of(run, structure(run)), dataset(run.data)
    for variable, value in zip(model.trainable_variables, ending.weights, strict=True):
        variable.assign(value[0])
    model.compile(loss=OF_A_TASK[task](), jit_compile=False)
    for tag, part in (("Cost/validation", data.validation), ("Cost/train", data.train)):
        assert part is not None
        expected = model.evaluate(part.x, part.y, batch_size=len(part.x), verbose=0)
        assert expected > 16 or task == "binary"
        assert ending.scalars[tag][0] == pytest.approx(expected, rel=1e-5)
