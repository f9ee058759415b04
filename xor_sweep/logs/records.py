"""TFRecord framing: `length u64, masked crc of length u32, payload, masked crc of payload u32`, little-endian."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.logs.crc import byte_tables, crc32c, masked, zeros_crc

HEADER = 12  # bytes before a payload
FOOTER = 4  # bytes after it

Part = bytes | NDArray[Any]


def header(length: int) -> bytes:
    """What stands before a payload of `length` bytes."""
    size = struct.pack("<Q", length)
    return size + _footer(size)


FEW_BYTES = 1 << 16
"""Up to so many bytes of a column are looked up at once; more of them would leave the processor's cache."""


def record(payload: bytes) -> bytes:
    """One framed payload."""
    return header(len(payload)) + payload + _footer(payload)


def records(parts: Sequence[Part]) -> NDArray[Any]:
    """Framed payloads of one length, each the concatenation of `parts`; `.tobytes()` of a slice gives its records.

    A part is bytes, the same in every record, or an array whose items are the bytes. The shapes of the arrays
    broadcast against each other to the shape of the outcome, e.g. wall times `(points,)` and values `(lanes, points)`
    to `(lanes, points)`; what is shared is checksummed once. A payload has at least 4 bytes.
    """
    columns = [_column(part) for part in parts]
    offsets = list(accumulate((column.itemsize for column in columns), initial=0))
    length = offsets.pop()
    tables = byte_tables(length)
    shared, crc = zeros_crc(length), np.zeros(1, dtype=np.uint32)
    for part, column, offset in zip(parts, columns, offsets, strict=True):
        column_bytes = column[..., None].view(np.uint8)
        if isinstance(part, bytes):
            places = np.arange(offset, offset + len(part))
            shared ^= int(np.bitwise_xor.reduce(tables[places, column_bytes]))
            continue
        if column_bytes.size <= FEW_BYTES:
            places = np.arange(offset, offset + column.itemsize)
            crc = _xor(crc, np.bitwise_xor.reduce(tables[places, column_bytes], axis=-1))
            continue
        for place in range(column.itemsize):
            crc = _xor(crc, tables[offset + place].take(column_bytes[..., place]))
    shape = np.broadcast_shapes(*(column.shape for column in columns))
    fields = {"header": _column(header(length))}
    fields.update((str(offset), column) for offset, column in zip(offsets, columns, strict=True))
    layout = [*((name, column.dtype) for name, column in fields.items()), ("footer", "<u4")]
    framed = np.empty(shape, dtype=np.dtype(layout))
    for name, column in fields.items():
        framed[name] = column
    framed["footer"] = masked(crc ^ np.uint32(shared))
    return framed


def _footer(data: bytes) -> bytes:
    return masked(np.array([crc32c(data)], dtype=np.uint32)).astype("<u4").tobytes()


def _column(part: Part) -> NDArray[Any]:
    if isinstance(part, bytes):
        return np.frombuffer(part, dtype=f"V{len(part)}").reshape(())
    return np.ascontiguousarray(part)


def _xor(crc: NDArray[np.uint32], more: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """In place once `crc` has its full shape: the arrays are large, and most of the time goes into touching memory."""
    if np.broadcast_shapes(crc.shape, more.shape) == crc.shape:
        crc ^= more
        return crc
    return crc ^ more
