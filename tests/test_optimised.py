"""Under `python -O` and `-OO`, which drop assertions, commands and calls come to the same runs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.board.opened import opened
from tests.command import environment, run

EVERYTHING = """
import json, sys
from pathlib import Path
from xor_sweep import load_results, sweep
from xor_sweep.__main__ import main
from xor_sweep.compare.__main__ import main as compare
from xor_sweep.executors.threads import Threads
from xor_sweep.summary.__main__ import main as summary

def values(frame):
    return frame.set_index("run")[["identity", "final_cost"]].sort_index().to_dict("index")

few, engine = ("steps=3", "logging=off", "save=none"), Threads()
made = {"assertions": __debug__, "codes": []}
made["codes"].append(main(["-m", "seed=range(0,3)", "early_stopping={patience:null}", *few, "outputs=grid"], engine))
made["codes"].append(main(["sweep=seeds", *few], engine))
made["codes"].append(main([*few, "outputs=one"], engine))
made["call"] = values(sweep({"lr": [0.1, "${solved_accuracy}"], "seed": range(2)}, overrides=few, outputs="call"))
made["codes"].append(summary(["grid/xor"]))
made["codes"].append(compare(["grid/xor", "one/xor"]))
made |= {name: values(load_results(name)) for name in ("grid/xor", "outputs/seeds", "one/xor")}
Path("made.json").write_text(json.dumps(made))
"""


def everything(directory: Path, level: str) -> dict[str, object]:
    """What commands and calls come to in a process of Python with this level of optimisation."""
    directory.mkdir()
    env = environment({"PYTHONOPTIMIZE": level})
    words = [sys.executable, "-c", EVERYTHING]
    done = subprocess.run(words, cwd=directory, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    made: dict[str, object] = json.loads((directory / "made.json").read_text())
    return made


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What they come to with assertions."""
    return everything(tmp_path_factory.mktemp("plain") / "here", "")


@pytest.mark.proof
@pytest.mark.parametrize("level", ["1", "2"])
def test_without_assertions_the_runs_are_the_same(level: str, plain: dict[str, object], tmp_path: Path) -> None:
    made = everything(tmp_path / "here", level)
    assert (plain["assertions"], made["assertions"]) == (True, False)
    assert made["codes"] == [0, 0, 0, 0, 0]
    assert [len(made[name]) for name in ("grid/xor", "outputs/seeds", "one/xor", "call")] == [3, 60, 1, 4]  # type: ignore[arg-type]  # mappings
    assert made == plain | {"assertions": False}


@pytest.mark.proof
def test_without_assertions_the_command_trains_in_processes_of_its_own_and_the_board_opens(tmp_path: Path) -> None:
    optimised = {"PYTHONOPTIMIZE": "1"}
    done = run("-m", "seed=range(0,3)", "steps=3", cwd=tmp_path, env=optimised)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 runs of this command, 3 in outputs/xor" in done.stdout
    with opened("outputs/xor", cwd=tmp_path, env=optimised) as board:
        board.wait("Ctrl-C stops it.")
        assert (board.stop(signal.SIGINT), board.err.read_text()) == (130, "")
