"""What a run is scored on: which facts its result names, and which of them tell runs apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.specs import spec
from xor_sweep.measure import agree, facts_for
from xor_sweep.scored import measure_of


def facts(values: dict[str, Any] | None = None, objective: str = "final_cost", **top: Any) -> dict[str, str]:
    return facts_for(measure_of(spec(values, **top)), objective)


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A table of numbers with two targets and a gap in one column, and how to read it."""
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).normal(size=(40, 4))
    frame = pd.DataFrame(x, columns=["a", "b", "y1", "y2"])
    frame.loc[3, "a"] = np.nan
    frame.to_csv("points.csv", index=False)
    Path("copy.csv").write_bytes(Path("points.csv").read_bytes())
    return {"data.path": "points.csv", "data.target": "y1", "data.missing": "impute"}


def test_what_changes_training_alone_changes_no_measure() -> None:
    same = [facts(), facts(lr=0.5, seed=3), facts({"network.hidden": [8]}), facts(optimizer="sgd", steps=7)]
    assert same == [{"data": "xor", "task": "binary", "loss": "crossentropy"}] * 4


@pytest.mark.parametrize("loss", ["bce", "binary_crossentropy", "BinaryCrossentropy"])
def test_all_names_of_one_loss_are_one_measure(loss: str) -> None:
    assert facts(loss=loss) == facts()


@pytest.mark.parametrize(
    "loss", ["mse", "hinge", {"_target_": "keras.losses.BinaryCrossentropy", "label_smoothing": 0.1}]
)
def test_a_cost_of_another_loss_is_another_measure_and_an_accuracy_is_not(loss: Any) -> None:
    assert not agree(facts(loss=loss), facts())
    assert facts(None, "final_accuracy", loss=loss) == facts(None, "final_accuracy")


def test_logits_are_the_same_cost_as_probabilities() -> None:
    assert facts(loss={"_target_": "keras.losses.BinaryCrossentropy", "from_logits": True}) == facts()


def test_class_indices_and_one_hot_targets_have_one_crossentropy() -> None:
    digits = {"data": "sklearn"}
    assert facts(digits, loss="categorical_crossentropy") == facts(digits)


def test_class_weights_count_in_the_lowest_cost_of_a_truth_table_alone() -> None:
    assert facts(class_weight=[1.0, 2.0]) == facts()
    assert not agree(
        facts(None, "best_cost", class_weight=[1.0, 2.0]), facts(None, "best_cost", class_weight=None)
    ) or ("class_weight" in facts(None, "best_cost", class_weight=[1.0, 2.0]))
    digits = {"data": "sklearn"}
    assert facts(digits, "best_cost", class_weight="balanced") == facts(digits, "best_cost")


def test_another_target_is_another_measure_and_another_place_of_the_file_is_not(table: dict[str, Any]) -> None:
    assert not agree(facts(table, data="csv"), facts(table | {"data.target": "y2"}, data="csv"))
    assert facts(table | {"data.path": "copy.csv"}, data="csv") == facts(table, data="csv")


def test_an_edited_file_is_another_measure(table: dict[str, Any]) -> None:
    before = facts(table, data="csv")
    with Path("points.csv").open("a") as file:
        file.write("1,2,3,4\n")
    assert not agree(before, facts(table, data="csv"))


def test_inputs_are_a_choice_like_any_other_unless_rows_go_with_them(table: dict[str, Any]) -> None:
    assert facts(table | {"data.ignore": ["b"]}, data="csv") == facts(table, data="csv")
    drop = table | {"data.missing": "drop"}
    assert not agree(facts(drop, data="csv"), facts(table, data="csv"))
    assert facts(drop | {"data.ignore": ["a"]}, data="csv") == facts(table, data="csv")


@pytest.mark.parametrize(
    "other",
    [
        {"data.validation_fraction": 0.3},
        {"data.fold": 0},
        {"data.test_fraction": 0.1},
        {"data.seed": 1},
        {"data.standardize_target": False},
    ],
)
def test_another_split_or_scale_is_another_measure(other: dict[str, Any], table: dict[str, Any]) -> None:
    assert not agree(facts(table | other, data="csv"), facts(table, data="csv"))


def test_folds_of_one_draw_are_one_measure(table: dict[str, Any]) -> None:
    assert facts(table | {"data.fold": 0}, data="csv") == facts(table | {"data.fold": 4}, data="csv")


def test_a_draw_does_not_count_if_every_row_is_scored(table: dict[str, Any]) -> None:
    whole = table | {"data.validation_fraction": 0.0}
    assert facts(whole | {"data.seed": 1}, data="csv") == facts(whole, data="csv")
