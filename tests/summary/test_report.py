"""The report as a person opens it: in a browser, from the disk, with nothing else."""

from __future__ import annotations

import csv
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import page as blank
from tests.summary.opened import opened, shown
from tests.summary.sweeps import diverged, failed, make_sweep, result
from xor_sweep.manifest import add_command, load_manifest
from xor_sweep.provenance import Asked
from xor_sweep.runs import SweepPaths
from xor_sweep.summary import summarise
from xor_sweep.summary.columns import Configs
from xor_sweep.summary.frame import rows as rows_of
from xor_sweep.summary.report import as_html
from xor_sweep.summary.report.axes import NOWHERE, colours, key_axis, objective_axis
from xor_sweep.summary.report.facts import MOST_ROWS, failures, shown_places


@pytest.fixture(scope="module")
def chromium() -> Iterator[Page]:
    with blank(1300) as page:
        yield page


def read_csv(sweep: SweepPaths) -> list[dict[str, str]]:
    with sweep.summary_csv.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> SweepPaths:
    """Three rates by twelve seeds, with a run that diverged and one that failed, and its pictures."""
    draw = random.Random(0)
    ended = [
        result(f"lr={lr},seed={seed}", draw.random() * lr, wall_s=draw.random())
        for lr in (0.1, 0.01, 0.001)
        for seed in range(12)
    ]
    ended += [diverged("lr=1.0,seed=0"), failed("lr=1.0,seed=1")]
    config = "lr: 0.5\nseed: 0\nsteps: 1000\nnetwork:\n  name: xor\n  hidden: [2]\n"
    texts = {each.run: config for each in ended}
    made = make_sweep(
        tmp_path_factory.mktemp("mixed"), *ended, swept=("lr", "seed"), configs=texts, logged=True, name="rates"
    )
    add_command(made, Asked("python -m xor_sweep -m 'lr=0.1,0.01'", {"python": "3.11.7"}).command(wait=5))
    summarise(made)
    return made


def test_it_says_first_which_setting_wins(chromium: Page, mixed: SweepPaths) -> None:
    page = opened(chromium, mixed)
    summary = summarise(mixed)
    head = page.inner_text("header")
    assert head.startswith("rates\n")
    assert "38 runs: 36 completed, 1 diverged, 1 failed. Ranked by final_cost of the training part" in head
    best = page.inner_text(".best")
    assert "Best configuration\nlr 0.001" in best
    assert summary.best_run is not None
    assert f"Its run at the median: {summary.best_run}." in best
    assert "Train it again" not in best, "a configuration that is no whole one cannot be"
    assert f"{summary.configurations[0].median:.6g}" in best
    top = page.evaluate("document.querySelector('.best').getBoundingClientRect().bottom")
    assert top < 500, "it is seen without scrolling"


def test_its_numbers_are_those_of_the_csv_to_the_last_digit(chromium: Page, mixed: SweepPaths) -> None:
    page = opened(chromium, mixed)
    table = read_csv(mixed)
    for column in ("run", "lr", "seed", "status", "final_cost", "final_accuracy", "best_cost", "wall_s"):
        assert [each.removesuffix(".0") for each in shown(page, column)] == [
            row[column].removesuffix(".0") for row in table
        ], column
    assert [int(each) for each in shown(page, "rank")] == list(range(1, len(table) + 1))


def test_a_head_sorts_by_click_and_by_keyboard_and_what_has_no_value_stays_last(
    chromium: Page, mixed: SweepPaths
) -> None:
    page = opened(chromium, mixed)
    costs = [row["final_cost"] for row in read_csv(mixed)]
    finite = sorted((cost for cost in costs if cost), key=float)
    missing = [""] * costs.count("")
    head = page.locator("#runs th", has_text="final_cost")
    head.locator("button").click()
    assert (shown(page, "final_cost"), head.get_attribute("aria-sort")) == ([*finite, *missing], "ascending")
    page.keyboard.press("Enter")
    assert (shown(page, "final_cost"), head.get_attribute("aria-sort")) == ([*finite[::-1], *missing], "descending")
    page.locator("#runs th", has_text="run").locator("button").focus()
    page.keyboard.press("Space")
    names = [f"lr={lr},seed={seed}" for lr in ("0.001", "0.01", "0.1") for seed in range(12)]
    assert shown(page, "run") == [*names, "lr=1.0,seed=0", "lr=1.0,seed=1"]
    assert page.locator("#runs th[aria-sort]").count() == 1


