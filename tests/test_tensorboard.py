"""What a sweep writes, seen as its user sees it: through a real TensorBoard, and in a real browser."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import numpy as np
import pytest
from google.protobuf import text_format
from matplotlib import image
from playwright.sync_api import Locator, Page, expect
from tensorboard.compat.proto.graph_pb2 import GraphDef

from tests.browser import page
from tests.tensorboard_server import ask, serve

TREE = Path(__file__).parents[1]
RUNS = ("lr=0.001", "lr=0.01", "lr=0.1")
NAMES = [f"xor/{run}" for run in RUNS]
"""The runs that were trained; the sweep's own, `xor`, holds what they say together."""
STEPS = 10001
SCALARS = {"Cost/Cost", "accuracy"}
RESULTS = {f"result/{name}" for name in ("final_cost", "best_cost", "final_accuracy", "all_seeds_median_final_cost")}
SIZES = {
    "Layer1/W1": 4,
    "Layer1/b1": 2,
    "Layer1/Layer1": 8,
    "Layer2/W2": 2,
    "Layer2/b2": 1,
    "Layer2/Hypothesis": 4,
}
SCOPES = {"Layer1", "Layer2", "Cost", "Train"}

data_server = pytest.param(True, id="data_server")
python_loader = pytest.param(False, id="python_loader")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the README's first command writes."""
    directory = tmp_path_factory.mktemp("sweep")
    subprocess.run(
        [sys.executable, "-m", "xor_sweep", "-m", "lr=0.1,0.01,0.001"],
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(TREE)},
        check=True,
        timeout=240,
    )
    return directory / "outputs"


