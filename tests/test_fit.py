"""What does not fit together is refused in a line that names the key and what to write, before anything trains."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine import ENGINE
from tests.specs import spec
from xor_sweep.errors import ConfigError
from xor_sweep.prepare import prepare

REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a batch larger than the training part": (
        "diabetes",
        {"batch_size": 400},
        "batch_size=400: the training part of diabetes has 354 points; "
        "write batch_size=354 or less, or batch_size=null for all of them",
    ),
    "a batch larger than what folds leave": (
        "wine",
        {"batch_size": 100, "data.folds": 2, "data.fold": 0},
        "batch_size=100: the training part of wine has 89 points; "
        "write batch_size=89 or less, or batch_size=null for all of them",
    ),
    "stopping at an accuracy that a regression has not": (
        "diabetes",
        {"early_stopping.patience": 3, "early_stopping.metric": "accuracy"},
        "early_stopping.metric=accuracy: diabetes is a regression, which has none; write cost",
    ),
    "balanced classes of a regression": (
        "diabetes",
        {"class_weight": "balanced"},
        "class_weight=balanced: diabetes is a regression without classes; leave it out",
    ),
    "weights of a regression's classes": (
        "diabetes",
        {"class_weight": [1.0, 2.0]},
        "class_weight=[1,2]: diabetes is a regression without classes; leave it out",
    ),
    "too few weights of classes": (
        "wine",
        {"class_weight": [1.0, 2.0]},
        "class_weight=[1,2]: wine has 3 classes, [0,1,2]; give a weight for each, in this order",
    ),
    "output units that are not the classes": (
        "wine",
        {"network.output_units": 2},
        "network.output_units=2: wine needs 3 (multiclass); leave it out",
    ),
    "a crossentropy of a regression": (
        "diabetes",
        {"loss": "binary_crossentropy"},
        "loss=binary_crossentropy: does not fit diabetes, whose target is a number; "
        "write loss=mean_squared_error, or leave it out",
    ),
    "a loss of many classes for two": (
        "breast_cancer",
        {"loss": "SparseCategoricalCrossentropy"},
        "loss=SparseCategoricalCrossentropy: does not fit breast_cancer, whose target is one of 2 classes; "
        "write loss=binary_crossentropy, or leave it out",
    ),
    "a loss of two classes for three": (
        "wine",
        {"loss": "hinge"},
        "loss=hinge: does not fit wine, whose target is one of 3 classes; "
        "write loss=sparse_categorical_crossentropy, or leave it out",
    ),
}

FITS: dict[str, tuple[str, dict[str, Any]]] = {
    "a batch of all points": ("diabetes", {"batch_size": 354}),
    "the whole part": ("diabetes", {"batch_size": None}),
    "a regression's loss in short": ("diabetes", {"loss": "mae"}),
    "a class of Keras's": ("diabetes", {"loss": "MeanSquaredError"}),
    "a regression's loss of two classes": ("breast_cancer", {"loss": "mse"}),
    "weights of two classes": ("breast_cancer", {"class_weight": [1.0, 2.0]}),
    "balanced classes": ("wine", {"class_weight": "balanced"}),
    "the units that are needed": ("wine", {"network.output_units": 3}),
    "the other crossentropy": ("wine", {"loss": "categorical_crossentropy"}),
}


def bundled(name: str, values: dict[str, Any]) -> Any:
    return spec({"data": "sklearn", "data.name": name, **values})


@pytest.mark.parametrize(("name", "values", "line"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused(name: str, values: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError) as refused:
        prepare([bundled(name, {}), bundled(name, values)], ENGINE)
    assert str(refused.value) == line


@pytest.mark.parametrize(("name", "values"), FITS.values(), ids=FITS)
def test_what_fits_is_prepared(name: str, values: dict[str, Any]) -> None:
    run = bundled(name, values)
    prepared = prepare([run], ENGINE)
    assert list(prepared.structures) == [run]
    assert prepared.unbuilt == {}
