"""Command lines and configuration files whose author means harm: one line, and nothing was called or written."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest

from tests.command import run, without_tensorflow
from xor_sweep.__main__ import main
from xor_sweep.commandline import read

GLOBAL = "# @package _global_\n"
LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@dataclass(frozen=True)
class Attack:
    """What is typed beside `--config-dir`, the files there, and parts of the line that refuses it."""

    words: str
    expected: list[str]
    files: Mapping[str, str] = field(default_factory=dict)


def sweep_file(hydra: str, words: str = "sweep=mine") -> tuple[str, dict[str, str]]:
    return words, {"sweep/mine.yaml": f"{GLOBAL}experiment: mine\nhydra:\n" + dedent(hydra).replace("\n", "\n  ")}


def in_hydra(hydra: str, *expected: str) -> Attack:
    words, files = sweep_file("\n" + dedent(hydra).strip("\n"))
    return Attack(words, list(expected), files)


ATTACKS = {
    "logging calls a factory": in_hydra(
        'job_logging: {version: 1, formatters: {x: {"()": os.system, command: touch written}}}',
        "hydra.job_logging.formatters.x.()",
    ),
    "Hydra's own logging calls a factory": in_hydra(
        'hydra_logging: {version: 1, handlers: {x: {"()": os.system, command: touch written}}, root: {handlers: [x]}}',
        "hydra.hydra_logging.handlers.x.()",
    ),
    "logging imports a handler's class": in_hydra(
        "job_logging: {version: 1, handlers: {x: {class: canary.Handler}}}",
        "hydra.job_logging.handlers.x.class=canary.Handler",
        "logging.StreamHandler",
    ),
    "logging imports a formatter's class": in_hydra(
        "job_logging: {version: 1, formatters: {x: {class: canary.Formatter}}}", "hydra.job_logging.formatters.x.class"
    ),
    "logging calls a filter": in_hydra(
        'hydra_logging: {version: 1, filters: {x: {"()": "ext://canary.run"}}}', "hydra.hydra_logging.filters"
    ),
    "logging looks an object up": in_hydra(
        "hydra_logging: {version: 1, handlers: {x: {class: logging.StreamHandler, stream: ext://canary.out}}}",
        "hydra.hydra_logging.handlers.x.stream=ext://canary.out",
    ),
    "logging looks a level up": in_hydra(
        "job_logging: {version: 1, root: {level: ext://canary.level}}", "hydra.job_logging.root.level"
    ),
    "logging brings a queue": in_hydra(
        "job_logging: {version: 1, handlers: {x: {class: logging.handlers.SocketHandler, host: h, port: 1}}}",
        "hydra.job_logging.handlers.x",
    ),
    "a log file elsewhere": in_hydra(
        "job_logging: {version: 1, handlers: {x: {class: logging.FileHandler, filename: ../written}}}",
        "hydra.job_logging.handlers.x.filename=../written",
    ),
    "a log file in place of a result": in_hydra(
        """
        job_logging:
          handlers: {x: {class: logging.FileHandler, filename: '${hydra.runtime.output_dir}/result.json'}}
        """,
        "hydra.job_logging.handlers.x.filename",
    ),
    "a log file of Hydra's own": in_hydra(
        "hydra_logging: {version: 1, handlers: {x: {class: logging.FileHandler, filename: written, mode: w}}}",
        "hydra.hydra_logging.handlers.x.filename=written",
    ),
    "logging of no keys": in_hydra("job_logging: {handlers: {x: 3}}", "hydra.job_logging.handlers.x=3"),
    "logging that a resolver makes": in_hydra(
        """
        job_logging:
          formatters: ${oc.create:'{x:{"()":os.system}}'}
        """,
        "hydra.job_logging.formatters",
    ),
    "a callback that a resolver makes": in_hydra(
        "callbacks: {x: '${oc.create:{_target_:os.system,command:touch written}}'}", "hydra.callbacks.x=${oc.create"
    ),
    "a callback in a callback's module": in_hydra(
        "callbacks: {x: {_target_: hydra.experimental.callbacks.pickle.loads}}", "hydra.callbacks.x._target_"
    ),
    "a callback behind a plugin's module": in_hydra(
        "callbacks: {x: {_target_: hydra_plugins.xor_sweep.launcher.OmegaConf.load, file_: x}}",
        "hydra.callbacks.x._target_",
    ),
    "a call inside of a callback": in_hydra(
        """
        callbacks:
          x: {_target_: hydra.experimental.callbacks.LogJobReturnCallback, y: {_target_: os.system, command: touch it}}
        """,
        "hydra.callbacks.x.y._target_=os.system",
    ),
    "a plugin inside of a launcher": in_hydra(
        """
        launcher:
          x: {_target_: hydra_plugins.xor_sweep.sweeper.GridSweeper}
        """,
        "hydra.launcher.x",
    ),
    "a launcher behind a launcher's module": in_hydra(
        "launcher: {_target_: hydra._internal.core_plugins.basic_launcher.os.system}", "hydra.launcher._target_"
    ),
    "a sweeper that is none": in_hydra("sweeper: {_target_: subprocess.run}", "hydra.sweeper._target_=subprocess.run"),
    "a launcher that is none": in_hydra("launcher: 3", "mine.yaml"),
    "swept places": in_hydra("sweeper: {params: {hydra.sweep.dir: /tmp}}", "hydra.sweeper.params", "hydra.sweep.dir"),
    "swept callbacks": in_hydra(
        "sweeper: {params: {'+hydra.callbacks.x': '{a: 1}'}}", "hydra.sweeper.params", "hydra.callbacks.x"
    ),
    "params of no keys": in_hydra("sweeper: {params: [1]}", "sweep/mine.yaml"),
    "a swept function": in_hydra("sweeper: {params: {'+x._target_': os.system}}", "x._target_=os.system"),
    "a run's place": in_hydra("sweep: {subdir: ../../written}", "hydra.sweep.subdir"),
    "a record's place": in_hydra("output_subdir: ../../written", "hydra.output_subdir"),
    "a log's name": in_hydra("job: {name: ../../written}", "hydra.job.name"),
    "a working directory": in_hydra("job: {chdir: true}", "hydra.job.chdir"),
    "a library to be loaded": in_hydra("job: {env_set: {LD_PRELOAD: ./x.so}}", "hydra.job.env_set.LD_PRELOAD"),
    "a path of modules": in_hydra("job: {env_set: {PYTHONPATH: ./x}}", "hydra.job.env_set.PYTHONPATH"),
    "a compiler's flags": in_hydra("job: {env_set: {XLA_FLAGS: --xla_dump_to=x}}", "hydra.job.env_set.XLA_FLAGS"),
    "a secret of the environment": in_hydra("job: {env_copy: [PATH]}", "hydra.job.env_set.PATH"),
    "a variable that is not there": in_hydra("job: {env_copy: [NOT_THERE_AT_ALL]}", "NOT_THERE_AT_ALL"),
    "packages to be searched": in_hydra("searchpath: ['pkg://canary']", "searchpath"),
    "packages that a primary configuration searches": Attack(
        "--config-name mine",
        ["--config-name mine", "hydra"],
        {"mine.yaml": "defaults: [config, _self_]\nhydra: {searchpath: ['pkg://canary']}\n"},
    ),
    "packages that a resolver names": Attack(
        "--config-name mine",
        ["--config-name mine", "hydra"],
        {"mine.yaml": "defaults: [config]\nhydra: '${oc.create:{searchpath:[\"pkg://canary\"]}}'\n"},
    ),
    "a tag of Python's": Attack(
        "optimizer=mine", ["mine.yaml"], {"optimizer/mine.yaml": "x: !!python/object/apply:os.system [touch written]\n"}
    ),
    "a tag that names what is Python's": Attack(
        "schedule=mine", ["mine.yaml"], {"schedule/mine.yaml": "x: !!python/name:canary.run\n"}
    ),
    "a billion laughs": Attack("network=mine", ["mine.yaml", "100,000 values"], {"network/mine.yaml": LAUGHS}),
    "a list in itself": Attack("network=mine", ["mine.yaml", "*a"], {"network/mine.yaml": "x: &a [*a]\n"}),
    "brackets without end": Attack("network=mine", ["mine.yaml", "levels"], {"network/mine.yaml": "[" * 100_000}),
    "dashes without end": Attack("network=mine", ["mine.yaml", "levels"], {"network/mine.yaml": "- " * 100_000}),
    "a function through a default": Attack(
        "network=mine",
        ["network._target_=os.system"],
        {"network/mine.yaml": "defaults: [theirs]\n", "network/theirs.yaml": "_target_: os.system\ncommand: x\n"},
    ),
    "a function that a resolver makes": Attack(
        "metrics=['${oc.create:{_tar_:x}}']",
        ["metrics"],
    ),
    "trust in Python's own": Attack(
        "network=mine",
        ["trusted_modules=[os]", "a file trusts os"],
        {"network/mine.yaml": f"{GLOBAL}trusted_modules: [os]\nnetwork: {{_target_: os.system, command: touch it}}\n"},
    ),
    "trust in what is installed": Attack(
        "network=mine",
        ["a file trusts numpy", "trusted_modules=[numpy] on the command line"],
        {"network/mine.yaml": f"{GLOBAL}trusted_modules: [numpy]\nnetwork: {{_target_: numpy.load, file: x}}\n"},
    ),
    "a place for what Keras downloads": Attack(
        "data=mine",
        ["data.path=../../written", "Keras"],
        {"data/mine.yaml": "defaults: [python]\n_target_: keras.datasets.mnist.load_data\npath: ../../written\n"},
    ),
    "two choices that bring what neither brings alone": Attack(
        "-m network=xor,mine optimizer=adam,theirs hydra/sweeper=basic",
        ["hydra.callbacks.x._target_=os.system"],
        {
            "network/mine.yaml": "defaults: [xor, {/both@_global_: '${network}_${optimizer}'}]\n",
            "optimizer/theirs.yaml": "defaults: [adam, _self_]\n",
            **{f"both/{name}.yaml": GLOBAL for name in ("xor_adam", "xor_theirs", "mine_adam")},
            "both/mine_theirs.yaml": f"{GLOBAL}hydra: {{callbacks: {{x: {{_target_: os.system}}}}}}\n",
        },
    ),
    "help that sets up logging": Attack(
        "--help sweep=mine",
        ["hydra.hydra_logging.formatters.x.()"],
        sweep_file('\nhydra_logging: {version: 1, formatters: {x: {"()": canary.run}}}')[1],
    ),
    "Hydra's help that sets up logging": Attack(
        "--hydra-help sweep=mine",
        ["hydra.hydra_logging.formatters.x.()"],
        sweep_file('\nhydra_logging: {version: 1, formatters: {x: {"()": canary.run}}}')[1],
    ),
    "a shown configuration": Attack(
        "--cfg all sweep=mine", ["hydra.callbacks.x"], sweep_file("\ncallbacks: {x: {_target_: canary.run}}")[1]
    ),
}

TYPED = {
    "--help +hydra.callbacks.x={_target_:canary.run}": ["_target_"],
    "--help ++hydra.hydra_logging.formatters.x.format=a": ["hydra.hydra_logging"],
    "++hydra.job_logging.handlers.x.filename=written": ["hydra.job_logging.handlers.x.filename=written"],
    "+hydra.callbacks.x=${oc.create:{_tar:1}}": ["hydra.callbacks.x"],
    "hydra.job.env_set={PYTHONPATH:x}": ["hydra.job.env_set"],
    "+hydra.job.env_set.PYTHONPATH=x": ["hydra.job.env_set.PYTHONPATH"],
    "+hydra.job.env_set.LD_PRELOAD=x hydra/launcher=basic": ["hydra.job.env_set.LD_PRELOAD"],
    "hydra.searchpath=[pkg://canary]": ["hydra.searchpath"],
    "hydra.job.env_copy=[PATH]": ["hydra.job.env_copy"],
    "hydra.output_subdir=../x": ["hydra.output_subdir"],
    "--experimental-rerun x.pickle --help": ["--experimental-rerun"],
    "network=custom network._target_=canary.os.system trusted_modules=[os]": ["os is Python's own"],
    "network=custom network._target_=canary.run.__globals__.clear trusted_modules=[canary]": ["__globals__"],
    "network=custom network._target_=canary.__loader__.get_data trusted_modules=[canary]": ["__loader__"],
    "trusted_modules=[builtins]": ["builtins is Python's own"],
    "trusted_modules=[pickle]": ["pickle is Python's own"],
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty directory to work in, and a module `canary` that leaves a file there where it is imported."""
    empty = tmp_path / "work" / "empty"
    empty.mkdir(parents=True)
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "canary.py").write_text(
        f"import os\nfrom pathlib import Path\nPath({str(tmp_path / 'called')!r}).touch()\ndef run(**_): ...\n"
    )
    monkeypatch.syspath_prepend(modules)
    monkeypatch.chdir(empty)
    monkeypatch.setattr(sys, "argv", ["xor_sweep"])
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    before = signal.getsignal(signal.SIGTERM)
    yield empty
    signal.signal(signal.SIGTERM, before)


