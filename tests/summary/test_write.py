from __future__ import annotations

import csv
import io
import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.summary.sweeps import diverged, failed, make_sweep, result
from xor_sweep.errors import SweepError
from xor_sweep.results import as_json
from xor_sweep.runs import SweepPaths
from xor_sweep.summary import Summary, summarise
from xor_sweep.summary.columns import Configs
from xor_sweep.summary.frame import rows
from xor_sweep.summary.markdown import cell
from xor_sweep.summary.ranking import Cost
from xor_sweep.summary.write import FORMAT, as_csv
from xor_sweep.summary.write import as_json as summary_json

FINITE = {"allow_nan": False, "allow_infinity": False}
COSTS = st.floats(width=32, **FINITE) | st.floats(width=64, **FINITE)


def read_csv(text):
    return list(csv.DictReader(io.StringIO(text)))


def no_constant(name):
    raise AssertionError(f"{name} is no JSON")


@given(st.lists(st.tuples(COSTS, COSTS), min_size=1, max_size=5))
def test_numbers_in_the_csv_equal_those_of_the_result_to_the_last_digit(tmp_path_factory, costs):
    results = [result(f"run{index}", cost, best_cost=low) for index, (cost, low) in enumerate(costs)]
    configs = Configs(SweepPaths(tmp_path_factory.getbasetemp()))
    for row, each in zip(read_csv(as_csv(rows(results, [], configs))), results, strict=True):
        stored = json.loads(json.dumps(as_json(each)))
        for name in ("final_cost", "best_cost", "wall_s"):
            assert float(row[name]) == stored[name]
            assert len(row[name]) <= len(repr(stored[name]))


@pytest.mark.parametrize("test", [None, {"run": "a", "cost": 1.0}])
@pytest.mark.parametrize("table", [[], [{"run": 'a"b\nc', "hidden": [2, 3], "none": [], "lr": None}, {"run": "é"}]])
def test_the_json_reads_like_any_other_that_is_indented(table, test):
    head = {"format": FORMAT, "objective": "final_cost", "direction": "minimize", "target": 1.0, "swept": ["lr"]}
    whole = head | ({"test": test} if test else {}) | {"configurations": [], "keys": [], "runs": table}
    cost = Cost("training", nats=True)
    nothing = Summary((), ("lr",), "final_cost", "minimize", cost=cost, target=1.0, configurations=())
    assert summary_json(table, nothing, test) == json.dumps(whole, indent=1) + "\n"


def test_a_float32_cost_is_written_as_the_float64_of_its_result(tmp_path):
    cost = float(np.float32(0.1))
    sweep = make_sweep(tmp_path, result("lr=0.1", cost))
    summarise(sweep, plots=False)
    assert read_csv(sweep.summary_csv.read_text())[0]["final_cost"] == "0.10000000149011612"


def test_diverged_and_failed_runs_stand_last_with_their_reasons_and_without_costs(tmp_path):
    sweep = make_sweep(tmp_path, failed("lr=1"), diverged("lr=10"), result("lr=0.01"), swept=("lr",))
    summary = summarise(sweep, plots=False)
    table = read_csv(sweep.summary_csv.read_text())
    assert [(row["run"], row["lr"], row["status"]) for row in table] == [
        ("lr=0.01", "0.01", "completed"),
        ("lr=10", "10.0", "diverged"),
        ("lr=1", "1.0", "failed"),
    ]
    assert [row["final_cost"] for row in table] == ["0.25", "", ""]
    assert [row["reason"] for row in table][:2] == ["", "the cost was not finite at step 310"]
    assert "no | such" in table[2]["reason"]
    assert summary.counts == {"completed": 1, "diverged": 1, "failed": 1}
    assert summary.best is not None
    assert summary.best.run == "lr=0.01"


def test_the_json_is_strict_and_holds_null_for_what_is_missing(tmp_path):
    wide = diverged("network.hidden=[2,4]", overrides=("network.hidden=[2,4]",))
    sweep = make_sweep(tmp_path, wide, result("network.hidden=[2]"), swept=("seed",))
    summarise(sweep, plots=False)
    content = json.loads(sweep.summary_json.read_text(), parse_constant=no_constant)
    assert content["format"] == 1
    assert (content["objective"], content["direction"]) == ("final_cost", "minimize")
    assert content["swept"] == ["seed", "network.hidden"]
    assert [run["final_cost"] for run in content["runs"]] == [0.25, None]
    assert content["runs"][1]["network.hidden"] == [2, 4]
    assert content["runs"][1]["seed"] is None
    assert content["runs"][1]["overrides"] == ["network.hidden=[2,4]"]
    assert "milestones" not in content["runs"][0]


