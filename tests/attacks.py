"""Configuration files whose author means harm, and a place where they would do it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest

from tests.command import in_this_process

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


@contextmanager
def beside_a_canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty directory to work in, and a module `canary` that leaves a file there where it is imported."""
    empty = tmp_path / "work" / "empty"
    empty.mkdir(parents=True)
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "canary.py").write_text(
        f"import os\nfrom pathlib import Path\nPath({str(tmp_path / 'called')!r}).touch()\ndef run(**_): ...\n"
    )
    monkeypatch.syspath_prepend(modules)
    with in_this_process(empty, monkeypatch):
        yield empty


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
