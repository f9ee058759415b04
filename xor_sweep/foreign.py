"""Files that somebody else may have written, read without harm: they are data, of a bounded size, where they stand."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from xor_sweep.errors import ConfigError

MOST_BYTES = 1 << 24
"""What a result, a manifest or a configuration has at most; the largest of ours are a thousandth of it."""

MOST_NODES, DEEPEST = 100_000, 100
"""Values of a YAML file, each counted as often as an alias repeats it, and levels below each other."""

SHORT, FEW = 1 << 13, 90
"""A text of fewer bytes with fewer marks of nesting is never nested deeper than `DEEPEST`, give or take a level."""


MOST_FOLDERS = 20_000
"""Directories below one of configuration files."""

SMALL = 1 << 16
"""Bytes that a file may have whatever size the system tells, as of those that it makes while they are read."""


def read_file(path: Path, most: int = MOST_BYTES, *, through_links: bool = False) -> bytes:
    """The bytes of a regular file that is no link.

    A link could lead to any file of the reader's, a pipe would be waited for, and a device never ends. A person's own
    files may be links, `through_links`.

    Raises:
        OSError: where it cannot be read, is something else, or holds more than `most` bytes.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if through_links else os.O_NOFOLLOW))
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "no regular file", str(path))
        expected = min(most, max(found.st_size, SMALL))
        content = file.read(expected + 1) if found.st_size <= most else b""
    if found.st_size > most or len(content) > expected:
        raise OSError(errno.EFBIG, f"more than {most:,} bytes", str(path))
    return content


def yaml_files(directory: str) -> Iterator[Path]:
    """Every YAML file below a directory of configuration files, links followed, each directory once.

    Raises:
        ConfigError: if the directory holds far more than files of a configuration.
    """
    seen: set[str] = set()
    for place, folders, names in os.walk(directory, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        if len(seen) > MOST_FOLDERS:
            raise ConfigError(f"--config-dir {directory}: more than {MOST_FOLDERS:,} directories; name one of your own")
        yield from (Path(place, name) for name in names if name.endswith((".yaml", ".yml")))


def load_yaml(content: bytes) -> Any:
    """The plain values of a YAML text.

    Raises:
        ValueError, yaml.YAMLError: where it is none, asks for anything but plain values, or is built to exhaust the
            reader.
    """
    import yaml  # late: not every command reads YAML

    check_yaml(content)
    return yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def check_yaml(content: bytes) -> None:
    """Refuse a YAML text that is nested so deep, or repeats so much, that reading it would end the process.

    Loaders call themselves level by level, and libyaml's has no bound; aliases of aliases stand for exponentially many
    values. Both are counted from the parser's events, which need neither.

    Raises:
        ValueError: where it is such a text.
        yaml.YAMLError: where it is none.
    """
    aliases = b"&" in content and b"*" in content
    nested = content.count(b"[") + content.count(b"{") + content.count(b"- ") + content.count(b"? ")
    if not aliases and len(content) < SHORT and nested < FEW:
        return
    import yaml

    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []  # of each collection that is open: its anchor, and what came before
    count = 0
    for event in yaml.parse(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise ValueError(f"*{event.anchor} stands inside of itself, or for nothing")
            count += sizes[event.anchor]
        elif isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, count))
            count += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            if anchor is not None:
                sizes[anchor] = count - before
        elif isinstance(event, yaml.ScalarEvent):
            count += 1
            if event.anchor is not None:
                sizes[event.anchor] = 1
        if len(open_nodes) > DEEPEST:
            raise ValueError(f"nested deeper than {DEEPEST} levels")
        if count > MOST_NODES:
            raise ValueError(f"stands for more than {MOST_NODES:,} values")


def refuse_links(paths: Iterable[Path]) -> None:
    """Refuse links where something is going to be written or removed: it would happen wherever they lead.

    Raises:
        ConfigError: where one of the paths is a link.
    """
    for path in paths:
        if path.is_symlink():
            raise ConfigError(f"{path}: a link, which is not written through; remove it, or name another directory")


def links_in(directory: Path) -> list[Path]:
    """A directory itself where it is a link, otherwise the links in it; none where there is no such directory."""
    if directory.is_symlink():
        return [directory]
    try:
        with os.scandir(directory) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_symlink())
    except OSError:
        return []
