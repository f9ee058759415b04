"""What runs depend on and a person may change behind a name that stays: files of data, functions of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from xor_sweep.claims import Claim
from xor_sweep.config import calls_of, codes_of
from xor_sweep.config.spec import RunSpec
from xor_sweep.given import PREFIX, is_given

Sources = Mapping[str, str]
"""Hashes of contents, by the path of a file or the dotted name of a function; with `()`, of what it returns."""


def sources_of(spec: RunSpec) -> dict[str, str]:
    """What a run depends on; empty for one of Keras's parts and data that come with a package."""
    files = {spec.data.path: spec.data.sha256} if spec.data.path else {}
    returned = {f"{spec.data.call.target}()": spec.data.sha256} if spec.data.call and spec.data.call.source else {}
    return files | {call.target: call.source for call in calls_of(spec)} | returned


def named_functions(specs: Iterable[RunSpec]) -> list[str]:
    """Return the functions that configurations name, each once; not those of data, whose returned content counts."""
    calls = (call for spec in specs for call in calls_of(spec) if call is not spec.data.call)
    return list(dict.fromkeys(call.target for call in calls if not is_given(call.target)))


def changed(train: Sequence[Claim], known: Sources) -> dict[str, int]:
    """What is not as it was when runs of these names were trained, and how many train again for it.

    Args:
        train: runs that are not finished.
        known: the sources of earlier commands.

    Returns:
        by the name of a file, of a function that was given, of the module of another function, or of what a function
        returns, how many runs go beside another one of their name.
    """
    found: dict[str, int] = {}
    for taken in train:
        beside = taken.paths.name != taken.job.name
        files = codes_of(taken.job.spec)
        for source, content in sources_of(taken.job.spec).items():
            before = known.get(source, content)
            if files.get(before, before) != content:  # release 0.2.0 knew functions by their files
                name = _name(source, taken.job.spec)
                found[name] = found.get(name, 0) + beside
    return found


def _name(source: str, spec: RunSpec) -> str:
    if source.endswith("()"):
        return f"What {source.removesuffix('()')} returns"
    if is_given(source):
        return source.removeprefix(PREFIX)
    return Path(source).name if source == spec.data.path else source.rpartition(".")[0]
