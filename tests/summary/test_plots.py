from __future__ import annotations

import itertools

import numpy as np
import pytest
from PIL import Image

from tests.summary.sweeps import diverged, failed, log_cost, log_curve, make_sweep, result
from xor_sweep.manifest import load_manifest
from xor_sweep.summary import figure as fig
from xor_sweep.summary import rank_runs, summarise
from xor_sweep.summary.cost_plot import by_first_key, ceiling, cost_figure
from xor_sweep.summary.curves import median_curve, quantiles, read_curves
from xor_sweep.summary.heat_map import cells, colours_of, heat_figure
from xor_sweep.summary.key_plot import key_figure, key_points
from xor_sweep.summary.labels import numbers, run_labels
from xor_sweep.summary.ranking import Cost


def picture(path):
    """The size in pixels; the file is read whole, so that a damaged one is an error."""
    with Image.open(path) as image:
        image.load()
        assert image.format == "PNG"
        assert len(image.getcolors(maxcolors=1 << 20)) > 10, "an empty picture"
        return image.size


def names(summary):
    return [path.name for path in summary.pictures]


def points(values, costs=None, key="lr"):
    costs = costs or [0.1] * len(values)
    return key_points(table_of(costs, **{key: values}), key)


def table_of(costs, **values):
    """Rows of runs with these costs, None where one diverged, and values of keys."""
    status = {True: "completed", False: "diverged"}
    rows = [{"final_cost": cost, "status": status[cost is not None], "train_cost": None} for cost in costs]
    return [row | {key: of_key[place] for key, of_key in values.items()} for place, row in enumerate(rows)]


def test_a_small_sweep_gets_cost_over_steps_and_final_cost_over_each_number(tmp_path):
    runs = [result(f"lr={lr},seed={seed}", lr / 100) for lr, seed in itertools.product((0.1, 0.01), (1, 2))]
    sweep = make_sweep(tmp_path, *runs, diverged("lr=10,seed=1"), failed("lr=10,seed=2"), swept=("lr",), logged=True)
    summary = summarise(sweep)
    assert names(summary) == ["cost.png", "final_cost_by_lr.png", "final_cost_by_seed.png"]
    for path in summary.pictures:
        width, height = picture(path)
        assert 1200 <= width <= 1900
        assert height == 750


def test_a_large_sweep_is_drawn_too(tmp_path):
    runs = [result(f"lr={lr},seed={seed}", lr / 100) for lr, seed in itertools.product((0.1, 0.01), range(12))]
    sweep = make_sweep(tmp_path, *runs, diverged("lr=10,seed=0"), swept=("lr", "seed"), logged=True)
    assert picture(summarise(sweep).pictures[0])[1] == 750


def test_words_lists_and_single_values_get_no_plot(tmp_path):
    runs = [
        result("a", overrides=("optimizer=sgd", "network.hidden=[2]", "lr=0.1", "optimizer.nesterov=true")),
        result("b", overrides=("optimizer=adam", "network.hidden=[4]", "lr=0.1", "optimizer.nesterov=false")),
    ]
    sweep = make_sweep(tmp_path, *runs, swept=("lr", "optimizer", "network.hidden", "optimizer.nesterov"))
    assert names(summarise(sweep)) == []


def test_plots_of_an_earlier_summary_do_not_stay(tmp_path):
    sweep = make_sweep(tmp_path, result("lr=0.1"), result("lr=0.2"), swept=("lr",))
    stale = [sweep.key_plot("seed"), sweep.cost_plot]
    others = [sweep.directory / "my_plot.png", sweep.directory / "final_cost.png"]
    for path in (*stale, *others):
        path.write_bytes(b"old")
    summarise(sweep)
    assert not any(path.exists() for path in stale)
    assert all(path.exists() for path in others)
    assert sweep.key_plot("lr").exists()


def test_without_plots_pictures_are_neither_written_nor_removed(tmp_path):
    sweep = make_sweep(tmp_path, result("lr=0.1"), result("lr=0.2"), swept=("lr",), logged=True)
    sweep.key_plot("seed").write_bytes(b"old")
    assert summarise(sweep, plots=False).pictures == ()
    assert sweep.key_plot("seed").exists()
    assert not sweep.cost_plot.exists()


