"""A sweep directory that somebody sent: summarised, read and gone on with, and nothing outside of it is touched."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import random
import re
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.command import TREE, environment, run
from tests.summary.sweeps import failed, make_sweep, result
from xor_sweep import SweepError, load_history, load_results
from xor_sweep.__main__ import main
from xor_sweep.manifest import load_manifest
from xor_sweep.runs import SweepPaths
from xor_sweep.summary import __main__ as summary

SECRET = "a secret of the reader's"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the reader has beside the sweep: files that are not to change, and not to be shown."""
    home = tmp_path / "home"
    (home / ".hydra").mkdir(parents=True)
    for name in ("result.json", "model.keras", "model.json", "error.txt", "note", ".hydra/config.yaml", "lock"):
        (home / name).write_text(SECRET)
    (home / "events.out.tfevents.1.mine").write_text(SECRET)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    return home


def contents(directory: Path) -> dict[str, str]:
    return {str(path.relative_to(directory)): path.read_text() for path in directory.rglob("*") if path.is_file()}


@pytest.fixture
def sweep(home: Path) -> SweepPaths:
    """`outputs/xor` with two runs that trained."""
    assert home.is_dir()
    return make_sweep(Path("outputs"), result("lr=0.1", 0.1), result("lr=0.2", 0.2), swept=("lr",), logged=True)


def link(at: Path, to: Path) -> None:
    if at.is_dir() and not at.is_symlink():
        shutil.rmtree(at)
    at.unlink(missing_ok=True)
    at.parent.mkdir(parents=True, exist_ok=True)
    at.symlink_to(to)


def train(*words: str) -> int:
    return main(["-m", "lr=0.1,0.3", "steps=20", "save=none", "logging=scalars", *words])


LINKS: dict[str, tuple[str, str]] = {
    "a run's record": ("lr=0.3/.hydra", ".hydra"),
    "a file of a run's record": ("lr=0.3/.hydra/config.yaml", ".hydra/config.yaml"),
    "a run's error": ("lr=0.3/error.txt", "nothing"),
    "half a result": ("lr=0.3/.result.json.part", "note"),
    "an event file": ("lr=0.3/events.out.tfevents.1.mine", "events.out.tfevents.1.mine"),
    "a log": ("lr=0.3/xor_sweep.log", "note"),
    "the sweep's own directory": (".sweep", ""),
    "the lock": (".sweep/lock", "lock"),
    "a lock that is not there": (".sweep/lock", "nothing"),
    "the manifest": (".sweep/manifest.json", "note"),
    "half a manifest": (".sweep/.manifest.json.part", "note"),
    "what was moved aside": (".sweep/replaced", ""),
}


UNDER = [*((what, "fused") for what in LINKS), ("the lock", "basic")]


