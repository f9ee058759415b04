"""Event files -> curves: the scalars of a run, read back for summaries and plots."""

from __future__ import annotations

import contextlib
import re
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.foreign import read_file
from xor_sweep.logs.append import event_files
from xor_sweep.logs.checksums import wrong_records
from xor_sweep.logs.records import FOOTER, HEADER, header
from xor_sweep.logs.tags_in import SCALAR_KEYS, tags_in
from xor_sweep.logs.wire import prefixed
from xor_sweep.spread import spread

Curve = tuple[NDArray[np.int64], NDArray[np.float32]]
Places = NDArray[np.int64]

Records = tuple[bytes, Places]
"""Whole records, one after the other, and their edges: `(records + 1,)`, from 0 to the end."""

# After a scalar's tag comes its simple_value, or the tensor or metadata of tf.summary.scalar: their protobuf keys.
# Histograms and the names of a graph's nodes are followed by other keys.
_SCALAR_KEYS = b"[" + SCALAR_KEYS + b"]"
_DT_FLOAT = 1

MOST_BYTES = 1 << 32
"""A larger event file is not read: it would fill the memory."""


def read_scalars(directory: Path, tags: Sequence[str], most: int | None = None) -> dict[str, Curve]:
    """The curves of `tags` in a run directory: of each the steps, int64, and the values, float32, both `(points,)`.

    Steps increase strictly: where a later record goes back, as after a restart, it replaces what it repeats. A torn
    tail is not read, and a tag that is not there gives empty arrays.

    Args:
      directory: the run directory; only its own event files are read, not those of directories below.
      tags: exact names; both `simple_value`s and float32 tensor scalars are read.
      most: read at most so many points of a tag, evenly spread over its records, always the last; None reads all.
    """
    data, edges = _joined([_records(content) for _, content in _files(directory)])
    return {tag: _curve(data, edges, tag, most) for tag in tags}


def read_all_scalars(directory: Path) -> tuple[dict[str, Curve], list[Path]]:
    """The curves of every tag that has scalars in a run directory, as `read_scalars` gives them, by name.

    Records of scalars that do not match their checksums are left out.

    Returns:
        The curves, and the files that have such records or end in one that is torn.
    """
    parts, damaged = [], []
    for path, content in _files(directory):
        data, edges = _records(content)
        wrong = wrong_records(data, edges)
        if len(wrong) or len(data) < len(content):
            damaged.append(path)
        parts.append(_without(data, edges, wrong) if len(wrong) else (data, edges))
    data, edges = _joined(parts)
    curves = {tag: _curve(data, edges, tag, None) for tag in tags_in(data, edges[:-1] + HEADER, edges[1:] - FOOTER)}
    return {tag: curve for tag, curve in curves.items() if len(curve[0])}, damaged


def _files(directory: Path) -> Iterator[tuple[Path, bytes]]:
    """The event files of a directory; what is called like one and is no file that can be read, as a link, is none."""
    for path in event_files(directory):
        with contextlib.suppress(OSError):
            yield path, read_file(path, MOST_BYTES)


def _records(content: bytes) -> Records:
    """The whole records of an event file."""
    edges = np.cumsum([0, *_record_lengths(content)], dtype=np.int64)
    return content[: edges[-1]], edges


def _without(data: bytes, edges: Places, places: Places) -> Records:
    """Records without those at some places."""
    kept = np.delete(np.arange(len(edges) - 1), places)
    lengths = np.diff(edges)[kept]
    return b"".join(data[edges[k] : edges[k + 1]] for k in kept), np.cumsum([0, *lengths], dtype=np.int64)


def _joined(parts: Sequence[Records]) -> Records:
    """The records of several files, one file after the other."""
    starts = np.cumsum([0, *(len(data) for data, _ in parts)], dtype=np.int64)
    edges = [edges[1:] + start for (_, edges), start in zip(parts, starts, strict=False)]
    return b"".join(data for data, _ in parts), np.concatenate([np.zeros(1, np.int64), *edges])