@pytest.mark.parametrize("cost", [0.0, 0.25, 1e-30])
def test_equal_or_zero_costs_can_be_drawn(tmp_path, cost):
    sweep = make_sweep(tmp_path, result("lr=0.1", cost), result("lr=0.2", cost), swept=("lr",), logged=True)
    assert names(summarise(sweep)) == ["cost.png", "final_cost_by_lr.png"]


@pytest.mark.parametrize("name", ["_run", "a$b$_x", "Ünïcode_实验", "x" * 120])
def test_any_name_can_be_drawn(tmp_path, name):
    runs = [result("_" * 100, overrides=("lr=0.1",)), result("$x^$", overrides=("lr=0.2",))]
    sweep = make_sweep(tmp_path, *runs, swept=("lr",), logged=True, name=name)
    assert len(summarise(sweep).pictures) == 2


def test_a_sweep_of_diverged_runs_is_drawn_as_far_as_it_was_finite(tmp_path):
    sweep = make_sweep(tmp_path, diverged("lr=1"), diverged("lr=10"), swept=("lr",), logged=True)
    summary = summarise(sweep)
    assert names(summary) == ["cost.png"]
    steps, cost = read_curves(sweep, ["lr=1"], None)["lr=1"]
    assert steps[-1] == 300
    assert np.isfinite(cost).all()


def test_one_value_of_cost_a_run_is_enough_for_bands_of_runs_with_different_steps():
    short = (np.array([0, 10]), np.array([0.4, 0.2]))
    long = (np.array([0, 5, 20]), np.array([0.8, 0.6, 0.5]))
    steps, (median,) = quantiles([short, long], (0.5,), [False, True])
    assert steps.tolist() == [0, 5, 20]
    # At step 5 the short curve is between its points, at step 20 it has ended.
    np.testing.assert_allclose(median, [0.6, 0.45, 0.5])
    # Stopped early and completed, it keeps its last value.
    np.testing.assert_allclose(quantiles([short, long], (0.5,), [True, True])[1], [[0.6, 0.45, 0.35]])


def test_bands_stand_by_the_first_key_of_few_values_that_is_no_seed():
    curve = (np.array([0]), np.array([0.1]))
    table = [
        {"run": "a", "lr": 0.1, "status": "completed"},
        {"run": "b", "lr": 0.01, "status": "diverged"},
        {"run": "c", "lr": 0.1, "status": "completed"},
    ]
    curves = dict.fromkeys("abc", curve)
    groups = by_first_key(curves, table, ["lr"])
    shown = [(group.label, len(group.curves), group.diverged) for group in groups]
    assert shown == [("lr=0.01 (1, 1 diverged)", 1, True), ("lr=0.1 (2)", 2, False)]
    assert [group.label for group in by_first_key(curves, table, ["seed"])] == ["all 3 runs, 1 diverged"]
    assert [group.label for group in by_first_key({"a": curve, "c": curve}, table, ["seed"])] == ["2 of 3 runs"]
    many = [{"run": str(index), "lr": index / 10, "status": "completed"} for index in range(11)]
    assert len(by_first_key({row["run"]: curve for row in many}, many, ["lr"])) == 1


def test_values_that_look_alike_in_a_legend_have_a_band_each():
    table = [{"run": key, "key": key, "status": "completed"} for key in ("a/b", "a b", "a_b")]
    curves = dict.fromkeys((row["run"] for row in table), (np.array([0]), np.array([0.1])))
    assert [len(group.curves) for group in by_first_key(curves, table, ["key"])] == [1, 1, 1]


