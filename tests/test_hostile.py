"""Whatever is typed is a mistake that one line names, or a sweep as it was asked for."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.command import in_this_process, succeed
from tests.hostile import HOSTILE
from tests.words import command_lines, likely
from xor_sweep.__main__ import main
from xor_sweep.spelling import spelled

FEW, MANY = 20, 500
"""Command lines of a usual run of the tests and of the long one, of each kind."""

PLACES = [
    "experiment={}",
    "outputs={}",
    "data=csv data.path={}",
    "data=npz data.path={}",
    "data=csv data.path=x.csv data.target={}",
    "loss={}",
    "metrics=[{}]",
    "network.activation={}",
    "network.hidden={}",
    "+network.x={}",
    "network=custom network._target_={}",
    "data=python data._target_={}",
    "trusted_modules=[{}]",
    "sweep={}",
    "logging={}",
    "objective={}",
    "data=sklearn data.name={}",
    "hydra.verbose={}",
    "hydra.callbacks={}",
    "+hydra.callbacks.x={}",
    "hydra.sweeper.params={}",
    "hydra.job.env_set={}",
    "--config-dir {}",
    "--config-name {}",
    "made_up={}",
    "{}=1",
    "+network.{}=1",
]
"""Where a hostile value may stand."""


@pytest.fixture(scope="module", autouse=True)
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty directory to work in."""
    (inside := tmp_path_factory.mktemp("around") / "two" / "levels").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch, in_this_process(inside, patch):
        yield Path.cwd()


def carried_out(words: Sequence[str]) -> tuple[int, str, str]:
    """The exit code of a command in this process, and what it wrote to a terminal that takes UTF-8 alone."""
    out, err = io.BytesIO(), io.BytesIO()
    to = (io.TextIOWrapper(stream, "utf-8", write_through=True) for stream in (out, err))
    with redirect_stdout(next(to)) as first, redirect_stderr(next(to)) as second:
        code = main(list(words))
    return code, out.getvalue().decode(), err.getvalue().decode() if first and second else ""


def assert_law(words: Sequence[str]) -> None:
    """A clean error, or a plan, and nothing is written."""
    code, out, err = carried_out([*words, "dry_run=true"])
    if code == 0:
        assert err == ""
        assert "Plan for" in out or "--cfg" in words
        planned = [int(found.replace(",", "")) for found in re.findall(r"(?:to train|already)\s+([\d,]+)$", out, re.M)]
        assert sum(planned) > 0 or "--cfg" in words
    else:
        assert (code, out) == (2, "")
        assert len(err.splitlines()) == 1
        assert err.startswith("xor_sweep: ")
        assert err.strip().isprintable()
    assert written() == []


def written() -> list[Path]:
    """What is in the working directory, and around it."""
    return [path for path in Path.cwd().parents[1].rglob("*") if path not in (Path.cwd(), Path.cwd().parent)]


def at(place: str, value: str) -> Iterator[list[str]]:
    """The words with a value at one place, as it is and between quotes."""
    for written_so in dict.fromkeys((value, "'" + value.replace("'", "\\'") + "'")):
        yield [word.replace("{}", written_so) for word in place.split()]


@pytest.mark.parametrize("number", range(len(PLACES)), ids=PLACES)
def test_a_hostile_value_is_one_line_or_a_sweep_inside_its_directory(number: int) -> None:
    for turn, value in enumerate(HOSTILE[number :: len(PLACES)]):
        spellings = list(at(PLACES[number], value))
        assert_law(spellings[(number + turn) % len(spellings)])


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("place", PLACES)
def test_every_hostile_value_is_one_line_or_a_sweep_inside_its_directory(place: str) -> None:
    for value in HOSTILE:
        for words in at(place, value):
            assert_law(words)


IN_FILE = [
    *("experiment", "outputs", "objective", "loss", "metrics.0", "network.activation", "network.hidden.0", "network.x"),
    *("optimizer.beta_1", "data.path", "steps", "lr", "loss._target_", "trusted_modules.0", "made_up", "save"),
]
"""Where a hostile value may stand in a best.yaml of others, which is laid into a sweep directory."""


def file_with(key: str, value: str) -> str:
    node: object = value
    for part in reversed(key.split(".")):
        node = [node] if part == "0" else {part: node}
    options = [{"override /network": "mlp"}, *([{"override /data": "csv"}] if key == "data.path" else [])]
    return yaml.dump({"defaults": ["config", "_self_", *options], **dict(node)})  # type: ignore[call-overload]


