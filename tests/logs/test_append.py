from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from xor_sweep.logs.append import append, cut, event_files, intact, new_event_file
from xor_sweep.logs.encode import going_on, opening


def test_an_event_file_is_named_as_tensorboard_names_its_own(tmp_path: Path) -> None:
    path = new_event_file(tmp_path, 1_700_000_000.9)
    assert path.name.startswith("events.out.tfevents.1700000000.")
    assert path.name.split(".")[-2] == str(os.getpid())


def test_each_new_file_sorts_after_those_already_there(tmp_path: Path) -> None:
    made = [new_event_file(tmp_path, 1_700_000_000.0) for _ in range(12)]
    made.append(new_event_file(tmp_path, 5.0))
    assert event_files(tmp_path) == made == sorted(set(made))


def test_files_in_different_directories_have_different_names(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    assert new_event_file(first, 7.0).name != new_event_file(second, 7.0).name


def test_foreign_event_files_are_listed_and_do_no_harm(tmp_path: Path) -> None:
    foreign = tmp_path / "events.out.tfevents.profile-empty"
    foreign.touch()
    ours = new_event_file(tmp_path, 1.0)
    assert event_files(tmp_path) == [ours, foreign]


def test_appended_pieces_are_one_file(tmp_path: Path) -> None:
    path = new_event_file(tmp_path, 1.0)
    for wall_time in (1.0, 2.0):
        append(path, opening(wall_time, None))
    assert [event.wall_time for event in EventFileLoader(str(path)).Load()] == [1.0, 2.0]


def test_many_files_hold_no_descriptors(tmp_path: Path) -> None:
    paths = [new_event_file(tmp_path, 1.0) for _ in range(50)]
    before = os.open(os.devnull, os.O_RDONLY)
    os.close(before)
    for path in paths:
        append(path, b"x")
    after = os.open(os.devnull, os.O_RDONLY)  # the lowest free number: one that leaks would raise it
    os.close(after)
    assert after == before


def test_a_write_that_fails_halfway_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = new_event_file(tmp_path, 1.0)
    append(path, b"whole")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            append(path, b"too long by far")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"whole"


def test_event_files_go_back_to_what_they_were_and_later_ones_go_away(tmp_path: Path) -> None:
    first = new_event_file(tmp_path, 1.0)
    append(first, opening(1.0, None))
    kept = [(first.name, first.stat().st_size)]
    append(first, opening(2.0, None)[:-3])
    append(new_event_file(tmp_path, 1.0), opening(3.0, None))
    assert intact(tmp_path, kept)
    cut(tmp_path, kept)
    assert event_files(tmp_path) == [first]
    assert [event.wall_time for event in EventFileLoader(str(first)).Load()] == [1.0]


def test_event_files_that_are_shorter_gone_or_links_are_left_alone(tmp_path: Path) -> None:
    directory, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    directory.mkdir()
    path = new_event_file(directory, 1.0)
    append(path, b"whole")
    elsewhere.write_bytes(b"somebody's file")
    (directory / "events.out.tfevents.9").symlink_to(elsewhere)
    for kept in (
        [(path.name, 6)],
        [("events.out.tfevents.2", 0)],
        [("events.out.tfevents.9", 3)],
        [("../elsewhere", 3)],
        [(path.name, -1)],
    ):
        assert not intact(directory, kept)
        cut(directory, kept)
        assert path.read_bytes() == b"whole"
        assert elsewhere.read_bytes() == b"somebody's file"
    assert not intact(tmp_path / "gone", [])


def test_a_file_that_goes_on_says_so_to_tensorboard(tmp_path: Path) -> None:
    path = new_event_file(tmp_path, 1.0)
    append(path, going_on(5.0, 12_345))
    version, start = EventFileLoader(str(path)).Load()
    assert (version.file_version, start.step, start.wall_time) == ("brain.Event:2", 12_345, 5.0)
    assert start.session_log.status == start.session_log.START


def test_a_file_that_was_deleted_is_not_made_anew(tmp_path: Path) -> None:
    path = new_event_file(tmp_path, 1.0)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        append(path, b"x")
    assert event_files(tmp_path) == []
