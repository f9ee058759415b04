"""A mistake raises the command's own line, and nothing was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xor_sweep import ConfigError, SweepError, sweep
from xor_sweep.commandline import read

AS_THE_COMMAND: list[tuple[Any, list[str]]] = [
    ({"lr": ["abc"]}, ["lr=abc"]),
    ({"lr": [0.1, -1]}, ["-m", "lr=0.1,-1"]),
    ({"lr": np.nan}, ["lr=nan"]),
    ({"lrr": [0.1, 0.2]}, ["-m", "lrr=0.1,0.2"]),
    ({"optimizer": ["adam", "adamm"]}, ["-m", "optimizer=adam,adamm"]),
    ({"optimizer": "adam", "optimizer.momentum": [0.9]}, ["optimizer=adam", "optimizer.momentum=0.9"]),
    ({"network.hidden": [[0]]}, ["network.hidden=[0]"]),
    ({"seed": [1.5]}, ["seed=1.5"]),
    ({"experiment": ["a", "b"]}, ["-m", "experiment=a,b"]),
    ([{"experiment": "a"}, {"experiment": "b"}], ["-m", "experiment=a,b"]),
    ([{"steps": 5, "epochs": 3}], ["steps=5", "epochs=3"]),
    ({"hydra.run.dir": "x"}, ["hydra.run.dir=x"]),
    ({"network._target_": "os.system", "network": "custom"}, ["network=custom", "network._target_=os.system"]),
]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("what", "words"), AS_THE_COMMAND, ids=str)
def test_the_line_is_that_of_the_command(what: Any, words: list[str], place: Path) -> None:
    with pytest.raises(ConfigError) as called:
        sweep(what, quiet=True)
    with pytest.raises(ConfigError) as typed:
        read(words)
    assert str(called.value) == str(typed.value)
    assert list(place.iterdir()) == []


OWN: list[tuple[Any, dict[str, Any], str]] = [
    ([], {}, "no point at all"),
    (3, {}, "a dict of lists"),
    (["lr=0.1", {"lr": 0.1}], {}, "got str in the list"),
    ("-m", {}, "-m: takes key=value"),
    ({3: 1}, {}, "takes a key in quotes"),
    ({"lr": object()}, {}, "got object"),
    ({"lr": []}, {}, "lr=[]: makes no run"),
    ({"seed": range(2000), "lr": np.arange(1, 1000) / 1e6}, {}, "more than 1,000,000 runs"),
    ({"outputs": "a"}, {"outputs": "b"}, "the same key twice"),
    ({"lr": 0.1}, {"config_dir": "nowhere"}, "config_dir=nowhere: no such directory"),
    ({"lr": 0.1}, {"objective": "cost"}, "objective=cost: takes one of"),
    ({"lr": 0.1}, {"overrides": "steps=1e3"}, "steps=1000.0"),
    ({"hydra/sweeper": "nope"}, {}, "hydra/sweeper"),
    ({"batch_size": "null"}, {}, "got null as a word; leave out its quotes, or write None in Python"),
]


@pytest.mark.parametrize(("what", "keywords", "line"), OWN, ids=[line for *_, line in OWN])
def test_what_only_a_call_can_get_wrong_is_one_line_too(
    what: Any, keywords: dict[str, Any], line: str, place: Path
) -> None:
    with pytest.raises(ConfigError) as raised:
        sweep(what, **{"quiet": True, **keywords})
    assert line in str(raised.value)
    assert "\n" not in str(raised.value)
    assert list(place.iterdir()) == []


def test_a_config_error_is_a_sweep_error() -> None:
    assert issubclass(ConfigError, SweepError)