def test_words_and_the_status_choose_rows_and_their_lines(chromium: Page, mixed: SweepPaths) -> None:
    page = opened(chromium, mixed)
    page.fill("#filter", "LR=0.01, seed=2")
    assert shown(page, "run") == ["lr=0.01,seed=2"]
    assert page.inner_text("#count") == "1 of 38"
    assert page.locator("svg polyline:not(.out)").count() == 1
    page.fill("#filter", "seed=1")
    assert sorted(shown(page, "run")) == [f"lr={lr},seed=1" for lr in ("0.001", "0.01", "0.1", "1.0")]
    page.fill("#filter", "")
    page.select_option("#status", "failed")
    assert shown(page, "run") == ["lr=1.0,seed=1"]
    assert shown(page, "reason") == ["ValueError: no | such activation"]
    page.select_option("#status", "")
    assert len(shown(page, "run")) == 38


def test_dragging_along_an_axis_keeps_the_runs_that_cross_it_there(chromium: Page, mixed: SweepPaths) -> None:
    page = opened(chromium, mixed)
    assert page.locator("svg polyline").count() == 38
    assert page.locator("svg polyline.chosen title").text_content() == summarise(mixed).best_run
    page.locator("svg").scroll_into_view_if_needed()
    box = page.locator("svg .grip").first.bounding_box()
    assert box is not None
    x, top = box["x"] + box["width"] / 2, box["y"]
    page.mouse.move(x, top + 2)
    page.mouse.down()
    page.mouse.move(x, top + 40, steps=4)
    page.mouse.up()
    assert set(map(float, shown(page, "lr"))) == {1.0}
    page.mouse.click(x, top + 100)
    assert len(shown(page, "lr")) == 38


def test_the_whole_head_of_a_column_sorts_it(chromium: Page, mixed: SweepPaths) -> None:
    page = opened(chromium, mixed)
    head = page.locator("#runs th", has_text="lr")
    for order in ("ascending", "descending"):
        head.click(position={"x": 3, "y": 3})
        expect(head).to_have_attribute("aria-sort", order)


def test_what_the_command_needs_beside_itself_is_said(tmp_path: Path) -> None:
    config = (
        "lr: 0.1\nseed: 1\noptimizer: {name: sgd}\nnetwork: {_target_: my_nets.deep}\ndata: {kind: xor, name: xor}\n"
    )
    made = make_sweep(tmp_path, result("lr=0.1"), swept=("lr",), configs={"lr=0.1": config})
    summarise(made, plots=False)
    needed = "add trusted_modules=[my_nets] to the command if you wrote that."
    assert needed in made.best.read_text()
    assert needed in made.report.read_text()


def test_a_picture_is_as_large_as_it_was_drawn_by_a_key_and_fits_again(chromium: Page, mixed: SweepPaths) -> None:
    chromium.set_viewport_size({"width": 400, "height": 800})
    try:
        page = opened(chromium, mixed)
        width = "document.querySelector('figure img').clientWidth"
        assert page.evaluate(width) < 400
        page.locator("figure button").first.focus()
        page.keyboard.press("Enter")
        assert page.evaluate(width) == page.evaluate("document.querySelector('figure img').naturalWidth") > 400
        assert page.evaluate("document.documentElement.scrollWidth") == 400
        page.keyboard.press("Enter")
        assert page.evaluate(width) < 400
    finally:
        chromium.set_viewport_size({"width": 1300, "height": 900})


def test_without_scripts_its_tables_and_pictures_are_there(chromium: Page, mixed: SweepPaths) -> None:
    browser = chromium.context.browser
    assert browser is not None
    page = browser.new_page(java_script_enabled=False)
    try:
        page.goto(mixed.report.resolve().as_uri())
        assert page.locator("#runs tbody tr").count() == 38
        assert page.locator("#configurations tbody tr").count() == 4
        pictures = page.locator("figure img")
        assert [each.get_attribute("alt") for each in pictures.all()] == [
            "cost",
            "final cost by lr",
            "final cost by seed",
        ]
        assert all((each.bounding_box() or {"width": 0})["width"] > 300 for each in pictures.all())
        assert not page.locator("#filter").is_visible()
        assert not page.locator("#parallel").is_visible()
    finally:
        page.close()


