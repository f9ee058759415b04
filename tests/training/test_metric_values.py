"""Every metric that Keras exports, for every task: its value is scikit-learn's, or its formula's, or it is refused.

Nothing is trained: outputs are made, and `Scores` is asked what they are worth.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import sklearn.metrics as sk
import tensorflow as tf

from tests.specs import spec
from xor_sweep.data import Dataset, dataset, give
from xor_sweep.errors import ConfigError
from xor_sweep.metric_fit import check_metrics
from xor_sweep.shapes import shape_of
from xor_sweep.structure import structure_of
from xor_sweep.tags import metric_names
from xor_sweep.training.metrics import Units
from xor_sweep.training.scores import Scores

POINTS = 160
EXPORTED = sorted(set(dir(keras.metrics)) - {"get", "deserialize", "serialize"})
EXPORTED = [name for name in EXPORTED if not name.startswith("_")]

RANDOM = np.random.default_rng(3)
THRESHOLD_GRID = (RANDOM.permutation(np.delete(np.arange(198), 99))[:POINTS] + 0.5) / 199
"""Probabilities between the thresholds of Keras's AUC, so that it is exact; none is 0.5."""

LABELS = {
    "binary": (THRESHOLD_GRID + RANDOM.normal(0, 0.3, POINTS) > 0.5).astype(int),
    "multiclass": RANDOM.integers(0, 4, POINTS),
}
RAW = {
    "binary": np.log(THRESHOLD_GRID / (1 - THRESHOLD_GRID))[:, None],
    "multiclass": RANDOM.normal(0, 1, (POINTS, 4)) + 1.5 * np.eye(4)[LABELS["multiclass"]],
}
"""Logits, and scores of both signs."""

AMOUNTS = np.stack([RANDOM.normal(2_000, 5, POINTS), RANDOM.gamma(2, 0.1, POINTS) + 0.01], 1)
GUESSES = np.abs(AMOUNTS * [1.001, 0.8] + RANDOM.normal(0, [2.0, 0.05], (POINTS, 2)))

ARGUMENTS: dict[str, dict[str, Any]] = {
    "PrecisionAtRecall": {"recall": 0.6},
    "RecallAtPrecision": {"precision": 0.6},
    "SensitivityAtSpecificity": {"specificity": 0.6},
    "SpecificityAtSensitivity": {"sensitivity": 0.6},
    "FBetaScore": {"beta": 2},
    "IoU": {"target_class_ids": [0, 1]},
    "OneHotIoU": {"target_class_ids": [0, 1]},
    "MeanMetricWrapper": {"fn": "mse"},
}

LOSSES: dict[tuple[str, str], Any] = {
    ("binary", "probabilities"): None,
    ("binary", "logits"): {"_target_": "keras.losses.BinaryCrossentropy", "from_logits": True},
    ("binary", "scores"): "hinge",
    ("multiclass", "probabilities"): None,
    ("multiclass", "logits"): {"_target_": "keras.losses.SparseCategoricalCrossentropy", "from_logits": True},
    ("multiclass", "scores"): "categorical_hinge",
    ("regression", "numbers"): None,
}


