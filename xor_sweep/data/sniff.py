"""What a file of a table says about itself: its encoding, its separator, its decimal mark."""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import io
import lzma
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

SAMPLE_BYTES = 1 << 20
SAMPLE_ROWS = 100
SEPARATORS = (",", ";", "\t", "|")
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
COMMA = re.compile(r"\s*[-+]?(?:\d+,(?:\d{1,2}|\d{4,})|0,\d+)\s*", re.ASCII)
POINT = re.compile(r"\s*[-+]?\d*\.(?:\d{1,2}|\d{4,})\s*", re.ASCII)
BLANK_QUOTE = re.compile(r'[,;\t|] +"')

BLOCK = 1 << 20
NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
ONE_BYTE_DIGITS = ("utf-8", "utf-8-sig", "cp1252", "latin-1", "ascii")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file separates values.

    Attributes:
        encoding: Python's name.
        separator: of values.
        decimal: the decimal mark of the first rows; `.` if they do not tell.
        blanks: whether blanks stand between a separator and a quote.
    """

    encoding: str
    separator: str
    decimal: str
    blanks: bool


def is_compressed(path: Path) -> bool:
    """Whether a file's name says that it is compressed."""
    return path.suffix.lower() in OPENED


def opened(path: Path) -> IO[bytes]:
    """The bytes of a file, uncompressed."""
    found: IO[bytes] = OPENED[path.suffix.lower()](path, "rb") if is_compressed(path) else path.open("rb")
    return found


def _only_file(path: Path, mode: str) -> IO[bytes]:  # noqa: ARG001  # as gzip.open is called
    archive = zipfile.ZipFile(path)
    if len(archive.namelist()) != 1:
        raise ValueError(f"{len(archive.namelist())} files in the archive")
    return archive.open(archive.namelist()[0])


OPENED: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open, ".zip": _only_file}


def usual_separator(path: Path) -> str:
    """The separator that the file's name promises."""
    return "\t" if ".tsv" in path.suffixes[-2:] else ","


def dialect_of(path: Path, encoding: str = "", separator: str = "", decimal: str = "") -> Dialect:
    """How a file separates values.

    Args:
        path: of the file.
        encoding, separator, decimal: what keys say; empty finds it.

    Raises:
        OSError, EOFError, lzma.LZMAError: if it cannot be read.
    """
    with opened(path) as file:
        head = file.read(SAMPLE_BYTES)
    encoding = encoding or next((name for bom, name in BOMS.items() if head.startswith(bom)), "utf-8")
    text = head.decode(encoding, errors="replace")
    if len(head) == SAMPLE_BYTES and "\n" in text:  # the last line may be cut
        text = text[: text.rindex("\n") + 1]
    separator = separator or _separator(text, usual_separator(path))
    cells = [cell for row in _rows(text, separator)[1:] for cell in row]
    commas = separator != "," and any(map(COMMA.fullmatch, cells)) and not any(map(POINT.fullmatch, cells))
    return Dialect(encoding, separator, decimal or ("," if commas else "."), BLANK_QUOTE.search(text) is not None)


def _separator(text: str, usual: str) -> str:
    """The separator that makes several columns of the same number in each row; the usual one if it does, or none."""
    for each in (usual, *SEPARATORS):
        widths = {len(row) for row in _rows(text, each) if row}
        if len(widths) == 1 and widths.pop() > 1:
            return each
    return usual


def _rows(text: str, separator: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True)
    rows = []
    try:
        for row in reader:
            rows.append(row)
            if len(rows) == SAMPLE_ROWS:
                break
    except csv.Error:  # a field that is too long, or a zero byte: pandas says what is wrong
        pass
    return rows


def is_text(path: Path, encoding: str) -> bool:
    """Whether a file is text in an encoding, without the bytes that only other files have."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with opened(path) as file:
            while block := file.read(BLOCK):
                if NO_TEXT.search(block):
                    return False
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def has_leading_zeros(path: Path, dialect: Dialect) -> bool:
    """Whether a value in a file may begin with a zero and another digit."""
    if dialect.encoding not in ONE_BYTE_DIGITS:
        return True
    ends = np.zeros(256, np.bool_)
    ends[[*f'{dialect.separator}\n\r"\t '.encode()]] = True
    before = b""
    with opened(path) as file:
        while block := file.read(BLOCK):
            found = np.frombuffer(before + block, np.uint8)
            digit = found[2:] - np.uint8(ord("0")) < 10  # what is below a zero is a large number
            if (ends[found[:-2]] & (found[1:-1] == ord("0")) & digit).any():
                return True
            before = block[-2:]
    return False
