"""Every run has a directory of its own in the sweep directory, whatever it is called and whatever lies there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.hostile import HOSTILE
from tests.specs import jobs
from tests.summary.sweeps import failed, result
from xor_sweep.claims import bring_back, claim, clear
from xor_sweep.jobs import Job
from xor_sweep.names import beside, candidates, plain_name, run_name
from xor_sweep.record import make_directory
from xor_sweep.results import RunResult, as_json, save_results
from xor_sweep.runs import RunPaths, SweepPaths

OWN = ("summary.csv", "summary.json", "summary.md", "best.yaml", "report.html", "multirun.yaml", "cost.png")
OWN_TOO = (".sweep", ".hydra", "final_cost_by_lr.png", "Summary.CSV", "CON", "nul.txt", "~", "", "-rf")

words = st.one_of(
    st.sampled_from(["lr=0.1", "activation=relu", "activation=ReLU", "data.path=x.tfevents", "a" * 300, "a" * 299]),
    st.sampled_from([*OWN, *OWN_TOO, *HOSTILE]),
    st.text(max_size=150),
)
runs = st.lists(st.tuples(st.integers(0, 5), words), min_size=1, max_size=6)
"""Identities with the names that they want."""

lying = st.lists(
    st.tuples(
        st.sampled_from(["completed", "failed", "empty", "notes", "file", "link", "dangling", "linked run", "loop"]),
        st.integers(0, 7),
        st.sampled_from([0, 1, 2, 3, 4, 5]),
        st.booleans(),
    ),
    max_size=8,
)
"""What lies there: its kind, whose it is, at which of the names that somebody wants, and whether in another case."""


@cache
def a_job() -> Job:
    return jobs(["lr=0.1"])[0]


def identity_of(number: int) -> str:
    """Two of any three share the digits that a name shows first."""
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return digest if number % 3 == 0 else "0" * 8 + digest[8:]


def job(number: int, name: str, *, overwrite: bool = False) -> Job:
    job = a_job()
    return replace(job, identity=identity_of(number), name=name, settings=replace(job.settings, overwrite=overwrite))


@contextmanager
def emptied() -> Iterator[tuple[SweepPaths, Path]]:
    """A sweep directory, and a directory elsewhere that holds one file and one directory."""
    top = Path(tempfile.mkdtemp())
    try:
        (top / "elsewhere" / "inside").mkdir(parents=True)
        (top / "elsewhere" / "inside" / "mine").write_text("untouched")
        (top / "outputs" / "xor").mkdir(parents=True)
        yield SweepPaths(top / "outputs" / "xor"), top / "elsewhere"
    finally:
        shutil.rmtree(top)


def lay(sweep: SweepPaths, elsewhere: Path, kind: str, identity: str, name: str) -> None:
    """Put something into the sweep directory, where nothing of that name is there yet."""
    place = sweep.directory / name
    if os.path.lexists(place):
        return
    if kind == "file":
        place.write_text("a file")
    elif kind in ("link", "dangling", "loop"):
        leads = {"link": elsewhere / "inside", "dangling": elsewhere / "nothing", "loop": place}
        place.symlink_to(leads[kind])
    elif kind == "linked run":
        paths = SweepPaths(elsewhere).run(f"of {identity}")
        paths.directory.mkdir(exist_ok=True)
        save(paths, failed(name, identity=identity))
        place.symlink_to(paths.directory)
    else:
        place.mkdir()
        if kind == "notes":
            (place / "notes.txt").write_text("a person's")
        if kind in ("completed", "failed"):
            make = result if kind == "completed" else failed
            save(sweep.run(name), make(name, identity=identity))


def save(paths: RunPaths, outcome: RunResult) -> None:
    """A result without the syncs that make it last, which take longer than all else here."""
    paths.result.write_text(json.dumps(as_json(outcome)))


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(runs, lying, st.booleans())
@example([(1, "lr=0.1"), (2, "lr=0.1"), (4, "lr=0.1"), (5, "lr=0.1")], [], False)
@example([(0, "activation=relu"), (1, "activation=ReLU")], [], False)
@example([(1, "lr=0.1")], [("file", 0, 0, False), ("link", 1, 1, False), ("dangling", 1, 2, False)], False)
@example([(1, "lr=0.1")], [("linked run", 1, 0, False)], True)
@example([(1, "lr=0.1")], [("completed", 2, 0, True)], False)
def test_distinct_runs_train_in_distinct_directories_of_the_sweep_directory(
    wanted: list[tuple[int, str]], things: list[tuple[str, int, int, bool]], overwrite: bool
) -> None:
    asked = [job(number, name, overwrite=overwrite) for number, name in wanted]
    with emptied() as (sweep, elsewhere):
        for kind, number, place, other_case in things:
            of = asked[place % len(asked)]
            names = candidates(of.name, of.identity)
            name = next(name for k, name in enumerate(names) if k == place)
            lay(sweep, elsewhere, kind, identity_of(number), name.swapcase() if other_case else name)
        there, outside = set(sweep.entries()), contents(elsewhere)
        claims = claim(asked, sweep)
        assert [each.job.identity for each in claims] == list(dict.fromkeys(each.identity for each in asked))
        names = [each.paths.name for each in claims]
        assert len(set(names)) == len(names)
        new = [each for each in claims if each.paths.name not in there]
        # On a file system that reads no case, a new directory is none of those that are there or that others take.
        for each in new:
            assert [n for n in there | set(names) if alike(n, each.paths.name)] == [each.paths.name]
            assert_plain(each.paths.name)
        for each in claims:
            assert each.paths.directory.parent == sweep.directory
            if each.finished is None:
                assert not each.paths.directory.is_symlink()
                assert not os.path.lexists(each.paths.directory) or each.paths.directory.is_dir()
        assert [each.paths for each in claim(asked, sweep)] == [each.paths for each in claims]
        train = [each for each in claims if each.finished is None]
        for interrupted in (True, False):
            for each in train:
                make_directory(each, sweep, hydra_files=True)
            if interrupted:
                bring_back(sweep)
                assert [each.paths for each in claim(asked, sweep)] == [each.paths for each in claims]
        for each in train:
            save(each.paths, result(each.paths.name, identity=each.job.identity))
        again = claim([job(number, name) for number, name in wanted], sweep)
        assert [each.paths for each in again] == [each.paths for each in claims]
        assert all(each.finished for each in again)
        assert contents(elsewhere) == outside


def alike(one: str, other: str) -> bool:
    """Whether two names are one where case is not read, or not the dots that a name ends with."""
    return one.casefold().rstrip(".") == other.casefold().rstrip(".")


def assert_plain(name: str) -> None:
    """The name is one that no file system and no reader of the sweep directory takes for something else."""
    assert 1 <= len(os.fsencode(name)) <= 120
    assert name.isascii()
    assert name.isprintable()
    assert not set(name) & set("/\\:*?\"<>|$%'&;` \n\0")
    assert name[0] not in ".-~"
    assert "tfevents" not in name.lower()
    assert name.lower() not in {own.lower() for own in (*OWN, *OWN_TOO)}
    assert not name.lower().startswith("final_cost_by_")


@given(words)
def test_a_plain_name_stays_as_it_is(name: str) -> None:
    plain = plain_name(name)
    assert_plain(plain)
    assert plain_name(plain) == plain
    assert plain_name(beside(plain, "0123456789abcdef")) == beside(plain, "0123456789abcdef")


@given(st.lists(st.tuples(st.text(max_size=20), words), max_size=5))
def test_every_name_that_values_give_is_plain_already(pairs: list[tuple[str, str]]) -> None:
    assert_plain(run_name(pairs))
    assert plain_name(run_name(pairs)) == run_name(pairs)


@given(st.lists(words, max_size=6, unique=True))
def test_each_key_has_a_picture_of_its_own(keys: list[str]) -> None:
    sweep = SweepPaths(Path("outputs/xor"))
    pictures = {sweep.key_plot(key) for key in keys}
    assert len(pictures) == len(keys)
    for picture in pictures:
        assert picture.parent == sweep.directory
        assert len(os.fsencode(picture.name)) <= 255
        assert "tfevents" not in picture.name.lower()


def test_no_link_inside_of_a_run_directory_is_written_through(tmp_path: Path) -> None:
    sweep, elsewhere = SweepPaths(tmp_path / "xor"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    [claimed] = claim([a_job()], sweep)
    claimed.paths.directory.mkdir(parents=True)
    for path in claimed.paths.owned:
        path.symlink_to(elsewhere / path.name)
    (elsewhere / "model.keras").write_text("mine")
    (elsewhere / ".hydra").mkdir()
    clear(claimed.paths, sweep)
    make_directory(claimed, sweep, hydra_files=True)
    claimed.paths.error.write_text("Traceback")
    save_results([(claimed.paths, result(claimed.paths.name))])
    assert contents(elsewhere) == {"model.keras": b"mine"}
    assert (elsewhere / ".hydra").is_dir()
    assert not any(path.is_symlink() for path in claimed.paths.directory.iterdir())
