from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.specs import composer_of, jobs
from tests.summary.sweeps import failed, result
from xor_sweep.claims import Claim, bring_back, claim, clear, let_go
from xor_sweep.config import earlier_identity, file_identity
from xor_sweep.jobs import Job
from xor_sweep.logs.append import event_files, new_event_file
from xor_sweep.manifest import extend_manifest
from xor_sweep.results import RunResult, load_result, save_results
from xor_sweep.runs import RunPaths, SweepPaths


@pytest.fixture
def sweep(tmp_path: Path) -> SweepPaths:
    return SweepPaths(tmp_path / "xor")


def job(*overrides: str) -> Job:
    return jobs(overrides)[0]


def finish(sweep: SweepPaths, asked: Job, name: str | None = None, **fields: Any) -> RunPaths:
    """A run directory as a finished run leaves it."""
    paths = sweep.run(name or asked.name)
    paths.directory.mkdir(parents=True, exist_ok=True)
    new_event_file(paths.directory, 1.7e9)
    make = failed if fields.get("status") == "failed" else result
    save(paths, make(paths.name, **{"identity": asked.identity, "overrides": asked.overrides, **fields}))
    return paths


def save(paths: RunPaths, outcome: RunResult) -> None:
    save_results([(paths, outcome)])


def names(claims: Sequence[Claim]) -> list[str]:
    return [each.paths.name for each in claims]