def test_a_result_with_a_number_that_is_not_finite_breaks_no_file(tmp_path):
    sweep = make_sweep(tmp_path, result("lr=0.1"), result("lr=0.2"))
    stored = sweep.run("lr=0.2").result
    whole, _, _ = stored.read_text().partition(', "checksum"')  # as a release wrote it that had none
    stored.write_text(f"{whole}}}".replace('"final_cost": 0.25', '"final_cost": NaN'))
    summary = summarise(sweep)
    assert [each.run for each in summary.ranked] == ["lr=0.1", "lr=0.2"]
    content = json.loads(sweep.summary_json.read_text(), parse_constant=no_constant)
    assert content["runs"][1]["final_cost"] is None


def test_the_markdown_has_a_row_a_run_and_escapes_what_would_break_it(tmp_path):
    sweep = make_sweep(tmp_path, failed("lr=1"), result("lr=0.01", 0.123456789), swept=("lr",))
    summarise(sweep, plots=False)
    text = sweep.summary_md.read_text()
    assert text.startswith("# xor\n\n2 runs: 1 completed, 0 diverged, 1 failed.")
    assert "Best run: lr=0.01, final_cost 0.123457." in text
    table = [line for line in text[text.index("## Runs") :].splitlines() if line.startswith("|")]
    assert table[2] == "| 1 | lr=0.01 | 0.01 | completed | 0.123457 | 1 | 0.123457 |  |"
    assert table[3] == r"| 2 | lr=1 | 1 | failed |  |  |  | ValueError: no \| such activation |"
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {9}


RATES = {0.1: [0.2, 0.2, 0.3], 0.01: [0.1, 0.5, 0.6]}


@pytest.mark.parametrize(
    ("value", "shown"), [("a|b", r"a\|b"), ("<b>", r"\<b>"), ("*a*", r"\*a\*"), (None, ""), ((2, 4), "[2,4]")]
)
def test_a_markdown_cell_shows_its_value_as_it_is(value, shown):
    assert cell(value) == shown


def test_the_page_says_which_configuration_wins_and_which_run_is_the_best(tmp_path):
    runs = [result(f"lr={lr},seed={seed}", cost) for lr, of in RATES.items() for seed, cost in enumerate(of)]
    sweep = make_sweep(tmp_path, *runs, swept=("lr", "seed"))
    summarise(sweep, plots=False)
    best = "Best configuration: lr=0.1, median final_cost 0.2. Best single run: lr=0.01,seed=0, final_cost 0.1."
    assert best in sweep.summary_md.read_text().splitlines()
    lost = make_sweep(tmp_path, result("lr=1,seed=0"), failed("lr=1,seed=1"), swept=("lr", "seed"), name="lost")
    summarise(lost, plots=False)
    assert "No configuration has more than half its runs completed." in lost.summary_md.read_text()


def test_the_markdown_shows_the_pictures_beside_it(tmp_path):
    sweep = make_sweep(tmp_path, result("lr=0.1"), result("lr=0.2"), swept=("lr",), logged=True)
    summarise(sweep)
    links = re.findall(r"!\[.+\]\((.+)\)", sweep.summary_md.read_text())
    assert links == ["cost.png", "final_cost_by_lr.png"]
    assert all((sweep.directory / link).is_file() for link in links)


def test_a_second_summary_leaves_the_same_bytes_and_nothing_else(tmp_path):
    sweep = make_sweep(tmp_path, result("lr=0.1"), result("lr=0.2"), swept=("lr",))
    summarise(sweep)
    before = {path.name: path.read_bytes() for path in sweep.directory.glob("summary.*")}
    summarise(sweep)
    assert {path.name: path.read_bytes() for path in sweep.directory.glob("summary.*")} == before
    assert not list(sweep.directory.glob(".*.part"))


def test_a_directory_without_a_finished_run_is_one_line_that_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "outputs/xor/lr=0.1").mkdir(parents=True)
    with pytest.raises(SweepError) as caught:
        summarise(SweepPaths((tmp_path / "outputs/xor").relative_to(tmp_path)))
    assert str(caught.value) == ("outputs/xor: no finished run here; train one with python -m xor_sweep experiment=xor")
    assert not list((tmp_path / "outputs/xor").glob("summary.*"))
