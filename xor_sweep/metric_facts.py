"""What each of Keras's metrics reads: which tasks it fits, and in which form it takes targets and outputs. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from xor_sweep.calls import Call, short_name
from xor_sweep.loss_facts import SHORT, keras_name, squeezed


class Reads(StrEnum):
    """The form in which a metric takes targets and outputs."""

    NUMBERS = "numbers"  # each column by itself; a regression's in the units of the target
    DIRECTIONS = "directions"  # the columns of a point together
    CELLS = "cells"  # each output against a threshold
    RANKS = "ranks"  # each output against many thresholds
    F_SCORE = "f_score"
    CLASSES = "classes"  # an output a class, targets one-hot
    INDICES = "indices"  # an output a class, targets as class indices
    BINARY = "binary"  # a probability of each class by itself
    SCORES = "scores"  # of both signs
    OVERLAP = "overlap"  # a confusion matrix
    ACCURACY = "accuracy"  # of the task


@dataclass(frozen=True, slots=True)
class MetricFacts:
    """What a metric of Keras's takes.

    Attributes:
        name: in snake case.
        reads: the form of targets and outputs.
        tasks: those that it fits.
        probabilities: whether it takes probabilities, or logits if it is told so.
        across: whether Keras computes it along the columns of a point unless it is told the axis of points.
    """

    name: str
    reads: Reads
    tasks: tuple[str, ...]
    probabilities: bool = False
    across: bool = False


CLASSES = ("binary", "multiclass")
ALL = (*CLASSES, "regression")

KNOWN = (
    *(
        MetricFacts(name, Reads.NUMBERS, ALL)
        for name in (
            "huber",
            "log_cosh",
            "log_cosh_error",
            "mean_absolute_error",
            "mean_squared_error",
            "mean_squared_logarithmic_error",
            "poisson",
            "r2_score",
            "root_mean_squared_error",
        )
    ),
    MetricFacts("mean_absolute_percentage_error", Reads.NUMBERS, ("regression",)),
    MetricFacts("pearson_correlation", Reads.NUMBERS, ALL, across=True),
    MetricFacts("concordance_correlation", Reads.NUMBERS, ALL, across=True),
    MetricFacts("cosine_similarity", Reads.DIRECTIONS, ("multiclass", "regression")),
    *(
        MetricFacts(name, Reads.CELLS, CLASSES)
        for name in ("false_negatives", "false_positives", "precision", "recall", "true_negatives", "true_positives")
    ),
    MetricFacts("binary_accuracy", Reads.CELLS, ("binary",)),
    MetricFacts("binary_io_u", Reads.CELLS, ("binary",)),
    *(
        MetricFacts(name, Reads.RANKS, CLASSES)
        for name in (
            "auc",
            "precision_at_recall",
            "recall_at_precision",
            "sensitivity_at_specificity",
            "specificity_at_sensitivity",
        )
    ),
    MetricFacts("f1_score", Reads.F_SCORE, CLASSES),
    MetricFacts("f_beta_score", Reads.F_SCORE, CLASSES),
    MetricFacts("categorical_accuracy", Reads.CLASSES, CLASSES),
    MetricFacts("sparse_categorical_accuracy", Reads.INDICES, CLASSES),
    MetricFacts("top_k_categorical_accuracy", Reads.CLASSES, CLASSES),
    MetricFacts("sparse_top_k_categorical_accuracy", Reads.INDICES, CLASSES),
    MetricFacts("categorical_crossentropy", Reads.CLASSES, CLASSES, probabilities=True),
    MetricFacts("categorical_focal_crossentropy", Reads.CLASSES, CLASSES, probabilities=True),
    MetricFacts("sparse_categorical_crossentropy", Reads.INDICES, CLASSES, probabilities=True),
    MetricFacts("kl_divergence", Reads.CLASSES, CLASSES, probabilities=True),
    MetricFacts("binary_crossentropy", Reads.BINARY, CLASSES, probabilities=True),
    MetricFacts("binary_focal_crossentropy", Reads.BINARY, CLASSES, probabilities=True),
    MetricFacts("hinge", Reads.SCORES, ("binary",)),
    MetricFacts("squared_hinge", Reads.SCORES, ("binary",)),
    MetricFacts("categorical_hinge", Reads.SCORES, ("multiclass",)),
    *(MetricFacts(name, Reads.OVERLAP, CLASSES) for name in ("io_u", "mean_io_u", "one_hot_io_u", "one_hot_mean_io_u")),
    MetricFacts("accuracy", Reads.ACCURACY, CLASSES),
    # Of values, not of targets and predictions; and what others are made of.
    *(MetricFacts(name, Reads.NUMBERS, ()) for name in ("mean", "mean_metric_wrapper", "metric", "sum")),
)

_BY_NAME = {squeezed(each.name): each for each in KNOWN}
_BY_NAME |= {short: _BY_NAME[squeezed(name)] for short, name in SHORT.items()}


def metric_facts(asked: str | Call) -> MetricFacts | None:
    """What a metric takes; None for one that is not Keras's."""
    name = keras_name(asked)
    return None if name is None else _BY_NAME.get(squeezed(name))


def arguments_of(asked: str | Call) -> dict[str, Any]:
    """The arguments that a metric is asked for with, those that are null left out."""
    if isinstance(asked, str):
        return {}
    return {name: value for name, value in asked.arguments if value is not None}


TAKEN = frozenset(
    [
        "accuracy",
        "batch_order",
        "best_cost",
        "cost",
        "cpu",
        "final_accuracy",
        "final_cost",
        "format",
        "hypothesis",
        "identity",
        "kept_at",
        "keras",
        "numpy",
        "overrides",
        "platform",
        "python",
        "rank",
        "reason",
        "run",
        "started_at",
        "status",
        "stopped_at",
        "tensorflow",
        "train_accuracy",
        "train_cost",
        "wall_s",
        "program_s",
        "xor_sweep",
        "batch_size",
        "class_weight",
        "data",
        "early_stopping",
        "epochs",
        "loss",
        "lr",
        "metrics",
        "network",
        "optimizer",
        "schedule",
        "seed",
        "steps",
    ]
)
"""Names of tags and of columns of a summary; what stands before a dot too, as in `data.seed`."""

NAME = re.compile(r"\w([\w .()@%+-]{0,58}[\w)%+])?")
"""A name that a metric may have: it is part of a tag, of a column and of what a terminal shows."""


def metric_name(asked: str | Call) -> str:
    """The name that a metric is logged under: its argument `name`, or else that of its class or function."""
    return str(arguments_of(asked).get("name", short_name(asked)))
