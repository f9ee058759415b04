from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import (
    EventFileLoader,
    LegacyEventFileLoader,
    RawEventFileLoader,
)
from tensorboard.compat.proto import event_pb2, graph_pb2, node_def_pb2
from tensorboard.plugins.distribution.compressor import compress_histogram
from tensorboard.util.tensor_util import make_ndarray

from tests.tensorboard_server import ask, serve
from xor_sweep.logs.append import append, new_event_file
from xor_sweep.logs.crc import crc32c
from xor_sweep.logs.encode import event_bytes, histogram_events, opening, scalar_events
from xor_sweep.logs.histograms import histogram
from xor_sweep.logs.points import LogPoints
from xor_sweep.logs.records import record
from xor_sweep.spread import spread

Values = Mapping[str, NDArray[np.float32]]

# Steps on both sides of each change of length of their varints, and past 32 bits.
STEPS = np.array([0, 1, 127, 128, 16_383, 16_384, 2_097_152, 2**32, 2**40], dtype=np.int64)
WALL_TIMES = 1_700_000_000 + np.arange(len(STEPS)) / 4


def written(directory: Path, *pieces: bytes) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = new_event_file(directory, WALL_TIMES[0])
    for piece in pieces:
        append(path, piece)
    return path


def loaded(directory: Path) -> EventAccumulator:
    accumulator = EventAccumulator(str(directory), size_guidance={"scalars": 0, "histograms": 0})
    accumulator.Reload()
    return accumulator


def curve(accumulator: EventAccumulator, tag: str) -> list[tuple[int, float]]:
    return [(event.step, event.value) for event in accumulator.Scalars(tag)]


def scalars(lanes: int = 3) -> dict[str, NDArray[np.float32]]:
    made = np.random.default_rng(7).normal(size=(2, len(STEPS), lanes)).astype(np.float32)
    return {"cost": made[0], "näme/accuracy": made[1]}


def tensors(lanes: int = 2) -> dict[str, NDArray[np.float32]]:
    rng = np.random.default_rng(8)
    made = {f"w{size}": rng.normal(size=(len(STEPS), lanes, size)).astype(np.float32) for size in (1, 4, 30, 31, 500)}
    return made | {
        "zeros4": np.zeros((len(STEPS), lanes, 4), np.float32),
        "zeros40": np.zeros((len(STEPS), lanes, 40), np.float32),
        "twins": np.tile(np.array([0.5, -1, 0.5, 0.5, 2], np.float32), (len(STEPS), lanes, 1)),
    }


def graph() -> bytes:
    return bytes(graph_pb2.GraphDef(node=[node_def_pb2.NodeDef(name="cost", op="NoOp")]).SerializeToString())


def test_a_tensors_histogram_does_not_depend_on_those_beside_it() -> None:
    values = np.random.default_rng(2).normal(size=(20, 32)).astype(np.float32)
    constant = np.zeros((1, 32), np.float32)
    alone, beside = histogram(values), histogram(np.concatenate([values, constant]))
    assert np.array_equal(alone.limits, beside.limits[:-1])
    assert np.array_equal(alone.counts, beside.counts[:-1])


def test_the_checksum_is_crc32c() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA


def test_many_records_at_once_are_framed_as_one_alone(tmp_path: Path) -> None:
    encoded = scalar_events(STEPS, WALL_TIMES, scalars())[1]
    path = written(tmp_path, encoded)
    assert b"".join(record(payload) for payload in RawEventFileLoader(str(path)).Load()) == encoded