@pytest.mark.parametrize(("what", "launcher"), UNDER)
def test_nothing_is_trained_through_a_link(
    what: str, launcher: str, sweep: SweepPaths, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at, to = LINKS[what]
    before = contents(home)
    link(sweep.directory / at, home / to)
    assert train(f"hydra/launcher={launcher}") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert at.split("/")[0] in err
    assert "a link" in err
    assert contents(home) == before


@pytest.mark.parametrize("launcher", ["fused", "basic"])
@pytest.mark.parametrize("to", ["", "nothing"], ids=["a link", "a link that leads nowhere"])
def test_a_run_whose_name_is_taken_by_a_link_goes_beside_it(
    to: str, launcher: str, sweep: SweepPaths, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(home)
    link(sweep.directory / "lr=0.3", home / to)
    assert train(f"hydra/launcher={launcher}") == 0
    assert capsys.readouterr().err == ""
    assert contents(home) == before
    [beside] = sweep.directory.glob("lr=0.3~*")
    assert (beside / "result.json").is_file()


@pytest.mark.parametrize("at", ["lr=0.3", "lr=0.2/.hydra", "multirun.yaml", ".sweep"])
def test_under_sweepers_of_hydras_no_link_is_left_to_chance(
    at: str, sweep: SweepPaths, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(home)
    link(sweep.directory / at, home / "note" if "yaml" in at else home)
    assert train("hydra/launcher=basic", "hydra/sweeper=basic") == 2
    assert "a link" in capsys.readouterr().err
    assert contents(home) == before


def test_links_that_no_run_needs_are_left_alone_and_outputs_may_be_one(sweep: SweepPaths, home: Path) -> None:
    before = contents(home)
    Path("disk").mkdir()
    shutil.move("outputs", "disk/real")
    Path("outputs").symlink_to(Path("disk/real").absolute())
    link(sweep.directory / "baseline", home)
    for name in (
        "summary.csv",
        "summary.json",
        "best.yaml",
        ".summary.md.part",
        "multirun.yaml",
        ".multirun.yaml.part",
        "cost.png",
    ):
        link(sweep.directory / name, home / "note")
    assert train() == 0
    assert (sweep.directory / "baseline").is_symlink()
    assert {paths.name for paths in sweep.runs()} == {"lr=0.1", "lr=0.2", "lr=0.3", "lr=0.1~"} or len(sweep.runs()) == 4
    assert not sweep.summary_csv.is_symlink()
    assert contents(home) == before


def aside(sweep: SweepPaths, name: str) -> Path:
    old = sweep.replaced / name
    old.mkdir(parents=True)
    (old / "result.json").write_text("{}")
    (old / "note").write_text("theirs")
    return old


@pytest.mark.parametrize("what", ["the run is a link", "what was moved aside is a link", "a file in it is a link"])
def test_what_was_moved_aside_is_not_brought_back_through_links(what: str, sweep: SweepPaths, home: Path) -> None:
    before = contents(home)
    if what == "the run is a link":
        aside(sweep, "x")
        link(sweep.directory / "x", home)
    elif what == "what was moved aside is a link":
        link(sweep.replaced / "x", home)
    else:
        link(aside(sweep, "x") / "model.keras", home / "model.keras")
        link(sweep.directory / "x" / ".hydra", home / ".hydra")
    assert train() == 0
    assert contents(home) == before


ELSEWHERE: list[Any] = ["../../../home", "lr=0.9", "..", "x\x00y", 3, ["a"], {}]


def keep(sweep: SweepPaths, kept: Any) -> None:
    ranking = {"objective": "final_cost", "direction": "minimize"}
    sweep.manifest.write_text(json.dumps({"swept": ["lr"], **ranking, "kept": kept}))


@pytest.mark.parametrize("kept", ELSEWHERE)
def test_a_manifest_names_no_model_elsewhere(kept: Any, sweep: SweepPaths, home: Path) -> None:
    link(sweep.directory / "lr=0.9", home)
    keep(sweep, kept)
    assert load_manifest(sweep).kept is None
    assert load_results(sweep.directory).attrs["model"] is None


@pytest.mark.parametrize("kept", ELSEWHERE[:2])
def test_a_manifest_names_no_model_elsewhere_to_be_removed(kept: str, sweep: SweepPaths, home: Path) -> None:
    before = contents(home)
    link(sweep.directory / "lr=0.9", home)
    keep(sweep, kept)
    assert main(["-m", "lr=0.3", "steps=2000", "logging=off"]) == 0
    assert contents(home) == before


SPECIAL: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a device without end": lambda path: path.symlink_to("/dev/zero"),
    "a link": lambda path: path.symlink_to(Path("../home/result.json").absolute()),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a directory": Path.mkdir,
    "a huge file": lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_WRONLY), 1 << 40),
    "nested without end": lambda path: path.write_text("[" * 200_000),
    "dashes without end": lambda path: path.write_text("- " * 200_000),
    "a long number": lambda path: path.write_text('{"format":1,"steps":' + "9" * 100_000 + "}"),
}