def assert_refused(code: int, out: str, err: str, expected: list[str], here: Path) -> None:
    assert (code, out) == (2, ""), err
    assert len(err.splitlines()) == 1, err
    assert [part for part in expected if part not in err] == [], err
    assert list(here.parent.rglob("*")) == [here]
    assert not (here.parent.parent / "called").exists()
    assert "canary" not in sys.modules


def written(directory: Path, files: Mapping[str, str]) -> str:
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(content)
    return str(directory)


@pytest.mark.parametrize("what", ATTACKS)
def test_files_that_mean_harm_are_refused_in_one_line(
    what: str, here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    attack = ATTACKS[what]
    directory = written(tmp_path / "their_conf", attack.files)
    (tmp_path / "their_conf").mkdir(exist_ok=True)
    code = main(["--config-dir", directory, *attack.words.split()])
    assert_refused(code, *capsys.readouterr(), attack.expected, here)


OF_HYDRA = {
    what: attack for what, attack in ATTACKS.items() if any("hydra:" in content for content in attack.files.values())
}


@pytest.mark.parametrize("words", ["", "--help", "--cfg all"])
def test_a_best_yaml_of_others_says_nothing_of_hydras(
    words: str, here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(OF_HYDRA) > 30
    for attack in OF_HYDRA.values():
        [content] = [content for content in attack.files.values() if "hydra:" in content]
        theirs = {"summary.csv": "", "summary.json": "", **attack.files}
        first = "" if "defaults:" in content else "defaults: [config, _self_]\n"
        theirs |= {"best.yaml": first + content.removeprefix(GLOBAL)}
        directory = written(tmp_path / "theirs", theirs)
        code = main(["--config-dir", directory, "--config-name", "best", *words.split()])
        assert_refused(code, *capsys.readouterr(), ["--config-name best", "hydra"], here)


THEIRS = {
    "hydra with a capital": ("Hydra: {searchpath: [a]}", ["no key Hydra"]),
    "hydra as a package": ("hydra.searchpath: ['pkg://canary']", ["no key hydra.searchpath"]),
    "another package": ("'lr@hydra': 1", ["no key lr@hydra"]),
    "a sweep": ("sweep: {a: 1}", ["no key sweep"]),
    "a place": ("outputs: ../../written", ["outputs", "on the command line"]),
    "what is to be replaced": ("overwrite: true", ["overwrite", "on the command line"]),
    "trust": ("trusted_modules: [canary]", ["trusted_modules", "on the command line"]),
    "a function": ("network: {_target_: canary.run}", ["network._target_"]),
    "a loss": ("loss: {_target_: canary.run}", ["loss._target_=canary.run", "not trusted"]),
    "a metric": ("metrics: [{_target_: canary.run}]", ["metrics.0._target_=canary.run", "not trusted"]),
    "a metric of Python's": ("metrics: [{_target_: os.system}]", ["metrics.0._target_=os.system", "not trusted"]),
    "a function elsewhere": ("optimizer: {_target_: os.system}", ["optimizer._target_"]),
    "a function in an argument": ("loss: {_target_: keras.losses.Huber, a: {_target_: os.system}}", ["os.system"]),
    "an experiment elsewhere": ("experiment: ../written", ["experiment=../written"]),
    "a resolver": ("lr: ${oc.env:HOME}", ["lr=${oc.env:HOME}", "plain values"]),
    "a resolver of ours": ("experiment: '${xor_sweep.stem:${oc.env:HOME}}'", ["experiment", "plain values"]),
    "a made node": ("loss: '${oc.create:{_target_:os.system}}'", ["loss", "plain values"]),
    "a resolver in a list": ("metrics: ['${oc.env:HOME}']", ["metrics.0", "plain values"]),
    "a resolver as a key": ("network: {'${oc.env:HOME}': 1}", ["is no key"]),
    "a reference": ("experiment: ${hydra.runtime.cwd}", ["experiment", "plain values"]),
    "a tag": ("lr: !!python/object/apply:os.system [touch written]", ["is no configuration"]),
    "bytes": ("experiment: !!binary aGk=", ["experiment", "takes numbers, words"]),
    "laughs": (LAUGHS, ["100,000 values"]),
    "brackets": ("lr: " + "[" * 100_000, ["levels"]),
    "a list": (None, ["takes keys with values"]),
}
DEFAULTS = [
    *("[theirs, _self_]", "[_self_, config]", "[config, theirs]", "[config, network: mlp]", "[config, optional x: y]"),
    *("[config, override network: theirs]", "[config, override /network: ../network/theirs]", "config", "3", "[]"),
    *("[config, override hydra/launcher: basic]", "[config, override /hydra/job_logging: default]", "{config: 1}"),
    *("[config, override /sweep: smoke]", "[config, override network@hydra: mlp]", "[config, {a: 1, b: 2}]"),
    *("[config, override /network: '${oc.env:HOME}']", "[config, override /network: [mlp, xor]]", "[config, config]"),
    *("[config, /hydra/launcher@x: basic]", "[config, override network: mlp, override /network: xor]", "[[config]]"),
]


@pytest.mark.parametrize("what", [*THEIRS, *DEFAULTS])
def test_a_best_yaml_of_others_chooses_our_options_and_gives_plain_values(
    what: str, here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, expected = THEIRS.get(what, ("", ["--config-name best", "defaults" if "network" not in what else ""]))
    content = "[1]" if content is None else f"defaults: {what if what in DEFAULTS else '[config, _self_]'}\n{content}\n"
    theirs = {"theirs.yaml": "hydra: {searchpath: ['pkg://canary']}\n", "network/theirs.yaml": "defaults: [mlp]\n"}
    directory = written(tmp_path / "theirs", {".sweep/lock": "", "best.yaml": content, **theirs})
    code = main(["--config-dir", directory, "--config-name", "best"])
    assert_refused(code, *capsys.readouterr(), expected, here)


@pytest.mark.parametrize("kind", ["a pipe", "a link", "a directory", "nothing"])
def test_a_best_yaml_that_is_no_file_is_not_read(
    kind: str, here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.yaml").write_text("defaults: [config, _self_]\n")
    (tmp_path / "theirs" / ".sweep").mkdir(parents=True)
    best = tmp_path / "theirs" / "best.yaml"
    if kind != "nothing":
        {"a pipe": os.mkfifo, "a link": lambda p: p.symlink_to(tmp_path / "mine.yaml"), "a directory": Path.mkdir}[
            kind
        ](best)
    code = main(["--config-dir", str(tmp_path / "theirs"), "--config-name", "best"])
    assert_refused(code, *capsys.readouterr(), ["--config-name best", "best.yaml" if kind != "nothing" else "no"], here)


def test_of_a_sweep_directory_nothing_but_the_named_file_is_read(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = {
        ".sweep/lock": "",
        "best.yaml": "defaults: [config, _self_, override /network: mlp]\n",
        "config.yaml": "hydra: {searchpath: ['pkg://canary']}\n",
        "network/theirs.yaml": f"{GLOBAL}hydra: {{callbacks: {{x: {{_target_: canary.run}}}}}}\n",
        "run/.hydra/config.yaml": LAUGHS,
    }
    words = ["--config-dir", written(tmp_path / "theirs", theirs), "--config-name", "best"]
    assert main([*words, "dry_run=true"]) == 0
    assert main([*words, "--help"]) == 0
    assert "theirs" not in capsys.readouterr().out
    assert_refused(main([*words, "network=theirs"]), *capsys.readouterr(), ["network=theirs: takes one of"], here)


@pytest.mark.parametrize("typed", TYPED)
def test_words_that_mean_harm_are_refused_in_one_line(
    typed: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(typed.split())
    assert_refused(code, *capsys.readouterr(), TYPED[typed], here)


def test_a_pipe_among_configuration_files_is_not_waited_for(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "their_conf").mkdir()
    os.mkfifo(tmp_path / "their_conf" / "mine.yaml")
    code = main(["--config-dir", str(tmp_path / "their_conf")])
    assert_refused(code, *capsys.readouterr(), ["mine.yaml", "no regular file", "mine.yaml"], here)


def test_escapes_in_files_do_not_reach_the_terminal(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = written(tmp_path / "their_conf", {"optimizer/mine.yaml": '"\\e]0;owned\\a": 1\n'})
    code = main(["--config-dir", directory, "optimizer=mine"])
    out, err = capsys.readouterr()
    assert_refused(code, out, err, ["owned"], here)
    assert "\x1b" not in err
    assert "\x07" not in err


GOOD = {
    "logging into a run": (
        "hydra/job_logging=default hydra/launcher=basic",
        {},
    ),
    "logging of one's own": (
        "sweep=mine",
        sweep_file(
            """
            job_logging:
              formatters: {plain: {format: '%(message)s'}}
              handlers:
                file: {class: logging.FileHandler, formatter: plain, filename: '${hydra.runtime.output_dir}/mine.log'}
                console: {class: logging.StreamHandler, stream: ext://sys.stderr}
              root: {level: INFO, handlers: [file, console]}
            """
        )[1],
    ),
    "callbacks of Hydra's": (
        "sweep=mine",
        sweep_file("\ncallbacks: {x: {_target_: hydra.experimental.callbacks.LogJobReturnCallback}}")[1],
    ),
    "loggers that say more": ("hydra.verbose=[xor_sweep]", {}),
    "threads and devices": (
        "sweep=mine",
        sweep_file("\njob: {env_set: {OMP_NUM_THREADS: '2', CUDA_VISIBLE_DEVICES: '0'}}")[1],
    ),
    "anchors": (
        "optimizer=mine",
        {"optimizer/mine.yaml": "defaults: [adam, _self_]\nbeta_1: &b 0.5\nbeta_2: *b\n"},
    ),
    "one's own module, which a file trusts": (
        "network=mine",
        {"network/mine.yaml": f"{GLOBAL}trusted_modules: [canary]\nnetwork: {{_target_: canary.run, units: 3}}\n"},
    ),
    "a primary configuration of one's own": (
        "--config-name all",
        {
            "all.yaml": "defaults: [config, _self_, override /network: mine]\ntrusted_modules: [canary]\nlr: 1e-3\n"
            "optimizer: {epsilon: '${lr}'}\nloss: {_target_: canary.run}\n",
            "network/mine.yaml": "defaults: [xor, _self_]\nhidden: [3]\n",
        },
    ),
    "another sweeper over two groups": (
        "-m network=xor,mine optimizer=adam,sgd hydra/sweeper=basic",
        {"network/mine.yaml": "defaults: [xor, _self_]\nhidden: [3]\n"},
    ),
}


@pytest.mark.parametrize("what", GOOD)
@pytest.mark.usefixtures("here")
def test_what_people_write_is_taken(what: str, tmp_path: Path) -> None:
    words, files = GOOD[what]
    directory = written(tmp_path / "my_conf", files)
    (tmp_path / "my_conf").mkdir(exist_ok=True)
    assert read(["--config-dir", directory, *words.split()]).runs


def test_a_module_of_ones_own_is_no_way_to_what_it_imports(here: Path) -> None:
    words = ["network=custom", "network._target_=canary.os.system", "+network.command=touch written"]
    (here / "canary.py").write_text("import os\nfrom os import system\n")
    for target in ("canary.os.system", "canary.system"):
        words[1] = f"network._target_={target}"
        done = run(*words, "trusted_modules=[canary]", "data=sklearn", "data.name=wine", cwd=here)
        assert done.returncode in (1, 2)
        assert "Python's own" in done.stdout + done.stderr or "another one imports" in done.stdout + done.stderr
    assert not (here / "written").exists()


def test_what_is_refused_is_refused_before_anything_heavy_is_imported(tmp_path: Path, here: Path) -> None:
    (tmp_path / "blocker").mkdir()
    done = run(
        "--help", "+hydra.callbacks.x={_target_:os.system}", cwd=here, env=without_tensorflow(tmp_path / "blocker")
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
