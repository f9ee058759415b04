"""The wheel, installed in an environment of its own, does from an empty directory what a checkout does."""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
import yaml

TREE = Path(__file__).parents[1]


def environment() -> dict[str, str]:
    """Ours without what would lead Python back to the checkout, or slow its imports down."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}


def run(*command: str | Path, cwd: Path) -> str:
    """The command's standard output; a failure shows what it printed."""
    done = subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist, so that the sdist is shown to be complete as well."""
    built = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", built, TREE, cwd=built)
    assert len(list(built.glob("*.tar.gz"))) == 1
    (wheel,) = built.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment's Python, with the wheel installed and our dependencies (not our checkout) behind it."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=home)
    # A directory that a .pth file names comes last, and its own .pth files, an editable install's, are not read.
    ours = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    theirs = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'), end='')", cwd=home)
    (Path(theirs) / "dependencies.pth").write_text("".join(f"{path}\n" for path in ours))
    return python


def files(directory: str) -> set[str]:
    """Paths within the tree of the directory's files, without caches."""
    found = (path for path in (TREE / directory).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(TREE).as_posix() for path in found}


def rows(summary: Path) -> list[dict[str, str]]:
    with summary.open(newline="") as file:
        return list(csv.DictReader(file))


def assert_completed(run_directory: Path) -> None:
    result = json.loads((run_directory / "result.json").read_text())
    assert result["status"] == "completed"
    assert math.isfinite(result["final_cost"])
    assert [path.stat().st_size > 0 for path in run_directory.glob("events.out.tfevents.*")] == [True]


def test_the_wheel_holds_the_packages_the_configuration_and_the_sweeps_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    configuration = {f"xor_sweep/{path}" for path in files("conf") | files("sweeps")}
    assert held == files("xor_sweep") | files("hydra_plugins") | configuration
    assert "xor_sweep/py.typed" in held
    assert {"xor_sweep/conf/config.yaml", "xor_sweep/sweeps/smoke.yaml"} <= held
    assert "hydra_plugins/__init__.py" not in held, "hydra_plugins is a namespace that other plugins share"


def test_what_is_imported_is_the_wheel_and_not_the_checkout(python: Path, tmp_path: Path) -> None:
    source = "import xor_sweep, hydra_plugins.xor_sweep as p; print(xor_sweep.__path__[0], p.__path__[0], sep='\\n')"
    for path in run(python, "-c", source, cwd=tmp_path).splitlines():
        assert Path(path).is_relative_to(python.parents[1])


def test_the_console_script_shows_its_help(python: Path, tmp_path: Path) -> None:
    assert "lr" in run(python.parent / "xor-sweep", "--help", cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.proof
def test_three_learning_rates_are_trained_from_an_empty_directory(python: Path, tmp_path: Path) -> None:
    run(python, "-m", "xor_sweep", "-m", "lr=0.1,0.01,0.001", "steps=200", cwd=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["outputs"]
    names = {"lr=0.1", "lr=0.01", "lr=0.001"}
    for name in names:
        assert_completed(tmp_path / "outputs" / "xor" / name)
    summary = rows(tmp_path / "outputs" / "xor" / "summary.csv")
    assert {row["run"] for row in summary} == names
    assert [row["status"] for row in summary] == ["completed"] * 3
    run(python, "-m", "xor_sweep", "--config-dir", "outputs/xor", "--config-name", "best", cwd=tmp_path)
    assert_completed(tmp_path / "outputs" / "xor_best" / "default")


def test_a_dry_run_of_a_packaged_sweep_writes_nothing(python: Path, tmp_path: Path) -> None:
    assert run(python, "-m", "xor_sweep", "sweep=smoke", "dry_run=true", cwd=tmp_path).strip()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.proof
def test_a_users_own_network_and_sweep_build_on_the_packaged_ones(python: Path, tmp_path: Path) -> None:
    network = tmp_path / "my_conf" / "network" / "wide.yaml"
    network.parent.mkdir(parents=True)
    network.write_text("defaults: [mlp, _self_]\nhidden: [3]\n")
    sweep = tmp_path / "my_conf" / "sweep" / "mine.yaml"
    sweep.parent.mkdir()
    sweep.write_text(
        """\
# @package _global_
experiment: mine
hydra:
  mode: MULTIRUN
  sweeper:
    params:
      lr: 0.1,0.01
"""
    )
    run(python, "-m", "xor_sweep", "--config-dir", "my_conf", "sweep=mine", "network=wide", "steps=100", cwd=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"my_conf", "outputs"}
    assert {path.name for path in (tmp_path / "outputs").iterdir()} == {"mine"}
    for name in ("lr=0.1", "lr=0.01"):
        run_directory = tmp_path / "outputs" / "mine" / name
        assert_completed(run_directory)
        config = yaml.safe_load((run_directory / ".hydra" / "config.yaml").read_text())
        assert (config["network"]["hidden"], config["steps"]) == ([3], 100)
    assert {row["run"] for row in rows(tmp_path / "outputs" / "mine" / "summary.csv")} == {"lr=0.1", "lr=0.01"}
