"""Whose functions may be named: those of modules that are trusted, on the command line or in a file of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import in_this_process
from xor_sweep.commandline import read
from xor_sweep.errors import ConfigError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module of a person's own, in the directory where the command is given, that says when it is imported."""
    (tmp_path / "their_own.py").write_text(
        "from pathlib import Path\nPath('imported').touch()\ndef build(**arguments): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with in_this_process(tmp_path, monkeypatch):
        yield tmp_path


BUILD = "network=custom network._target_=their_own.build"


@pytest.mark.parametrize(
    "typed",
    [
        f"{BUILD} trusted_modules=[their_own] +network.units=3",
        f"-m {BUILD} trusted_modules=[their_own] +network.units=3,4",
        "-m network=custom network._target_=their_own.build,keras.applications.VGG16 trusted_modules=[their_own]",
        "+loss._target_=their_own.build +loss.alpha=3 trusted_modules=[their_own]",
        "loss={_target_:their_own.build,alpha:3} trusted_modules=[their_own]",
        "metrics=[auc,{_target_:their_own.build}] trusted_modules=[their_own]",
        "data=python data._target_=their_own.build +data.rows=3 trusted_modules=[their_own]",
    ],
)
def test_a_trusted_function_is_taken_and_not_imported_while_the_command_is_read(typed: str, project: Path) -> None:
    assert read(typed.split()).runs
    assert not (project / "imported").exists()


@pytest.mark.parametrize(
    "typed", [BUILD, f"{BUILD} trusted_modules=[their]", "loss={_target_:their_own.build}", f"{BUILD} +network.a=1 -m"]
)
def test_a_function_that_is_not_trusted_is_refused_and_not_imported(typed: str, project: Path) -> None:
    with pytest.raises(ConfigError, match=r"module their_own is not trusted; add trusted_modules=\[their_own\]"):
        read(typed.split())
    assert not (project / "imported").exists()


def written(directory: Path) -> str:
    """A directory of configuration files, one of which trusts `their_own`; the words that choose it."""
    (directory / "network").mkdir(parents=True)
    (directory / "network" / "mine.yaml").write_text(
        "# @package _global_\nnetwork: {_target_: their_own.build, units: 3}\ntrusted_modules: [their_own]\n"
    )
    return f"--config-dir {directory} network=mine"


def test_a_file_of_ones_own_may_name_the_modules_that_are_trusted(project: Path) -> None:
    typed = written(project / "my_conf")
    assert read(["-m", *typed.split(), "network.units=3,4"]).swept == ("network.units",)
    assert not (project / "imported").exists()


@pytest.mark.parametrize(
    ("place", "more"),
    [
        ("outputs/xor/lr=0.1/.hydra", ""),
        ("outputs/mine", ""),
        ("elsewhere/xor/lr=0.1", "outputs=elsewhere"),
        ("copied/xor/lr=0.1", ""),
    ],
)
def test_a_file_among_results_may_not(place: str, more: str, project: Path) -> None:
    typed = written(project / place)
    (project / "copied" / "xor" / ".sweep").mkdir(parents=True, exist_ok=True)
    with pytest.raises(ConfigError, match="lies among results, whose trusted_modules count for nothing"):
        read([*typed.split(), *more.split()])
    with pytest.raises(ConfigError, match="lies among results"):
        read([*typed.split(), *more.split(), "trusted_modules=[their_own]"])
    assert not (project / "imported").exists()