def test_each_point_is_one_event_with_all_tags_its_step_and_its_time(tmp_path: Path) -> None:
    values = scalars()
    for lane, encoded in enumerate(scalar_events(STEPS, WALL_TIMES, values)):
        path = written(tmp_path / str(lane), encoded)
        events = [event_pb2.Event.FromString(payload) for payload in RawEventFileLoader(str(path)).Load()]
        assert [event.step for event in events] == STEPS.tolist()
        assert [event.wall_time for event in events] == WALL_TIMES.tolist()
        for point, event in enumerate(events):
            found = {value.tag: value.simple_value for value in event.summary.value}
            assert found == {tag: values[tag][point, lane] for tag in values}


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_finite_scalars_come_back_bit_for_bit(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    steps = np.array(sorted(data.draw(st.sets(st.integers(0, 2**40), min_size=1, max_size=8))), dtype=np.int64)
    shape = (len(steps), data.draw(st.integers(1, 3)))
    tags = data.draw(st.sets(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=3))
    finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
    values = {tag: data.draw(arrays(np.float32, shape, elements=finite)) for tag in sorted(tags)}
    for lane, encoded in enumerate(scalar_events(steps, steps / 8, values)):
        path = written(tmp_path_factory.mktemp("run"), encoded)
        events = [event_pb2.Event.FromString(payload) for payload in RawEventFileLoader(str(path)).Load()]
        assert [event.step for event in events] == steps.tolist()
        for point, event in enumerate(events):
            got = np.array([value.simple_value for value in event.summary.value], dtype=np.float32)
            assert [value.tag for value in event.summary.value] == list(values)
            assert got.tobytes() == np.array([values[tag][point, lane] for tag in values]).tobytes()


def test_what_is_not_finite_is_left_out_and_the_rest_stays(tmp_path: Path) -> None:
    values = scalars()
    values["cost"][2, 1] = np.nan  # one tag of an event
    values["cost"][4:, 1] = np.inf
    values["näme/accuracy"][6:, 1] = -np.inf  # whole events from here on
    encoded = scalar_events(STEPS, WALL_TIMES, values)
    for lane in range(3):
        accumulator = loaded(written(tmp_path / str(lane), encoded[lane]).parent)
        for tag, tensor in values.items():
            column = tensor[:, lane]
            expected = [(s, v) for s, v in zip(STEPS.tolist(), column.tolist(), strict=True) if np.isfinite(v)]
            assert curve(accumulator, tag) == expected
    assert encoded[0] == scalar_events(STEPS, WALL_TIMES, {tag: tensor[:, :1] for tag, tensor in values.items()})[0]


def test_a_lane_that_is_never_finite_writes_nothing() -> None:
    values = {"cost": np.full((len(STEPS), 2), np.nan, np.float32)}
    assert scalar_events(STEPS, WALL_TIMES, values) == [b"", b""]


def test_no_points_write_nothing() -> None:
    assert scalar_events(STEPS[:0], WALL_TIMES[:0], {"cost": np.zeros((0, 3), np.float32)}) == [b""] * 3


def test_a_histogram_with_a_value_that_is_not_finite_is_left_out(tmp_path: Path) -> None:
    values = {tag: tensors()[tag] for tag in ("w4", "w500")}
    values["w4"][3, 0, 2] = np.nan
    accumulator = loaded(written(tmp_path, histogram_events(STEPS, WALL_TIMES, values)[0]).parent)
    assert [event.step for event in accumulator.Histograms("w500")] == STEPS.tolist()
    assert [event.step for event in accumulator.Histograms("w4")] == np.delete(STEPS, 3).tolist()


@pytest.mark.parametrize(
    ("steps", "times", "shapes"),
    [
        ([-1, 2], 2, [(2, 3)]),
        ([1, 2], 1, [(2, 3)]),
        ([1, 2], 2, [(3, 3)]),
        ([1, 2], 2, [(2, 3), (2, 4)]),
        ([1, 2], 2, []),
    ],
)
def test_arrays_that_do_not_fit_are_refused(steps: list[int], times: int, shapes: list[tuple[int, int]]) -> None:
    values = {str(tag): np.zeros(shape, np.float32) for tag, shape in enumerate(shapes)}
    with pytest.raises(ValueError, match="got"):
        scalar_events(np.array(steps), np.zeros(times), values)


def test_the_opening_is_the_version_and_then_the_graph(tmp_path: Path) -> None:
    path = written(tmp_path, opening(5.5, graph()))
    version, shown = LegacyEventFileLoader(str(path)).Load()
    assert version.file_version == "brain.Event:2"
    assert shown.graph_def == graph()
    assert version.wall_time == shown.wall_time == 5.5


@pytest.mark.parametrize("size", [1, 2, 15, 16, 777])
def test_a_proto_holds_the_moments_and_every_value(size: int, tmp_path: Path) -> None:
    tensor = np.random.default_rng(size).normal(size=(1, 1, size)).astype(np.float32)
    path = written(tmp_path, *histogram_events(STEPS[:1], WALL_TIMES[:1], {"w": tensor}))
    (payload,) = RawEventFileLoader(str(path)).Load()
    histo = event_pb2.Event.FromString(payload).summary.value[0].histo
    exact = tensor.astype(np.float64).ravel()
    assert (histo.min, histo.max, histo.num, sum(histo.bucket)) == (exact.min(), exact.max(), size, size)
    np.testing.assert_allclose([histo.sum, histo.sum_squares], [exact.sum(), (exact**2).sum()], rtol=1e-12)
    assert len(histo.bucket) == len(histo.bucket_limit) == (2 * size - 1 if size <= 15 else 30)
    assert histo.bucket_limit[-1] == histo.max
    assert list(histo.bucket_limit) == sorted(histo.bucket_limit)


def test_large_tensors_have_the_buckets_of_numpy() -> None:
    values = np.random.default_rng(3).normal(size=5000).astype(np.float32)
    counts, edges = np.histogram(values.astype(np.float64), bins=30)
    made = histogram(values)
    np.testing.assert_allclose(made.limits, edges[1:], rtol=1e-12, atol=1e-15)
    assert made.counts.tolist() == counts.tolist()


@pytest.mark.parametrize("values", [[-3, 0, 3], [-3, -1, 1, 3], [0, 0, 0, 1, 1], [7.5]])
def test_the_distribution_of_a_small_tensor_has_its_extremes_and_a_median(values: list[float], tmp_path: Path) -> None:
    tensor = np.array(values, np.float32).reshape(1, 1, -1)
    path = written(tmp_path, *histogram_events(STEPS[:1], WALL_TIMES[:1], {"w": tensor}))
    (event,) = EventFileLoader(str(path)).Load()
    quantiles = dict(compress_histogram(make_ndarray(event.summary.value[0].tensor).tolist()))
    assert (quantiles[0], quantiles[10000]) == (min(values), max(values))
    within = 1e-3 * (max(values) - min(values))
    ordered = sorted(values)
    lower, upper = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    assert lower - within <= quantiles[5000] <= upper + within


@pytest.mark.parametrize("values", [[-25, 25], [0, 1e-5, 1 - 1e-5, 1], [-8, -7.9, 3, 3, 4]])
def test_a_small_tensor_is_drawn_where_its_values_are_and_nowhere_else(values: list[float]) -> None:
    made = histogram(np.array(values, np.float32))
    bins = np.linspace(made.minimum, made.maximum, 31)
    left, right = np.r_[made.minimum, made.limits[:-1]], made.limits
    # As the Histograms dashboard draws: 30 bins, each bucket's count spread evenly over the bucket.
    share = np.minimum(right[:, None], bins[1:]) - np.maximum(left[:, None], bins[:-1])
    drawn = made.counts @ np.clip(share / np.maximum(right - left, 1e-30)[:, None], 0, 1)
    empty = np.histogram(np.array(values, np.float32), bins)[0] == 0
    assert drawn[empty].max() < 0.05
    assert drawn.sum() > len(values) - 1.05  # a bucket without width, of equal values, is not drawn twice


@pytest.mark.parametrize("graph_size", [0, 100, 20_000])
def test_the_size_of_a_file_is_known_before_it_is_written(graph_size: int, tmp_path: Path) -> None:
    points = LogPoints(scalars=spread(40_000, 1000), of_train=spread(40_000, 11), histograms=spread(40_000, 51))
    sizes = {"a": 1, "b/kernel": 30, "c": 31, "d": 2000, "é": 5}
    rng = np.random.default_rng(0)
    cost = rng.random((len(points.scalars), 1), dtype=np.float32)
    weights = {tag: rng.random((len(points.histograms), 1, size), dtype=np.float32) for tag, size in sizes.items()}
    path = written(
        tmp_path,
        opening(1.0, bytes(graph_size) or None),
        *scalar_events(points.scalars, np.zeros(len(points.scalars)), {"cost": cost, "accuracy": cost}),
        *scalar_events(points.of_train, np.zeros(len(points.of_train)), {"train": cost[: len(points.of_train)]}),
        *histogram_events(points.histograms, np.zeros(len(points.histograms)), weights),
    )
    assert event_bytes(points, ["cost", "accuracy"], ["train"], sizes, graph_size) == path.stat().st_size


def test_the_size_without_logged_values_is_the_opening() -> None:
    points = LogPoints(scalars=spread(10, 5), of_train=spread(10, 5), histograms=spread(10, 0))
    assert event_bytes(points, [], [], {"w": 3}, 0) == len(opening(1.0, None))


def assert_right_histogram(buckets: list[list[float]], values: NDArray[np.float32]) -> None:
    lefts, rights, counts = np.array(buckets, dtype=np.float32).T
    assert counts.sum() == values.size
    assert (lefts[0], rights[-1]) == (values.min(), values.max())
    assert (lefts[1:] == rights[:-1]).all()
    assert (lefts <= rights).all()
    for edge in rights[(lefts < rights)]:  # a value on an edge belongs to either side
        assert (values < edge).sum() <= counts[rights <= edge].sum() <= (values <= edge).sum()


def test_the_accumulator_reads_what_was_encoded(tmp_path: Path) -> None:
    shown, weights = scalars(), tensors()
    pieces = scalar_events(STEPS, WALL_TIMES, shown), histogram_events(STEPS, WALL_TIMES, weights)
    accumulator = loaded(written(tmp_path, opening(WALL_TIMES[0], graph()), pieces[0][1], pieces[1][1]).parent)
    for tag, tensor in shown.items():
        assert curve(accumulator, tag) == list(zip(STEPS.tolist(), tensor[:, 1].tolist(), strict=True))
    for tag, tensor in weights.items():
        events = accumulator.Histograms(tag)
        assert [(event.step, event.wall_time) for event in events] == list(zip(STEPS, WALL_TIMES, strict=True))
        for event, values in zip(events, tensor[:, 1], strict=True):
            histo = event.histogram_value
            assert (histo.num, sum(histo.bucket)) == (values.size, values.size)
            assert (histo.min, histo.max, histo.bucket_limit[-1]) == (values.min(), values.max(), values.max())
    assert accumulator.Graph().node[0].name == "cost"


@pytest.mark.parametrize("load_fast", [True, False], ids=["rust", "python"])
def test_tensorboard_shows_what_was_encoded(load_fast: bool, tmp_path: Path) -> None:
    shown, weights = scalars(), tensors()
    scalar_bytes, histogram_bytes = (
        scalar_events(STEPS, WALL_TIMES, shown),
        histogram_events(STEPS, WALL_TIMES, weights),
    )
    for lane in range(2):
        written(tmp_path / f"lr={lane}", opening(WALL_TIMES[0], graph()), scalar_bytes[lane], histogram_bytes[lane])
    new_event_file(tmp_path / "lr=0", WALL_TIMES[-1])  # of a writer that ended before its first record
    with serve(tmp_path, load_fast) as url:
        assert {run: set(tags) for run, tags in ask(url, "plugin/scalars/tags").items()} == {
            f"lr={lane}": set(shown) for lane in range(2)
        }
        assert {run: set(tags) for run, tags in ask(url, "plugin/histograms/tags").items()} == {
            f"lr={lane}": set(weights) for lane in range(2)
        }
        for lane in range(2):
            run = f"lr={lane}"
            for tag, tensor in shown.items():
                rows: list[list[Any]] = ask(url, "plugin/scalars/scalars", run=run, tag=tag)
                assert [row[:2] for row in rows] == [list(pair) for pair in zip(WALL_TIMES, STEPS, strict=True)]
                assert [row[2] for row in rows] == tensor[:, lane].tolist()
            for tag, tensor in weights.items():
                rows = ask(url, "plugin/histograms/histograms", run=run, tag=tag)
                assert [row[1] for row in rows] == STEPS.tolist()
                for row, values in zip(rows, tensor[:, lane], strict=True):
                    assert_right_histogram(row[2], values)
                bands = ask(url, "plugin/distributions/distributions", run=run, tag=tag)
                assert [band[2][0][1] for band in bands] == tensor[:, lane].min(axis=-1).tolist()
                maxima = [band[2][-1][1] for band in bands]  # interpolated, unlike the minima
                assert maxima == pytest.approx(tensor[:, lane].max(axis=-1).tolist(), rel=1e-12)
        assert ask(url, "plugin/graphs/info")["lr=0"]["run_graph"]
