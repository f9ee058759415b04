"""A `model.keras` that somebody sent: it is opened as layers and numbers, or one line says why it is not."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import keras
import pytest

from tests.models.kept import kept, run_of
from xor_sweep import predict
from xor_sweep.config.spec import DataSpec

ROW = ",".join(f"f{number}" for number in range(13)) + "\n" + ",".join(["1.5"] * 13) + "\n"


@pytest.fixture(scope="module")
def wine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a run that kept its model; not to be written to."""
    directory = tmp_path_factory.mktemp("sweep") / "wine"
    kept(run_of(DataSpec("sklearn", "wine"), epochs=1), directory)
    return directory


@pytest.fixture
def copied(wine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new.csv").write_text(ROW)
    return Path(shutil.copytree(wine, tmp_path / "run"))


def layer(module: str, name: str, config: Any, **more: Any) -> dict[str, Any]:
    return {"module": module, "class_name": name, "config": config, "registered_name": None, **more}


def chain(*layers: dict[str, Any]) -> dict[str, Any]:
    first = layer("keras.layers", "InputLayer", {"batch_shape": [None, 13], "name": "x"})
    return layer("keras", "Sequential", {"name": "theirs", "layers": [first, *layers]})


def lambda_layer() -> dict[str, Any]:
    """What Keras itself writes of a function, whose code is marshalled."""
    saved = Path("lambda.keras")
    keras.Sequential([keras.Input((13,)), keras.layers.Lambda(lambda x: x)]).save(saved)
    with zipfile.ZipFile(saved) as archive:
        config: dict[str, Any] = json.loads(archive.read("config.json"))
    saved.unlink()
    return config


TOUCH = ["touch called"]
CONFIGS = {
    "a function of Python's": layer("os", "system", {"command": "touch called"}),
    "a function in place of a class": layer("builtins", "function", {}, registered_name="function"),
    "a function as an activation": chain(
        layer("keras.layers", "Dense", {"units": 2, "activation": layer("builtins", "function", "exec")})
    ),
    "a class of Python's": chain(layer("subprocess", "Popen", {"args": TOUCH, "shell": True})),
    "a class of a module that lies here": chain(layer("canary", "Layer", {})),
    "a registered name": chain(layer("canary", "Layer", {}, registered_name="canary>Layer")),
    "code that is marshalled": chain(
        layer("keras.layers", "Lambda", {"function": {"class_name": "__lambda__", "config": {"code": "4w=="}}})
    ),
    "a module of PyTorch's, which is pickled": chain(
        layer(
            "keras.layers", "TorchModuleWrapper", {"module": {"class_name": "__bytes__", "config": {"value": "gAQu"}}}
        )
    ),
    "a file of the reader's": chain(layer("keras.layers", "StringLookup", {"vocabulary": "secret", "name": "words"})),
    "a function of Keras's that downloads": chain(
        layer("keras.utils", "get_file", {"fname": "called", "origin": "file:///etc/hostname", "cache_dir": "."})
    ),
    "no model": layer("keras.losses", "Huber", {}),
    "levels without end": json.loads('{"a":' * 900 + "1" + "}" * 900),
}


def replaced(run: Path, config: dict[str, Any]) -> None:
    """Put a configuration into the archive of a run's model."""
    before = zipfile.ZipFile(run / "model.keras")
    parts = {name: before.read(name) for name in before.namelist()} | {"config.json": json.dumps(config).encode()}
    before.close()
    with zipfile.ZipFile(run / "model.keras", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


@pytest.mark.parametrize("what", ["a lambda", *CONFIGS])
def test_a_model_that_would_call_something_is_not_opened(
    what: str, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = copied.parent
    (here / "canary.py").write_text("open('called', 'w')\n")
    (here / "secret").write_text("a secret\n")
    replaced(copied, lambda_layer() if what == "a lambda" else CONFIGS[what])
    assert predict.main(["run", "new.csv"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert err.startswith("run/model.keras: ") or "model" in err
    assert "a secret" not in err
    assert sorted(path.name for path in here.iterdir()) == ["canary.py", "new.csv", "run", "secret"]


FACTS = [
    "[" * 100_000,
    "3",
    "{}",
    '{"format": 1, "probabilities": 1, "threshold": "x", "network": 3}',
    '{"format": "\\u001b]0;owned\\u0007"}',
]


@pytest.mark.parametrize("text", FACTS)
def test_facts_of_another_form_are_refused(text: str, copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copied / "model.json").write_text(text)
    assert predict.main(["run", "new.csv"]) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert "\x1b" not in err


def test_facts_that_do_not_go_with_the_model_are_refused(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = json.loads((copied / "model.json").read_text())
    facts["classes"] = facts["classes"][:2]
    (copied / "model.json").write_text(json.dumps(facts))
    assert predict.main(["run", "new.csv"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_model_that_nobody_tampered_with_is_opened(copied: Path) -> None:
    assert copied.is_dir()
    assert predict.main(["run", "new.csv"]) == 0
