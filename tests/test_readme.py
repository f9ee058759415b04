"""What the documentation shows can be typed as it stands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from textwrap import dedent

import pytest

from xor_sweep.commandline import read

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^(?:\$ )?python -m xor_sweep (?!\.)(.*?)(?:\s+#.*)?$", README, re.MULTILINE)
FILES = re.findall(r"`my_conf/(\S+\.yaml)`, then `(\S+)`:\n  ```yaml\n(.*?)  ```", README, re.DOTALL)


def test_the_readme_shows_commands_and_files() -> None:
    assert len(COMMANDS) >= 8
    assert len(FILES) == 3


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_one_that_can_be_carried_out(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wine.csv").write_text("alcohol,target\n1.5,0\n2.5,1\n")
    assert read(shlex.split(command)).runs


@pytest.mark.parametrize(("path", "word", "content"), FILES)
def test_every_file_for_my_conf_works_with_the_word_that_is_given_for_it(
    path: str, word: str, content: str, tmp_path: Path
) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(dedent(content))
    assert read(["--config-dir", str(tmp_path), word]).runs


PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "docs/comparing.md",
    "docs/engine.md",
    "docs/looking.md",
    "docs/losses-and-metrics.md",
    "docs/python.md",
    "docs/your-data.md",
]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file_that_is_there(page: str) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / page).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_the_readme_names_every_option_of_every_group() -> None:
    for group in ("network", "data", "logging", "optimizer", "schedule"):
        for option in (ROOT / "conf" / group).glob("*.yaml"):
            assert re.search(rf"\b{option.stem}\b", README), f"{group}={option.stem}"
    for sweep in (ROOT / "sweeps").glob("*.yaml"):
        assert f"`{sweep.stem}`" in README


def test_every_module_has_its_place_on_the_map() -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for path in sorted((ROOT / "xor_sweep").iterdir()):
        if path.name not in ("__init__.py", "__pycache__", "py.typed"):
            assert re.search(rf"\b{path.name}\b", contributing), path.name
