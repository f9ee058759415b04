"""Which tags an event file's records hold, without parsing each of them: most records of a length are alike."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SUMMARY, VALUE, TAG = 0x2A, 0x0A, 0x0A
"""Protobuf keys: of an event's summary, of a value in it, and of a value's tag."""

SCALAR_KEYS = b"\x15\x42\x4a"
"""What follows a scalar's tag: its simple_value, or the tensor or metadata of tf.summary.scalar."""

Spot = tuple[int, bytes]
"""Where a tag stands in a payload, and the bytes from its key to the key that follows it."""


def tags_in(data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> list[str]:
    """The tags that scalars may stand under, sorted.

    Args:
        data: whole records, one after the other.
        starts, ends: of their payloads.
    """
    found: set[str] = set()
    bytes_of = np.frombuffer(data, dtype=np.uint8)
    lengths = ends - starts
    for length in np.unique(lengths).tolist():
        left = starts[lengths == length]
        while len(left):
            spots = list(tag_spots(data[int(left[0]) : int(left[0]) + length]))
            if not spots:
                left = left[1:]
                continue
            found |= {name_in(spot) for _, spot in spots if spot[-1] in SCALAR_KEYS}
            offsets = np.concatenate([np.arange(place, place + len(spot)) for place, spot in spots])
            template = np.frombuffer(b"".join(spot for _, spot in spots), dtype=np.uint8)
            left = left[~(bytes_of[left[:, None] + offsets] == template).all(axis=1)]
    return sorted(found)


def tag_spots(payload: bytes) -> Iterator[Spot]:
    """The tags of an event's summary, one after the other; none where it has no summary or is no event."""
    try:
        for key, first, last in fields_of(payload, 0, len(payload)):
            for inner, start, end in fields_of(payload, first, last) if key == SUMMARY else ():
                if inner == VALUE and payload[start] == TAG:
                    length, name = varint_at(payload, start + 1)
                    if name + length < end:
                        yield start, payload[start : name + length + 1]
    except (IndexError, ValueError):
        return


def name_in(spot: bytes) -> str:
    """The tag in the bytes of a spot."""
    length, name = varint_at(spot, 1)
    return spot[name : name + length].decode(errors="replace")


def fields_of(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The fields of a message: key, and where the content begins and ends.

    Raises:
        IndexError, ValueError: where it is no message.
    """
    while start < end:
        key, start = varint_at(data, start)
        kind = key & 7
        if kind == 2:
            length, start = varint_at(data, start)
            stop = start + length
        elif kind == 0:
            _, stop = varint_at(data, start)
        else:
            stop = start + {1: 8, 5: 4}[kind] if kind in (1, 5) else end + 1
        if stop > end:
            raise ValueError("a field reaches beyond its message")
        yield key, start, stop
        start = stop


def varint_at(data: bytes, place: int) -> tuple[int, int]:
    """A base-128 number, and the place after it.

    Raises:
        IndexError, ValueError: where there is none of at most 64 bits.
    """
    number = shift = 0
    while True:
        byte = data[place]
        number |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return number, place
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