@pytest.mark.parametrize("what", SPECIAL)
@pytest.mark.parametrize(
    "place",
    ["lr=0.2/result.json", "lr=0.2/.hydra/config.yaml", "lr=0.2/events.out.tfevents.9.x", ".sweep/manifest.json"],
)
def test_what_is_no_file_of_a_sweep_counts_as_absent(
    what: str, place: str, sweep: SweepPaths, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sweep.directory / place
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    SPECIAL[what](path)
    assert summary.main([str(sweep.directory)]) == 0
    out = capsys.readouterr().out
    assert "lr=0.1" in out
    assert SECRET not in out
    damaged = "result" in place and path.exists()
    with pytest.warns(UserWarning, match="1 result damaged") if damaged else contextlib.nullcontext():
        rows = load_results(sweep.directory, full=True)
    assert len(rows) == (1 if "result" in place else 2)
    assert SECRET not in rows.to_csv()
    assert "Cost/Cost" in load_history(sweep.directory)["lr=0.1"]


def test_a_run_that_is_a_link_is_none(sweep: SweepPaths, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(sweep.run("lr=0.2").directory, home / "run")
    link(sweep.directory / "lr=0.2", home / "run")
    assert summary.main([str(sweep.directory)]) == 0
    assert "lr=0.2" not in capsys.readouterr().out
    assert list(load_history(sweep.directory)) == ["lr=0.1"]
    link(sweep.directory / "lr=0.1", home / "run")
    with pytest.raises(SweepError):
        load_results(sweep.directory)


HOSTILE_TEXTS = [
    "\x1b]0;owned\x07\x1b[2J",
    "=cmd|'/c calc'!A1",
    "+1+cmd|' /C calc'!A1",
    "-2+3",
    "@SUM(1+1)",
    "\t=1+1",
    "<script>alert(1)</script>",
    "![](https://there.example/seen)",
    "[here](javascript:alert(1))",
    "a | b ` c",
    "[red]words[/red] [link=https://there.example]x[/link]",
    "\u202egnp.exe",
    "\ud800 half",
    "${oc.env:HOME}",
    "&a [*a]",
    "[" * 10_000,
    "[&a [x,x,x,x,x,x,x,x],&b [*a,*a,*a,*a,*a,*a],&c [*b,*b,*b,*b,*b,*b],&d [*c,*c,*c,*c,*c],&e [*d,*d,*d,*d],*e]",
    "$\\frac{1}{0}$",
]


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=range(len(HOSTILE_TEXTS)))
def test_texts_of_others_are_shown_and_written_as_words(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = {
        "overrides": (f"lr={text}", text, f"{text}=1"),
        "reason": text,
        "cpu": text,
        "versions": {text: text, "status": text, "final_cost": text},
        "metrics": ((text, 0.5), ("status", 0.5), ("run", 0.5)),
    }
    ended = (result("a", 0.1, **hostile), failed("b", **hostile), result("c", 0.2))
    sweep = make_sweep(Path("outputs"), *ended, swept=("lr", text, "run"))
    name = "\x1b[31m" + text.replace("/", "_")[:40]
    if "\ud800" not in text:
        sweep.run("c").directory.rename(sweep.directory / name)
    assert summary.main([str(sweep.directory)]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    markdown, table = sweep.summary_md.read_text(), sweep.summary_csv.read_text()
    for shown in (out, markdown, table):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    for row in csv.reader(io.StringIO(table)):
        assert [cell for cell in row if cell.startswith(("=", "+", "@", "\t")) or cell == "-2+3"] == []
    assert not re.search(r"(?<!\\)<", markdown)
    assert "](http" not in markdown
    assert "](javascript" not in markdown
    for section in markdown.split("\n## ")[1:]:
        assert len({line.replace("\\|", "").count("|") for line in section.splitlines() if line.startswith("|")}) == 1
    assert {row["run"] for row in json.loads(sweep.summary_json.read_text())["runs"]} >= {"a", "b"}
    assert os.environ.get("HOME", "?") not in table
    assert len(load_results(sweep.directory)) == 3


@pytest.mark.parametrize("seed", range(20))
def test_whatever_a_result_holds_it_is_taken_or_absent(seed: int, sweep: SweepPaths) -> None:
    draw = random.Random(seed)
    values: list[Any] = [None, True, -1, 0, 10**18, 10**30, 1e308, float("nan"), float("inf"), "", "x", [], [1], {}]
    values += [[[1, 2.0]], {"a": 1}, {"a": {"a": 1}}, "objective"]
    for path in (sweep.run("lr=0.2").result, sweep.manifest):
        content = json.loads(path.read_text())
        for name in draw.sample(sorted(content), 2):
            content[name] = draw.choice(values)
        path.write_text(json.dumps(content))
    config = sweep.run("lr=0.2").config
    config.parent.mkdir()
    texts = ["a: ${a}", "lr: {a: ${b}}\nb: ${lr.a}", "lr: !!python/name:os.system", "- 1", "lr: ${oc.env:HOME}"]
    config.write_text(draw.choice(texts))
    for read in (summary.summarise, lambda sweep: load_results(sweep.directory, full=True)):
        with contextlib.suppress(SweepError), warnings.catch_warnings():  # an objective or a direction that is none
            warnings.filterwarnings("ignore", ".* damaged", UserWarning)
            read(sweep)


@pytest.mark.usefixtures("home")
def test_a_references_resolver_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN_OF_MINE", SECRET)
    texts = {"a": "lr: ${oc.env:TOKEN_OF_MINE}\nseed: ${lr}\n", "b": "lr: 0.5\nseed: ${lr}\n"}
    sweep = make_sweep(Path("outputs"), result("a"), result("b"), swept=("lr", "seed"), configs=texts)
    rows = load_results(sweep.directory, full=True).set_index("run")
    assert SECRET not in rows.to_csv()
    assert rows.loc["b", "seed"] == 0.5


def test_a_strangers_sweep_is_summarised_where_their_modules_lie(sweep: SweepPaths, home: Path) -> None:
    for name in ("canary", "sitecustomize", "keras"):
        (sweep.directory / f"{name}.py").write_text(f"open({str(home / 'called')!r}, 'w')\n")
    done = run("outputs/xor", cwd=Path.cwd(), module="xor_sweep.summary")
    assert (done.returncode, done.stderr) == (0, "")
    assert not (home / "called").exists()
    assert str(TREE) in environment()["PYTHONPATH"]