def assert_law_in_file(theirs: Path, content: bytes) -> None:
    """The law, for a best.yaml that stands in a sweep directory elsewhere."""
    (theirs / ".sweep").mkdir(exist_ok=True)
    (theirs / "best.yaml").write_bytes(content)
    assert_law(["--config-dir", str(theirs), "--config-name", "best"])


@pytest.mark.parametrize("number", range(len(IN_FILE)), ids=IN_FILE)
def test_a_hostile_value_in_a_best_yaml_is_one_line_or_a_sweep_inside_its_directory(
    number: int, tmp_path: Path
) -> None:
    for value in HOSTILE[number :: 4 * len(IN_FILE)]:
        assert_law_in_file(tmp_path, file_with(IN_FILE[number], value).encode(errors="surrogatepass"))


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("key", IN_FILE)
def test_every_hostile_value_in_a_best_yaml_is_one_line_or_a_sweep(key: str, tmp_path: Path) -> None:
    for value in HOSTILE:
        assert_law_in_file(tmp_path, file_with(key, value).encode(errors="surrogatepass"))
        assert_law_in_file(tmp_path, f"defaults: [config, _self_]\n{value}: 1\n".encode(errors="surrogatepass"))


few = settings(max_examples=FEW, deadline=None, suppress_health_check=list(HealthCheck))
many = settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck))


@few
@given(command_lines)
def test_whatever_is_typed_is_a_sweep_or_one_line(words: list[str]) -> None:
    assert_law(words)


@pytest.mark.proof
@few
@given(likely)
def test_what_is_mostly_right_is_a_sweep_or_one_line(words: list[str]) -> None:
    assert_law(["-m", *words])


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@many
@given(command_lines)
def test_whatever_is_typed_is_a_sweep_or_one_line_many_times(words: list[str]) -> None:
    assert_law(words)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@many
@given(likely, st.lists(command_lines, max_size=1))
def test_what_is_mostly_right_is_a_sweep_or_one_line_many_times(words: list[str], more: list[list[str]]) -> None:
    assert_law(["-m", *words, *(word for each in more for word in each if not word.startswith("-"))])


FILES = ["x.tfevents", "ReLU.csv", "relu.csv", "a b.csv", "a_b.csv", "-x.csv", "quo'te\".csv", "back\\slash.csv"]
FILES += ["$HOME.csv", "%s.csv", "😀.csv", "🐍.csv", "a\u202eb.csv", "CON.csv", ".a.csv", "new\nline.csv", "a,b=c.csv"]
FILES += ["[1].csv", "x" * 250 + ".csv", "é" * 120 + ".csv", "[red].csv", "result.json", "summary.csv", "a."]


@pytest.mark.proof
def test_files_of_hostile_names_are_a_run_each_in_a_directory_that_tensorboard_reads_as_one(tmp_path: Path) -> None:
    for number, name in enumerate(FILES):
        rows = "".join(f"{row},{(row + number) % 2}\n" for row in range(20))
        (tmp_path / name).write_text(f"x{number},y\n{rows}")
    paths = ",".join(spelled(name) for name in FILES)
    words = ("-m", "data=csv", f"data.path={paths}", "data.target=y", "experiment=mine", "epochs=1", "batch_size=null")
    output = succeed(*words, "network.hidden=[1]", "logging=scalars", cwd=tmp_path)
    assert f"{len(FILES)} runs in " in output
    assert f"{len(FILES)} rankings: " in output  # each file is other data
    assert {path.name for path in tmp_path.iterdir()} == {*FILES, "outputs"}
    [sweep] = (tmp_path / "outputs").iterdir()
    runs = [path for path in sweep.iterdir() if path.is_dir() and path.name != ".sweep"]
    assert len({path.name.casefold() for path in runs}) == len(runs) == len(FILES)
    for run in runs:
        result = json.loads((run / "result.json").read_text())
        assert (result["run"], result["status"]) == (run.name, "completed")
    events = [path for path in sweep.rglob("*") if "tfevents" in path.name]
    assert {path.parent for path in events} == {sweep, *runs}
    again = succeed(*words, "network.hidden=[1]", "logging=scalars", cwd=tmp_path)
    assert f"{len(FILES)} runs finished already" in again
