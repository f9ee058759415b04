"""Which trained weights stay in memory, and that those that went come back bit for bit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.engine import ENGINE
from tests.specs import jobs, work
from tests.test_sweep import here  # noqa: F401  # a fixture
from xor_sweep import kept
from xor_sweep.__main__ import main
from xor_sweep.again import train_again
from xor_sweep.claims import Claim, claim
from xor_sweep.durable import partial
from xor_sweep.errors import TrainingProcessDied
from xor_sweep.execute import execute
from xor_sweep.kept import Keeper, Trained
from xor_sweep.open_chunk import Work
from xor_sweep.plan import plan
from xor_sweep.runs import RunPaths, SweepPaths

CANCER = ("data=sklearn", "data.name=breast_cancer", "epochs=1", "network.hidden=[4]", "network.dropout=0.2")
"""Mini-batches and noise, which have to come out the same as well."""


def train(outputs: Path, keeper: Keeper, *runs: Sequence[str]) -> list[Claim]:
    """Train runs of one structure with a keeper; returns their claims."""
    asked = jobs(*[(*CANCER, "network.batch_normalization=true", f"outputs={outputs}", *words) for words in runs])
    sweep = SweepPaths(asked[0].settings.sweep_dir)
    claims = claim(asked, sweep)
    [chunk] = plan(work([each.job.spec for each in claims]))
    list(execute([Work(chunk, claims)], sweep, lambda *_: None, lambda _: None, keeper, ENGINE))
    return claims


def held(keeper: Keeper, claims: Sequence[Claim]) -> list[Trained | None]:
    return [keeper.held(each.job.identity) for each in claims]


def bits(trained: Trained) -> list[bytes]:
    return [array.tobytes() for array in (*trained.weights, *trained.state)]


SEEDS = (["seed=1"], ["seed=2"], ["seed=3"])


def test_weights_that_went_are_trained_again_to_the_same_bits(tmp_path: Path) -> None:
    keeper = Keeper(ENGINE)
    claims = train(tmp_path, keeper, *SEEDS)
    first, second, third = (trained for trained in held(keeper, claims) if trained)
    assert len({tuple(bits(trained)) for trained in (first, second, third)}) == 3
    again = train_again(claims[1].job.spec, second.structure, ENGINE)
    assert bits(again) == bits(second)


def test_as_many_weights_stay_in_memory_as_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roomy = Keeper(ENGINE)
    [one, *_] = (trained for trained in held(roomy, train(tmp_path / "a", roomy, *SEEDS)) if trained)
    monkeypatch.setattr(kept, "BYTES", 2 * one.size + 1)
    tight = Keeper(ENGINE)
    assert [trained is not None for trained in held(tight, train(tmp_path / "b", tight, *SEEDS))] == [True, True, False]
    assert one.size == sum(array.nbytes for array in (*one.weights, *one.state))


def test_no_weights_stay_where_no_model_is_wanted_and_none_of_a_run_that_diverged(tmp_path: Path) -> None:
    keeper = Keeper(ENGINE)
    keeper.save = "none"
    assert held(keeper, train(tmp_path / "none", keeper, *SEEDS)) == [None, None, None]
    keeper = Keeper(ENGINE)
    claims = train(tmp_path / "diverged", keeper, ["seed=1"], ["network.init_scale=1e38", "seed=2"])
    first, diverged = held(keeper, claims)
    assert first is not None
    assert diverged is None


def prediction(directory: Path, rows: NDArray[Any]) -> list[float]:
    """What a kept model says to raw rows of a truth table."""
    model = keras.saving.load_model(directory / "model.keras")
    return [float(value) for value in np.asarray(model(rows)).ravel()]


@pytest.mark.parametrize("room", [0, kept.BYTES], ids=["trained again", "from memory"])
def test_the_best_model_says_what_its_result_says(
    room: int,
    here: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(kept, "BYTES", room)
    assert main(["-m", "lr=0.1,0.01", "steps=500"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    sweep = here / "outputs" / "xor"
    assert [path.parent.name for path in sweep.glob("*/model.keras")] == ["lr=0.1"]
    assert "Model       outputs/xor/lr=0.1/model.keras\n" in out
    result = json.loads((sweep / "lr=0.1" / "result.json").read_text())
    rows = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    assert prediction(sweep / "lr=0.1", rows) == pytest.approx(result["hypothesis"], abs=1e-6)


def test_models_that_are_missing_are_said_where_every_run_was_to_keep_its_own(
    here: Path,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("-m", "lr=0.1,0.01", "steps=20", "logging=off")
    assert main([*words, "save=none"], ENGINE) == 0
    assert "No model" not in capsys.readouterr().out
    assert main([*words, "save=all"], ENGINE) == 0
    said = "No model is kept of lr=0.1, lr=0.01: finished without one; overwrite=true trains again and keeps it\n"
    assert said in capsys.readouterr().out
    assert main([*words, "save=all", "overwrite=true"], ENGINE) == 0
    assert "No model" not in capsys.readouterr().out
    assert len(list((here / "outputs" / "xor").glob("*/model.keras"))) == 2


def test_a_model_whose_writers_died_is_written_by_the_next_command(
    here: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("-m", "lr=0.1,0.01", "steps=20", "logging=off")

    def die(_trained: Trained, paths: RunPaths, _engine: object) -> None:
        partial(paths.model_facts).write_text("{")
        raise TrainingProcessDied("TrainingProcessDied", "the process that trains was ended", "")

    with monkeypatch.context() as patch:
        patch.setattr(Trained, "write", die)
        assert main(words, ENGINE) == 0
    assert "No model is kept: TrainingProcessDied: the process that trains was ended" in capsys.readouterr().out
    assert not list(here.glob("outputs/xor/*/.*.part"))
    assert main(words, ENGINE) == 0
    assert "Model       outputs/xor/" in capsys.readouterr().out
