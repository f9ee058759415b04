"""A comparison as TensorBoard shows it: HParams, Custom Scalars and Text, of one sweep and of several together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser import page
from tests.command import run_here, succeed, succeed_here
from tests.tensorboard_server import ask, serve
from tests.test_tensorboard import artifacts, screenshot  # noqa: F401  # artifacts is a fixture
from xor_sweep import load_results
from xor_sweep.logs.append import comparison_files
from xor_sweep.logs.read import read_scalars
from xor_sweep.tags import COST, COSTS

ALL = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]
SHORT = ("steps=200", "save=none")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep over rates and seeds, half of which diverges, and one over other keys."""
    directory = tmp_path_factory.mktemp("sweeps")
    words = ("-m", "lr=0.1,0.01", "network.init_scale=1,1e38", "seed=1,2,3", "network.activation=relu", *SHORT)
    assert run_here(*words, cwd=directory).returncode == 0
    other = ("data=parity", "data.bits=2", "network.hidden=[2],[3]", "optimizer.amsgrad=true,false")
    succeed_here("-m", *other, "logging=scalars", *SHORT, cwd=directory)
    return directory / "outputs"


data_server = pytest.param(True, id="data_server")
python_loader = pytest.param(False, id="python_loader", marks=pytest.mark.proof)


