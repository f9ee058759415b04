"""History arrays -> the bytes of event files.

An event is a protocol buffer in a TFRecord. Events of one kind differ only in wall time, step and values, so they are
built as arrays: constant bytes in between, and numbers patched in for all lanes and points at once.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.logs.histograms import proto_length, proto_parts
from xor_sweep.logs.points import LogPoints
from xor_sweep.logs.records import FOOTER, HEADER, Part, record, records
from xor_sweep.logs.wire import prefixed, varint, varint_widths, varints

_BLOCK = 1 << 18  # numbers that are encoded at once: their arrays stay in the processor's cache

Steps = NDArray[np.int64]
ValueParts = Callable[[str, NDArray[np.float32]], list[Part]]


def opening(wall_time: float, graph: bytes | None) -> bytes:
    """The records that an event file starts with: the format's version and, where given, a serialized GraphDef.

    They are the same for every lane that shares wall time (seconds since 1970) and graph: make them once a chunk.
    """
    moment = b"\x09" + struct.pack("<d", wall_time)
    version = record(moment + b"\x1a\x0dbrain.Event:2")
    return version if graph is None else version + record(moment + prefixed(0x22, len(graph)) + graph)


def going_on(wall_time: float, step: int) -> bytes:
    """The records that an event file starts with whose run goes on after a stop.

    After the format's version a `SessionLog` of status START, by which TensorBoard drops what it has read of later
    steps; here none is on disk any more.

    Args:
      wall_time: seconds since 1970.
      step: the first one whose events may follow, >= 0.
    """
    moment = b"\x09" + struct.pack("<d", wall_time)
    return opening(wall_time, None) + record(moment + b"\x10" + varint(step) + prefixed(0x3A, 2) + b"\x08\x01")


def scalar_events(
    steps: Steps, wall_times: NDArray[np.float64], values: Mapping[str, NDArray[np.float32]]
) -> list[bytes]:
    """Each lane's records: one event a point, which holds every tag.

    Args:
      steps: `(points,)`, >= 0.
      wall_times: `(points,)`, seconds since 1970.
      values: tag to `(points, lanes)`. What is not finite is left out, and so is an event in which nothing is finite.

    Raises:
      ValueError: a step is negative, `values` is empty, or shapes do not fit.
    """
    finite = {tag: np.isfinite(tensor) for tag, tensor in values.items()}
    return _events(steps, wall_times, values, finite, _scalar_parts)


def histogram_events(
    steps: Steps, wall_times: NDArray[np.float64], values: Mapping[str, NDArray[np.float32]]
) -> list[bytes]:
    """Each lane's records: one event a point, which holds a histogram for every tag.

    Args:
      steps: `(points,)`, >= 0.
      wall_times: `(points,)`, seconds since 1970.
      values: tag to `(points, lanes, size)`, size >= 1. A tensor that is not all finite is left out, and so is an
        event in which no tensor is.

    Raises:
      ValueError: a step is negative, `values` is empty, or shapes do not fit.
    """
    finite = {tag: np.asarray(np.isfinite(tensor).all(axis=-1)) for tag, tensor in values.items()}
    return _events(steps, wall_times, values, finite, _histogram_parts)


def event_bytes(
    points: LogPoints,
    scalar_tags: Sequence[str],
    train_tags: Sequence[str],
    histogram_sizes: Mapping[str, int],
    graph: int,
) -> int:
    """The size of one lane's event file in bytes, if every value is finite.

    Args:
      points: when scalars and histograms are recorded.
      scalar_tags: the tags of the part that ranks runs; none writes no scalars.
      train_tags: the tags of the training part beside it.
      histogram_sizes: the tags of `histogram_events` and the sizes of their tensors; none writes no histograms.
      graph: bytes of the serialized GraphDef; 0 writes none.
    """
    scalars, of_train = (sum(len(_value(tag, b"\x15", 4)) + 4 for tag in tags) for tags in (scalar_tags, train_tags))
    histograms = 0
    for tag, size in histogram_sizes.items():
        proto = proto_length(size)
        histograms += len(_value(tag, prefixed(0x2A, proto), proto)) + proto
    total = len(opening(0.0, None))
    if graph:
        total += HEADER + 9 + len(prefixed(0x22, graph)) + graph + FOOTER
    counted = ((points.scalars, scalars), (points.of_train, of_train), (points.histograms, histograms))
    return total + sum(_events_length(steps, summary) for steps, summary in counted)


def _events_length(steps: Steps, summary: int) -> int:
    """Bytes of the events at `steps`, each with a summary of `summary` bytes; a summary of none is not written."""
    if not summary:
        return 0
    fixed = HEADER + len(b"\x09" + bytes(8) + b"\x10") + len(prefixed(0x2A, summary)) + summary + FOOTER
    return len(steps) * fixed + int(varint_widths(steps).sum())


def _value(tag: str, key: bytes, length: int) -> bytes:
    """What stands before a summary value's `length` bytes: its tag, and `key`, which says what the bytes are."""
    name = tag.encode()
    inner = prefixed(0x0A, len(name)) + name + key
    return prefixed(0x0A, len(inner) + length) + inner


