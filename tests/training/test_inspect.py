"""What is found out about a person's own network before anything is trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tests.data.made import npz
from tests.specs import spec
from xor_sweep.config.spec import Call, DataSpec, RunSpec, TrainingSpec
from xor_sweep.data import dataset
from xor_sweep.errors import ConfigError
from xor_sweep.shapes import extremes, shape_of
from xor_sweep.structure import NetworkFacts
from xor_sweep.training.inspect import inspect

BINARY = DataSpec("sklearn", "breast_cancer")
CLASSES = DataSpec("sklearn", "digits")
NUMBER = DataSpec("sklearn", "diabetes")


def run_of(name: str, data: DataSpec = BINARY, loss: Any = None, metrics: Any = (), **arguments: Any) -> RunSpec:
    call = Call(f"tests.models.networks.{name}", tuple(arguments.items()))
    training = TrainingSpec(None, 2, 32, loss=loss, metrics=metrics)
    return RunSpec(call, spec().optimizer, None, data, training, seed=1)


def facts_of(name: str, data: DataSpec = BINARY, loss: Any = None, metrics: Any = (), **arguments: Any) -> NetworkFacts:
    made = dataset(data)
    shape = shape_of(made)
    return inspect(run_of(name, data, loss, metrics, **arguments), shape, extremes(made) if shape.whole else None)


def test_a_network_of_dense_layers_trains_as_lanes_and_its_weights_are_named_by_their_layers() -> None:
    facts = facts_of("functional", units=100)
    assert facts.alone_because is None
    assert facts.weights == (
        ("dense/kernel", 3000),
        ("dense/bias", 100),
        ("dense_1/kernel", 100),
        ("dense_1/bias", 1),
    )
    assert facts.widest == 100


def test_the_names_are_the_same_however_many_networks_were_built_before() -> None:
    tags = [tuple(tag for tag, _ in facts_of("functional", units=units).weights) for units in (3, 4, 5)]
    assert len(set(tags)) == 1


def test_the_widest_output_is_never_taken_for_less_than_64() -> None:
    assert facts_of("functional", units=3).widest == 64


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("functional", {"rate": 0.3, "normalized": True}),
        ("subclassed", {}),
        ("compiled", {}),
        ("layers", {"kind": "attention"}),
        ("layers", {"kind": "LayerNormalization"}),
        ("frozen", {}),
    ],
)
def test_what_certainly_vectorises_trains_as_lanes(name: str, arguments: dict[str, Any]) -> None:
    assert facts_of(name, **arguments).alone_because is None


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("layers", {"kind": "conv2d"}, "Conv2D has a kernel for each lane"),
        ("layers", {"kind": "Conv1D"}, "Conv1D has a kernel for each lane"),
        ("layers", {"kind": "LSTM"}, "LSTM steps through its inputs"),
        ("layers", {"kind": "GRU"}, "GRU steps through its inputs"),
        ("layers", {"kind": "noise"}, "GaussianNoise can draw noise of its own"),
        ("layers", {"kind": "constraint"}, "dense_1/kernel has a constraint"),
        ("sharing", {"what": "conv"}, "Conv2D has a kernel for each lane"),
        ("sharing", {"what": "loop"}, "holds a loop"),
    ],
)
def test_what_does_not_trains_one_run_at_a_time_for_a_reason_that_names_it(
    name: str, arguments: dict[str, Any], reason: str
) -> None:
    assert reason in (facts_of(name, **arguments).alone_because or "")


def test_a_loss_that_does_not_vectorise_is_the_reason_and_a_metric_is_computed_for_one_lane_after_the_other() -> None:
    own = Call("tests.models.networks.sequential_loss")
    assert "loop" in (facts_of("functional", loss=own).alone_because or "")
    facts = facts_of("functional", metrics=("AUC", "BinaryIoU", "F1Score"))
    assert (facts.alone_because, facts.looped) == (None, (1,))


def test_a_chain_of_dense_layers_is_asked_about_its_metrics_too() -> None:
    plain = spec(data={**_data("digits")})
    shape = shape_of(dataset(plain.data))
    assert inspect(plain, shape).alone_because is None
    odd = spec(data={**_data("digits")}, metrics=["AUC", "top_k_categorical_accuracy"])
    assert inspect(odd, shape).looped == (1,)


def _data(name: str) -> dict[str, Any]:
    from tests.specs import defaults, schema

    return {**defaults(schema.DATA["sklearn"]), "name": name}


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("two_outputs", {}, "has 2 outputs"),
        ("two_inputs", {}, "has 2 inputs"),
        ("functional", {"outputs": 3}, r"\(None, 3\).* wants \(None, 1\)"),
        ("of_shape", {"shape": (7,)}, r"takes inputs of shape \(None, 7\), and the data has \(None, 30\)"),
        ("of_shape", {}, r"network\.shape: .* needs it"),
        ("functional", {"unitz": 3}, "network.unitz: .* did you mean units"),
        ("functional", {"activation": "relu"}, "no probabilities; end it with sigmoid"),
        ("mixed", {}, "dtype policy mixed_float16"),
        ("weightless", {}, "no trainable weights"),
        ("own_step", {}, "OwnStep has a train_step of its own"),
        ("own_loss", {}, "OwnLoss has a compute_loss of its own"),
        ("no_model", {}, "returned str; it has to return a keras.Model"),
        ("set_at_random", {}, "starts otherwise each time"),
        ("the_same", {}, "same layers each time"),
        ("of_a_layer_of_the_module", {}, 'The name "dense" is used 2 times.*; make all its layers inside the function'),
        ("sharing", {"what": "variable"}, "reads hidden, which is not a weight of the model; runs would share it"),
        ("sharing", {"what": "random"}, "RandomStandardNormal draws what no seed reaches"),
        ("sharing", {"what": "keras_random"}, "SeedGenerator that the layer makes"),
        ("sharing", {"what": "python"}, "PyFunc calls Python"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_one_line_that_says_what_to_do(
    name: str, arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError, match=words) as raised:
        facts_of(name, **arguments)
    assert f"tests.models.networks.{name}" in str(raised.value)
    assert "\n" not in str(raised.value)


LOGITS = Call("keras.losses.BinaryCrossentropy", (("from_logits", True),))
NONE = "binary_crossentropy takes probabilities, and its outputs are no probabilities; end it with sigmoid, or"


@pytest.mark.parametrize(
    ("loss", "kind", "where", "words"),
    [
        *((None, kind, where, NONE) for kind in ("linear", "relu", "tanh") for where in ("dense", "moved")),
        ("binary_focal_crossentropy", "linear", "inside", "its outputs are no probabilities; end it with sigmoid"),
        ("dice", "linear", "last", "its outputs are no probabilities; end it with sigmoid"),
        (None, "odd", "last", "are no probabilities; end it with sigmoid"),
        (None, "softmax", "dense", "a softmax of one unit is always 1; end it with sigmoid"),
        ("mse", "softmax", "last", "a softmax of one unit is always 1; end it with sigmoid"),
        ("hinge", "sigmoid", "dense", "sigmoid is never below 0, and hinge separates two classes at 0; end it without"),
        ("squared_hinge", "relu", "last", "relu is never below 0, and squared_hinge separates two classes at 0"),
        (
            "poisson",
            "linear",
            "dense",
            "its outputs fall below 0, and poisson takes their logarithm; end it with",
        ),
        (LOGITS, "sigmoid", "moved", "sigmoid makes probabilities, and binary_crossentropy takes logits; end it with"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*You are using a softmax")  # Keras's own words for what is refused here
def test_what_a_network_ends_in_has_to_fit_the_loss_whatever_its_outputs_are_at_the_start(
    loss: Any, kind: str, where: str, words: str
) -> None:
    with pytest.raises(ConfigError, match=words) as raised:
        facts_of("ending", loss=loss, kind=kind, where=where)
    assert str(raised.value).startswith("network (tests.models.networks.ending): ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("loss", "kind", "where", "last"),
    [
        (None, "sigmoid", "dense", "sigmoid"),
        (None, "sigmoid", "moved", "sigmoid"),
        (None, "own_sigmoid", "last", ""),
        (LOGITS, "linear", "inside", "linear"),
        ("hinge", "tanh", "last", "tanh"),
        ("mse", "linear", "dense", "linear"),
        ("poisson", "softplus", "last", "softplus"),
    ],
)
def test_a_network_that_ends_as_the_loss_takes_it_trains(loss: Any, kind: str, where: str, last: str) -> None:
    assert facts_of("ending", loss=loss, kind=kind, where=where).ends_in == last


def test_a_network_of_one_side_does_not_fit_a_standardised_target() -> None:
    with pytest.raises(ConfigError, match=r"relu is never below 0.*or write data\.standardize_target=false"):
        facts_of("functional", NUMBER, activation="relu")
    with pytest.raises(ConfigError, match=r"tanh stays between -1 and 1.*or write data\.standardize_target=false"):
        facts_of("functional", NUMBER, activation="tanh")
    as_it_is = replace(NUMBER, standardize_target=False)
    assert facts_of("functional", as_it_is, activation="tanh").ends_in == "tanh"
    assert facts_of("functional", as_it_is, activation="relu").ends_in == "relu"


def test_outputs_that_do_not_sum_to_one_are_no_probabilities_unless_the_loss_takes_logits() -> None:
    with pytest.raises(ConfigError, match="end it with softmax"):
        facts_of("functional", CLASSES, activation="sigmoid")
    logits = Call("keras.losses.SparseCategoricalCrossentropy", (("from_logits", True),))
    assert facts_of("functional", CLASSES, loss=logits, activation="linear").alone_because is None


def test_a_softmax_over_the_points_of_a_batch_is_no_softmax_of_a_point() -> None:
    with pytest.raises(ConfigError, match="end it with softmax"):
        facts_of("softmax_over_the_batch", CLASSES)


def test_a_loss_of_keras_that_does_not_fit_the_data_is_named_and_a_persons_own_raises_what_it_raises() -> None:
    with pytest.raises(ConfigError, match="loss=ctc: does not fit multiclass data of 10 outputs"):
        facts_of("functional", CLASSES, loss="ctc")
    with pytest.raises(ZeroDivisionError):
        facts_of("functional", loss=Call("tests.models.networks.failing_loss"))


def test_what_the_builder_or_a_layer_raises_reaches_the_caller_as_it_is() -> None:
    with pytest.raises(RuntimeError, match="my own mistake"):
        facts_of("failing")
    with pytest.raises(ValueError, match="what the layer raises"):
        facts_of("sharing", what="raise")


ARGUMENT = "has reduction={}, and a run trains by the mean; leave reduction out"


class Summed(keras.losses.Loss):  # type: ignore[misc]  # keras has no types
    """A loss of the user's that no argument tells to be a sum."""

    def __init__(self) -> None:
        super().__init__(reduction="sum")

    def call(self, y: Any, p: Any) -> Any:
        return keras.ops.mean(keras.ops.square(y - p), axis=-1)


