"""What a configuration says about how a network is trained: what stands for what, and what does not fit."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest

from tests.config.test_parse import refusal
from tests.specs import parsed, spec
from xor_sweep.config import Call, EarlyStoppingSpec, ScheduleSpec, TrainingSpec, schema
from xor_sweep.config.identity import OUTSIDE
from xor_sweep.config.together import check_metrics
from xor_sweep.errors import ConfigError
from xor_sweep.metric_facts import TAKEN, metric_name
from xor_sweep.outcome import versions
from xor_sweep.summary.frame import RESULT

AUC = "AUC"


def named(name: Any) -> Call:
    """An AUC of Keras's with a name."""
    return Call("keras.metrics.AUC", (("name", name),))


TRUSTED: dict[str, Any] = {"trusted_modules": ["tests"]}
NODE = {"_target_": "tests.config.own.build", "alpha": 2}


@pytest.mark.parametrize("data", ["xor", "parity"])
def test_a_truth_table_is_learnt_whole_for_10001_steps(data: str) -> None:
    assert spec(data=data).training == TrainingSpec(steps=10_001, epochs=None, batch_size=None)
    assert spec(data=data, epochs=7).training.steps == 7
    assert spec(data=data, batch_size=None).training.batch_size is None
    assert refusal({"data": data, "batch_size": 2}).startswith("batch_size=2")


def test_other_data_is_learnt_for_30_epochs_in_batches_of_32() -> None:
    assert spec(data="sklearn").training == TrainingSpec(steps=None, epochs=30, batch_size=32)
    assert spec(data="sklearn", steps=5).training == TrainingSpec(steps=5, epochs=None, batch_size=32)
    assert spec(data="sklearn", batch_size=None).training.batch_size is None


@pytest.mark.parametrize("data", ["xor", "sklearn"])
def test_steps_and_epochs_are_one_or_the_other(data: str) -> None:
    line = refusal({"data": data, "steps": 5, "epochs": 6})
    assert "steps=5" in line
    assert "epochs=6" in line


@pytest.mark.parametrize("batch_size", ["autoo", "", 0, -1, 1.0, 1.5, True, [32], {"a": 1}, "32"])
def test_a_batch_size_is_auto_null_or_a_whole_number(batch_size: Any) -> None:
    line = refusal({"data": "sklearn", "batch_size": batch_size})
    assert line.startswith("batch_size=")
    assert "takes auto, null for all points, or a whole number from 1; got" in line


@pytest.mark.parametrize("loss", ["msee", "", 3, True, ["mse"], {"a": 1}])
def test_a_loss_is_a_name_of_keras_or_a_node(loss: Any) -> None:
    assert refusal({"loss": loss}).startswith("loss=")


@pytest.mark.parametrize("metrics", ["auc", "", 3, None, {"a": 1}, ["auk"], [None], [3], [["auc"]], ["auc", "auc"]])
def test_metrics_are_a_list_of_names_of_keras_or_nodes(metrics: Any) -> None:
    assert refusal({"metrics": metrics}).startswith("metrics=")


def test_names_and_functions_are_told_apart() -> None:
    training = spec({"loss": NODE, "metrics": ["auc", NODE], **TRUSTED}).training
    assert isinstance(training.loss, Call)
    assert training.metrics == ("auc", training.loss)
    assert (training.loss.target, training.loss.arguments) == (NODE["_target_"], (("alpha", 2),))
    assert len(training.loss.source) == 64
    assert spec(loss="mse", metrics=["AUC"]).training.metrics == ("AUC",)


@pytest.mark.parametrize("weight", ["balancedd", "", 2, True, [], [0.0], [1, -1], [1, "a"], [True], [float("inf")]])
def test_class_weights_are_balanced_or_positive_numbers(weight: Any) -> None:
    assert refusal({"class_weight": weight}).startswith("class_weight=")


def test_class_weights_are_held_as_numbers() -> None:
    assert spec(class_weight=[1, 2.5]).training.class_weight == (1.0, 2.5)
    assert spec(class_weight="balanced").training.class_weight == "balanced"


def test_early_stopping_is_off_until_it_has_a_patience() -> None:
    assert spec({"early_stopping.min_delta": 0.1}, data="sklearn").training.early_stopping is None
    on = spec({"early_stopping.patience": 3}, data="sklearn").training.early_stopping
    assert on == EarlyStoppingSpec(metric="cost", patience=3, min_delta=0.0)


@pytest.mark.parametrize("values", [{}, {"data": "parity"}, {"data": "sklearn", "data.validation_fraction": 0}])
def test_early_stopping_needs_a_validation_part(values: dict[str, Any]) -> None:
    line = refusal({**values, "early_stopping.patience": 3})
    assert line.startswith("early_stopping.patience=3: is about a validation part")


def test_a_fold_is_a_validation_part() -> None:
    values = {"data.validation_fraction": 0.0, "data.fold": 4, "early_stopping.patience": 3}
    assert spec(values, data="sklearn").data.fold == 4


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"data.fold": 5}, "data.fold=5"),
        ({"data.fold": 2, "data.folds": 2}, "data.fold=2"),
        ({"data.validation_fraction": 0.5, "data.test_fraction": 0.5}, "data.validation_fraction=0.5"),
        ({"data.name": "irises"}, "data.name=irises"),
    ],
)
def test_a_split_leaves_something_to_train_on(values: dict[str, Any], key: str) -> None:
    assert refusal({"data": "sklearn", **values}).startswith(key)