def softmax(values: Any) -> Any:
    powers = np.exp(values - values.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def made(task: str, kind: str, metrics: list[Any], columns: int = 2) -> tuple[Any, Dataset]:
    """A structure with metrics and its data."""
    y = AMOUNTS[:, :columns] if task == "regression" else LABELS[task]
    sha256 = give(np.ones((POINTS, 1), np.float32), y)
    values = {"data": "arrays", "data.sha256": sha256, "data.task": task, "data.validation_fraction": 0.0}
    run = spec({**values, "metrics": metrics, "loss": LOSSES[task, kind]})
    data = dataset(run.data)
    return structure_of(run, shape_of(data)), data


def outputs_of(task: str, kind: str) -> Any:
    if task == "regression":
        return GUESSES
    if kind != "probabilities":
        return RAW[task]
    return 1 / (1 + np.exp(-RAW[task])) if task == "binary" else softmax(RAW[task])


def measured(task: str, kind: str, metrics: list[Any], columns: int = 2) -> dict[str, float]:
    """The values of metrics of the made outputs, by name."""
    structure, data = made(task, kind, metrics, columns)
    check_metrics(structure, data)
    targets, outputs, units = data.train.y, outputs_of(task, kind), Units(0.0, 1.0)
    if task == "regression":
        known = data.preprocessing
        units = Units(known.target_mean, known.target_scale)
        outputs = (outputs[:, :columns] - known.target_mean) / known.target_scale
    scores = Scores(structure, units)
    pair = tf.constant(targets), tf.constant(outputs, tf.float32)
    found = scores.of_a_part(*pair, tf.zeros([POINTS]))[1 if task == "regression" else 2 :]
    return dict(zip(metric_names(structure), map(float, found), strict=True))


def node(metric: str, **more: Any) -> dict[str, Any]:
    return {"_target_": f"keras.metrics.{metric}", **ARGUMENTS.get(metric, {}), **more}


class Made:
    """What expectations are computed from: labels, one-hot targets, decisions and probabilities."""

    def __init__(self, task: str, kind: str) -> None:
        self.task, self.kind, self.y = task, kind, LABELS[task]
        raw = RAW[task]
        self.p = 1 / (1 + np.exp(-raw)) if task == "binary" else softmax(raw)
        self.raw, self.chosen = raw, (raw[:, 0] > 0).astype(int) if task == "binary" else raw.argmax(1)
        self.columns = np.concatenate([1 - self.p, self.p], 1) if task == "binary" else self.p
        self.hot = np.eye(self.columns.shape[1])[self.y]
        self.cells = (self.y[:, None] if task == "binary" else self.hot).astype(float)
        self.ranked = raw if kind == "scores" else self.p
        self.decided = (self.p > 0.5).astype(float)
        if kind == "scores" and task == "multiclass":
            self.decided = np.eye(4)[self.chosen]

    def keras(self, name: str, ranked: Any = None) -> float:
        """Keras's own metric of targets and probabilities, as plain `evaluate` has it."""
        metric = getattr(keras.metrics, name)(**ARGUMENTS.get(name, {}))
        return float(metric(self.cells, self.p if ranked is None else ranked))


def numbers(of: Callable[[Any, Any], Any]) -> Callable[[Made], float]:
    """The mean over columns of what compares targets with probabilities."""
    return lambda made: np.mean([of(made.cells[:, k], made.p[:, k]) for k in range(made.p.shape[1])])


def cells(of: Callable[[Any, Any], Any]) -> Callable[[Made], float]:
    return lambda made: of(made.cells.ravel(), made.decided.ravel())


def chosen(of: Callable[[Any, Any], Any]) -> Callable[[Made], float]:
    return lambda made: of(made.y, made.chosen)


def concordance(y: Any, p: Any) -> float:
    return float(2 * np.cov(y, p, bias=True)[0, 1] / (y.var() + p.var() + (y.mean() - p.mean()) ** 2))


def log_cosh(y: Any, p: Any) -> float:
    return float(np.log(np.cosh(p - y)).mean())


def huber(y: Any, p: Any) -> float:
    error = np.abs(p - y)
    return float(np.where(error <= 1, error**2 / 2, error - 0.5).mean())


def focal(made: Made) -> float:
    of_the_class = (made.columns * made.hot).sum(1)
    return float((0.25 * (1 - of_the_class) ** 2 * -np.log(of_the_class)).mean())


def binary_focal(made: Made) -> float:
    of_the_class = (made.columns * made.hot).sum(1)
    return float(((1 - of_the_class) ** 2 * -np.log(of_the_class)).mean())


def top_two(made: Made) -> float:
    return float(np.mean([label in row.argsort()[-2:] for label, row in zip(made.y, made.columns, strict=True)]))


PROBABILITIES = ("probabilities", "logits")
SCORED = ("logits", "scores")
ANY = ("probabilities", "logits", "scores")
NAMED = {"pearson": lambda y, p: np.corrcoef(y, p)[0, 1]}

BOTH: dict[str, tuple[Callable[[Made], float], tuple[str, ...]]] = {
    "MeanSquaredError": (numbers(sk.mean_squared_error), PROBABILITIES),
    "MeanAbsoluteError": (numbers(sk.mean_absolute_error), PROBABILITIES),
    "MeanSquaredLogarithmicError": (numbers(sk.mean_squared_log_error), PROBABILITIES),
    "RootMeanSquaredError": (lambda made: np.sqrt(((made.p - made.cells) ** 2).mean()), PROBABILITIES),
    "LogCoshError": (numbers(log_cosh), PROBABILITIES),
    "log_cosh": (numbers(log_cosh), PROBABILITIES),
    "huber": (numbers(huber), PROBABILITIES),
    "Poisson": (numbers(lambda y, p: (p - y * np.log(p)).mean()), PROBABILITIES),
    "R2Score": (numbers(sk.r2_score), PROBABILITIES),
    "PearsonCorrelation": (numbers(NAMED["pearson"]), PROBABILITIES),
    "ConcordanceCorrelation": (numbers(concordance), PROBABILITIES),
    "Precision": (cells(sk.precision_score), ANY),
    "Recall": (cells(sk.recall_score), ANY),
    "TruePositives": (cells(lambda y, p: (y * p).sum()), ANY),
    "TrueNegatives": (cells(lambda y, p: ((1 - y) * (1 - p)).sum()), ANY),
    "FalsePositives": (cells(lambda y, p: ((1 - y) * p).sum()), ANY),
    "FalseNegatives": (cells(lambda y, p: (y * (1 - p)).sum()), ANY),
    "CategoricalAccuracy": (chosen(sk.accuracy_score), ANY),
    "SparseCategoricalAccuracy": (chosen(sk.accuracy_score), ANY),
    "Accuracy": (chosen(sk.accuracy_score), ANY),
    "IoU": (
        lambda made: np.mean(sk.jaccard_score(made.y, made.chosen, labels=[0, 1], average=None)),
        ANY,
    ),
    "MeanIoU": (chosen(lambda y, p: sk.jaccard_score(y, p, average="macro")), ANY),
    "CategoricalCrossentropy": (lambda made: sk.log_loss(made.y, made.columns), PROBABILITIES),
    "SparseCategoricalCrossentropy": (lambda made: sk.log_loss(made.y, made.columns), PROBABILITIES),
    "KLDivergence": (lambda made: sk.log_loss(made.y, made.columns), PROBABILITIES),
    "categorical_focal_crossentropy": (focal, PROBABILITIES),
    **{
        name: (
            lambda made, name=name: made.keras(name, 1 / (1 + np.exp(-made.raw)) if made.kind == "scores" else None),
            ANY,
        )
        for name in ("PrecisionAtRecall", "RecallAtPrecision", "SensitivityAtSpecificity", "SpecificityAtSensitivity")
    },
}
BOTH["OneHotIoU"], BOTH["OneHotMeanIoU"] = BOTH["IoU"], BOTH["MeanIoU"]

BINARY = {
    "AUC": (lambda made: sk.roc_auc_score(made.y, made.p[:, 0]), ANY),
    "BinaryAccuracy": (chosen(sk.accuracy_score), ANY),
    "BinaryIoU": (chosen(lambda y, p: sk.jaccard_score(y, p, average="macro")), ANY),
    "F1Score": (chosen(sk.f1_score), ANY),
    "FBetaScore": (chosen(lambda y, p: sk.fbeta_score(y, p, beta=2)), ANY),
    "BinaryCrossentropy": (lambda made: sk.log_loss(made.y, made.columns), PROBABILITIES),
    "binary_focal_crossentropy": (binary_focal, PROBABILITIES),
    "Hinge": (lambda made: np.maximum(1 - (2 * made.y - 1) * made.raw[:, 0], 0).mean(), SCORED),
    "SquaredHinge": (lambda made: (np.maximum(1 - (2 * made.y - 1) * made.raw[:, 0], 0) ** 2).mean(), SCORED),
}
MULTICLASS = {
    "AUC": (lambda made: sk.roc_auc_score(made.hot.ravel(), made.ranked.ravel()), ANY),
    "F1Score": (chosen(lambda y, p: sk.f1_score(y, p, average="macro")), ANY),
    "FBetaScore": (chosen(lambda y, p: sk.fbeta_score(y, p, beta=2, average="macro")), ANY),
    "CosineSimilarity": (
        lambda made: ((made.p * made.hot).sum(1) / np.linalg.norm(made.p, axis=1)).mean(),
        PROBABILITIES,
    ),
    "TopKCategoricalAccuracy": (top_two, ANY),
    "SparseTopKCategoricalAccuracy": (top_two, ANY),
    "CategoricalHinge": (
        lambda made: np.maximum(((1 - made.hot) * made.raw).max(1) - (made.raw * made.hot).sum(1) + 1, 0).mean(),
        SCORED,
    ),
}

BETWEEN_THRESHOLDS = {"AUC": 5e-3}
"""How far a value may be off that Keras computes at 200 thresholds, where outputs lie closer together."""


def by_name(table: dict[str, Any]) -> dict[str, Any]:
    """Expectations of Keras's functions too, which are those of the classes."""
    return {squeezed(name): of for name, of in table.items()}


def squeezed(name: str) -> str:
    return name.replace("_", "").lower()


TABLES = {"binary": by_name({**BOTH, **BINARY}), "multiclass": by_name({**BOTH, **MULTICLASS})}

REGRESSION: dict[str, Callable[[Any, Any], float]] = by_name(
    {
        "MeanSquaredError": sk.mean_squared_error,
        "MeanAbsoluteError": sk.mean_absolute_error,
        "MeanAbsolutePercentageError": lambda y, p: 100 * sk.mean_absolute_percentage_error(y, p),
        "MeanSquaredLogarithmicError": sk.mean_squared_log_error,
        "RootMeanSquaredError": sk.root_mean_squared_error,
        "LogCoshError": log_cosh,
        "log_cosh": log_cosh,
        "huber": huber,
        "R2Score": sk.r2_score,
        "PearsonCorrelation": NAMED["pearson"],
        "ConcordanceCorrelation": concordance,
    }
)


def asked(name: str, task: str) -> dict[str, Any]:
    """A metric with the arguments that it needs."""
    more: dict[str, Any] = {}
    if "IoU" in name and name != "BinaryIoU":
        more["num_classes"] = 2 if task == "binary" else 4
    if squeezed(name) in ("topkcategoricalaccuracy", "sparsetopkcategoricalaccuracy"):
        more["k"] = 2
    return node(name, **more, name="it")


@pytest.mark.parametrize(("task", "kind"), [key for key in LOSSES if key[0] != "regression"])
def test_of_classes_each_metric_of_keras_is_that_of_its_definition_or_is_refused(task: str, kind: str) -> None:
    right = {name: TABLES[task].get(squeezed(name)) for name in EXPORTED}
    fits = [name for name in EXPORTED if (found := right[name]) and kind in found[1]]
    found = measured(task, kind, [{**asked(name, task), "name": f"m {name}"} for name in fits])
    for name in fits:
        expected = right[name][0](Made(task, kind))  # type: ignore[index]  # it is there
        assert found[f"m {name}"] == pytest.approx(expected, rel=2e-5, abs=BETWEEN_THRESHOLDS.get(name, 1e-6)), name
    for name in set(EXPORTED) - set(fits):
        with pytest.raises(ConfigError, match=r"^metrics=\[it\]: .+; "):
            measured(task, kind, [asked(name, task)])


def test_of_a_regression_each_metric_is_in_the_units_of_the_target_and_of_each_column_or_is_refused() -> None:
    fits = [name for name in EXPORTED if squeezed(name) in REGRESSION]
    found = measured("regression", "numbers", [{**asked(name, "regression"), "name": f"m {name}"} for name in fits])
    for name in fits:
        of = REGRESSION[squeezed(name)]
        each = [of(AMOUNTS[:, k], GUESSES[:, k]) for k in range(2)]
        expected = np.sqrt(np.mean(np.square(each))) if name == "RootMeanSquaredError" else np.mean(each)
        assert found[f"m {name}"] == pytest.approx(expected, rel=1e-5), name
        assert [found[f"m {name}_{k}"] for k in range(2)] == pytest.approx(each, rel=1e-5), name
    directions = (AMOUNTS * GUESSES).sum(1) / np.linalg.norm(AMOUNTS, axis=1) / np.linalg.norm(GUESSES, axis=1)
    assert measured("regression", "numbers", ["CosineSimilarity"]) == pytest.approx(
        {"CosineSimilarity": directions.mean()}, rel=1e-6
    )
    for name in set(EXPORTED) - set(fits) - {"CosineSimilarity"}:
        with pytest.raises(ConfigError, match=r"^metrics=\[it\]: .+; "):
            measured("regression", "numbers", [asked(name, "regression")])


def test_a_target_of_one_column_has_one_value_a_metric() -> None:
    assert list(measured("regression", "numbers", ["mae", "R2Score"], columns=1)) == ["mae", "R2Score"]
    with pytest.raises(ConfigError, match="compares directions of several columns"):
        measured("regression", "numbers", ["CosineSimilarity"], columns=1)


@pytest.mark.parametrize(
    ("kind", "metric", "remedy"),
    [
        ("logits", {"_target_": "keras.metrics.BinaryAccuracy", "threshold": 0.0}, "leave it out for a logit above 0"),
        ("logits", {"_target_": "keras.metrics.Precision", "thresholds": 0}, "leave it out for a logit above 0"),
        ("logits", {"_target_": "keras.metrics.Recall", "thresholds": [0.0]}, "leave it out for a logit above 0"),
        (
            "logits",
            {"_target_": "keras.metrics.BinaryAccuracy", "threshold": -1.0},
            "write 0.268941 for a logit above -1",
        ),
        (
            "probabilities",
            {"_target_": "keras.metrics.BinaryAccuracy", "threshold": 0.0},
            "write a number between 0 and 1",
        ),
    ],
)
def test_a_threshold_that_no_probability_is_beside_is_one_line(kind: str, metric: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ConfigError, match=rf"threshold.*is compared with probabilities, .*; {remedy}"):
        measured("binary", kind, [{**metric, "name": "it"}])


def test_a_threshold_of_probabilities_holds_for_logits() -> None:
    metric = {"_target_": "keras.metrics.BinaryAccuracy", "threshold": 0.3, "name": "it"}
    right = np.mean((outputs_of("binary", "probabilities")[:, 0] > 0.3) == LABELS["binary"])
    assert measured("binary", "logits", [metric])["it"] == pytest.approx(right)
