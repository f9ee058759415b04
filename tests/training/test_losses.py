"""Every loss of Keras's, for every task: the last activation and the threshold follow it, or it is refused.

Nothing is trained: the gradient at made outputs says which way a loss pulls them, and accuracy what is made of that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.specs import spec
from xor_sweep.calls import Call
from xor_sweep.config import schema
from xor_sweep.data import Dataset, dataset, give
from xor_sweep.errors import ConfigError
from xor_sweep.fit import check_fit
from xor_sweep.loss_facts import loss_facts
from xor_sweep.outputs import Outputs, ends_in, misfit, outputs_of
from xor_sweep.shapes import shape_of
from xor_sweep.structure import NetworkFacts, Structure, structure_of
from xor_sweep.training.keep import facts_beside
from xor_sweep.training.scores import Scores, loss_of, outputs_with

LOSSES = sorted(set(dir(keras.losses)) - {"Loss", "get", "deserialize", "serialize"})
LOSSES = [name for name in LOSSES if not name.startswith("_")]
TASKS = ("binary", "multiclass", "regression")

SIGMOID, SOFTMAX = {"binary": "sigmoid"}, {"multiclass": "softmax"}
CLASSES, LINEAR = SIGMOID | SOFTMAX, {"regression": "linear"}
ENDS: dict[str, dict[str, str]] = {
    "binarycrossentropy": SIGMOID,
    "binaryfocalcrossentropy": SIGMOID,
    "categoricalcrossentropy": SOFTMAX,
    "categoricalfocalcrossentropy": SOFTMAX,
    "categoricalgeneralizedcrossentropy": SOFTMAX,
    "sparsecategoricalcrossentropy": SOFTMAX,
    "kldivergence": SOFTMAX,
    "hinge": {"binary": "linear"},
    "squaredhinge": {"binary": "linear"},
    "categoricalhinge": {"multiclass": "linear"},
    "dice": CLASSES,
    "tversky": CLASSES,
    "meansquarederror": CLASSES | LINEAR,
    "meanabsoluteerror": CLASSES | LINEAR,
    "huber": CLASSES | LINEAR,
    "logcosh": CLASSES | LINEAR,
    "meansquaredlogarithmicerror": CLASSES | LINEAR,
    "meanabsolutepercentageerror": LINEAR,
    "poisson": CLASSES | {"regression": "exponential"},
    "cosinesimilarity": SOFTMAX | LINEAR,
    "circle": {},
    "ctc": {},
}
RAW_TARGET = ("meansquaredlogarithmicerror", "meanabsolutepercentageerror", "poisson")

Y = {
    "binary": np.arange(12) % 2,
    "multiclass": np.arange(12) % 3,
    "regression": np.random.default_rng(0).gamma(3, 2, (12, 2)) + 0.5,
}


def squeezed(name: str) -> str:
    return name.replace("_", "").lower()


def node(name: str, **arguments: Any) -> dict[str, Any]:
    needed = {"q": 0.5} if squeezed(name) == "categoricalgeneralizedcrossentropy" else {}
    return {"_target_": f"keras.losses.{name}", **needed, **arguments}


def made(
    task: str, loss: Any, standardize_target: bool = True, y: Any = None, last: str | None = None
) -> tuple[Structure, Dataset]:
    """The structure and the data of a run that fits, or a ConfigError."""
    sha256 = give(np.ones((12, 1), np.float32), Y[task] if y is None else y)
    keys = {"sha256": sha256, "task": task, "validation_fraction": 0.0, "standardize_target": standardize_target}
    values = {"network.output_activation": last, **{f"data.{key}": value for key, value in keys.items()}}
    run = spec({"data": "arrays", "batch_size": None, "loss": loss, **values})
    data = dataset(run.data)
    check_fit(run, data)
    return structure_of(run, shape_of(data)), data


def pulled(structure: Structure, targets: Any, raw: Any) -> Any:
    """Which way a loss pulls the last layer before its activation."""
    with tf.GradientTape() as tape:
        values = tf.constant(raw, tf.float32)
        tape.watch(values)
        outputs = keras.activations.get(ends_in(structure))(values)
        cost = tf.reduce_mean(Scores(structure).costs(tf.constant(targets), outputs))
    assert np.isfinite(cost.numpy())
    return -np.asarray(tape.gradient(cost, values))


def accuracy(structure: Structure, targets: Any, raw: Any) -> float:
    outputs = keras.activations.get(ends_in(structure))(tf.constant(raw, tf.float32))
    return float(Scores(structure).of_a_part(tf.constant(targets), outputs, tf.zeros([len(targets)]))[1])


def check(structure: Structure, data: Dataset) -> None:
    """A loss pulls each output to its target, and what is pulled there is right."""
    targets, task = data.train.y, structure.data.task
    if task == "binary":
        side = 2 * targets - 1
        assert (pulled(structure, targets, 0 * side) * side > 0).all()
        assert accuracy(structure, targets, 2 * side) == 1
        assert accuracy(structure, targets, -2 * side) == 0
        assert accuracy(structure, targets, np.full_like(side, -0.1)) == 0.5
    elif task == "multiclass":
        hot = np.eye(3)[targets[:, 0]]
        assert (pulled(structure, targets, 0 * hot).argmax(1) == targets[:, 0]).all()
        assert accuracy(structure, targets, 2 * hot) == 1
        assert accuracy(structure, targets, -2 * hot) == 0
    else:
        right = np.log(targets) if ends_in(structure) == "exponential" else targets
        off = np.where(np.arange(24).reshape(12, 2) % 3 == 0, 0.3, -0.3)
        assert ((pulled(structure, targets, right + off) * off).sum(1) < 0).all()


@pytest.mark.parametrize("task", TASKS)
def test_each_loss_pulls_outputs_to_their_targets_and_predictions_follow_or_it_is_refused(task: str) -> None:
    for name in LOSSES:
        raw = task == "regression" and squeezed(name) in RAW_TARGET
        end = ENDS[squeezed(name)].get(task)
        if end is None:
            with pytest.raises(ConfigError, match=rf"^loss=.*{name}.*: .+; write "):
                made(task, node(name))
            continue
        if raw:
            with pytest.raises(ConfigError, match=r"; write data\.standardize_target=false, or loss="):
                made(task, node(name))
        structure, data = made(task, node(name), standardize_target=not raw)
        assert ends_in(structure) == end, name
        check(structure, data)


def test_names_mean_what_classes_mean_in_every_spelling() -> None:
    for name in schema.LOSSES:
        found = loss_facts(name, "binary")
        plain = keras.losses.get(name)
        known = found is not None and squeezed(found.name)
        assert known == squeezed(getattr(plain, "__name__", type(plain).__name__)), name


LOGITS = (
    ("binary", "BinaryCrossentropy", "sigmoid"),
    ("binary", "BinaryFocalCrossentropy", "sigmoid"),
    ("multiclass", "CategoricalCrossentropy", "softmax"),
    ("multiclass", "CategoricalFocalCrossentropy", "softmax"),
    ("multiclass", "SparseCategoricalCrossentropy", "softmax"),
    ("multiclass", "BinaryCrossentropy", "sigmoid"),
)


@pytest.mark.parametrize(("task", "name", "link"), LOGITS)
def test_a_loss_of_logits_gets_logits_and_predictions_are_their_probabilities(task: str, name: str, link: str) -> None:
    structure, data = made(task, node(name, from_logits=True))
    assert ends_in(structure) == "linear"
    check(structure, data)
    assert outputs_with(structure, loss_of(structure)).link == link
    assert facts_of(structure, data) == (True, 0.5)


def facts_of(structure: Structure, data: Dataset) -> tuple[bool, float]:
    facts = facts_beside(structure, data.preprocessing)
    return facts.probabilities, facts.threshold


KEPT: list[tuple[str, Any, str | None, bool, float]] = [
    ("binary", None, None, True, 0.5),
    ("binary", "hinge", None, False, 0.0),
    ("binary", "squared_hinge", "tanh", False, 0.0),
    ("binary", "mse", None, True, 0.5),
    ("binary", "mse", "tanh", False, 0.5),
    ("binary", "mse", "linear", False, 0.5),
    ("multiclass", "categorical_hinge", None, False, 0.0),
    ("multiclass", "binary_crossentropy", "sigmoid", True, 0.5),
    ("regression", None, None, False, 0.5),
]


@pytest.mark.parametrize(("task", "loss", "last", "probabilities", "threshold"), KEPT)
def test_a_kept_model_predicts_at_the_threshold_of_its_loss(
    task: str, loss: Any, last: str | None, probabilities: bool, threshold: float
) -> None:
    structure, data = made(task, loss, last=last)
    assert facts_of(structure, data) == (probabilities, threshold)
    if task == "binary":
        outputs = tf.constant(np.where(data.train.y > 0.5, threshold + 0.01, threshold - 0.01), tf.float32)
        assert Scores(structure).of_a_part(tf.constant(data.train.y), outputs, tf.zeros([12]))[1] == 1


MISFITS: list[tuple[str, Any, str | None, str]] = [
    ("binary", None, "linear", "binary_crossentropy takes probabilities, and its outputs are no probabilities"),
    ("binary", None, "tanh", "its outputs are no probabilities"),
    ("binary", None, "relu", "its outputs are no probabilities"),
    ("binary", None, "softmax", "a softmax of one unit is always 1"),
    ("binary", "mse", "softmax", "a softmax of one unit is always 1"),
    ("binary", "hinge", "sigmoid", "sigmoid is never below 0, and hinge separates two classes at 0"),
    ("binary", "squared_hinge", "relu", "relu is never below 0"),
    ("binary", "poisson", "tanh", "its outputs fall below 0, and poisson takes their logarithm"),
    ("binary", {"_target_": "keras.losses.BinaryCrossentropy", "from_logits": True}, "sigmoid", "takes logits"),
    ("binary", {"_target_": "keras.losses.BinaryCrossentropy", "from_logits": True}, "softplus", "never below 0"),
    ("multiclass", None, "sigmoid", "the outputs of a point do not sum to 1"),
    ("multiclass", "kld", "linear", "its outputs are no probabilities"),
    ("multiclass", "bce", "softmax", "under a softmax, binary_crossentropy is that of other probabilities"),
    (
        "regression",
        None,
        "sigmoid",
        "sigmoid is never below 0, and a standardised target has values on both sides of 0",
    ),
    ("regression", "mae", "log_sigmoid", "log_sigmoid is never above 0"),
]


@pytest.mark.parametrize(("task", "loss", "last", "what"), MISFITS)
def test_an_activation_that_the_loss_does_not_take_is_one_line(task: str, loss: Any, last: str, what: str) -> None:
    with pytest.raises(ConfigError) as refused:
        made(task, loss, last=last)
    assert str(refused.value).startswith(f"network.output_activation={last}: ")
    assert what in str(refused.value)
    assert "; leave it out" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_binary_crossentropy_of_several_classes_asks_for_sigmoids() -> None:
    with pytest.raises(ConfigError, match=r"^loss=bce: .*; write network.output_activation=sigmoid, or .*loss=categ"):
        made("multiclass", "bce")
    structure, data = made("multiclass", "bce", last="sigmoid")
    check(structure, data)


@pytest.mark.parametrize("name", ["binary_crossentropy", "binary_focal_crossentropy"])
def test_the_line_about_logits_names_the_loss_itself(name: str) -> None:
    kind = "BinaryFocalCrossentropy" if "focal" in name else "BinaryCrossentropy"
    found = misfit("linear", loss_facts(name, "binary"), "binary", 1, standardized=False)
    assert found is not None
    assert f"keras.losses.{kind}, from_logits: true" in found.remedy


def test_a_target_that_a_loss_cannot_take_is_one_line() -> None:
    amounts = Y["regression"]
    for loss in ("poisson", "msle"):
        with pytest.raises(ConfigError, match=rf"^loss={loss}: takes a target from 0 on, and that of arrays goes"):
            made("regression", loss, standardize_target=False, y=amounts - 3)
    with pytest.raises(ConfigError, match=r"^loss=mape: divides by the target of arrays, which is 0 in some rows"):
        made("regression", "mape", standardize_target=False, y=np.where(amounts > 8, 0, amounts))
    small = np.concatenate([amounts[:, :1] * 1e5, np.abs(amounts[:, :1]) * 1e-4 + 1e-5], 1)
    made("regression", "mape", standardize_target=False, y=small)  # beside another column's numbers it is near 0
    with pytest.raises(ConfigError, match="compares directions of several columns, and arrays has one"):
        made("regression", "cosine_similarity", y=amounts[:, :1])


def test_under_a_loss_of_the_users_outputs_are_what_they_were() -> None:
    own = Call("mine.loss")
    structure, _ = made("binary", None)
    under = replace(structure, loss=own)
    assert (ends_in(under), outputs_of(under).threshold) == ("sigmoid", 0.5)
    assert outputs_of(under, logits=True).threshold == 0
    custom = replace(under, network=Call("mine.build"), facts=NetworkFacts((), 1, None, ""))
    assert outputs_of(custom) == Outputs(None, 0.5)