@pytest.mark.parametrize("width", [320, 400, 1300])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_of_any_width_and_colour_scrolls_down_only(
    width: int, scheme: Any, chromium: Page, mixed: SweepPaths
) -> None:
    chromium.set_viewport_size({"width": width, "height": 800})
    chromium.emulate_media(color_scheme=scheme)
    try:
        page = opened(chromium, mixed)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        ink, paper = page.evaluate(
            "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
            ".map((each) => each.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0))"
        )
        assert abs(ink - paper) > 500
        assert (paper > ink) is (scheme == "light")
    finally:
        chromium.set_viewport_size({"width": 1300, "height": 900})
        chromium.emulate_media(color_scheme="light")


def test_it_says_why_runs_did_not_complete_what_they_share_and_where_they_ran(mixed: SweepPaths) -> None:
    text = mixed.report.read_text()
    assert "lr=1.0,seed=1/error.txt" in text
    assert "lr=1.0,seed=0/error.txt" not in text
    shared = text[text.index("What all runs share") :]
    assert "<dt>network.hidden</dt><dd>[2]</dd>" in shared
    assert "<dt>lr</dt>" not in shared
    assert "<dt>tensorflow</dt><dd>2.21.0</dd>" in shared
    assert "python -m xor_sweep -m &#39;lr=0.1,0.01&#39;" in shared


def test_runs_that_ended_for_one_reason_at_different_steps_are_one_row() -> None:
    ended = [
        diverged("lr=1", reason="the cost became NaN at step 12,345; try a smaller lr"),
        diverged("lr=2", reason="the cost became NaN at step 310; try a smaller lr"),
        diverged("lr=3", reason="the cost became NaN at step 1,310; try a smaller lr"),
        diverged("lr=4", reason="a weight became NaN at step 1,007"),
    ]
    reasons = [[each.words for each in row[1:4]] for row in failures(ended).rows]
    assert reasons == [
        ["3", "the cost became NaN at step 310 to 12,345; try a smaller lr", "lr=1"],
        ["1", "a weight became NaN at step 1,007", "lr=4"],
    ]


def test_a_directory_of_a_release_without_commands_has_no_table_of_them(tmp_path: Path) -> None:
    made = make_sweep(tmp_path, result("lr=0.1"))
    summarise(made, plots=False)
    text = made.report.read_text()
    assert 'id="commands"' not in text
    assert "None were drawn with this summary." in text


def test_where_no_run_completed_it_says_so_and_names_no_command(chromium: Page, tmp_path: Path) -> None:
    made = make_sweep(tmp_path, diverged("lr=1"), failed("lr=2"), swept=("lr",))
    summarise(made, plots=False)
    page = opened(chromium, made)
    assert page.inner_text(".best") == "No run completed."
    assert "--config-name" not in made.report.read_text()