def curved(tmp_path, costs, statuses=None):
    """The plot of cost over steps 0, 1, 2, … of runs at two rates, and the texts of its legend."""
    statuses = statuses or ["completed"] * len(costs)
    runs = [f"lr={0.1 * (index % 2 + 1):g},seed={index}" for index in range(len(costs))]
    ended = [
        result(run, cost[-1]) if status == "completed" else diverged(run)
        for run, cost, status in zip(runs, costs, statuses, strict=True)
    ]
    sweep = make_sweep(tmp_path, *ended, swept=("lr", "seed"))
    for run, cost in zip(runs, costs, strict=True):
        log_curve(sweep.run(run), range(len(cost)), cost)
    found = rank_runs(sweep)
    figure = cost_figure(sweep, "xor", found.summary.ranked, found.table, found.summary.keys, found.summary.cost)
    [axes] = figure.axes
    return axes, axes.get_title(loc="left"), [text.get_text() for text in axes.get_legend().get_texts()]


def test_costs_below_zero_have_a_linear_axis_with_all_of_them_on_it(tmp_path):
    axes, _, _ = curved(tmp_path, [[0.3, -0.2, -0.9], [0.3, 0.1, -0.5]])
    assert axes.get_yscale() == "linear"
    assert axes.get_ylim()[0] < -0.9


def test_a_run_that_no_band_shows_does_not_stretch_the_axis(tmp_path):
    costs = [[0.7, 0.5, 0.3], *[[0.7, 0.4, 0.2 + index / 100] for index in range(59)]]
    costs[7][1] = 1e6
    axes, title, _ = curved(tmp_path, costs)
    assert axes.get_ylim()[1] < 1
    assert "past the top" not in title


def test_a_line_that_leaves_the_picture_is_counted(tmp_path):
    axes, title, _ = curved(tmp_path, [[0.7, 0.5, 0.3], [0.7, 1e6, 0.4]])
    assert axes.get_ylim()[1] == pytest.approx(7)
    assert "1 rises past the top" in title


def test_a_single_point_is_marked_and_only_of_a_diverged_run_said_to_be_the_last(tmp_path):
    axes, _, labels = curved(tmp_path, [[0.3], [0.7]], ["completed", "diverged"])
    assert labels == ["1. lr=0.1,seed=0", "2. lr=0.2,seed=1 (diverged), no finite cost past step 0"]
    assert [line.get_marker() for line in axes.lines] == ["o", "o"]


def test_the_median_at_each_value_and_the_runs_left_out_are_right():
    found = points([2, 1, 2, 2, 3], [0.4, 0.1, 0.2, 0.9, None], key="seed")
    assert found.distinct.tolist() == [1, 2, 3]
    np.testing.assert_equal(found.medians, [0.1, 0.4, np.nan])
    assert (found.missing, found.unfinished, found.lost.tolist(), found.whole) == (0, 1, [3], True)


@pytest.mark.parametrize(
    ("values", "logarithmic"),
    [
        ([0.1, 0.01, 0.001], True),
        ([0.01, 0.03, 0.1, 0.3], True),
        ([1, 2, 4, 8], True),
        ([0.001, 0.1], True),
        ([0.01, 0.1, 0.3], True),
        ([0.01, 0.02, 0.05, 0.1, 0.2, 0.5], True),
        ([0.1, 0.2], False),
        ([0, 1, 1000], False),
        (list(range(1, 1001)), False),
        ([0.9, 0.99, 0.999], False),
        ([0.5, 0.9, 0.99], False),
        (list(range(1, 21)), False),
    ],
)
def test_values_far_apart_or_even_by_ratio_have_a_logarithmic_axis(values, logarithmic):
    assert points(values).logarithmic is logarithmic


def test_values_that_lie_close_do_not_each_have_a_tick():
    assert points([0.1, 0.01, 0.001]).spaced
    assert points([0.9, 0.99, 0.999]).spaced
    assert not points([0.5, 0.99, 0.999]).spaced
    assert not points(list(range(9))).spaced


def test_event_files_of_runs_without_a_cost_are_no_curves(tmp_path):
    sweep = make_sweep(tmp_path, result("a"), result("b"))
    log_cost(sweep.run("a"), 0.1)
    assert list(read_curves(sweep, ["a", "b"], None)) == ["a"]
    assert load_manifest(sweep).swept == ()


