"""A mistake ends in one line that says what was got, what is taken and what to do; and nothing was written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.command import in_this_process, run, without_tensorflow
from xor_sweep.__main__ import main
from xor_sweep.commandline import Command, read
from xor_sweep.errors import ConfigError
from xor_sweep.unknown_keys import OTHER_WORDS

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
    ("lr=${nope}", ["lr=${nope}", "there is no key nope", "holds the name of a key"]),
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
    ("lr=0.1 +lr=0.2", ["lr=0.1 +lr=0.2", "twice", "leave one out"]),
    ("++lr=0.1 lr=0.1", ["++lr=0.1 lr=0.1", "twice", "leave one out"]),
    ("-m optimizer=sgd optimizer=adam,lion", ["optimizer=sgd optimizer=adam,lion", "twice", "leave one out"]),
    ("sweep=smoke sweep=seeds", ["sweep=smoke sweep=seeds", "twice", "leave one out"]),
    (
        "data=sklearn early_stopping.patience=4 early_stopping={patience:3}",
        ["early_stopping.patience=4 early_stopping={patience:3}", "twice", "leave one out"],
    ),
    ("loss=mse +loss._target_=mine.loss", ["loss=mse +loss._target_=mine.loss", "twice", "leave one out"]),
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
    ("hydra.sweeper.params=${experiment}", ["hydra.sweeper.params=", "write lr=0.1,0.01"]),
    ("hydra.sweeper.params={lr:1}", ["hydra.sweeper.params={lr:1}", "write lr=0.1,0.01"]),
    ("hydra.verbose=1", ["hydra.verbose=1", "names of loggers"]),
    ("hydra.verbose=${lr}", ["hydra.verbose=0.01", "names of loggers"]),
    ("hydra.verbose=[[a]]", ["hydra.verbose=[[a]]", "names of loggers"]),
    ("hydra.verbose=${nope}", ["hydra.verbose", "nope"]),
    ("hydra.callbacks=${experiment}", ["hydra.callbacks=xor", "takes names"]),
    ("trusted_modules=[nan]", ["trusted_modules=[nan]", "dotted names"]),
    ("experiment='${'", ["experiment=${", "the name of a key"]),
    (f"outputs={'x' * 300}", ["outputs=x", "too long"]),
    (f"outputs={'x/' * 2500}", ["outputs=x/", "too long"]),
    (f"data=csv data.path={'x' * 300}", ["data.path=x", "cannot be read"]),
    (f"--config-dir {'x' * 300}", ["--config-dir x", "no such directory"]),
    (f"--config-name {'x' * 300}", ["no such file"]),
    (f"--config-name {'x' * 300} lr=0.1", ["no such file"]),
    (f"{'x' * 300}=1", ["no key"]),
    (f"~{'x' * 300}", ["null or to its default"]),
    ("experiment=x.tfevents", ["experiment=x.tfevents", "TensorBoard"]),
    ("logging=every_step steps=1000000000", ["1,000,000,000 points", "logging=default"]),
    ("data=sklearn epochs=1000000000", ["epochs=1000000000", "10,000,000 at most"]),
    ("data=sklearn steps=1000000000 batch_size=null", ["steps=1000000000", "10,000,000 at most"]),
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
    ("steps=5 epochs=5", ["steps=5 and epochs=5", "leave one out"]),
    ("epochs=0", ["epochs=0", "a whole number from 1"]),
    ("batch_size=32", ["batch_size=32", "xor", "leave it out"]),
    ("data=sklearn batch_size=0", ["batch_size=0", "auto, null for all points, or a whole number from 1"]),
    ("-m data=sklearn batch_size=16,32.5", ["batch_size=32.5", "a whole number from 1"]),
    ("loss=msee", ["loss=msee", "did you mean mse?"]),
    ("metrics=auc", ["metrics=auc", "a list", "write metrics=[AUC,Precision]"]),
    ("metrics=[auk]", ["metrics=[auk]", "did you mean auc?"]),
    ("-m metrics=[auc],[precission]", ["metrics=[precission]", "did you mean precision?"]),
    ("class_weight=balance", ["class_weight=balance", "did you mean balanced?"]),
    ("class_weight=[1,0]", ["class_weight=[1,0]", "numbers above 0"]),
    ("early_stopping.patience=3", ["early_stopping.patience=3", "xor has none"]),
    (
        "data=sklearn early_stopping.patience=3 optimizer.use_ema=true",
        ["early_stopping.patience=3", "optimizer.use_ema=true", "leave one of the two out"],
    ),
    ("data=sklearn metrics=[AUC,AUC]", ["metrics=[AUC,AUC]", "AUC twice"]),
    (
        "-m data=sklearn batch_size=32,5000 hydra.sweeper.max_batch_size=1",
        ["batch_size=5000", "batch_size=null"],
    ),
    ("early_stopping=3", ["early_stopping=3", "write early_stopping.patience=…"]),
    ("-m data=sklearn early_stopping=null,3", ["early_stopping=null", "write early_stopping.patience=…"]),
    ("data=sklearn early_stopping.metric=loss", ["early_stopping.metric=loss", "one of accuracy, cost"]),
    ("save=last", ["save=last", "one of all, best, none"]),
    ("data=sklearn data.name=iriss", ["data.name=iriss", "did you mean iris?"]),
    ("-m data=sklearn data.name=iris,wines", ["data.name=wines", "did you mean wine?"]),
    ("data=csv", ["data.path", "write data.path=customers.csv"]),
    ("data=csv data.path=no.csv", ["data.path=no.csv", "no such file"]),
    ("data=csv data.ignore=id", ["data.ignore=id", "a list of words", "write data.ignore=[id]"]),
    ("data=npz data.target=y", ["data.target=y", "data=csv has it"]),
    ("data.path=x.csv", ["data.path=x.csv", "data=csv and data=npz have it"]),
    ("data.kind=csv", ["data.kind=csv", "write data=csv"]),
    ("data=arrays", ["data=arrays", "from Python", "data=npz"]),
    ("data=sklearn data.fold=5", ["data.fold=5", "data.folds=5"]),
    ("data=sklearn data.validation_fraction=1", ["data.validation_fraction=1", "from 0 to below 1"]),
    ("schedule=cosine", ["schedule=cosine", "did you mean cosine_decay?"]),
    ("schedule.name=cosine_decay", ["schedule.name=cosine_decay", "write schedule=cosine_decay"]),
    ("schedule.decay_rate=0.1", ["schedule.decay_rate=0.1", "schedule=exponential_decay"]),
    ("schedule=piecewise_constant_decay", ["schedule.boundaries=[]", "write schedule.boundaries=[1000,5000]"]),
    ("schedule=cosine_decay schedule.alpha=2", ["schedule.alpha=2", "from 0 to 1"]),
    ("network.dropout=1", ["network.dropout=1", "from 0 to below 1"]),
    ("network.output_activation=softmaxx", ["network.output_activation=softmaxx", "did you mean softmax?"]),
    ("+network.units=3", ["network.units=3", "no key network.units"]),
    ("network=custom", ["network._target_", "names no function", "write network._target_=my_project.models.build"]),
    ("network=custom network._target_=os.system", ["network._target_=os.system", "module os is not trusted"]),
    ("network=custom network._target_=mine.build", ["module mine is not trusted", "add trusted_modules=[mine]"]),
    (
        "network=custom network._target_=mine.build +network.a=1 network.b=2",
        ["network.b=2", "add it with +network.b=2"],
    ),
    ("network=custom network._target_=build", ["network._target_=build", "dotted name"]),
    ("-m network=custom network._target_=keras.applications.VGG16,os.system", ["network._target_=os.system"]),
    ("network=custom +network.x._target_=os.system", ["network.x._target_=os.system"]),
    ("network=custom +network.x={_target_:os.system}", ["network.x={_target_:os.system}"]),
    ("network._target_=os.system", ["network._target_=os.system", "no key"]),
    ("+network._target_=os.system", ["network._target_=os.system", "no key"]),
    ("optimizer._target_=os.system", ["optimizer._target_=os.system"]),
    ("loss={_target_:os.system}", ["loss._target_=os.system", "module os is not trusted"]),
    ("+loss._target_=os.system", ["loss._target_=os.system", "module os is not trusted"]),
    ("loss._target_=mine.loss", ["loss._target_=mine.loss", "+loss._target_=mine.loss"]),
    ("metrics=[{_target_:os.system}]", ["metrics.0._target_=os.system", "module os is not trusted"]),
    ("data=python data._target_=os.system", ["data._target_=os.system", "module os is not trusted"]),
    ("data=python data._target_=keras.utils.get_file", ["data._target_=keras.utils.get_file", "keras.datasets"]),
    ("data=csv +data._target_=os.system", ["data._target_=os.system", "no key"]),
    ("network.hidden=[${lr}]", ["network.hidden=[0.01]", "whole numbers from 1"]),
    ("data=csv data.target=[a,b]", ["data.target=", "-m data.target=a,b; to learn several at once, give arrays"]),
    ("lr=${sed}", ["lr=${sed}", "there is no key sed; did you mean seed?"]),
    ("network.hidden=[${network.hiden}]", ["there is no key network.hiden; did you mean network.hidden?"]),
    ("lr=${lr}", ["lr=${lr}", "names itself"]),
    ("seed=${hydra:job.num}", ["seed=${hydra:job.num}", "name a key, such as ${seed}"]),
    ("-m network.hidden=[${hydra:job.num}] seed=1,2", ["network.hidden=[${hydra:job.num}]", "name a key"]),
    ("trusted_modules=mine", ["trusted_modules=mine", "write trusted_modules=[my_project]"]),
    ("trusted_modules=[*]", ["trusted_modules=[*]", "names"]),
    ("-m trusted_modules=a,b", ["trusted_modules=a,b", "give one value"]),
    ("callbacks=[EarlyStopping]", ["callbacks=", "early_stopping.patience", "schedule=", "save="]),
    ("mixed_precision=true", ["mixed_precision=true", "float32"]),
    ("dtype_policy=mixed_float16", ["dtype_policy=mixed_float16", "float32"]),
    ("+callbacks=x", ["callbacks=x", "early_stopping.patience"]),
    *((f"{word}=1", [f"{word}=1", f"did you mean {key}?"]) for word, key in OTHER_WORDS.items()),
]

FILES = {
    "a value of the wrong type": ("optimizer", "defaults: [adam, _self_]\nbeta_1: high\n", ["beta_1", "high"]),
    "an unknown key": ("optimizer", "defaults: [adam, _self_]\nbeta_9: 0.9\n", ["beta_9", "did you mean beta_"]),
    "an unknown key, no schema named": ("network", "hidden: [3]\ndepth: 4\n", ["depth"]),
    "a value outside its limits": ("network", "defaults: [xor, _self_]\nhidden: [0]\n", ["network.hidden=[0]"]),
    "a default that is not there": ("network", "defaults: [xorr, _self_]\n", ["xorr"]),
    "no YAML": ("network", "hidden: [3\n", ["mine.yaml"]),
    "words alone": ("network", "just words\n", ["network.just words", "no such key"]),
    "a function that is not trusted": ("network", "_target_: mine.build\nunits: 3\n", ["trusted_modules=[mine]"]),
    "a function of somebody else's": ("network", "_target_: os.system\ncommand: x\n", ["network._target_=os.system"]),
    "a function inside of an argument": (
        "network",
        "_target_: keras.applications.VGG16\nx: {_target_: os.system}\n",
        ["network.x._target_=os.system"],
    ),
    "data of no kind": ("data", "path: x.csv\n", ["data.kind=null", "defaults: [csv, _self_]"]),
    "an unknown key of a kind of data": (
        "data",
        "defaults: [csv, _self_]\npath: x.csv\ntargets: y\n",
        ["targets", "did you mean target?"],
    ),
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
    """An empty directory to work in."""
    empty = tmp_path / "empty"
    empty.mkdir()
    with in_this_process(empty, monkeypatch):
        yield empty


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


@pytest.mark.parametrize(
    ("words", "swept", "runs"), [("sweep=lr_grid lr=0.3", (), 1), ("sweep=seeds lr=0.3,0.1 -m", ("seed", "lr"), 40)]
)
@pytest.mark.usefixtures("here")
def test_a_key_of_a_sweep_file_that_the_command_line_gives_too_is_the_command_lines(
    words: str, swept: tuple[str, ...], runs: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read(words.split()).swept == swept
    assert main([*words.split(), "dry_run=true"]) == 0
    assert re.search(rf"runs to train +{runs}\n", capsys.readouterr().out)


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
    st.sampled_from(["epochs", "batch_size", "loss", "metrics", "class_weight", "schedule", "save", "trusted_modules"]),
    st.sampled_from(["data.path", "data.name", "data.kind", "network._target_", "loss._target_", "early_stopping"]),
    st.sampled_from(["early_stopping.patience", "schedule.alpha", "network.x", "loss.x", "data.x", "metrics.0"]),
    st.sampled_from(["experiment", "outputs", "sweep", "data", "logging", "overwrite", "dry_run", "objective"]),
    st.sampled_from(["nope", "a.b", "", "hydra.sweep.dir", "hydra.job.name", "hydra.sweeper.params"]),
)
values = st.one_of(
    st.sampled_from(["0.1", "1e-3", "null", "true", "nan", "-0", "[2]", "[2],[3]", "xor", "adam", "smoke", "{a:1}"]),
    st.sampled_from(["${lr}", "${nope}", "${oc.env:X}", "range(3)", "range(5,0)", "choice(1,2)", "glob(*)", "1,2,"]),
    st.sampled_from(["sort(3,1)", "shuffle(1,2)", "tag(a,1,2)", "int(x)", "extend_list(1)", "'", '"a', "\\", "é"]),
    st.sampled_from(
        ["csv", "sklearn", "python", "custom", "cosine_decay", "os.system", "a.b", "[a]", "[{_target_:a.b}]"]
    ),
    st.sampled_from(["{_target_:os.system}", "{_target_:keras.losses.Huber}", "balanced", "auto", "mse", "[auc]"]),
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
