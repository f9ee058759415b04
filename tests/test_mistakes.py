"""A mistake ends in one line that says what was got, what is taken and what to do; and nothing was written."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.command import run, without_tensorflow
from xor_sweep.__main__ import main
from xor_sweep.commandline import Command, read
from xor_sweep.errors import ConfigError

JARGON = re.compile(
    r"traceback|override|defaults list|composi|composing|error\b|exception|omegaconf|full_key|object_type|"
    r"reference_type|provider|search path|searchpath|primary config|_dummy|structured|HYDRA_FULL_ERROR",
    re.IGNORECASE,
)
"""What only those know who have read Hydra's sources."""

FIRST_MISTAKES = [
    ("lr=abc", ["lr=abc", "a number above 0", "got abc", "write lr=0.01"]),
    ("lr=nan", ["lr=nan", "a number above 0", "not a finite number", "write lr=0.01"]),
    ("lr=inf", ["lr=inf", "a number above 0", "not a finite number"]),
    ("lr=-1", ["lr=-1", "a number above 0", "got -1", "write lr=0.01"]),
    ("lr=0", ["lr=0", "a number above 0", "got 0", "write lr=0.01"]),
    ("lr=", ["lr=", "a number above 0", "write lr=0.01"]),
    ("lr=null", ["lr=null", "a number above 0", "got null"]),
    ("lr=${nope}", ["lr=${nope}", "a number above 0", "write lr=0.01"]),
    ("steps=0", ["steps=0", "a whole number from 1", "got 0", "write steps=10001"]),
    ("steps=1.5", ["steps=1.5", "a whole number from 1", "got 1.5"]),
    ("seed=-1", ["seed=-1", "a whole number from 0", "got -1"]),
    ("dry_run=maybe", ["dry_run=maybe", "true or false", "got maybe"]),
    ("network.hidden=[0]", ["network.hidden=[0]", "from 1 to 65536", "got 0", "write network.hidden=[2]"]),
    ("network.hidden=2", ["network.hidden=2", "a list of whole numbers", "got 2", "write network.hidden=[2]"]),
    ("network.hidden.0=3", ["network.hidden.0=3", "no key"]),
    ("network.activation=sigmoidd", ["network.activation=sigmoidd", "one of", "tanh", "did you mean sigmoid?"]),
    ("objective=cost", ["objective=cost", "one of best_cost, final_accuracy, final_cost"]),
    ("objective=final_accuracy", ["objective=final_accuracy", "add direction=maximize"]),
    ("optimizer=adamm", ["optimizer=adamm", "one of", "sgd", "did you mean adam?"]),
    ("optimizer=", ["optimizer=", "one of", "adam"]),
    ("sweep=lr_gird", ["sweep=lr_gird", "one of", "smoke", "did you mean lr_grid?"]),
    ("lrr=0.1", ["lrr=0.1", "no key lrr", "did you mean lr?"]),
    ("learning_rate=0.1", ["learning_rate=0.1", "no key learning_rate", "did you mean lr?"]),
    ("+learning_rate=0.1", ["learning_rate=0.1", "no key learning_rate", "did you mean lr?"]),
    ("beta_1=0.8", ["beta_1=0.8", "no key beta_1", "did you mean optimizer.beta_1?"]),
    ("+lr=0.1", ["+lr=0.1", "without +"]),
    ("~lr", ["~lr", "null or to its default"]),
    ("lr@x=0.1", ["lr@x=0.1", "write lr=0.1"]),
    ("=0.1", ["=0.1"]),
    ("lr=0.1,0.01", ["lr=0.1,0.01", "-m lr=0.1,0.01"]),
    ("optimizer=adam,sgd", ["optimizer=adam,sgd", "-m optimizer=adam,sgd"]),
    ("-m lr=0.1, 0.01", ["lr=0.1, 0.01", "a space", "write lr=0.1,0.01"]),
    ("-m lr=0.1,", ["lr=0.1,", "after the last comma"]),
    ("-m lr=[0.1,0.01]", ["lr=[0.1,0.01]", "a number above 0", "-m lr=0.1,0.01"]),
    ("-m lr=0.1,abc", ["lr=abc", "a number above 0", "got abc"]),
    ("-m seed=0,1,-1", ["seed=-1", "a whole number from 0", "got -1"]),
    ("-m network.hidden=[2],[0]", ["network.hidden=[0]", "from 1 to 65536"]),
    ("-m optimizer=adam,adamm", ["optimizer=adamm", "one of", "did you mean adam?"]),
    ("-m optimizer=adam,sgd optimizer.beta_1=0.9", ["optimizer.beta_1=0.9", "no key", "momentum"]),
    ("-m outputs=here,there", ["outputs=here,there", "give one value"]),
    ("-m lr=interval(0,1)", ["lr=interval(0,1)", "lists and ranges", "lr=0.1,0.01"]),
    ("-m lr=glob(*)", ["lr=glob(*)", "lr=0.1,0.01"]),
    ("-m seed=range(5,0)", ["seed=range(5,0)"]),
    ("-m seed=range(0,5,0)", ["seed=range(0,5,0)"]),
    ("lr=0.1 lr=0.2", ["lr=0.1 lr=0.2", "twice", "leave one out"]),
    ("-m lr=0.1,0.2 lr=0.3", ["lr=0.1,0.2 lr=0.3", "twice", "leave one out"]),
    ("--lr=0.1", ["--lr=0.1", "without dashes", "write lr=0.1"]),
    ("--multirum lr=0.1,0.01", ["--multirum", "did you mean --multirun?"]),
    ("lr 0.1", ["lr 0.1", "write lr=0.1"]),
    ("lr", ["lr:", "key=value"]),
    ("optimizer=sgd optimizer.beta_1=0.9", ["optimizer.beta_1=0.9", "no key optimizer.beta_1", "momentum"]),
    ("sweep=smoke lr=abc", ["lr=abc", "a number above 0", "got abc"]),
    ("sweep=smoke,lr_grid -m", ["sweep=smoke,lr_grid", "one value"]),
    ("experiment=../x", ["experiment=../x", "no /", "write experiment=my_sweep"]),
    ("experiment=/x", ["experiment=/x", "no /"]),
    ("experiment=.sweep", ["experiment=.sweep", "no leading dot"]),
    ("hydra.run.dir=x", ["hydra.run.dir", "outputs", "experiment"]),
    ("hydra.sweep.dir=x", ["hydra.sweep.dir", "outputs", "experiment"]),
    ("++hydra.sweep.dir=x", ["hydra.sweep.dir", "outputs", "experiment"]),
    ("hydra.sweep.subdir=x", ["hydra.sweep.subdir", "outputs", "experiment"]),
    ("hydra.sweep={dir:x}", ["hydra.sweep", "outputs", "experiment"]),
    ("hydra.run={dir:x}", ["hydra.run", "outputs", "experiment"]),
    ("hydra.mode=MULTIRUN", ["hydra.mode", "-m"]),
    ("hydra.nope=1", ["hydra.nope=1", "no key hydra.nope"]),
    ("hydra.sweeper.max_batch_size=0", ["hydra.sweeper.max_batch_size=0"]),
    ("hydra.sweeper.max_batch_size=abc", ["hydra.sweeper.max_batch_size=abc"]),
    ("hydra/launcher=fusedd", ["hydra/launcher=fusedd", "one of", "did you mean fused?"]),
    ("hydra.launcher._target_=os.system", ["hydra.launcher._target_=os.system"]),
    ("+x._target_=os.system", ["x._target_=os.system"]),
    ("+hydra.callbacks.x={_target_:os.system}", ["hydra.callbacks.x={_target_:os.system}"]),
    ("--config-dir nowhere", ["--config-dir nowhere", "no such directory"]),
    ("--config-name other", ["--config-name", "other"]),
    ("--config-path /", ["--config-path", "--config-dir"]),
    ("data.name=parity", ["data.name=parity", "write data=parity"]),
    ("optimizer.name=sgd", ["optimizer.name=sgd", "write optimizer=sgd"]),
    ("steps=1e3", ["steps=1000.0", "a whole number from 1", "got 1000.0"]),
    ("network.hidden=[2.0]", ["network.hidden=[2.0]", "whole numbers", "got [2.0]"]),
    ("+network=mlp", ["+network=mlp", "without +"]),
    ("outputs=", ["outputs=", "a directory"]),
    ("outputs=/dev/null/x", ["outputs=/dev/null/x", "a directory", "/dev/null is none"]),
    ("-m --cfg job", ["--cfg job", "leave out -m"]),
    ("--resolve", ["--resolve", "--cfg job --resolve"]),
    ("-m --run lr=0.1", ["-m and --run"]),
    (f"seed={'1' * 5000}", ["seed=1"]),
    ("--experimental-rerun x.pickle", ["--experimental-rerun", "repeat the command"]),
]