@pytest.mark.parametrize(
    ("loss", "reduction"),
    [
        *((Call("keras.losses.MeanSquaredError", (("reduction", each),)), each) for each in ("sum", "none", None)),
        (Call("keras.losses.BinaryCrossentropy", (("reduction", "sum"), ("label_smoothing", 0.1))), "sum"),
        (Call(f"{__name__}.Summed"), "sum"),
    ],
)
@pytest.mark.parametrize("chain", [True, False])
def test_a_loss_that_is_no_mean_over_the_points_is_one_line(chain: bool, loss: Any, reduction: Any) -> None:
    run = run_of("functional", loss=loss, activation="sigmoid")
    if chain:
        run = replace(run, network=spec(data=_data("breast_cancer")).network)
    with pytest.raises(ConfigError, match=ARGUMENT.format(reduction)):
        inspect(run, shape_of(dataset(BINARY)))


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean", "mean_with_sample_weight"])
def test_a_mean_is_a_mean_under_each_of_its_names(reduction: str) -> None:
    loss = Call("keras.losses.MeanSquaredError", (("reduction", reduction),))
    assert facts_of("functional", loss=loss, activation="sigmoid").alone_because is None


def test_a_mean_over_the_weights_of_classes_is_another_one() -> None:
    loss = Call("keras.losses.MeanSquaredError", (("reduction", "mean_with_sample_weight"),))
    run = run_of("functional", loss=loss, activation="sigmoid")
    weighted = replace(run, training=replace(run.training, class_weight="balanced"))
    with pytest.raises(ConfigError, match=ARGUMENT.format("mean_with_sample_weight")):
        inspect(weighted, shape_of(dataset(BINARY)))