def _record_lengths(data: bytes) -> list[int]:
    """The lengths of an event file's records with their framing, up to the first that is torn."""
    lengths = []
    known: dict[bytes, int] = {}  # headers that proved right, and the lengths of their records: there are few
    position, size = 0, len(data)
    while position + HEADER + FOOTER <= size:
        head = data[position : position + HEADER]
        length = known.get(head)
        if length is None:
            (payload,) = struct.unpack_from("<Q", head)
            if head != header(payload):
                break
            length = known[head] = HEADER + payload + FOOTER
        position += length
        if position > size:
            break
        lengths.append(length)
    return lengths


def _curve(data: bytes, edges: Places, tag: str, most: int | None) -> Curve:
    name = tag.encode()
    needle = re.compile(re.escape(prefixed(0x0A, len(name)) + name) + _SCALAR_KEYS)
    keys = np.array([match.end() - 1 for match in needle.finditer(data)], dtype=np.int64)
    records, first = np.unique(np.searchsorted(edges, keys, side="right") - 1, return_index=True)
    keys = keys[first]
    if most is not None and len(keys):
        chosen = spread(len(keys) - 1, most)
        keys, records = keys[chosen], records[chosen]
    starts, ends = edges[records] + HEADER, edges[records + 1] - FOOTER
    steps, values, plain = _plain(data, starts, ends, keys)
    known = plain.copy()
    for place in np.flatnonzero(~plain):
        parsed = _parsed(data[starts[place] : ends[place]], tag)
        if parsed is not None:
            steps[place], values[place] = parsed
            known[place] = True
    return _advancing(steps[known], values[known])


def _plain(
    data: bytes, starts: Places, ends: Places, keys: Places
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.bool_]]:
    """Steps and values of payloads laid out as wall time, step, summary, with a `simple_value` at `keys`.

    Parsing is what costs, and ours are all laid out so. The third array says which are; the others hold nothing.
    """
    padded = np.frombuffer(data + bytes(16), dtype=np.uint8)  # so that looking ahead stays inside
    has_step = padded[starts + 9] == 0x10
    place = starts + 9 + has_step
    steps = np.zeros(len(starts), dtype=np.int64)
    more = has_step
    for shift in range(0, 63, 7):
        byte = padded[place]
        steps |= np.where(more, (byte & 0x7F).astype(np.int64) << shift, 0)
        place = place + more
        more = more & (byte >= 0x80)
        if not more.any():
            break
    values = padded[keys[:, None] + np.arange(1, 5)].view("<f4")[:, 0].astype(np.float32)
    summary_follows = ~more & (padded[place] == 0x2A) & (place < keys)
    plain = (padded[starts] == 0x09) & summary_follows & (padded[keys] == 0x15) & (keys + 5 <= ends)
    return steps, values, plain


def _parsed(payload: bytes, tag: str) -> tuple[int, float] | None:
    """Step and value of `tag` in any event, or None where it holds no such scalar."""
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # protobuf ships no annotations
    from tensorboard.compat.proto import event_pb2

    try:
        event = event_pb2.Event.FromString(payload)
    except DecodeError:
        return None
    for value in event.summary.value:
        if value.tag == tag and (number := _scalar(value)) is not None:
            return event.step, number
    return None


def _scalar(value: Any) -> float | None:
    """The number in a `Summary.Value`, or None where it holds something else."""
    kind = value.WhichOneof("value")
    if kind == "simple_value":
        return float(value.simple_value)
    if kind != "tensor" or value.tensor.dtype != _DT_FLOAT or value.tensor.tensor_shape.dim:
        return None
    if value.tensor.tensor_content:
        if len(value.tensor.tensor_content) != 4:
            return None
        return float(np.frombuffer(value.tensor.tensor_content, dtype="<f4")[0])
    return float(value.tensor.float_val[0]) if value.tensor.float_val else 0.0


def _advancing(steps: NDArray[np.int64], values: NDArray[np.float32]) -> Curve:
    """Only the points that no later point repeats or goes back behind."""
    if not len(steps):
        return steps, values
    latest = np.minimum.accumulate(steps[::-1])[::-1]
    keep = np.append(steps[:-1] < latest[1:], True)
    return steps[keep], values[keep]