FILES = {
    "a value of the wrong type": ("optimizer", "defaults: [adam, _self_]\nbeta_1: high\n", ["beta_1", "high"]),
    "an unknown key": ("optimizer", "defaults: [adam, _self_]\nbeta_9: 0.9\n", ["beta_9", "did you mean beta_"]),
    "an unknown key, no schema named": ("network", "hidden: [3]\ndepth: 4\n", ["depth"]),
    "a value outside its limits": ("network", "defaults: [xor, _self_]\nhidden: [0]\n", ["network.hidden=[0]"]),
    "a default that is not there": ("network", "defaults: [xorr, _self_]\n", ["xorr"]),
    "no YAML": ("network", "hidden: [3\n", ["mine.yaml"]),
    "words alone": ("network", "just words\n", ["mine"]),
    "a foreign callback": (
        "hydra/callbacks",
        "x: {_target_: os.system, command: touch written}\n",
        ["hydra.callbacks.x._target_=os.system"],
    ),
    "a foreign callback in a sweep": (
        "sweep",
        """\
        # @package _global_
        experiment: mine
        hydra:
          mode: MULTIRUN
          callbacks: {x: {_target_: subprocess.run, args: [touch, written]}}
          sweeper: {params: {lr: "0.1,0.01"}}
        """,
        ["hydra.callbacks.x._target_=subprocess.run"],
    ),
    "a sweep of a key that is not there": (
        "sweep",
        '# @package _global_\nexperiment: mine\nhydra: {mode: MULTIRUN, sweeper: {params: {lrr: "0.1,0.01"}}}\n',
        ["lrr=0.1,0.01", "did you mean lr?"],
    ),
    "a bad second value in a sweep": (
        "sweep",
        '# @package _global_\nexperiment: mine\nhydra: {mode: MULTIRUN, sweeper: {params: {lr: "0.1,abc"}}}\n',
        ["lr=abc", "a number above 0"],
    ),
    "an unknown key in a sweep": ("sweep", "# @package _global_\nstepz: 5\n", ["stepz", "did you mean steps?"]),
    "a directory of its own": (
        "sweep",
        """\
        # @package _global_
        experiment: mine
        hydra:
          mode: MULTIRUN
          sweep: {dir: ../elsewhere}
          sweeper: {params: {lr: "0.1,0.01"}}
        """,
        ["hydra.sweep.dir", "outputs", "experiment"],
    ),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty directory to work in; what the command changes in its process is put back."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.setattr(sys, "argv", ["xor_sweep"])
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    before = signal.getsignal(signal.SIGTERM)
    yield empty
    signal.signal(signal.SIGTERM, before)


def assert_one_line(code: int, out: str, err: str, typed: str, expected: list[str]) -> None:
    assert (code, out) == (2, ""), err
    assert err.endswith("\n")
    assert len(err.splitlines()) == 1, err
    assert [part for part in expected if part not in err] == [], err
    assert not re.search(r"( has|:|;|,)$", err.strip()), f"a sentence without its end: {err}"
    for word in typed.split():
        err = err.replace(word, "")
    assert JARGON.findall(err) == [], err


@pytest.mark.parametrize(("typed", "expected"), FIRST_MISTAKES, ids=[typed for typed, _ in FIRST_MISTAKES])
def test_a_mistake_is_one_line_with_its_remedy_and_nothing_is_written(
    typed: str, expected: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(typed.split())
    assert_one_line(code, *capsys.readouterr(), typed, expected)
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("words", ["steps=20 -m lr=0.1,0.2", "lr=0.1,0.2 --multirun", "-m lr=0.1,0.2"])
def test_flags_may_stand_anywhere(words: str) -> None:
    command = read(words.split())
    assert command.runs
    assert command.swept == ("lr",)
    assert command.words[0] == "--multirun"


@pytest.mark.parametrize("what", FILES)
def test_a_mistake_in_a_persons_own_file_is_one_line_and_nothing_is_written(
    what: str, here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    group, content, expected = FILES[what]
    file = tmp_path / "my_conf" / group / "mine.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(dedent(content))
    typed = f"--config-dir {tmp_path / 'my_conf'} {group}=mine"
    code = main(typed.split())
    out, err = capsys.readouterr()
    assert_one_line(code, out, err, typed, expected)
    assert list(here.iterdir()) == []


def test_a_callback_that_one_of_several_swept_files_brings_is_refused(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "my_conf" / "network" / "mine.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("# @package _global_\nhydra: {callbacks: {x: {_target_: os.system, command: touch written}}}\n")
    typed = f"--config-dir {tmp_path / 'my_conf'} -m network=xor,mine dry_run=true"
    code = main(typed.split())
    out, err = capsys.readouterr()
    assert_one_line(code, out, err, typed, ["hydra.callbacks.x._target_=os.system"])
    assert list(here.iterdir()) == []


def test_an_experiment_named_after_a_file_that_is_there_leaves_the_file_alone(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "outputs").write_text("mine")
    assert main(["dry_run=true"]) == 2
    out, err = capsys.readouterr()
    assert_one_line(2, out, err, "", ["outputs=outputs", "takes a directory"])
    assert (here / "outputs").read_text() == "mine"


@pytest.fixture(scope="module")
def no_tensorflow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return without_tensorflow(tmp_path_factory.mktemp("blocker"))


@pytest.mark.parametrize("typed", ["lr=abc", "-m lr=0.1, 0.01", "hydra.nope=1", "sweep=smoke lr=abc"])
def test_in_a_process_of_its_own_a_mistake_is_the_same_line_and_tensorflow_is_not_imported(
    typed: str, tmp_path: Path, no_tensorflow: dict[str, str]
) -> None:
    done = run(*typed.split(), cwd=tmp_path, env=no_tensorflow)
    assert_one_line(done.returncode, done.stdout, done.stderr, typed, [typed.split()[-1].removeprefix("-m ")])
    assert list(tmp_path.iterdir()) == []


keys = st.one_of(
    st.sampled_from(["lr", "seed", "steps", "network", "network.hidden", "optimizer", "optimizer.beta_1", "data.bits"]),
    st.sampled_from(["experiment", "outputs", "sweep", "data", "logging", "overwrite", "dry_run", "objective"]),
    st.sampled_from(["nope", "a.b", "", "hydra.sweep.dir", "hydra.job.name", "hydra.sweeper.params"]),
)
values = st.one_of(
    st.sampled_from(["0.1", "1e-3", "null", "true", "nan", "-0", "[2]", "[2],[3]", "xor", "adam", "smoke", "{a:1}"]),
    st.sampled_from(["${lr}", "${nope}", "${oc.env:X}", "range(3)", "range(5,0)", "choice(1,2)", "glob(*)", "1,2,"]),
    st.sampled_from(["sort(3,1)", "shuffle(1,2)", "tag(a,1,2)", "int(x)", "extend_list(1)", "'", '"a', "\\", "é"]),
    st.text(alphabet="0123456789.,-+[]{}()'\"\\$: aeéxn=~@/\n", max_size=12),
)
words = st.one_of(
    st.builds("{}{}={}".format, st.sampled_from(["", "", "", "+", "++", "~", "--"]), keys, values),
    st.sampled_from(["-m", "--multirun", "--cfg", "job", "--config-dir", "lr", "~", "~lr", "-", "--", "x\ny", "="]),
    st.text(alphabet="lr=0.1,-~+@ '\"[]{}\\\n", max_size=10),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(words, max_size=3))
@example(["sweep=null"])
@example(["-m", "lr=glob(*)"])
@example(["-m", "seed=range(0,10,0)"])
@example(["-m", "seed=range(5,0)"])
@example(["experiment=a\nb"])
@example(["x\ny"])
def test_whatever_is_typed_is_a_command_or_one_line(typed: list[str]) -> None:
    message = "a command"
    try:
        assert isinstance(read(typed), Command)
    except ConfigError as error:
        message = str(error)
    assert len(message.splitlines()) == 1, repr(message)
