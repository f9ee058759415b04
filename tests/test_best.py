"""The best configuration, trained again by the command that its file names."""

from __future__ import annotations

import json
import shlex
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.command import succeed
from tests.stopped import run
from xor_sweep.results import OF_THE_MOMENT

BEST = ("--config-dir", "outputs/xor", "--config-name", "best")


@pytest.fixture(scope="module", autouse=True)
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a sweep was trained over options of a person's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("best"))
        patch.setattr("sys.argv", ["xor_sweep"])
        Path("my_conf/optimizer").mkdir(parents=True)
        Path("my_conf/optimizer/mine.yaml").write_text("defaults: [adam, _self_]\nbeta_1: 0.7\n")
        words = ("-m", "optimizer=mine", "lr=0.1,0.01", "seed=0,1,2", "steps=400", "logging=off")
        assert run("--config-dir", "my_conf", *words) == 0
        yield Path.cwd()


def ended(directory: str) -> dict[str, Any]:
    content = json.loads(Path(directory, "result.json").read_text())
    return {key: value for key, value in content.items() if key not in OF_THE_MOMENT}


def weights(directory: str) -> bytes:
    with zipfile.ZipFile(Path(directory, "model.keras")) as model:
        return model.read("model.weights.h5")


def test_it_ends_in_the_same_bits_and_a_second_time_it_is_finished(capsys: pytest.CaptureFixture[str]) -> None:
    first, _, command, *_ = Path("outputs/xor/best.yaml").read_text().splitlines()
    run_name = first.partition("the run at the median, ")[2].removesuffix(".")
    words = shlex.split(command.removeprefix("#"))
    assert words[:3] == ["python", "-m", "xor_sweep"]
    assert f"<pre><code>{shlex.join(words)}</code></pre>" in Path("outputs/xor/report.html").read_text()
    assert run(*words[3:]) == 0
    assert ended("outputs/xor_best/default") == ended(f"outputs/xor/{run_name}")
    assert weights("outputs/xor_best/default") == weights(f"outputs/xor/{run_name}")
    hydra = yaml.safe_load(Path("outputs/xor_best/default/.hydra/hydra.yaml").read_text())["hydra"]
    assert (hydra["job"]["config_name"], hydra["overrides"]["task"]) == ("best", [])
    capsys.readouterr()
    assert run(*words[3:]) == 0
    assert "This run was finished already" in capsys.readouterr().out


@pytest.mark.parametrize(
    "own", [(), pytest.param(("hydra/launcher=basic", "hydra/sweeper=basic"), marks=pytest.mark.proof)]
)
def test_seeds_can_be_swept_on_top_of_it(own: tuple[str, ...]) -> None:
    experiment = f"on_top_{len(own)}"
    assert run(*BEST, "-m", "seed=11,12", f"experiment={experiment}", "logging=off", *own) == 0
    runs = {seed: next(Path("outputs", experiment).glob(f"seed={seed}*")) for seed in (11, 12)}
    for seed, directory in runs.items():
        config = yaml.safe_load((directory / ".hydra/config.yaml").read_text())
        assert (config["seed"], config["optimizer"]["beta_1"], config["steps"]) == (seed, 0.7, 400)


def test_what_is_shown_is_that_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*BEST, "--cfg", "job", "lr=0.5") == 0
    shown = yaml.safe_load(capsys.readouterr().out)
    assert (shown["lr"], shown["optimizer"]["beta_1"], shown["experiment"]) == (0.5, 0.7, "xor_best")
    assert run(*BEST, "--cfg", "job", "optimizer=sgd") == 0
    assert "beta_1" not in yaml.safe_load(capsys.readouterr().out)["optimizer"]
    assert run(*BEST, "--cfg", "hydra", "--package", "hydra.job") == 0
    assert "config_name: best" in capsys.readouterr().out
    assert run(*BEST, "dry_run=true", "lr=0.5") == 0
    out = capsys.readouterr().out
    assert "outputs/xor_best" in out
    assert "train     lr=0.5" in out


@pytest.mark.parametrize("flag", ["--help", pytest.param("--info", marks=pytest.mark.proof)])
def test_help_shows_nothing_of_the_runs_beside_it(flag: str, here: Path) -> None:
    assert "seed=0" not in succeed(*BEST, flag, cwd=here)
