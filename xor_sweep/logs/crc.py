"""CRC-32C, the checksum of TFRecords: of one string, and tables for many strings of one length at once."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

ONES = 0xFFFFFFFF
_CASTAGNOLI = 0x82F63B78  # the polynomial, bits reversed


def _table() -> NDArray[np.uint32]:
    crc = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        crc = (crc >> np.uint32(1)) ^ (crc & np.uint32(1)) * np.uint32(_CASTAGNOLI)
    return crc


_TABLE = _table()
_TABLE_INTS: list[int] = _TABLE.tolist()


def crc32c(data: bytes) -> int:
    """CRC-32C of `data`, about 10 MB a second."""
    crc = ONES
    for byte in data:
        crc = _TABLE_INTS[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ ONES


def masked(crc: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The form in which TFRecords store a CRC: rotated right by 15 bits, plus a constant, modulo 2**32."""
    return ((crc >> np.uint32(15)) | (crc << np.uint32(17))) + np.uint32(0xA282EAD8)


@lru_cache(maxsize=8)
def byte_tables(length: int) -> NDArray[np.uint32]:
    """What each byte of a string of `length` >= 4 bytes adds to its CRC: uint32 `(length, 256)`.

    A CRC is linear over exclusive or, so the CRC of a string is `zeros_crc(length)` and, over its bytes,
    `byte_tables(length)[index, byte]`, all combined by exclusive or. Bytes that many strings share are looked up once.
    """
    tables = np.empty((length, 256), dtype=np.uint32)
    tables[-1] = _TABLE
    for index in range(length - 2, -1, -1):
        later = tables[index + 1]
        tables[index] = _TABLE[later & 0xFF] ^ (later >> np.uint32(8))
    tables.flags.writeable = False
    return tables


def zeros_crc(length: int) -> int:
    """CRC-32C of `length` >= 4 zero bytes."""
    # The register starts at all ones, which is the same as starting at zero with the first four bytes inverted.
    return int(np.bitwise_xor.reduce(byte_tables(length)[:4, 0xFF])) ^ ONES