def test_a_cell_of_the_heat_map_has_the_median_of_its_runs():
    keys = {"lr": [0.1, 0.1, 0.1, 0.01, 0.01, 0.1], "batch_size": [8, 8, 8, 8, 16, 16]}
    table = table_of([0.3, 0.1, None, 0.2, None, 0.5], **keys)
    found = cells(table, "lr", "batch_size")
    assert (found.columns, found.rows, found.runs) == ((0.01, 0.1), (8, 16), 6)
    np.testing.assert_equal(found.medians, [[0.2, 0.3], [np.inf, 0.5]])
    none = cells(table[:4], "lr", "batch_size")
    assert none is None, "one batch size has no map"
    assert cells(table_of([None] * 6, **keys), "lr", "batch_size") is None
    many = [index / 100 for index in range(31)]
    assert cells(table_of([0.1] * 31, lr=many, batch_size=[8, 16] * 15 + [8]), "lr", "batch_size") is None


def test_two_swept_numbers_have_a_heat_map_which_goes_with_one_of_them(tmp_path):
    points = itertools.product((0.1, 0.01, 0.001), (1, 2, 4), (1, 2))
    runs = [result(f"lr={lr},batch_size={size},seed={seed}", lr * size) for lr, size, seed in points]
    sweep = make_sweep(tmp_path, *runs, diverged("lr=1,batch_size=1,seed=1"), swept=("lr", "batch_size", "seed"))
    assert "final_cost_map_lr+batch_size.png" in names(summarise(sweep))
    assert picture(sweep.pair_plot("lr", "batch_size"))[1] == 750
    for run in sweep.runs():
        if "batch_size=1," not in run.name:
            run.result.unlink()
    assert not any("map" in name for name in names(summarise(sweep)))
    assert not sweep.pair_plot("lr", "batch_size").exists()


def test_the_median_over_steps_holds_what_ended_and_counts_what_did_not_complete_as_the_worst():
    long = (np.array([0, 5, 20]), np.array([0.8, 0.6, 0.5]))
    short = (np.array([0, 10]), np.array([0.4, np.nan]))
    steps, median = median_curve([long, short], 0, np.inf)
    assert (steps.tolist(), median.tolist()) == ([0, 5, 20], pytest.approx([0.6, 0.5, 0.45]))
    assert median_curve([long, short], 1, np.inf)[1].tolist() == [0.8, 0.6, 0.5]
    assert median_curve([long, short], 1, -np.inf)[1].tolist() == pytest.approx([0.4, 0.4, 0.4])
    assert not len(median_curve([long], 1, np.inf)[0])


LONG = "network.some_really_very_long_group_name.and_an_even_longer_key_name_for_a_hyperparameter"


def drawn(costs, **values):
    """The axes of the plot of the first key's values, fitted and rendered."""
    key = next(iter(values))
    table = [row | {"final_accuracy": 1.0} for row in table_of(costs, **values)]
    figure = key_figure("sweep", key_points(table, key), Cost("training", nats=True), list(values))
    fig.png(figure)
    return figure.axes[0]


def boxes(texts):
    """Where texts stand, in pixels, each within the canvas."""
    found = [text.get_window_extent() for text in texts if text.get_text()]
    for box, text in zip(found, (text for text in texts if text.get_text()), strict=True):
        width, height = text.figure.canvas.get_width_height()
        assert 0 <= box.x0 < box.x1 <= width, text.get_text()
        assert 0 <= box.y0 < box.y1 <= height, text.get_text()
    return found


def test_numbers_have_as_few_digits_as_tell_them_apart():
    assert numbers([0.35111917342151344, 1e-05, 1.0, 64]) == ["0.351", "1e-05", "1", "64"]
    assert numbers([0.69314718, 0.69314728]) == ["0.6931472", "0.6931473"]


def test_long_names_of_keys_give_way_and_values_stay():
    runs = [f"lr=0.1,{LONG}={units},optimizer.momentum=0.9" for units in (2, 4)]
    labels = run_labels(runs)
    assert len(set(labels)) == 2
    assert all(len(label) <= 60 and "=0.9" in label and "lr=0.1" in label for label in labels)
    assert run_labels(["lr=0.1,seed=1"]) == ["lr=0.1,seed=1"]


