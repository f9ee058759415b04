"""Command lines and configuration files whose author means harm: one line, and nothing was called or written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks import (
    ATTACKS,
    GLOBAL,
    assert_refused,
    beside_a_canary,
    sweep_file,
    written,
)
from tests.command import run, without_tensorflow
from xor_sweep.__main__ import main
from xor_sweep.commandline import read

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
    with beside_a_canary(tmp_path, monkeypatch) as empty:
        yield empty


@pytest.mark.parametrize("what", ATTACKS)
def test_files_that_mean_harm_are_refused_in_one_line(
    what: str, here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    attack = ATTACKS[what]
    directory = written(tmp_path / "their_conf", attack.files)
    (tmp_path / "their_conf").mkdir(exist_ok=True)
    code = main(["--config-dir", directory, *attack.words.split()])
    assert_refused(code, *capsys.readouterr(), attack.expected, here)


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
