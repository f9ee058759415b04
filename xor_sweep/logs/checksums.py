"""Whether the records of event files are what was written: each has a checksum of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xor_sweep.logs.crc import byte_tables, masked, zeros_crc
from xor_sweep.logs.records import FOOTER, HEADER

LONGEST = 512
"""Bytes of a payload that is checked: scalars have less, histograms and graphs more."""


def wrong_records(data: bytes, edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of short records whose payload does not match its checksum.

    Args:
        data: framed records, one after the other.
        edges: where each begins, and where the last one ends, `(records + 1,)`.
    """
    values = np.frombuffer(data, np.uint8)
    starts, lengths = edges[:-1] + HEADER, np.diff(edges) - HEADER - FOOTER
    wrong = [np.zeros(0, np.int64)]
    for length in np.unique(lengths[(lengths >= FOOTER) & (lengths <= LONGEST)]):
        places = np.flatnonzero(lengths == length)
        crc = np.full(len(places), zeros_crc(int(length)), np.uint32)
        for index, table in enumerate(byte_tables(int(length))):
            crc ^= table[values[starts[places] + index]]
        footers = values[(starts[places] + length)[:, None] + np.arange(FOOTER)].view("<u4")[:, 0]
        wrong.append(places[masked(crc) != footers])
    return np.sort(np.concatenate(wrong))