def test_labels_of_a_heat_map_of_full_digits_stand_apart_within_the_canvas():
    values = np.geomspace(1e-5, 1, 30)
    pairs = list(itertools.product(values, values))
    table = table_of([0.3] * 900, **{"lr": [first for first, _ in pairs], LONG: [second for _, second in pairs]})
    table = [row | {"final_accuracy": 1.0} for row in table]
    figure = heat_figure("s" * 32, cells(table, "lr", LONG), Cost("training", nats=True), ["lr", LONG])
    fig.png(figure)
    axes = figure.axes[0]
    across = boxes(axes.get_xticklabels())
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(across))
    assert all(low.y1 < high.y0 for low, high in itertools.pairwise(boxes(axes.get_yticklabels())))
    title = next(text for text in axes.get_children() if "s" * 32 in getattr(text, "get_text", str)())
    boxes([title, axes.xaxis.label, axes.yaxis.label, figure.axes[1].yaxis.label])
    assert "median final training cost by lr" in title.get_text().replace("\n", " ")


def test_no_line_joins_the_medians_of_seeds_nor_of_many_values():
    assert not points([1, 2, 1, 2], key="seed").joined
    assert not points([*range(60)] * 3).joined
    assert points([0.1, 0.1, 0.2]).joined


def test_runs_without_a_value_and_runs_without_a_cost_are_counted_apart():
    axes = drawn([0.1, 0.2, None, 0.3], lr=[0.1, 0.01, 1.0, None])
    title = axes.get_title(loc="left").replace("\n", " ")
    assert "2 runs, 1 without a finite cost left out, 1 without a value left out" in title
    low, high = axes.get_xlim()
    assert low < 0.01 < 1.0 < high
    assert "no run completed" in [text.get_text() for text in axes.get_legend().get_texts()]
    table = [row | {"final_accuracy": 1.0} for row in table_of([0.1] * 5, lr=[1, 1, 2, 2, None], wd=[1, 2, 1, 2, 1])]
    assert cells(table, "lr", "wd").missing == 1


def test_costs_that_lie_close_have_a_linear_axis_whose_ticks_differ_within_the_canvas():
    axes = drawn([0.69314718, 0.69314725, 0.6931475], lr=[0.1, 0.01, 0.001])
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert axes.get_yscale() == "linear"
    assert len(set(labels)) == len(labels)
    assert axes.get_ylabel() == "final training cost (nats)"
    boxes([axes.yaxis.label])


def test_equal_costs_have_a_narrow_range_of_colours_around_them():
    norm = colours_of(0.35, 0.35)
    assert 0.349 < norm.vmin < 0.35 < norm.vmax < 0.351
    assert abs(float(norm(0.35)) - float(norm(0.35 + 1e-7))) < 0.01


def test_a_cost_that_rises_beyond_all_measure_does_not_flatten_the_others():
    steps = np.arange(3)
    good, bad = (steps, np.array([0.7, 0.3, 0.1])), (steps, np.array([0.8, 1e20, np.nan]))
    assert ceiling([good, bad], [0.1]) == pytest.approx(8)
    assert ceiling([good, bad], [0.1, 1e20]) == pytest.approx(8)


def test_lines_next_to_each_other_differ_in_colour_and_in_dashes_and_no_two_are_alike():
    styles = [(fig.colour(index), fig.dashes(index)) for index in range(28)]
    assert len(set(styles)) == 28
    assert all(one[0] != next_one[0] and one[1] != next_one[1] for one, next_one in itertools.pairwise(styles))


def test_points_of_many_runs_stand_aside_of_each_other_the_same_each_time():
    found = points([0.1, 0.01, 0.001] * 100)
    assert len(np.unique(found.aside())) == 300
    np.testing.assert_array_equal(found.aside(), found.aside())
    np.testing.assert_allclose(found.aside(), found.values, rtol=0.25)
    assert points([0.1, 0.2]).aside().tolist() == [0.1, 0.2]
    alone = points(list(range(300)), key="seed")
    assert alone.aside().tolist() == list(range(300)), "none hides another"


def test_values_at_the_ends_of_what_a_float_holds_are_drawn_without_an_overflow():
    found = points([1e308, -1e308] * 60)
    assert np.isfinite(found.aside()).all()
    assert found.spaced
