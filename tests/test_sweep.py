"""Sweeps as a person runs them: what is trained, written, kept and said."""

from __future__ import annotations

import csv
import json
import math
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.compat.proto.event_pb2 import Event

from tests.command import TREE, begin, environment, in_this_process, run, succeed, succeed_here
from xor_sweep.__main__ import main

THREE = ("-m", "lr=0.1,0.01,0.001")
RATES = ("lr=0.1", "lr=0.01", "lr=0.001")

FIELDS = [
    *("format", "run", "status", "final_cost", "final_accuracy", "best_cost", "steps", "identity", "overrides"),
    *("reason", "started_at", "wall_s", "cpu", "versions", "milestones", "hypothesis"),
]

OF_ONE_TRAINING = ("started_at", "wall_s", "program_s", "overrides", "run", "files", "seal")
"""What may differ between two trainings of one run: times, and how it was asked for."""


def result(run_directory: Path) -> dict[str, Any]:
    content = json.loads((run_directory / "result.json").read_text())
    assert isinstance(content, dict)
    return content


def numbers(run_directory: Path) -> dict[str, Any]:
    """The result without what may differ between two trainings of one run."""
    return {key: value for key, value in result(run_directory).items() if key not in OF_ONE_TRAINING}


def scalars(run_directory: Path) -> list[tuple[int, str, float]]:
    """Step, tag and value of each scalar of a run's one event file, by TensorBoard's loader."""
    (file,) = run_directory.glob("events.out.tfevents.*")
    events: Iterator[Event] = EventFileLoader(str(file)).Load()
    values = ((event.step, value) for event in events for value in event.summary.value)
    return [(step, value.tag, value.tensor.float_val[0]) for step, value in values if value.tensor.float_val]


def files(directory: Path) -> set[str]:
    return {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}


def state(*run_directories: Path) -> dict[Path, tuple[int, bytes]]:
    """Time of change and bytes of every file below."""
    found = [path for directory in run_directories for path in directory.rglob("*") if path.is_file()]
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in found}


def trained(*run_directories: Path) -> dict[Path, tuple[int, bytes]]:
    """The same without what a summary writes, which changes with the runs beside."""
    return {path: content for path, content in state(*run_directories).items() if "hparams." not in path.name}


@dataclass
class History:
    """One directory and what a series of commands said and did in it."""

    directory: Path
    said: dict[str, str] = field(default_factory=dict)
    after: dict[str, dict[Path, tuple[int, bytes]]] = field(default_factory=dict)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def sweep(self) -> Path:
        return self.directory / "outputs" / "xor"

    def do(self, name: str, *words: str, by: Callable[..., str] = succeed_here) -> None:
        self.said[name] = by(*words, cwd=self.directory)
        runs = [path.parent for path in self.sweep.glob("*/result.json")]
        self.after[name] = state(*runs)
        self.results[name] = {path.name: numbers(path) for path in runs}

    def changed(self, name: str, since: str) -> set[str]:
        """The runs with a file that one command changed, made or removed since another."""
        now, then = self.after[name], self.after[since]
        paths = {path for path in now.keys() | then.keys() if now.get(path) != then.get(path)}
        return {path.relative_to(self.sweep).parts[0] for path in paths}


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    history = History(tmp_path_factory.mktemp("history"))
    history.do("first", *THREE, by=succeed)  # in processes of its own; the others come to the same in this one
    history.do("repeated", *THREE)
    history.do("grown", "-m", "lr=0.1,0.01,0.001,0.03")
    history.do("spelled thrice", "-m", "lr=0.1,0.10,1e-1")
    history.do("overwritten", "-m", "lr=0.01", "overwrite=true")
    return history