@pytest.fixture(scope="module", params=[data_server, python_loader])
def board(outputs: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    with serve(outputs, load_fast=request.param) as url:
        yield url


def hparams(url: str, route: str, **body: Any) -> dict[str, Any]:
    data = json.dumps({"experimentName": "", **body}).encode()
    request = Request(f"{url}/data/plugin/hparams/{route}", data, {"Content-Type": "application/json"}, method="POST")
    with urlopen(request, timeout=60) as answer:
        return json.load(answer)


def groups(url: str) -> dict[str, dict[str, Any]]:
    found = hparams(url, "session_groups", allowedStatuses=ALL, colParams=[], startIndex=0, sliceSize=100)
    return {group["name"]: group for group in found["sessionGroups"]}


def metrics(of: dict[str, Any]) -> dict[str, float]:
    return {value["name"]["tag"]: value["value"] for value in of["metricValues"]}


def test_every_swept_key_of_several_sweeps_has_its_type_and_domain(board: str) -> None:
    found = {info["name"]: info for info in hparams(board, "experiment")["hparamInfos"]}
    keys = {"lr", "network.init_scale", "network.hidden", "optimizer.amsgrad"}
    assert set(found) == keys, "a group of seeds has no one seed"
    assert found["lr"]["type"] == "DATA_TYPE_FLOAT64"
    assert found["lr"]["domainInterval"] == {"minValue": 0.01, "maxValue": 0.1}
    assert found["network.hidden"]["type"] == "DATA_TYPE_STRING"
    assert sorted(found["network.hidden"]["domainDiscrete"]) == ["[2]", "[3]"]
    assert found["optimizer.amsgrad"]["type"] == "DATA_TYPE_BOOL"
    assert sorted(found["optimizer.amsgrad"]["domainDiscrete"]) == [False, True]
    assert all(info["differs"] for info in found.values())


def test_replicates_are_one_group_with_the_results_to_the_last_digit(board: str, outputs: Path) -> None:
    found = groups(board)
    results = load_results(outputs / "xor")
    for rate in (0.1, 0.01):
        of_rate = results[(results.lr == rate) & (results["network.init_scale"] == 1)]
        group = found[f"xor/lr={rate},network.init_scale=1"]
        assert group["hparams"] == {"lr": rate, "network.init_scale": 1}
        names = [session["name"] for session in group["sessions"]]
        assert names == [f"xor/lr={rate},network.init_scale=1,seed={seed}" for seed in (1, 2, 3)]
        for session in group["sessions"]:
            [row] = of_rate[of_rate.run == session["name"].removeprefix("xor/")].to_dict("records")
            said = metrics(session)
            assert session["status"] == "STATUS_SUCCESS"
            for name in ("final_cost", "best_cost", "final_accuracy"):
                assert said[f"result/{name}"] == row[name]
            assert said["result/all_seeds_median_final_cost"] == np.float32(of_rate.final_cost.median())
            assert session["endTimeSecs"] > session["startTimeSecs"] > 1.7e9
    diverged = found["xor/lr=0.1,network.init_scale=1e+38"]["sessions"]
    assert {session["status"] for session in diverged} == {"STATUS_FAILURE"}
    assert not any("result/all_seeds_median_final_cost" in metrics(session) for session in diverged)


def test_a_run_by_itself_is_a_group_of_its_name(board: str, outputs: Path) -> None:
    names = {f"parity/{name}" for name in load_results(outputs / "parity").run}
    assert len(names) == 4
    found = groups(board)
    assert sum(name.startswith("xor/") for name in found) == 4
    assert {name for name in found if name.startswith("parity/")} == names
    for name in names:
        assert found[name]["hparams"].keys() == {"network.hidden", "optimizer.amsgrad"}
        assert [session["name"] for session in found[name]["sessions"]] == [name]


@pytest.mark.proof
def test_where_only_seeds_were_swept_each_run_is_a_group(tmp_path: Path) -> None:
    succeed("-m", "seed=1,2", "logging=scalars", *SHORT, cwd=tmp_path)
    with serve(tmp_path / "outputs" / "xor", load_fast=True) as url:
        assert {name: group["hparams"] for name, group in groups(url).items()} == {
            "xor/seed=1": {"seed": 1},
            "xor/seed=2": {"seed": 2},
        }


def test_the_summary_is_a_page_and_costs_have_a_layout_at_the_sweeps_root(board: str) -> None:
    assert ask(board, "plugin/text/tags") == {"xor": ["summary"], "parity": ["summary"]}
    [event] = ask(board, "plugin/text/text", run="xor", tag="summary")
    assert "<h2>Configurations</h2>" in event["text"]
    assert event["text"].count("<table>") == 3
    [category] = ask(board, "plugin/custom_scalars/layout")["category"]
    charts = {chart["title"]: chart["multiline"]["tag"] for chart in category["chart"]}
    assert charts == {
        "cost": ["Cost/validation", "Cost/train", "Cost/Cost"],
        "accuracy": ["accuracy/validation", "accuracy/train", "accuracy"],
    }


def test_the_best_configurations_are_said_at_the_sweeps_root_and_end_in_their_medians(
    board: str, outputs: Path
) -> None:
    results = load_results(outputs / "xor")
    usual = results[results["network.init_scale"] == 1]
    medians = usual.groupby("lr").final_cost.median().sort_values()
    names = [
        f"medians/{place} lr={lr},init_scale=1: {median:.6g}"
        for place, (lr, median) in enumerate(medians.items(), start=1)
    ]
    assert sorted(ask(board, "plugin/scalars/tags")["xor"]) == names, "those that diverged have no place"
    for name, (lr, median) in zip(names, medians.items(), strict=True):
        _, steps, costs = np.transpose(ask(board, "plugin/scalars/scalars", run="xor", tag=name))
        assert steps[0] == 0
        assert (steps[-1], costs[-1]) == (200, np.float32(median))
        first = [read_scalars(outputs / "xor" / run, COSTS)[COST][1][0] for run in usual[usual.lr == lr].run]
        assert costs[0] == pytest.approx(np.median(first))
    single = ask(board, "plugin/scalars/tags")["parity"]
    assert len(single) == 4
    assert all(name.startswith("ranked/") for name in single)


@pytest.mark.proof
def test_runs_that_log_nothing_have_no_files_for_tensorboard(tmp_path: Path) -> None:
    succeed("-m", "seed=1,2", "logging=off", *SHORT, cwd=tmp_path)
    assert not list(tmp_path.rglob("*tfevents*"))


@pytest.mark.proof
def test_a_summary_that_says_the_same_writes_nothing_and_another_one_replaces_it(tmp_path: Path) -> None:
    words = ("-m", "seed=1,2", "logging=scalars", *SHORT)
    succeed(*words, "lr=0.1", cwd=tmp_path)
    sweep = tmp_path / "outputs" / "xor"
    before = [path.stat() for path in sorted(sweep.rglob("hparams.*"))]
    succeed(*words, "lr=0.1", cwd=tmp_path)
    assert [path.stat().st_ino for path in sorted(sweep.rglob("hparams.*"))] == [stat.st_ino for stat in before]
    succeed(*words, "lr=0.1,0.2", cwd=tmp_path)
    [root] = comparison_files(sweep)
    assert b"seed=1,lr=0.2" in root.read_bytes()
    runs = [path for path in sweep.iterdir() if "seed=" in path.name]
    assert len(runs) == 4
    assert all(len(comparison_files(path)) == 1 for path in runs)


@pytest.mark.proof
@pytest.mark.parametrize("board", [data_server], indirect=True)
def test_the_pages_show_them(board: str, artifacts: Path) -> None:  # noqa: F811
    with page(1500, 1000) as tab:
        tab.goto(f"{board}/#hparams")
        for text in (
            "lr",
            "network.hidden",
            "result/all_seeds_median_final_cost",
            "xor/lr=0.01",
            "parity/network.hidden=[2]",
        ):
            expect(tab.get_by_text(text).first).to_be_visible()
        screenshot(tab, artifacts / "hparams.png")
        for view, plot in (("PARALLEL COORDINATES", "parallel-coords"), ("SCATTER PLOT MATRIX", "scatter-plot-matrix")):
            tab.get_by_text(f"{view} VIEW").click()
            expect(tab.locator(f"tf-hparams-{plot}-plot svg").first).to_be_visible()
            screenshot(tab, artifacts / f"hparams_{plot}.png")
        tab.goto(f"{board}/#custom_scalars")
        expect(tab.get_by_text("Training and validation")).to_be_visible()
        expect(tab.locator("tf-custom-scalar-multi-line-chart-card path.line").first).to_be_attached()
        screenshot(tab, artifacts / "custom_scalars.png")
        tab.goto(f"{board}/#text")
        expect(tab.get_by_role("heading", name="Configurations").first).to_be_visible()
        screenshot(tab, artifacts / "text.png")
        run_table_shows(tab, board, ["lr", "network.hidden", "optimizer.amsgrad"], artifacts)


def run_table_shows(tab: Page, board: str, keys: list[str], artifacts: Path) -> None:  # noqa: F811
    """The run table of Time Series takes a column for each key."""
    tab.goto(f"{board}/?smoothing=0#timeseries")
    for key in keys:
        tab.get_by_title("Add Column").first.click()
        tab.locator("tb-data-table-column-selector-component").get_by_role("button", name=key).click()
        expect(tab.locator("runs-data-table").get_by_text(key, exact=True).first).to_be_visible()
        tab.keyboard.press("Escape")
    screenshot(tab, artifacts / "timeseries_columns.png")