@pytest.fixture(scope="module", params=[data_server, python_loader])
def board(outputs: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a TensorBoard that shows `outputs`, with each of its loaders."""
    with serve(outputs, load_fast=request.param) as url:
        yield url


in_the_default_loader = pytest.mark.parametrize("board", [data_server], indirect=True)


@pytest.fixture
def artifacts(tmp_path: Path) -> Path:
    """Where screenshots are kept for a person to look at."""
    directory = Path(os.environ.get("XOR_SWEEP_ARTIFACTS") or tmp_path)
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def result(outputs: Path, run: str) -> dict[str, object]:
    return json.loads((outputs / "xor" / run / "result.json").read_text())


def scalars(url: str, run: str, tag: str) -> list[tuple[int, np.float32]]:
    points = ask(url, "plugin/scalars/scalars", run=run, tag=tag)
    return [(step, np.float32(value)) for _, step, value in points]


def histograms(url: str, run: str, tag: str) -> list[tuple[int, np.ndarray]]:
    """Steps with their buckets, `(buckets, 3)`: left edge, right edge, count."""
    points = ask(url, "plugin/histograms/histograms", run=run, tag=tag)
    return [(step, np.array(buckets)) for _, step, buckets in points]


def graph(url: str, run: str) -> GraphDef:
    with urlopen(f"{url}/data/plugin/graphs/graph?{urlencode({'run': run})}", timeout=60) as answer:
        return text_format.Parse(answer.read(), GraphDef())


def scopes(graph: GraphDef) -> set[str]:
    return {node.name.split("/")[0] for node in graph.node if "/" in node.name}


def test_every_run_has_every_scalar_and_histogram_and_its_graph(board: str) -> None:
    assert sorted(ask(board, "runs")) == ["xor", *NAMES]
    for plugin, wanted in (("scalars", SCALARS | RESULTS), ("histograms", set(SIZES)), ("distributions", set(SIZES))):
        tags = ask(board, f"plugin/{plugin}/tags")
        assert {run: set(tags[run]) for run in NAMES} == dict.fromkeys(NAMES, wanted), plugin
        assert tags.keys() <= {"xor", *NAMES}
    graphs = ask(board, "plugin/graphs/info")
    assert {run: of_run["run_graph"] for run, of_run in graphs.items()} == dict.fromkeys(NAMES, True)


@pytest.mark.parametrize("run", RUNS)
def test_scalars_lead_from_the_first_step_to_the_result(board: str, outputs: Path, run: str) -> None:
    for tag, final in (("Cost/Cost", "final_cost"), ("accuracy", "final_accuracy")):
        points = scalars(board, f"xor/{run}", tag)
        steps = [step for step, _ in points]
        assert 500 < len(points) <= 1000, "TensorBoard would drop points of its own choice above 1,000"
        assert steps == sorted(set(steps))
        assert steps[0] == 0
        assert points[-1] == (STEPS, np.float32(result(outputs, run)[final]))


@pytest.mark.parametrize("run", RUNS)
def test_histograms_count_every_element_of_their_tensor_at_every_step(board: str, run: str) -> None:
    for tag, size in SIZES.items():
        points = histograms(board, f"xor/{run}", tag)
        steps = [step for step, _ in points]
        assert 40 < len(points) <= 51, "TensorBoard would drop steps of its own choice above 51"
        assert steps == sorted(set(steps))
        assert (steps[0], steps[-1]) == (0, STEPS)
        assert {buckets[:, 2].sum() for _, buckets in points} == {size}, tag


@pytest.mark.parametrize("run", RUNS)
def test_the_last_histogram_of_the_hypothesis_spans_the_four_answers(board: str, outputs: Path, run: str) -> None:
    _, buckets = histograms(board, f"xor/{run}", "Layer2/Hypothesis")[-1]
    answers = result(outputs, run)["hypothesis"]
    assert (np.float32(buckets[0, 0]), np.float32(buckets[-1, 1])) == (
        np.float32(min(answers)),
        np.float32(max(answers)),
    )


@pytest.mark.parametrize("run", RUNS)
def test_the_graph_has_the_scopes_of_the_network_and_its_training(board: str, run: str) -> None:
    assert scopes(graph(board, f"xor/{run}")) == SCOPES


@pytest.mark.parametrize(
    ("run", "load_fast"),
    [
        pytest.param("lr=0.1", True, id="lr=0.1"),
        pytest.param("lr=0.01", True, id="lr=0.01", marks=pytest.mark.proof),
        pytest.param("lr=0.001", True, id="lr=0.001", marks=pytest.mark.proof),
        pytest.param("lr=0.1", False, id="lr=0.1-python_loader"),
    ],
)
def test_a_run_directory_is_a_logdir_of_its_own(outputs: Path, run: str, load_fast: bool) -> None:
    with serve(outputs / "xor" / run, load_fast=load_fast) as url:
        assert ask(url, "runs") == ["."]
        assert set(ask(url, "plugin/scalars/tags")["."]) == SCALARS | RESULTS
        assert set(ask(url, "plugin/histograms/tags")["."]) == set(SIZES)
        assert scalars(url, ".", "Cost/Cost")[-1] == (STEPS, np.float32(result(outputs, run)["final_cost"]))
        assert scopes(graph(url, ".")) == SCOPES


@in_the_default_loader
def test_time_series_compares_the_cost_of_the_three_runs(board: str, artifacts: Path) -> None:
    with page() as tab:
        tab.goto(f"{board}/?smoothing=0#timeseries")
        card = tab.locator("scalar-card", has=tab.get_by_title("Cost/Cost", exact=True))
        rows = card.locator("tb-data-table-content-row")
        expect(rows).to_have_count(len(RUNS))
        for row, run in zip(rows.all(), NAMES, strict=True):
            expect(row).to_contain_text(run)
            expect(row).to_contain_text(f"{STEPS:,}")
        expect(tab.locator("histogram-card").first).to_contain_text("Layer1")
        screenshot(tab, artifacts / "timeseries.png")

        swatches = tab.locator("runs-data-table .run-color-swatch")
        expect(swatches).to_have_count(len(RUNS) + 1)
        _, *of_runs = swatches.all()
        colours = [swatch.evaluate("element => getComputedStyle(element).backgroundColor") for swatch in of_runs]
        assert len(set(colours)) == len(RUNS)
        for run, colour in zip(NAMES, colours, strict=True):
            assert pixels_of(colour, card.locator("canvas")) > 50, f"no curve of {run} to be seen"


@in_the_default_loader
def test_scalars_draws_a_line_a_run_of_cost_and_of_accuracy(board: str, artifacts: Path) -> None:
    with page() as tab:
        tab.goto(f"{board}/#scalars")
        cards = tab.locator("tf-scalar-card")
        expect(cards).to_have_count(len(SCALARS))  # those of results are closed at first
        for tag in SCALARS:
            lines = cards.filter(has=named(tab, tag)).locator("path.line")
            # As it is and smoothed.
            expect(lines).to_have_count(2 * len(RUNS))
            assert len({line.get_attribute("stroke") for line in lines.all()}) == len(RUNS)
        for run in NAMES:
            expect(tab.get_by_text(run, exact=True)).to_be_visible()
        screenshot(tab, artifacts / "scalars.png")


@in_the_default_loader
def test_graphs_shows_the_scopes_and_inside_a_layer_its_operations(board: str, artifacts: Path) -> None:
    with page() as tab:
        tab.goto(f"{board}/#graphs")
        labels = tab.locator("svg text.nodelabel")
        expect(labels).to_have_count(len(SCOPES) + 2)
        assert {shown(label) for label in labels.all()} == SCOPES | {"X", "Y"}
        screenshot(tab, artifacts / "graphs.png")

        tab.locator("g.node[data-name='Layer1'] rect").first.dblclick()
        for name in ("W1", "MatMul", "b1", "add", "Sigmoid"):
            expect(tab.locator(f"g.node[data-name='Layer1/{name}'] text.nodelabel").first).to_be_visible()
        screenshot(tab, artifacts / "graphs_layer1.png")


@in_the_default_loader
@pytest.mark.parametrize(
    ("dashboard", "card", "drawn", "least"),
    [
        # A band between each two of nine percentiles.
        ("distributions", "tf-distribution-loader", "path.area", 8),
        # A ridge a step.
        ("histograms", "tf-histogram-loader", "g.histogram", 41),
    ],
    ids=["distributions", "histograms"],
)
def test_distributions_and_histograms_draw_every_tensor_of_every_run(
    board: str, artifacts: Path, dashboard: str, card: str, drawn: str, least: int
) -> None:
    with page(1440, 1750) as tab:
        tab.goto(f"{board}/#{dashboard}")
        cards = tab.locator(card)
        expect(cards).to_have_count(len(SIZES) * len(RUNS))
        for tag in SIZES:
            for run in NAMES:
                of_run = cards.filter(has=named(tab, tag)).filter(has=tab.get_by_text(run, exact=True))
                expect(of_run).to_have_count(1)
                of_run.scroll_into_view_if_needed()
                expect(of_run.locator(drawn).first).to_be_visible()
                assert of_run.locator(drawn).count() >= least, (tag, run)
        tab.locator("[itemprop=name]").first.scroll_into_view_if_needed()
        screenshot(tab, artifacts / f"{dashboard}.png")


def named(tab: Page, tag: str) -> Locator:
    """The heading of a card of that tag."""
    return tab.locator("[itemprop=name]").get_by_text(tag, exact=True)


def shown(label: Locator) -> str:
    """The text of an SVG label without its tooltip, which repeats it."""
    return str(label.evaluate("element => element.firstChild.textContent"))


def screenshot(tab: Page, path: Path) -> None:
    tab.wait_for_timeout(1000)  # milliseconds, for animations to end
    tab.screenshot(path=path)


def pixels_of(colour: str, part: Locator) -> int:
    """How many pixels of a part of the page have a CSS colour, `rgb(18, 181, 203)`, or nearly."""
    wanted = [int(number) for number in re.findall(r"\d+", colour)[:3]]
    picture = 255 * image.imread(io.BytesIO(part.screenshot()))[:, :, :3]
    return int((np.abs(picture - wanted).max(axis=2) < 16).sum())
