from __future__ import annotations

import pytest

from tests.summary.sweeps import make_sweep, result
from xor_sweep.manifest import Manifest, load_manifest
from xor_sweep.results import load_results
from xor_sweep.summary.columns import Configs, swept_keys, typed, value_of
from xor_sweep.summary.frame import frame, rows

CONFIG = """\
lr: 0.01
seed: 7
network:
  hidden: [2]
optimizer:
  name: adam
  learning_rate: ${lr}
  epsilon: 1.0e-07
missing: ${nowhere.to_be_found}
"""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", 0.1),
        ("0.10", 0.1),
        ("1e-1", 0.1),
        ("1E2", 100.0),
        ("-3", -3),
        ("007", 7),
        ("true", True),
        ("False", False),
        ("null", None),
        ("adam", "adam"),
        ("'0.1'", "0.1"),
        ("[2,4]", (2, 4)),
        ("[2, 4]", (2, 4)),
        ("[1e-3,relu]", (0.001, "relu")),
        ("[]", ()),
        ("[2,", "[2,"),
        ("nan", "nan"),
        ("inf", "inf"),
        ("", ""),
        ("a=b", "a=b"),
        ("1" + "0" * 400, "1" + "0" * 400),
        ("[1" + "0" * 400 + "]", (hex(10**400),)),
    ],
)
def test_a_value_is_what_its_spelling_means(text, value):
    assert typed(text) == value
    assert type(typed(text)) is type(value)


def test_manifest_keys_come_first_and_stay_though_they_have_one_value(tmp_path):
    sweep = make_sweep(tmp_path, result("lr=0.1,seed=1"), result("lr=0.1,seed=2"), swept=("lr",))
    assert swept_keys(load_results(sweep), load_manifest(sweep), Configs(sweep)) == ("lr", "seed")


def test_keys_with_one_value_in_many_spellings_were_not_swept(tmp_path):
    results = [result("a", overrides=("lr=0.1", "steps=100")), result("b", overrides=("lr=1e-1", "steps=100"))]
    assert swept_keys(results, Manifest(), Configs(make_sweep(tmp_path))) == ()


def test_keys_that_do_not_change_numbers_are_no_columns(tmp_path):
    first = ("outputs=a", "logging.graph=true", "hydra.verbose=true", "hydra/launcher=x", "sweep=lr_grid", "~sweep")
    second = ("outputs=b", "logging.graph=false", "hydra.verbose=false", "hydra/launcher=y", "sweep=null")
    results = [result("a", overrides=first), result("b", overrides=second)]
    assert swept_keys(results, Manifest(), Configs(make_sweep(tmp_path))) == ()


def test_true_and_one_are_two_values_and_one_and_one_point_zero_are_one(tmp_path):
    def pair(one, two):
        return [result("a", overrides=(f"key={one}",)), result("b", overrides=(f"key={two}",))]

    configs = Configs(make_sweep(tmp_path))
    assert swept_keys(pair("true", "1"), Manifest(), configs) == ("key",)
    assert swept_keys(pair("1", "1.0"), Manifest(), configs) == ()


def test_added_keys_and_config_groups_are_columns_under_their_own_names(tmp_path):
    results = [
        result("a", overrides=("+recipe=fast", "optimizer=sgd", "network.hidden=[2,4]")),
        result("b", overrides=("++recipe=slow", "optimizer=adam", "network.hidden=[8]")),
    ]
    configs = Configs(make_sweep(tmp_path))
    keys = swept_keys(results, Manifest(), configs)
    assert keys == ("recipe", "optimizer", "network.hidden")
    assert [value_of(results[0], key, configs) for key in keys] == ["fast", "sgd", (2, 4)]


def test_a_run_that_did_not_name_a_key_has_its_value_from_its_configuration(tmp_path):
    default = result("default")
    sweep = make_sweep(tmp_path, default, result("lr=0.1"), configs={"default": CONFIG})
    configs = Configs(sweep)
    assert swept_keys(load_results(sweep), Manifest(), configs) == ("lr",)
    found = {
        key: value_of(default, key, configs)
        for key in ("lr", "seed", "network.hidden", "optimizer", "optimizer.learning_rate", "optimizer.epsilon")
    }
    assert found == {
        "lr": 0.01,
        "seed": 7,
        "network.hidden": (2,),
        "optimizer": "adam",
        "optimizer.learning_rate": 0.01,
        "optimizer.epsilon": 1e-7,
    }


def test_a_group_whose_options_have_no_name_is_the_option_that_was_composed(tmp_path):
    runs = result("a"), result("network=mlp")
    sweep = make_sweep(tmp_path, *runs, configs={"a": "network: {hidden: [2]}\nsteps: null"})
    sweep.run("a").hydra_config.write_text("hydra: {runtime: {choices: {network: xor, steps: none}}}")
    configs = Configs(sweep)
    assert [value_of(run, "network", configs) for run in runs] == ["xor", "mlp"]
    assert value_of(runs[0], "steps", configs) is None


def test_a_configuration_that_says_the_same_as_the_override_makes_no_swept_key(tmp_path):
    sweep = make_sweep(tmp_path, result("default"), result("lr=1e-2"), configs={"default": CONFIG})
    assert swept_keys(load_results(sweep), Manifest(), Configs(sweep)) == ()


@pytest.mark.parametrize("text", [None, "lr: [", "- a list", "", "\x00"])
def test_a_configuration_that_is_missing_or_damaged_gives_no_value(tmp_path, text):
    sweep = make_sweep(tmp_path, result("default"), configs={} if text is None else {"default": text})
    assert value_of(result("default"), "lr", Configs(sweep)) is None


@pytest.mark.parametrize("key", ["missing", "nothing", "lr.deeper", "network"])
def test_a_key_that_leads_nowhere_gives_no_value(tmp_path, key):
    sweep = make_sweep(tmp_path, result("default"), configs={"default": CONFIG})
    assert value_of(result("default"), key, Configs(sweep)) is None


def test_columns_stand_in_their_order_with_whole_numbers_whole(tmp_path):
    results = [result("seed=3"), result("default"), result("seed=4,+note=x", versions={"numpy": "2.0"})]
    configs = Configs(make_sweep(tmp_path))
    table = frame(rows(results, ["seed"], configs))
    fields = ["status", "final_cost", "final_accuracy", "best_cost", "train_cost", "train_accuracy"]
    fields += ["steps", "stopped_at", "kept_at", "batch_order", "identity", "overrides", "reason"]
    origin = ["started_at", "wall_s", "program_s", "cpu", "tensorflow", "keras", "numpy"]
    assert list(table.columns) == ["run", "seed", *fields, *origin, "format"]
    assert str(table["seed"].dtype) == "Int64"
    assert table["final_cost"].dtype == float
    assert table["overrides"].tolist() == ["seed=3", "", "seed=4 +note=x"]


def test_a_swept_key_that_is_a_field_of_the_result_is_one_column(tmp_path):
    table = frame(rows([result("steps=1000")], ["steps"], Configs(make_sweep(tmp_path))))
    assert list(table.columns).count("steps") == 1
    assert list(table.columns)[1] == "steps"
