"""What may be called from a configuration, decided before anything is imported."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.config.test_parse import refusal
from tests.specs import spec
from xor_sweep.config import Call
from xor_sweep.config.trust import callable_node, check_trusted
from xor_sweep.errors import ConfigError

PLACES = ("network._target_", "loss._target_", "metrics.0._target_", "data._target_")
FOREIGN = ["os.system", "builtins.exec", "subprocess.run", "numpy.load", "pickle.loads", "hydra.utils.call"]
OF_KERAS = [
    "keras.utils.get_file",
    "keras.saving.load_model",
    "keras.models.load_model",
    "keras.config.enable_unsafe_deserialization",
    "keras.src.utils.file_utils.os.system",
    "keras.losses.deserialize",
    "keras.metrics.get",
    "keras.applications.__builtins__.exec",
    "keras.losses.Huber.__init__.__globals__",
    "keras._tf_keras.keras.losses.Huber",
    "keras.losses",
]
NO_NAMES: list[Any] = [
    "build",
    "a b.c",
    ".a",
    "a.",
    "a..b",
    "a.b()",
    "os.system;x",
    "ä.b",
    3,
    ["a.b"],
    {"a": "b"},
    True,
]


@pytest.mark.parametrize("key", PLACES)
@pytest.mark.parametrize("target", FOREIGN)
def test_what_others_wrote_is_refused_without_a_word_on_how_to_trust_it(key: str, target: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check_trusted(key, target, ["mine"])
    assert str(refused.value).startswith(f"{key}={target}: module {target.split('.')[0]} is not trusted")
    assert "trusted_modules=" not in str(refused.value)


@pytest.mark.parametrize("key", PLACES)
def test_a_module_of_ones_own_is_refused_with_what_to_add(key: str) -> None:
    with pytest.raises(ConfigError, match=r"module my_project is not trusted; add trusted_modules=\[my_project\]"):
        check_trusted(key, "my_project.models.build", [])


@pytest.mark.parametrize("key", PLACES)
@pytest.mark.parametrize("target", OF_KERAS)
def test_of_keras_only_what_the_node_is_for_is_called(key: str, target: str) -> None:
    with pytest.raises(ConfigError, match="of Keras it takes"):
        check_trusted(key, target, [])


@pytest.mark.parametrize(
    ("key", "target"),
    [
        ("loss._target_", "keras.losses.Huber"),
        ("loss._target_", "keras.losses.huber"),
        ("metrics.3._target_", "keras.metrics.PrecisionAtRecall"),
        ("data._target_", "keras.datasets.mnist.load_data"),
        ("network._target_", "keras.applications.MobileNet"),
        ("network._target_", "keras.applications.resnet.ResNet50"),
    ],
)
def test_keras_needs_no_trust(key: str, target: str) -> None:
    check_trusted(key, target, [])


@pytest.mark.parametrize("target", NO_NAMES)
def test_what_is_no_dotted_name_is_refused(target: Any) -> None:
    with pytest.raises(ConfigError, match="takes a function's dotted name"):
        check_trusted("network._target_", target, ["a", "build", "os"])


@pytest.mark.parametrize("target", ["", None, "???"])
def test_no_name_is_refused(target: Any) -> None:
    with pytest.raises(ConfigError, match="names no function"):
        check_trusted("network._target_", target, [])


@pytest.mark.parametrize(
    ("trusted", "target", "taken"),
    [
        ("my_project", "my_project.models.build", True),
        ("my_project.models", "my_project.models.build", True),
        ("my_project.models", "my_project.data.load", False),
        ("my_project", "my_project2.build", False),
        ("my_proj", "my_project.build", False),
        ("my_project.mod", "my_project.models.build", False),
        ("my_project.models.build", "my_project.models.build", False),
    ],
)
def test_whole_parts_of_a_name_are_compared(trusted: str, target: str, taken: bool) -> None:
    if taken:
        check_trusted("network._target_", target, [trusted])
    else:
        with pytest.raises(ConfigError, match="is not trusted"):
            check_trusted("network._target_", target, [trusted])


@pytest.mark.parametrize(
    "key", ["_target_", "x._target_", "network.a._target_", "optimizer._target_", "metrics._target_", "hydra._target_"]
)
def test_nothing_is_called_elsewhere(key: str) -> None:
    assert callable_node(key) is None


@pytest.mark.parametrize("trusted", [[""], ["*"], ["a b"], ["."], ["a."], ["my_project/models"], ["my-project"]])
def test_trusted_modules_are_modules_names(trusted: list[str]) -> None:
    assert refusal({"trusted_modules": trusted}).startswith("trusted_modules=")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of the user's that leaves a file where it is imported."""
    package = tmp_path / "user_project"
    package.mkdir()
    effect = f"from pathlib import Path\nPath({str(tmp_path / 'imported')!r}).touch()\n"
    (package / "__init__.py").write_text(effect)
    (package / "models.py").write_text(effect + "def build(**arguments): ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.parametrize("trusted", [[], ["user_project"]])
def test_nothing_is_imported_while_a_configuration_is_read(project: Path, trusted: list[str]) -> None:
    node = {"_target_": "user_project.models.build", "units": 3}
    if trusted:
        network = spec(network=node, trusted_modules=trusted).network
        assert isinstance(network, Call)
        assert len(network.source) == 64
    else:
        assert "add trusted_modules=[user_project]" in refusal({"network": node})
    assert not (project / "imported").exists()
    assert "user_project" not in sys.modules


def test_the_source_of_a_function_is_part_of_it(project: Path) -> None:
    node = {"_target_": "user_project.models.build"}
    before = spec(network=node, trusted_modules=["user_project"]).network
    (project / "user_project" / "models.py").write_text("def build(**arguments): return 1\n")
    after = spec(network=node, trusted_modules=["user_project"]).network
    assert before != after


def test_a_module_that_is_not_there_is_named_with_its_key() -> None:
    line = refusal({"network": {"_target_": "not_there_at_all.build"}, "trusted_modules": ["not_there_at_all"]})
    assert line.startswith("network._target_=not_there_at_all.build: no module not_there_at_all")


@pytest.mark.parametrize(
    ("argument", "key"),
    [
        ({"_target_": "os.system"}, "network.x._target_"),
        ([{"_target_": "os.system"}], "network.x.0._target_"),
        ({"_partial_": True}, "network.x._partial_"),
        (float("nan"), "network.x=nan"),
        ([float("inf")], "network.x.0=inf"),
        ({1: 2}, "network.x.1"),
        ("???", "network.x: has no value"),
    ],
)
def test_arguments_are_plain_values(argument: Any, key: str) -> None:
    node = {"_target_": "tests.config.own.build", "x": argument}
    assert refusal({"network": node, "trusted_modules": ["tests"]}).startswith(key)