def test_of_a_huge_sweep_the_best_runs_are_there_and_some_of_the_rest(chromium: Page, tmp_path: Path) -> None:
    draw = random.Random(0)
    total = MOST_ROWS + 250
    ended = [result(f"lr={lr},seed={seed}", draw.random()) for seed in range(total // 3) for lr in (0.1, 0.01, 0.001)]
    made = make_sweep(tmp_path, *ended, swept=("lr", "seed"))
    summary = summarise(made, plots=False)
    assert made.report.stat().st_size < 1_500_000
    page = opened(chromium, made)
    ranks = [int(rank) for rank in shown(page, "rank")]
    assert len(ranks) == MOST_ROWS
    assert ranks[: MOST_ROWS // 2] == list(range(1, MOST_ROWS // 2 + 1))
    assert ranks[-1] == total
    assert summary.best_run in shown(page, "run")
    assert "The best runs, and some evenly spread over the rest; summary.csv has all." in page.inner_text("main")
    assert f"2,000 of {total:,} are here." in page.inner_text("main")
    assert page.locator("svg polyline").count() == MOST_ROWS
    assert f"A line a run: 2,000 of {total:,}" in page.inner_text("#parallel")


def test_the_best_configurations_run_is_shown_wherever_it_ranks() -> None:
    table = [{"run": f"{place}"} for place in range(5000)]
    for best in ("0", "999", "1000", "1001", "2501", "4999"):
        places = shown_places(table, best)
        assert len(set(places)) == MOST_ROWS
        assert places == sorted(places)
        assert int(best) in places


def test_it_takes_little_time_and_a_second_one_has_the_same_bytes(tmp_path: Path) -> None:
    ended = [result(f"lr={lr},seed={seed}", seed * lr) for seed in range(1, 335) for lr in (0.1, 0.01, 0.001)]
    made = make_sweep(tmp_path, *ended, swept=("lr", "seed"))
    summary = summarise(made, plots=False)
    before = made.report.read_text()
    configs, manifest = Configs(made), load_manifest(made)
    table = rows_of(summary.ranked, summary.keys, configs)
    took = []
    for _ in range(3):  # what else the machine does takes from one of them
        started = time.thread_time()
        assert as_html(made, table, summary, configs, manifest) == before
        took.append(time.thread_time() - started)
    assert min(took) < 0.3, took


def rows(key: str, values: list[Any], costs: list[float | None] | None = None) -> list[dict[str, Any]]:
    costs = [0.5] * len(values) if costs is None else costs
    return [
        {key: value, "status": "diverged" if cost is None else "completed", "final_cost": cost}
        for value, cost in zip(values, costs, strict=True)
    ]


@pytest.mark.parametrize(
    ("values", "at"),
    [
        ([0.001, 0.01, 0.1], [0, 0.5, 1]),
        ([1, 2, 3], [0, 0.5, 1]),
        ([0.0, 0.25, 1.0], [0, 0.25, 1]),
        (["adam", "sgd", "lion"], [0, 0.5, 1]),
        ([[2], [4, 4]], [0, 1]),
        ([True, False], [0, 1]),
        ([1, None, 2], [0, NOWHERE, 1]),
        ([5, 5], [0.5, 0.5]),
        ([-1.7e308, 1.7e308], [0, 1]),
        ([10**400, 1], [0, 1]),
        ([None, None], [NOWHERE, NOWHERE]),
    ],
)
def test_a_keys_axis_is_as_its_values_were_chosen(values: list[Any], at: list[float]) -> None:
    table = rows("key", values)
    axis = key_axis("key", table, table)
    assert axis.at == pytest.approx(at, abs=0.05)
    assert len(axis.ticks) >= 1


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([10**-k for k in range(6)] * 2, ["1e-05", "0.0001", "0.001", "0.01", "0.1", "1"]),
        ([k / 7 for k in range(100)], ["0", "5", "10"]),
        ([1.0 * 1.1**k for k in range(20)], ["1", "2", "5"]),
        (list(range(3000)), ["0", "500", "1000", "1500", "2000", "2500"]),
    ],
)
def test_many_values_have_round_ticks(values: list[float], labels: list[str]) -> None:
    table = rows("key", values)
    axis = key_axis("key", table, table)
    assert [label for _, label in axis.ticks] == labels
    assert [place for place, _ in axis.ticks] == sorted(place for place, _ in axis.ticks)


def test_a_narrow_axis_by_ratio_says_so_and_has_round_ticks() -> None:
    table = rows("key", list(range(9)), [0.4575 + 0.008 * place for place in range(9)])
    axis = objective_axis("final_cost", "minimize", table, table)
    assert axis.log
    assert [label for _, label in axis.ticks] == ["0.46", "0.48", "0.5", "0.52"]


def test_close_numbers_have_ticks_that_differ_and_costs_almost_equal_no_logarithmic_axis() -> None:
    table = rows("key", [1, 2, 3], [0.69314718, 0.69314722, 0.69314725])
    axis = objective_axis("final_cost", "minimize", table, table)
    assert len({label for _, label in axis.ticks}) == 3
    assert not axis.log


def test_the_best_objective_is_on_top_and_what_did_not_complete_below() -> None:
    table = rows("key", [1, 2, 3, 4], [1e-4, 1e-2, 1.0, None])
    axis = objective_axis("final_cost", "minimize", table, table)
    assert axis.at == pytest.approx([1, 0.5, 0, NOWHERE])
    assert (NOWHERE, "not completed") in axis.ticks
    assert colours(table, table, range(4)) == [0, 1, 3, 5]
    for row, accuracy in zip(table, (1.0, 0.75, 0.5, None), strict=True):
        row["final_accuracy"] = accuracy
    assert objective_axis("final_accuracy", "maximize", table, table).at == pytest.approx([1, 0.5, 0, NOWHERE])
