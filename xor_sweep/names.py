"""What a run directory may be called, so that no file system and no reader of a sweep directory takes it for else."""

from __future__ import annotations

import hashlib
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import PurePath

NAME_LENGTH = 120
MOST_BYTES = 255
"""Of a name, on every file system of today."""

FORBIDDEN = re.compile(r"[^A-Za-z0-9._=,+@\[\]-]")

EVENTS = re.compile("tf(?=events)", re.IGNORECASE)
"""TensorBoard takes any file for an event file whose name contains `tfevents`."""

OF_THE_SWEEP = re.compile(
    r"(summary|best|report|multirun|cost|final_cost_by_.*|con|prn|aux|nul|(com|lpt)\d)(\..*)?", re.IGNORECASE
)
"""What no run may be called: the sweep directory's own files, and Windows's devices."""

DIGITS = 8
"""Hex digits of an identity that tell two runs of one name apart; more where these are taken too."""


def run_name(values: Iterable[tuple[str, str]]) -> str:
    """A run directory's name: `lr=0.1,seed=3`, or `default` where nothing was set.

    Args:
        values: the keys that name the run with their canonical values, in their order.
    """
    return plain_name(FORBIDDEN.sub("_", ",".join(f"{key}={value}" for key, value in values)) or "default")


def plain_name(name: str) -> str:
    """A name as a directory of a run may have it, whatever it was; one that is so already stays as it is."""
    name = EVENTS.sub("tf_", "~".join(FORBIDDEN.sub("_", part) for part in name.split("~")))
    if not re.match(r"\w", name) or OF_THE_SWEEP.fullmatch(name):
        name = f"_{name}"
    if len(name) <= NAME_LENGTH:
        return name
    return beside(name, hashlib.sha256(name.encode()).hexdigest())


def beside(name: str, identity: str, digits: int = DIGITS) -> str:
    """The name of a run whose directory is taken by a run of another identity."""
    return f"{name[: NAME_LENGTH - digits - 1]}~{identity[:digits]}"


def candidates(name: str, identity: str) -> Iterator[str]:
    """The names that a run takes, the first that is free: its own, then others beside it, without end."""
    name = plain_name(name)
    yield name
    yield from (beside(name, identity, digits) for digits in (DIGITS, 2 * DIGITS, 8 * DIGITS))
    for number in itertools.count(2):
        yield beside(name, f"{identity}-{number}", len(f"{identity}-{number}"))


def folded(name: str) -> str:
    """What two names have in common that are one to some file system: those of macOS and Windows read no case."""
    return unicodedata.normalize("NFD", name).casefold().rstrip(". ")


def is_utf8(name: str) -> bool:
    """Whether a name of a file, as Python gives it, is UTF-8 on disk."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def key_name(key: str) -> str:
    """A key as it stands in a file's name: one that had to be changed for that ends in a hash of what it was."""
    name = EVENTS.sub("tf_", FORBIDDEN.sub("_", key))
    if name == key and len(name) <= NAME_LENGTH:
        return name
    return beside(name, hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest())


def stem_of(path: object) -> str:
    """What the data in a file is called: `customers` for `/data/customers.csv.gz`; an experiment may be called that."""
    name = PurePath(str(path)).name
    first, _, _ = name.lstrip(".").partition(".")
    return experiment_of(first or name)


def function_of(target: object) -> str:
    """What the data that a function returns is called: `load` for `my_project.data.load`."""
    return experiment_of(str(target).rpartition(".")[2])


def experiment_of(word: str) -> str:
    """A word with what an experiment's name may not hold replaced; `data` where there is none."""
    plain = EVENTS.sub("tf_", re.sub(r"[^A-Za-z0-9._=,+@-]", "_", word))[:100]
    return re.sub(r"^[^A-Za-z0-9_]", "_", plain) or "data"