def rows(sweep: Path) -> list[dict[str, str]]:
    with (sweep / "summary.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_each_run_has_a_directory_with_its_configuration_its_log_and_its_result(history: History) -> None:
    first = {path.parent for path in history.after["first"] if path.name == "result.json"}
    assert {path.name for path in first} == set(RATES)
    for directory in first:
        (event_file,) = (path.name for path in directory.glob("events.out.tfevents.*"))
        hydra = {".hydra/config.yaml", ".hydra/hydra.yaml", ".hydra/overrides.yaml"}
        model = {"model.keras", "model.json"} if directory.name == "lr=0.1" else set()
        (compared,) = (path.name for path in directory.glob("hparams.tfevents.*"))
        assert files(directory) == hydra | {event_file, compared, "result.json"} | model, "the best run keeps its model"
        assert yaml.safe_load((directory / ".hydra/config.yaml").read_text())["seed"] == 5


def test_a_runs_configuration_is_what_it_was_trained_with(history: History) -> None:
    for name in ("lr=0.1", "lr=0.001"):
        config = yaml.safe_load((history.sweep / name / ".hydra/config.yaml").read_text())
        assert f"lr={config['lr']}" == name
        assert yaml.safe_load((history.sweep / name / ".hydra/overrides.yaml").read_text()) == [name]


def test_a_result_has_its_fields_in_their_order(history: History) -> None:
    for name in RATES:
        content = result(history.sweep / name)
        assert list(content)[: len(FIELDS)] == FIELDS
        assert (content["format"], content["run"], content["status"], content["reason"]) == (1, name, "completed", None)
        assert (content["steps"], len(content["identity"])) == (10001, 64)
        assert {"tensorflow", "keras", "python", "xor_sweep"} <= content["versions"].keys()
        assert content["best_cost"] == content["final_cost"], "the cost of exclusive or falls to its last step"
    assert result(history.sweep / "lr=0.1")["overrides"] == ["lr=0.1"]


def test_all_three_rates_solve_exclusive_or(history: History) -> None:
    for name in RATES:
        content = result(history.sweep / name)
        assert content["final_accuracy"] == 1
        assert [round(value) for value in content["hypothesis"]] == [0, 1, 1, 0]
        assert content["final_cost"] < 0.05
    costs = [result(history.sweep / name)["final_cost"] for name in RATES]
    assert costs == sorted(costs)


def test_the_last_logged_cost_is_the_final_cost(history: History) -> None:
    for name in RATES:
        costs = [(step, value) for step, tag, value in scalars(history.sweep / name) if tag == "Cost/Cost"]
        content = result(history.sweep / name)
        assert (costs[0][0], costs[-1]) == (0, (10001, pytest.approx(content["final_cost"], rel=1e-7)))
        assert len(costs) <= 1000
        logged = dict(costs)
        known = [(step, cost) for step, cost in content["milestones"] if step in logged]
        assert [logged[step] for step, _ in known] == pytest.approx([cost for _, cost in known], rel=1e-7)


def test_the_sweep_directory_holds_the_summary_and_nothing_else(history: History) -> None:
    names = {path.name for path in history.sweep.iterdir() if path.is_file()}
    [shown] = (name for name in names if name.startswith("hparams.tfevents."))
    pictures = {"cost.png", "final_cost_by_lr.png"}
    summaries = {"summary.csv", "summary.json", "summary.md", "report.html", "best.yaml"}
    assert names == summaries | {"multirun.yaml", shown} | pictures
    assert [path.name for path in history.directory.iterdir()] == ["outputs"]
    assert not list(history.directory.rglob("*.log"))
    for name in pictures:
        assert (history.sweep / name).read_bytes().startswith(b"\x89PNG")


def test_the_summary_ranks_the_runs_best_first_with_a_column_for_the_swept_key(history: History) -> None:
    table = rows(history.sweep)
    assert [row["run"] for row in table] == ["lr=0.1", "lr=0.03", "lr=0.01", "lr=0.001"]
    assert [float(row["lr"]) for row in table] == [0.1, 0.03, 0.01, 0.001]
    costs = [float(row["final_cost"]) for row in table]
    assert costs == sorted(costs)
    assert costs[0] == result(history.sweep / "lr=0.1")["final_cost"]


def test_a_sweep_says_what_it_will_do_before_and_what_came_out_after(history: History) -> None:
    lines = [line.rstrip() for line in history.said["first"].splitlines()]
    assert re.fullmatch(r"3 runs in 1 program: 18 files, about [\d.]+ [kM]B, in outputs/xor", lines[0])
    table = lines.index("3 runs of this command, 3 in outputs/xor")
    ranked = [line.split()[1:3] for line in lines[table:] if re.match(r" +\d ", line)]
    assert ranked == [["lr=0.1", "completed"], ["lr=0.01", "completed"], ["lr=0.001", "completed"]]
    (said_files,) = [line for line in lines if line.startswith("Files ")]
    for word in ("outputs/xor", "summary.csv", ".json", ".md", "cost.png"):
        assert word in said_files
    assert "Report      outputs/xor/report.html" in lines
    assert lines[-1].startswith("One seed a setting: python -m xor_sweep sweep=seeds")


def test_the_tensorboard_command_works_when_pasted(history: History) -> None:
    (line,) = [line for line in history.said["first"].splitlines() if line.startswith("TensorBoard ")]
    command = line.removeprefix("TensorBoard ").strip()
    words = shlex.split(command)
    assert words[-3:] == ["-m", "xor_sweep.board", "outputs/xor"]
    assert (history.directory / words[-1]).is_dir()
    done = subprocess.run(
        f"{command} --help",
        shell=True,
        cwd=history.directory,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Open TensorBoard" in done.stdout


def test_the_same_command_again_trains_nothing_and_shows_the_same_table(history: History) -> None:
    assert history.changed("repeated", since="first") == set()
    said = history.said["repeated"]
    assert said.startswith("3 runs finished already in outputs/xor: not trained again (overwrite=true does)\n")
    table = "3 runs of this command"
    assert said[said.index(table) :] == history.said["first"][history.said["first"].index(table) :]


def test_a_grown_command_trains_only_what_is_new(history: History) -> None:
    assert history.changed("grown", since="repeated") == {"lr=0.03"}
    said = history.said["grown"]
    assert "3 runs finished already in outputs/xor" in said
    assert "1 run in 1 program" in said
    assert "4 runs of this command, 4 in outputs/xor" in said


def test_one_value_in_three_spellings_is_one_run_and_is_said_to_be(history: History) -> None:
    assert history.changed("spelled thrice", since="grown") == set()
    assert "3 configurations are 1 run: equal values count once" in history.said["spelled thrice"].splitlines()
    assert "1 run of this command, 4 in outputs/xor" in history.said["spelled thrice"]


def test_overwrite_trains_what_is_asked_for_and_comes_to_the_same_numbers(history: History) -> None:
    assert history.changed("overwritten", since="grown") == {"lr=0.01"}
    assert history.results["overwritten"] == history.results["grown"]
    assert len(list((history.sweep / "lr=0.01").glob("events.out.tfevents.*"))) == 1
    assert not (history.sweep / ".sweep" / "replaced").exists() or not any(
        (history.sweep / ".sweep" / "replaced").iterdir()
    )


def test_the_runs_of_this_command_are_marked_among_the_others(history: History) -> None:
    marked = re.findall(r"^ *\* *\d+ +(\S+)", history.said["overwritten"], re.M)
    assert marked == ["lr=0.01"]


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> History:
    history = History(tmp_path_factory.mktemp("single"))
    history.do("first", "lr=0.1")
    history.do("repeated", "lr=0.1")
    return history


def test_a_single_run_prints_its_cost_every_thousand_steps(single: History) -> None:
    printed = re.findall(r"^step +([\d,]+) +cost (\d\.\d{6})$", single.said["first"], re.M)
    assert [int(step.replace(",", "")) for step, _ in printed] == list(range(0, 10_001, 1000))
    costs = [float(cost) for _, cost in printed]
    assert costs == sorted(costs, reverse=True)
    assert costs == [round(cost, 6) for _, cost in result(single.sweep / "lr=0.1")["milestones"]]


def test_a_single_run_prints_what_the_network_says_for_each_input(single: History) -> None:
    said = single.said["first"]
    assert re.search(r"^input +hypothesis +predicted +target", said, re.M)
    table = re.findall(r"^([01] [01]) +(\d\.\d{6}) +([01]) +([01])$", said, re.M)
    assert [row[0] for row in table] == ["0 0", "0 1", "1 0", "1 1"]
    assert [row[2] for row in table] == [row[3] for row in table] == ["0", "1", "1", "0"]
    expected = result(single.sweep / "lr=0.1")["hypothesis"]
    assert [float(row[1]) for row in table] == pytest.approx(expected, abs=5e-7)
    assert "accuracy 1\n" in said
    assert "Files       outputs/xor/lr=0.1\n" in said


def test_a_finished_single_run_is_shown_from_disk_with_what_to_try_next(single: History) -> None:
    assert single.changed("repeated", since="first") == set()
    first, repeated = single.said["first"].splitlines(), single.said["repeated"].splitlines()
    assert repeated[: len(first)] == first
    hint = " ".join(repeated[len(first) :])
    assert "seed=1" in hint
    assert "overwrite=true" in hint


def test_a_run_alone_has_the_numbers_that_it_has_in_a_sweep(single: History, history: History) -> None:
    assert numbers(single.sweep / "lr=0.1") == numbers(history.sweep / "lr=0.1")
    assert scalars(single.sweep / "lr=0.1") == scalars(history.sweep / "lr=0.1")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory."""
    with in_this_process(tmp_path, monkeypatch):
        yield tmp_path


def planned(said: str) -> dict[str, int]:
    """The numbers of a dry run by their names."""
    found = re.findall(r"^  (\S.*?) {2,}([\d,]+)$", said, re.M)
    return {name.split(" (")[0].split(",")[0]: int(number.replace(",", "")) for name, number in found}


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-m", "seed=range(0,600)", "network.hidden=[2],[3]", "logging=scalars", "dry_run=true"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    plan = planned(out)
    assert (plan["runs to train"], plan["runs finished already"], plan["structures"]) == (1200, 0, 2)
    assert plan["files"] == 1200 * 6
    assert plan["chunks"] >= 2
    assert 1200 * 10_000 < plan["bytes"] < 1200 * 200_000
    assert "seed=0,network.hidden=[2]" in out
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("name", sorted(path.stem for path in (TREE / "sweeps").glob("*.yaml")))
def test_every_named_sweep_can_be_planned_and_has_an_experiment_of_its_own(
    name: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"sweep={name}", "dry_run=true"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    runs = 1
    for values in yaml.safe_load((TREE / "sweeps" / f"{name}.yaml").read_text())["hydra"]["sweeper"]["params"].values():
        counted = re.fullmatch(r"range\(0,(\d+)\)", values)
        runs *= int(counted[1]) if counted else len(values.split(","))
    assert planned(out)["runs to train"] == runs
    assert f"outputs/{name}" in out.splitlines()[0]
    assert list(here.iterdir()) == []


@pytest.mark.proof
def test_a_named_sweep_trains_into_the_directory_that_outputs_names(tmp_path: Path) -> None:
    said = succeed("sweep=smoke", "outputs=else where", cwd=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["else where"]
    sweep = tmp_path / "else where" / "smoke"
    table = rows(sweep)
    assert len(table) == 8
    assert {row["status"] for row in table} == {"completed"}
    assert {(row["lr"], row["seed"], row["network.hidden"]) for row in table} == {
        (lr, seed, hidden) for lr in ("0.1", "0.01") for seed in ("0", "1") for hidden in ("[2]", "[4]")
    }
    assert "8 runs in 2 programs" in said
    assert f"xor_sweep.board {shlex.quote('else where/smoke')}" in said


def test_a_diverged_run_is_a_row_with_its_reason_and_tensorflow_speaks_where_it_is_asked_to(tmp_path: Path) -> None:
    words = ("-m", "network.init_scale=1,1e38", "steps=200")
    done = run(*words, cwd=tmp_path, env={"TF_CPP_MIN_LOG_LEVEL": "0"})
    assert done.returncode == 0
    assert "WARNING: All log messages before absl" in done.stderr
    sweep = tmp_path / "outputs" / "xor"
    completed, diverged = rows(sweep)
    assert (completed["status"], diverged["status"]) == ("completed", "diverged")
    content = result(sweep / diverged["run"])
    assert (content["final_cost"], content["final_accuracy"], content["best_cost"]) == (None, None, None)
    assert re.search(r"NaN or infinite at step \d+", content["reason"])
    assert content["reason"] in done.stdout
    assert diverged["final_cost"] == ""
    assert math.isfinite(float(completed["final_cost"]))


@pytest.mark.proof
def test_a_run_of_an_edited_file_goes_beside_the_run_that_has_its_name(tmp_path: Path) -> None:
    network = tmp_path / "my_conf" / "network" / "mine.yaml"
    network.parent.mkdir(parents=True)
    words = ("--config-dir", "my_conf", "-m", "network=mine", "lr=0.1,0.01", "steps=50", "save=none")
    network.write_text("defaults: [xor, _self_]\nhidden: [3]\n")
    succeed(*words, cwd=tmp_path)
    sweep = tmp_path / "outputs" / "xor"
    before = trained(*sweep.glob("lr=*"))
    network.write_text("defaults: [xor, _self_]\nhidden: [4]\n")
    said = succeed(*words, cwd=tmp_path)
    assert {path: content for path, content in trained(*sweep.glob("lr=*")).items() if path in before} == before
    names = {path.name for path in sweep.glob("lr=*")}
    assert names >= {"lr=0.1", "lr=0.01"}
    assert len(names) == 4
    for name in names - {"lr=0.1", "lr=0.01"}:
        assert re.fullmatch(r"lr=0\.0?1~[0-9a-f]{8}", name)
        assert result(sweep / name)["identity"].startswith(name[-8:])
        assert yaml.safe_load((sweep / name / ".hydra/config.yaml").read_text())["network"]["hidden"] == [4]
    assert "2 runs of this command, 4 in outputs/xor" in said


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[Path, int, str, str]]:
    """By signal: the directory, the exit code, and what a long sweep said that was stopped in its second chunk."""
    begun = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        directory = tmp_path_factory.mktemp("stopped")
        begun[number] = directory, begin(*LONG, cwd=directory)
    stopped = {}
    try:
        for number, (directory, process) in begun.items():
            sweep = directory / "outputs" / "xor"
            deadline = time.monotonic() + 90
            # The last run's event file grows when its chunk's first segment is behind it.
            while not any(path.stat().st_size > 500 for path in sweep.glob("seed=128/events*")):
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < deadline
                time.sleep(0.1)
            process.send_signal(number)
            out, err = process.communicate(timeout=30)
            stopped[int(number)] = directory, process.returncode, out, err
    finally:
        for _, process in begun.values():
            process.kill()
            process.wait()
    return stopped


LONG = ("-m", "seed=range(0,129)", "steps=150000", "logging=scalars")
"""128 runs that train together, and one that trains after them for as long."""


@pytest.mark.proof
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_sweep_keeps_its_finished_runs_and_says_how_to_go_on(
    number: int, code: int, stopped: dict[int, tuple[Path, int, str, str]]
) -> None:
    directory, returned, out, err = stopped[number]
    assert (returned, err) == (code, "")
    assert "Traceback" not in out
    assert "Stopped: 128 of 129 runs finished." in out
    assert shlex.split(out.splitlines()[-1]) == ["python", "-m", "xor_sweep", *LONG]
    sweep = directory / "outputs" / "xor"
    assert {result(sweep / f"seed={seed}")["status"] for seed in range(128)} == {"completed"}
    assert len(list(sweep.glob("*/result.json"))) == 128
    assert not (sweep / "seed=128" / "result.json").exists()
    assert scalars(sweep / "seed=128"), "what was logged until then can be looked at"


@pytest.mark.proof
def test_the_same_command_after_a_stop_has_only_the_rest_to_do(stopped: dict[int, tuple[Path, int, str, str]]) -> None:
    directory = stopped[signal.SIGTERM][0]
    plan = planned(succeed(*LONG, "dry_run=true", cwd=directory))
    assert (plan["runs to train"], plan["runs finished already"]) == (1, 128)