def test_an_embedding_wants_whole_numbers_that_it_knows(tmp_path: Path) -> None:
    values = {"x": np.arange(240).reshape(40, 6) % 20, "y": np.arange(40) % 2}
    whole = npz(tmp_path, values, standardize=False)
    assert facts_of("embedded", whole).alone_because is None
    with pytest.raises(ConfigError, match="input_dim=10, and so takes 0 to 9; the data has 1"):
        facts_of("embedded", whole, words=10)
    with pytest.raises(ConfigError, match=r"data\.standardize=false"):
        facts_of("embedded", npz(tmp_path, values))


def test_weights_that_the_builder_loads_are_what_every_run_starts_from() -> None:
    from xor_sweep.training.network import build_network
    from xor_sweep.training.start import start_weights

    network = build_network(run_of("loaded").network, (30,), 1, "binary")
    drawn = start_weights(network.model, network.initializers)(np.array([1, 2], np.int32), np.ones(2, np.float32))
    assert np.array_equal(drawn[0], np.full((2, 30, 8), 0.25, np.float32))
    assert not np.array_equal(drawn[2][0], drawn[2][1])


def test_attention_starts_from_each_runs_own_seed() -> None:
    from xor_sweep.training.network import build_network
    from xor_sweep.training.start import start_weights

    starts = []
    for _ in range(2):
        network = build_network(run_of("layers", kind="attention").network, (30,), 1, "binary")
        starts.append(start_weights(network.model, network.initializers)(np.array([1, 2], np.int32), np.ones(2, "f4")))
    query = next(k for k, v in enumerate(network.model.trainable_variables) if v.path.endswith("query/kernel"))
    assert np.array_equal(starts[0][query], starts[1][query])
    assert not np.array_equal(starts[0][query][0], starts[0][query][1])