@pytest.mark.parametrize("kind", ["csv", "npz"])
@pytest.mark.parametrize("path", ["", "~/mine.csv", "not/there.csv", "/dev/null/x", "."])
def test_data_in_a_file_needs_one_that_is_there(kind: str, path: str) -> None:
    assert refusal({"data": kind, "data.path": path, "experiment": "mine"}).startswith("data.path")


def test_a_schedule_has_its_arguments_in_the_order_of_the_schema() -> None:
    assert spec().schedule is None
    decay = spec({"schedule.decay_rate": 1}, schedule="exponential_decay").schedule
    assert decay == ScheduleSpec(
        "exponential_decay", (("decay_steps", None), ("decay_rate", 1.0), ("staircase", False))
    )


@pytest.mark.parametrize(
    ("boundaries", "factors"), [([], [1.0]), ([5], [1.0]), ([5, 5], [1, 1, 1]), ([6, 5], [1, 1, 1]), ([5], [1, 1, 1])]
)
def test_stretches_rise_and_have_a_factor_each(boundaries: list[int], factors: list[float]) -> None:
    line = refusal(
        {"schedule": "piecewise_constant_decay", "schedule.boundaries": boundaries, "schedule.factors": factors}
    )
    assert line.startswith("schedule.boundaries=")


def test_stretches_and_their_factors_are_held_as_tuples() -> None:
    given = {"schedule.boundaries": [5, 9], "schedule.factors": [1, 0.5, 0]}
    schedule = spec(given, schedule="piecewise_constant_decay").schedule
    assert schedule
    assert schedule.arguments == (("boundaries", (5, 9)), ("factors", (1.0, 0.5, 0.0)))
    assert all(type(factor) is float for factor in dict(schedule.arguments)["factors"])


@pytest.mark.parametrize("values", [{"schedule.warmup_target": 0.1}, {"schedule.warmup_steps": 3}])
def test_a_warm_up_has_a_target_and_a_length(values: dict[str, Any]) -> None:
    assert "a warm-up needs both" in refusal({"schedule": "cosine_decay", **values})


def test_every_spec_can_be_hashed() -> None:
    run, settings = parsed(
        {
            "network": {"_target_": "tests.config.own.build", "sizes": [1, [2, {"a": None}]], "flags": {"x": {}}},
            "loss": NODE,
            "metrics": [NODE],
            "class_weight": [1, 2],
            "optimizer.exclude_layers": ["a"],
            **TRUSTED,
        },
        optimizer="muon",
        schedule="cosine_decay",
    )
    assert hash((run, settings)) == hash((run, settings))
    assert isinstance(run.network, Call)
    assert run.network.arguments == (("sizes", (1, (2, (("a", None),)))), ("flags", (("x", ()),)))


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ((Call("mine.recall"), Call("other.recall")), "two are called recall"),
        (("AUC", Call("mine.AUC")), "two are called AUC"),
        ((Call("mine.accuracy"),), "mine.accuracy would be logged as accuracy, which is taken"),
        ((Call("mine.cost"),), "mine.cost would be logged as cost, which is taken"),
        (
            (AUC, Call("keras.metrics.AUC", (("curve", "PR"),))),
            "name one, as {_target_: keras.metrics.AUC, name: my_auc}",
        ),
        ((named("pr"), named("pr")), "two are called pr"),
        ((named("accuracy"),), "keras.metrics.AUC would be logged as accuracy, which is taken"),
        ((named("Cost"),), "would be logged as Cost, which is taken"),
        ((named("seed"),), "would be logged as seed, which is taken"),
        ((named("final_cost"),), "would be logged as final_cost, which is taken"),
        ((named("data.fold"),), "would be logged as data.fold, which is taken"),
        ((named("medians/1"),), "name=medians/1 of AUC: takes letters, digits and spaces"),
        ((named(""),), "name= of AUC: takes letters"),
        ((named(" auc"),), "takes letters"),
        ((named("auc "),), "takes letters"),
        ((named("=HYPERLINK(1)"),), "takes letters"),
        ((named("a\nb"),), "takes letters"),
        ((named("a" * 61),), "60 at most"),
        ((named(5),), "name=5 of AUC: takes letters"),
    ],
)
def test_each_metric_has_a_name_of_its_own(metrics: tuple[str | Call, ...], said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        check_metrics(metrics)


@pytest.mark.parametrize("name", ["pr_auc", "AUC of PR", "précision", "F1 @ 0.5 (macro)", "a" * 60, "P+R", "50%", None])
def test_a_metric_is_called_as_it_is_named(name: str | None) -> None:
    check_metrics(("AUC", Call("mine.recall"), *([named(name)] if name else []), Call("mine.f1", (("name", None),))))
    assert metric_name(named(name)) == (name or "AUC")


def test_no_name_of_a_metric_is_that_of_a_column_of_the_summary() -> None:
    assert {"run", "rank", "format", *RESULT, *versions()} <= TAKEN
    assert {field.name for field in fields(schema.Config)} - set(OUTSIDE) <= TAKEN
