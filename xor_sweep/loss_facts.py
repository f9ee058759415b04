"""What each of Keras's losses takes: which tasks, which outputs of a network, which targets. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from xor_sweep.calls import Call


class Kind(StrEnum):
    """What the outputs of a network are taken for."""

    PROBABILITIES = "probabilities"  # each from 0 to 1
    SHARES = "shares"  # probabilities that sum to 1 for each point
    LOGITS = "logits"
    SCORES = "scores"  # of both signs; 0 separates two classes
    POSITIVE = "positive"
    NUMBERS = "numbers"


@dataclass(frozen=True, slots=True)
class LossFacts:
    """What a loss of Keras's takes.

    Attributes:
        name: in snake case, as Keras calls its function.
        takes: what it takes outputs for.
        ends: by task, the activation of the last layer of a chain under it. The loss does not fit other tasks.
        raw_target: whether it needs a regression's target in its own units, and not standardised.
        directions: whether it compares directions, so that one column says nothing.
        indices: whether it takes class indices, and not one-hot targets.
        nats: whether it is measured in nats.
    """

    name: str
    takes: Kind
    ends: Mapping[str, str]
    raw_target: bool = False
    directions: bool = False
    indices: bool = False
    nats: bool = False


OF_A_TASK = {
    "binary": "binary_crossentropy",
    "multiclass": "sparse_categorical_crossentropy",
    "regression": "mean_squared_error",
}
"""The loss of a run that names none."""

LAST = {"binary": "sigmoid", "multiclass": "softmax", "regression": "linear"}
"""The last activation of a chain under a loss that is not Keras's."""

BINARY, CLASSES = {"binary": "sigmoid"}, {"multiclass": "softmax"}
BOTH = BINARY | CLASSES
ALL = BOTH | {"regression": "linear"}

KNOWN = (
    # Under a softmax Keras's binary crossentropies use its logits as those of sigmoids; `outputs.misfit` refuses that.
    LossFacts("binary_crossentropy", Kind.PROBABILITIES, BOTH, nats=True),
    LossFacts("binary_focal_crossentropy", Kind.PROBABILITIES, BOTH),
    LossFacts("categorical_crossentropy", Kind.SHARES, CLASSES, nats=True),
    LossFacts("categorical_focal_crossentropy", Kind.SHARES, CLASSES),
    LossFacts("categorical_generalized_cross_entropy", Kind.SHARES, CLASSES, indices=True),
    LossFacts("sparse_categorical_crossentropy", Kind.SHARES, CLASSES, indices=True, nats=True),
    LossFacts("kl_divergence", Kind.SHARES, CLASSES, nats=True),
    LossFacts("hinge", Kind.SCORES, {"binary": "linear"}),
    LossFacts("squared_hinge", Kind.SCORES, {"binary": "linear"}),
    LossFacts("categorical_hinge", Kind.SCORES, {"multiclass": "linear"}),
    LossFacts("dice", Kind.PROBABILITIES, BOTH),
    LossFacts("tversky", Kind.PROBABILITIES, BOTH),
    LossFacts("poisson", Kind.POSITIVE, BOTH | {"regression": "exponential"}, raw_target=True),
    LossFacts("mean_squared_error", Kind.NUMBERS, ALL),
    LossFacts("mean_absolute_error", Kind.NUMBERS, ALL),
    LossFacts("huber", Kind.NUMBERS, ALL),
    LossFacts("log_cosh", Kind.NUMBERS, ALL),
    LossFacts("mean_squared_logarithmic_error", Kind.NUMBERS, ALL, raw_target=True),
    LossFacts("mean_absolute_percentage_error", Kind.NUMBERS, {"regression": "linear"}, raw_target=True),
    LossFacts("cosine_similarity", Kind.NUMBERS, CLASSES | {"regression": "linear"}, directions=True),
    LossFacts("circle", Kind.NUMBERS, {}),  # of embeddings, which are no predictions
    LossFacts("ctc", Kind.LOGITS, {}),  # of sequences
)

SHORT = {
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "logcosh": "log_cosh",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "mse": "mean_squared_error",
    "msle": "mean_squared_logarithmic_error",
}
"""Keras's short names."""


def squeezed(name: str) -> str:
    """A name of Keras's without what tells its spellings apart: `KLDivergence` and `kl_divergence` are one."""
    return name.replace("_", "").lower()


_BY_NAME = {squeezed(each.name): each for each in KNOWN}
_BY_NAME |= {short: _BY_NAME[squeezed(name)] for short, name in SHORT.items()}


def keras_name(asked: str | Call) -> str | None:
    """The name of what is asked for in Keras; None for a function that is not Keras's."""
    if isinstance(asked, str):
        return asked
    return asked.target.rpartition(".")[2] if asked.target.startswith("keras.") else None


def from_logits(asked: str | Call | None) -> bool:
    """Whether a loss or a metric is told that outputs are logits."""
    return isinstance(asked, Call) and dict(asked.arguments).get("from_logits") is True


def loss_facts(loss: str | Call | None, task: str) -> LossFacts | None:
    """What a run's loss takes; None for one that is not Keras's.

    Args:
        loss: as in the spec.
        task: the data's, whose own loss stands for None.
    """
    name = OF_A_TASK[task] if loss is None else keras_name(loss)
    found = None if name is None else _BY_NAME.get(squeezed(name))
    if found is None or not from_logits(loss):
        return found
    return replace(found, takes=Kind.LOGITS, ends=dict.fromkeys(found.ends, "linear"))
