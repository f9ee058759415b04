from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.compat.proto import event_pb2, graph_pb2, node_def_pb2, tensor_pb2

from xor_sweep.logs.append import append, new_event_file
from xor_sweep.logs.encode import histogram_events, opening, scalar_events
from xor_sweep.logs.read import read_scalars
from xor_sweep.logs.records import record
from xor_sweep.spread import spread


def cost_events(steps: list[int], costs: list[float], tag: str = "cost") -> bytes:
    values = {tag: np.array(costs, dtype=np.float32)[:, None]}
    return scalar_events(np.array(steps, dtype=np.int64), np.array(steps) / 2, values)[0]


def write(directory: Path, *pieces: bytes) -> Path:
    path = new_event_file(directory, 1.0)
    append(path, b"".join(pieces))
    return path


def cost(directory: Path, most: int | None = None) -> list[tuple[int, float]]:
    steps, values = read_scalars(directory, ["cost"], most)["cost"]
    assert (steps.dtype.name, values.dtype.name) == ("int64", "float32")
    return list(zip(steps.tolist(), values.tolist(), strict=True))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_was_encoded_is_read_back(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("run")
    steps = sorted(data.draw(st.sets(st.integers(0, 2**40), min_size=1, max_size=20)))
    values = data.draw(
        st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=len(steps), max_size=len(steps))
    )
    write(directory, opening(0.0, None), cost_events(steps, values))
    assert cost(directory) == list(zip(steps, values, strict=True))


def test_histograms_and_graphs_between_the_scalars_are_passed_over(tmp_path: Path) -> None:
    graph = graph_pb2.GraphDef(node=[node_def_pb2.NodeDef(name="cost", op="NoOp")]).SerializeToString()
    weights = {"cost": np.ones((2, 1, 5), np.float32)}
    write(
        tmp_path,
        opening(0.0, graph),
        cost_events([0], [1.0]),
        histogram_events(np.array([0, 1]), np.zeros(2), weights)[0],
        cost_events([1], [2.0], tag="train_cost"),
        cost_events([1], [3.0]),
    )
    assert cost(tmp_path) == [(0, 1.0), (1, 3.0)]


def test_a_tag_that_is_not_there_gives_empty_arrays(tmp_path: Path) -> None:
    assert cost(tmp_path) == []
    write(tmp_path, opening(0.0, None), cost_events([0, 1], [1, 2], tag="other"))
    assert cost(tmp_path) == []
    assert cost(tmp_path, most=3) == []


def test_a_torn_tail_is_not_read_wherever_it_is_torn(tmp_path: Path) -> None:
    start, last = opening(0.0, None) + cost_events([0, 500], [1, 2]), cost_events([1000], [3])
    path = write(tmp_path, start + last)
    assert cost(tmp_path) == [(0, 1), (500, 2), (1000, 3)]
    for size in range(len(last)):
        path.write_bytes(start + last[:size])
        assert cost(tmp_path) == [(0, 1), (500, 2)]


def test_a_tail_of_zeros_as_after_a_power_cut_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, cost_events([0, 500], [1, 2]), bytes(4096))
    assert cost(tmp_path) == [(0, 1), (500, 2)]


def test_a_restart_in_a_later_file_replaces_what_it_repeats(tmp_path: Path) -> None:
    write(tmp_path, opening(0.0, None), cost_events([0, 10, 20, 30], [0, 1, 2, 3]), b"torn")
    write(tmp_path, opening(9.0, None), cost_events([20, 25], [7, 8]))
    assert cost(tmp_path) == [(0, 0), (10, 1), (20, 7), (25, 8)]


def test_scalars_of_tf_summary_are_read_too(tmp_path: Path) -> None:
    half = np.array(0.5, dtype=np.float32).tobytes()
    tensors = [
        tensor_pb2.TensorProto(dtype="DT_FLOAT", float_val=[0.25]),
        tensor_pb2.TensorProto(dtype="DT_FLOAT", tensor_content=half),
        tensor_pb2.TensorProto(dtype="DT_FLOAT"),
    ]
    events = []
    for step, tensor in enumerate(tensors):
        event = event_pb2.Event(wall_time=1.0, step=step)
        value = event.summary.value.add(tag="cost", tensor=tensor)
        value.metadata.plugin_data.plugin_name = "scalars"
        events.append(event)
    write(tmp_path, *(record(event.SerializeToString()) for event in events))
    assert cost(tmp_path) == [(0, 0.25), (1, 0.5), (2, 0.0)]


def test_events_with_fields_of_other_writers_are_read_too(tmp_path: Path) -> None:
    without_time, early = event_pb2.Event(step=3), event_pb2.Event(wall_time=1.0, step=-7)
    for event in (without_time, early):
        event.summary.value.add(tag="cost", node_name="n", simple_value=9.0)
    write(tmp_path, *(record(event.SerializeToString()) for event in (early, without_time, event_pb2.Event(step=4))))
    assert cost(tmp_path) == [(-7, 9.0), (3, 9.0)]


def test_a_long_curve_is_thinned_evenly_and_keeps_its_last_point(tmp_path: Path) -> None:
    steps = spread(10_000, 1_000).tolist()
    write(tmp_path, opening(0.0, None), cost_events(steps, steps))
    thinned = cost(tmp_path, most=200)
    assert thinned == [(steps[place], steps[place]) for place in spread(999, 200)]
    assert cost(tmp_path, most=5_000) == cost(tmp_path)


def test_thinning_is_by_tag_where_tags_alternate(tmp_path: Path) -> None:
    pieces = [cost_events([step], [step], tag) for step in range(100) for tag in ("cost", "accuracy")]
    write(tmp_path, *pieces)
    curves = read_scalars(tmp_path, ["cost", "accuracy"], most=10)
    assert [len(steps) for steps, _ in curves.values()] == [10, 10]
    assert curves["cost"][0].tolist() == curves["accuracy"][0].tolist()


def test_values_that_are_not_finite_leave_gaps(tmp_path: Path) -> None:
    write(tmp_path, cost_events([0, 1, 2], [1, np.nan, 3]))
    assert cost(tmp_path) == [(0, 1), (2, 3)]


def test_logs_never_import_tensorflow() -> None:
    script = (
        "import sys, xor_sweep.logs.append, xor_sweep.logs.encode, xor_sweep.logs.read\n"
        "heavy = {'tensorflow', 'tensorboard', 'google.protobuf'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
