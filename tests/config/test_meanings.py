"""What a run means otherwise than in releases up to 0.2.0 is part of its identity, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.specs import spec
from xor_sweep.config import canonical, identity

BINARY = {"data": "sklearn", "data.name": "breast_cancer"}
CLASSES = {"data": "sklearn", "data.name": "wine"}
NUMBER = {"data": "sklearn", "data.name": "diabetes"}
RAW = {**NUMBER, "data.standardize": False}
LOGITS = {"_target_": "keras.losses.BinaryCrossentropy", "from_logits": True}
LAST = "network.output_activation"

ENDS: list[tuple[dict[str, Any], str | None]] = [
    (BINARY, None),
    ({**BINARY, "loss": "binary_crossentropy"}, None),
    ({**BINARY, "loss": "mse"}, None),
    ({**BINARY, "loss": "hinge"}, "linear"),
    ({"loss": "squared_hinge"}, "linear"),
    ({**BINARY, "loss": LOGITS}, "linear"),
    ({**BINARY, "loss": {**LOGITS, "from_logits": False}}, None),
    ({**CLASSES, "loss": "categorical_hinge"}, "linear"),
    ({**CLASSES, "loss": "kld"}, None),
    ({**RAW, "loss": "poisson"}, "exponential"),
    ({**RAW, "loss": "poisson", "data.task": "multiclass"}, None),
    ({**NUMBER, "loss": "poisson"}, None),
    ({**NUMBER, "loss": "mae"}, None),
]


@pytest.mark.parametrize(("values", "last"), ENDS)
def test_a_last_activation_that_is_another_is_part_of_the_identity(values: dict[str, Any], last: str | None) -> None:
    assert canonical(spec(values)).get(LAST) == last
    if last:
        assert identity(spec({**values, LAST: last})) == identity(spec(values))  # which was that run before


def test_a_threshold_that_is_another_is_part_of_the_identity() -> None:
    assert canonical(spec({**BINARY, "loss": "mse", LAST: "tanh"}))["threshold"] == 0.5
    for values in ({"loss": "hinge", LAST: "tanh"}, {"loss": "mse"}, {"loss": "mse", LAST: "relu"}, {LAST: "tanh"}):
        assert "threshold" not in canonical(spec({**BINARY, **values}))


METRICS: list[tuple[dict[str, Any], list[Any], bool]] = [
    (BINARY, ["AUC"], False),
    (BINARY, ["accuracy", "Precision"], False),
    (BINARY, ["F1Score"], True),
    ({**BINARY, "data.task": "multiclass"}, ["F1Score"], False),
    (BINARY, ["CategoricalAccuracy"], True),
    (NUMBER, ["mae"], True),
    (RAW, ["mae"], False),
    (RAW, ["PearsonCorrelation"], True),
    ({**NUMBER, "data.task": "binary"}, ["mae"], False),
    ({}, ["mae"], False),
    ({**BINARY, "loss": "hinge"}, ["AUC"], True),
    ({**BINARY, "loss": "hinge"}, ["accuracy"], False),
    (NUMBER, [{"_target_": "tests.config.own.build"}], True),
    (RAW, [{"_target_": "tests.config.own.build"}], False),
]


@pytest.mark.parametrize(("values", "metrics", "marked"), METRICS)
def test_a_metric_that_has_another_value_is_part_of_the_identity(
    values: dict[str, Any], metrics: list[Any], marked: bool
) -> None:
    held = canonical(spec({**values, "metrics": metrics, "trusted_modules": ["tests"]}))["metrics"]
    assert len(held) == len(metrics)
    assert any(isinstance(item, dict) and item.get("form") == 2 for item in held) == marked
    if not marked and isinstance(metrics[0], str):
        assert held == tuple(metrics)