def files(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_new_runs_train_under_their_own_names(sweep: SweepPaths) -> None:
    claims = claim(jobs(["lr=0.1"], ["lr=0.01"], []), sweep)
    assert names(claims) == ["lr=0.1", "lr=0.01"]
    assert all(each.finished is None for each in claims)


def test_claiming_writes_nothing(sweep: SweepPaths) -> None:
    claim(jobs(["lr=0.1"], ["lr=0.2"]), sweep)
    assert not sweep.directory.exists()


@pytest.mark.parametrize("name", [None, "default", "my favourite run", "seed=7", "lr=0.1~0123abcd"])
@pytest.mark.parametrize("status", ["completed", "diverged"])
def test_a_finished_run_is_recognised_under_any_name(sweep: SweepPaths, name: str | None, status: str) -> None:
    paths = finish(sweep, job("lr=0.1"), name, status=status)
    [claimed] = claim([job("lr=1e-1")], sweep)
    assert claimed.paths == paths
    assert claimed.finished == load_result(paths)


def test_a_failed_run_trains_again_where_it_is(sweep: SweepPaths) -> None:
    paths = finish(sweep, job("lr=0.1"), "renamed", status="failed")
    [claimed] = claim([job("lr=0.1")], sweep)
    assert claimed.finished is None
    assert claimed.paths == paths


BATCHED = ("data=sklearn", "data.name=iris")


def earlier(sweep: SweepPaths, asked: Job, **fields: Any) -> RunPaths:
    """The run of a job as release 0.2.0 left it, whose batches were ordered by data.seed."""
    identity = earlier_identity(asked.spec)
    assert identity is not None
    return finish(sweep, asked, identity=identity, batch_order=None, **fields)


def test_a_run_whose_batches_followed_data_seed_stays_beside_the_one_whose_batches_follow_its_seed(sweep) -> None:
    asked = job(*BATCHED)
    paths = earlier(sweep, asked)
    [claimed] = claim([asked], sweep)
    assert (claimed.finished, claimed.earlier) == (None, paths.name)
    assert claimed.paths.name == f"{asked.name}~{asked.identity[:8]}"
    finish(sweep, asked, claimed.paths.name, batch_order="seed")
    [claimed] = claim([asked], sweep)
    assert claimed.finished is not None


def test_a_failed_run_of_an_earlier_release_is_replaced_where_it_is(sweep) -> None:
    asked = job(*BATCHED)
    paths = earlier(sweep, asked, status="failed")
    [claimed] = claim([asked], sweep)
    assert (claimed.finished, claimed.earlier, claimed.paths) == (None, None, paths)


LOSS = "import my_helpers_of_a_claim\n\n\ndef loss(y, p):\n    return my_helpers_of_a_claim.cost(y, p)\n"


@pytest.fixture
def helpers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module that a loss of the user's uses."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "my_loss_of_a_claim.py").write_text(LOSS)
    path = tmp_path / "my_helpers_of_a_claim.py"
    path.write_text("def cost(y, p):\n    return abs(y - p)\n")
    return path


def with_loss() -> Job:
    composer_of.cache_clear()  # each command has one of its own
    return job("loss={_target_: my_loss_of_a_claim.loss}", "trusted_modules=[my_loss_of_a_claim]")


def test_a_result_of_release_0_2_0_counts_as_long_as_its_functions_file_is_the_same(
    sweep: SweepPaths, helpers: Path
) -> None:
    identity = file_identity(with_loss().spec)
    assert identity is not None
    paths = finish(sweep, with_loss(), identity=identity)
    helpers.write_text(f"# a remark\n{helpers.read_text()}")
    [claimed] = claim([with_loss()], sweep)
    assert (claimed.paths, claimed.finished) == (paths, load_result(paths))
    module = helpers.with_name("my_loss_of_a_claim.py")
    module.write_text(f"# a remark\n{LOSS}")
    [claimed] = claim([with_loss()], sweep)
    assert claimed.finished is None, "that release knew the file and nothing else"


def test_a_result_that_was_taken_for_that_of_some_code_is_not_taken_for_that_of_other_code(
    sweep: SweepPaths, helpers: Path
) -> None:
    identity = file_identity(with_loss().spec)
    assert identity is not None
    finish(sweep, with_loss(), identity=identity)
    [claimed] = claim([with_loss()], sweep)
    assert claimed.finished is not None
    extend_manifest(sweep, (), "final_cost", "minimize", {}, code_of_files=claimed.code_of_files)
    helpers.write_text("def cost(y, p):\n    return 2 * abs(y - p)\n")
    [claimed] = claim([with_loss()], sweep)
    assert claimed.finished is None


def test_a_finished_run_stands_before_a_failed_copy_of_it(sweep: SweepPaths) -> None:
    finish(sweep, job("lr=0.1"), "a failed copy", status="failed")
    done = finish(sweep, job("lr=0.1"))
    [claimed] = claim([job("lr=0.1")], sweep)
    assert claimed.paths == done
    assert claimed.finished is not None


def test_a_damaged_result_is_none(sweep: SweepPaths) -> None:
    paths = finish(sweep, job("lr=0.1"))
    paths.result.write_bytes(paths.result.read_bytes()[:-20])
    [claimed] = claim([job("lr=0.1")], sweep)
    assert claimed.finished is None
    assert claimed.paths == paths


def test_a_run_goes_beside_another_one_that_has_its_name(sweep: SweepPaths) -> None:
    mine, other = job("lr=0.1"), job("lr=0.1", "steps=7")
    finish(sweep, other, mine.name)
    [claimed] = claim([mine], sweep)
    assert claimed.paths.name == f"lr=0.1~{mine.identity[:8]}"
    assert claimed.finished is None
    finish(sweep, mine, claimed.paths.name)
    again = claim([mine, other], sweep)
    assert names(again) == [f"lr=0.1~{mine.identity[:8]}", "lr=0.1"]
    assert all(each.finished for each in again)


@pytest.mark.parametrize("status", ["completed", "failed"])
def test_a_name_that_is_taken_stays_with_the_run_that_has_it(sweep: SweepPaths, status: str) -> None:
    first, second = jobs(["lr=0.1", "steps=7"], ["lr=0.1", "steps=8"], swept=("lr",))
    assert first.name == second.name == "lr=0.1"
    finish(sweep, first, status=status)
    for order in ([first, second], [second, first]):
        claims = {each.job.identity: each.paths.name for each in claim(order, sweep)}
        assert claims == {first.identity: "lr=0.1", second.identity: f"lr=0.1~{second.identity[:8]}"}


def test_two_runs_of_one_name_get_a_directory_each(sweep: SweepPaths) -> None:
    asked = jobs(["lr=0.1", "steps=7"], ["lr=0.1", "steps=8"], ["lr=0.1", "steps=9"], swept=("lr",))
    claims = claim(asked, sweep)
    assert names(claims) == ["lr=0.1", *(f"lr=0.1~{each.identity[:8]}" for each in asked[1:])]


def test_duplicates_are_one_run_under_the_first_ones_name(sweep: SweepPaths) -> None:
    claims = claim(jobs(["seed=3", "lr=0.1"], ["lr=0.1", "seed=3"], ["lr=1e-1", "seed=3"], ["lr=0.2"]), sweep)
    assert names(claims) == ["seed=3,lr=0.1", "lr=0.2"]


def test_overwrite_trains_a_finished_run_again_where_it_is(sweep: SweepPaths) -> None:
    paths = finish(sweep, job("lr=0.1"), "renamed")
    finish(sweep, job("lr=0.2"))
    claims = claim([job("lr=0.1", "overwrite=true")], sweep)
    assert [(each.paths, each.finished) for each in claims] == [(paths, None)]


def test_overwriting_moves_the_old_run_aside_until_the_new_result_stands(sweep: SweepPaths) -> None:
    paths = finish(sweep, job("lr=0.1"))
    other = finish(sweep, job("lr=0.2"))
    old, others = files(paths.directory), files(other.directory)
    clear(paths, sweep)
    assert load_result(paths) is None
    assert files(sweep.replaced / paths.name) == old
    paths.directory.mkdir(exist_ok=True)
    save(paths, result(paths.name, 0.5))
    let_go(paths, sweep)
    assert not (sweep.replaced / paths.name).exists()
    kept = load_result(paths)
    assert kept is not None
    assert kept.final_cost == 0.5
    assert files(other.directory) == others


@pytest.mark.parametrize("begun", [False, True], ids=["before it began", "while it trained"])
def test_an_interrupted_overwrite_brings_the_old_run_back(sweep: SweepPaths, begun: bool) -> None:
    paths = finish(sweep, job("lr=0.1"))
    old = files(paths.directory)
    clear(paths, sweep)
    if begun:
        paths.hydra.mkdir(parents=True)
        paths.config.write_text("lr: 0.1\n")
        new_event_file(paths.directory, 1.8e9)
        (paths.directory / ".result.json.part").write_text("{")
    bring_back(sweep)
    assert files(paths.directory) == old
    assert list(sweep.replaced.iterdir()) == []
    [claimed] = claim([job("lr=0.1")], sweep)
    assert claimed.finished is not None


def test_an_interruption_after_the_new_result_keeps_the_new_run(sweep: SweepPaths) -> None:
    paths = finish(sweep, job("lr=0.1"))
    clear(paths, sweep)
    finish(sweep, job("lr=0.1"), final_cost=0.5)
    bring_back(sweep)
    kept = load_result(paths)
    assert kept is not None
    assert kept.final_cost == 0.5
    assert list(sweep.replaced.iterdir()) == []


def test_bringing_back_twice_or_for_nothing_changes_nothing(sweep: SweepPaths) -> None:
    bring_back(sweep)
    assert not sweep.directory.exists()
    paths = finish(sweep, job("lr=0.1"))
    old = files(paths.directory)
    clear(paths, sweep)
    bring_back(sweep)
    bring_back(sweep)
    assert files(paths.directory) == old


def test_a_run_that_starts_twice_keeps_the_old_one_aside(sweep: SweepPaths) -> None:
    paths = finish(sweep, job("lr=0.1"))
    old = files(paths.directory)
    for _ in range(2):
        clear(paths, sweep)
        paths.directory.mkdir(exist_ok=True)
        new_event_file(paths.directory, 1.8e9)
    bring_back(sweep)
    assert files(paths.directory) == old


def leave_notes(paths: RunPaths) -> Path:
    notes = paths.directory / "notes" / "mine.txt"
    notes.parent.mkdir(parents=True)
    notes.write_text("look at this one")
    return notes


def test_what_an_interrupted_run_left_is_removed_and_a_persons_files_stay(sweep: SweepPaths) -> None:
    paths = finish(sweep, job("lr=0.1"))
    paths.result.write_text('{"format": 1, "ru')
    paths.error.write_text("Traceback")
    notes = leave_notes(paths)
    clear(paths, sweep)
    assert notes.read_text() == "look at this one"
    assert list(files(paths.directory)) == ["notes/mine.txt"]


@pytest.mark.parametrize("status", ["completed", "diverged", "failed"])
def test_a_persons_files_stay_in_a_run_that_is_replaced(sweep: SweepPaths, status: str) -> None:
    paths = finish(sweep, job("lr=0.1"), status=status)
    notes = leave_notes(paths)
    clear(paths, sweep)
    finish(sweep, job("lr=0.1"), final_cost=0.5)
    let_go(paths, sweep)
    assert notes.exists()
    assert notes.read_text() == "look at this one"


def test_a_directory_that_is_no_run_is_taken_with_its_files(sweep: SweepPaths) -> None:
    notes = leave_notes(sweep.run("lr=0.1"))
    [claimed] = claim([job("lr=0.1")], sweep)
    clear(claimed.paths, sweep)
    assert claimed.paths.name == "lr=0.1"
    assert notes.exists()
    assert event_files(claimed.paths.directory) == []