def _scalar_parts(tag: str, values: NDArray[np.float32]) -> list[Part]:
    return [_value(tag, b"\x15", 4), values.astype("<f4", copy=False)]


def _histogram_parts(tag: str, values: NDArray[np.float32]) -> list[Part]:
    proto = proto_length(values.shape[-1])
    return [_value(tag, prefixed(0x2A, proto), proto), *proto_parts(values)]


def _events(
    steps: Steps,
    wall_times: NDArray[np.float64],
    values: Mapping[str, NDArray[np.float32]],
    finite: Mapping[str, NDArray[np.bool_]],
    value_parts: ValueParts,
) -> list[bytes]:
    """Records a lane; `finite` says of each tag, `(points, lanes)`, what is written."""
    _check(steps, wall_times, values)
    if not len(steps):
        return [b""] * next(iter(values.values())).shape[1]
    tags = list(values)
    written = np.stack([finite[tag].T for tag in tags], axis=-1)  # (lanes, points, tags)
    by_lane: list[list[bytes]] = [[] for _ in written]
    numbers = sum(values[tag][:, 0].size for tag in tags)
    for lanes in _blocks(np.asarray(written.all(axis=(1, 2))), max(1, _BLOCK // numbers)):
        for points, present in _alike(varint_widths(steps), written[lanes[0]]):
            shown = [tag for tag, is_present in zip(tags, present, strict=True) if is_present]
            if not shown:
                continue
            parts = [value_parts(tag, values[tag][points, lanes].swapaxes(0, 1)) for tag in shown]
            framed = _framed(steps[points], wall_times[points], [part for value in parts for part in value])
            for lane, rows in zip(lanes, framed, strict=True):
                by_lane[lane].append(rows.tobytes())
    return [b"".join(pieces) for pieces in by_lane]


def _check(steps: Steps, wall_times: NDArray[np.float64], values: Mapping[str, NDArray[np.float32]]) -> None:
    if not values:
        raise ValueError("events need at least one tag; got none")
    if len(steps) and steps.min() < 0:
        raise ValueError(f"steps must be >= 0; got {steps.min()}")
    shapes = {tag: tensor.shape for tag, tensor in values.items()}
    lanes = {shape[1] for shape in shapes.values()}
    if wall_times.shape != steps.shape or len(lanes) != 1 or any(shape[0] != len(steps) for shape in shapes.values()):
        raise ValueError(
            f"steps and wall times must be (points,) and values (points, lanes, ...); "
            f"got {steps.shape}, {wall_times.shape} and {shapes}"
        )


def _blocks(whole: NDArray[np.bool_], most: int) -> Iterator[NDArray[np.int64]]:
    """Lanes to encode together: those that write everything in blocks of at most `most`, the others one by one."""
    complete = np.flatnonzero(whole)
    yield from (complete[start : start + most] for start in range(0, len(complete), most))
    yield from np.flatnonzero(~whole)[:, None]


def _alike(widths: NDArray[np.int64], written: NDArray[np.bool_]) -> Iterator[tuple[slice, NDArray[np.bool_]]]:
    """Stretches of points whose records have one length, and the tags that are written there.

    `widths` is `(points,)`, of the steps' varints; `written` is `(points, tags)`.
    """
    changes = (np.diff(widths) != 0) | (written[1:] != written[:-1]).any(axis=-1)
    edges = [0, *(np.flatnonzero(changes) + 1).tolist(), len(widths)]
    for start, end in pairwise(edges):
        yield slice(start, end), written[start]


def _framed(steps: Steps, wall_times: NDArray[np.float64], summary: list[Part]) -> NDArray[Any]:
    """Framed events `(lanes, points)`; the steps' varints have one width, and arrays in `summary` have that shape."""
    length = sum(len(part) if isinstance(part, bytes) else part.itemsize for part in summary)
    step = varints(steps, int(varint_widths(steps[:1])[0]))
    return records([b"\x09", wall_times.astype("<f8", copy=False), b"\x10", step, prefixed(0x2A, length), *summary])
