"""Protocol buffers on the wire: as much of them as an event needs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def varint(number: int) -> bytes:
    """`number` >= 0 as a base-128 varint."""
    encoded = bytearray()
    while number >= 0x80:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def varint_widths(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Bytes that each of `numbers`, >= 0, takes as a varint: 1 to 9."""
    limits = np.int64(1) << np.arange(7, 63, 7, dtype=np.int64)
    return 1 + np.searchsorted(limits, numbers, side="right").astype(np.int64)


def varints(numbers: NDArray[np.int64], width: int) -> NDArray[Any]:
    """`numbers`, which all take `width` bytes, as varints: an array of the same shape with items of `width` bytes."""
    encoded = (numbers[..., None] >> np.arange(0, 7 * width, 7, dtype=np.int64) & 0x7F).astype(np.uint8)
    encoded[..., :-1] |= 0x80
    return items(encoded)


def prefixed(key: int, payload_length: int) -> bytes:
    """What stands before a length-delimited field: its key byte (number and wire type) and its length."""
    return bytes([key]) + varint(payload_length)


def items(array: NDArray[Any]) -> NDArray[Any]:
    """The last axis as one opaque item: `(..., n)` of b bytes each becomes `(...)` of n * b bytes each."""
    whole = np.ascontiguousarray(array)
    return whole.view(f"V{whole.shape[-1] * whole.itemsize}")[..., 0]
