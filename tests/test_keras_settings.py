"""Settings of Keras that hold for a whole process: a sweep's numbers do not follow them in silence."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import pytest

from tests.command import environment
from xor_sweep import ConfigError, sweep
from xor_sweep.given import give_function
from xor_sweep.keras_settings import check_settings, with_settings


@pytest.fixture(autouse=True)
def as_they_were() -> Iterator[None]:
    yield
    keras.config.set_dtype_policy("float32")
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")


@pytest.mark.parametrize(
    ("name", "value"),
    [("dtype_policy", "mixed_bfloat16"), ("dtype_policy", "float64"), ("floatx", "float64"), ("epsilon", 1e-3)],
)
def test_a_setting_that_would_change_what_trains_is_refused(name: str, value: object, tmp_path: Path) -> None:
    check_settings()
    getattr(keras.config, f"set_{name}")(value)
    with pytest.raises(
        ConfigError, match=rf"^keras\.config\.{name}\(\) is {value}: .*; call keras\.config\.set_{name}"
    ):
        sweep({"steps": 5}, outputs=tmp_path, quiet=True)
    assert not list(tmp_path.iterdir())


def build(input_shape: tuple[int, ...], outputs: int) -> keras.Model:
    start = keras.Input(input_shape)
    return keras.Model(start, keras.layers.Dense(outputs)(start))


def test_where_pictures_have_their_channels_makes_a_function_another_one() -> None:
    last = give_function(build).source
    keras.config.set_image_data_format("channels_first")
    first = give_function(build).source
    keras.config.set_image_data_format("channels_last")
    assert give_function(build).source == last != first
    assert with_settings(last) == last


def test_a_process_without_keras_goes_by_its_file(tmp_path: Path) -> None:
    script = (
        "import sys; from xor_sweep.keras_settings import check_settings, with_settings\n"
        "print(with_settings('0'))\ncheck_settings()\nassert 'keras' not in sys.modules"
    )

    def asked(**settings: object) -> subprocess.CompletedProcess[str]:
        (tmp_path / "keras.json").write_text(json.dumps(settings))
        return subprocess.run(
            [sys.executable, "-c", script],
            env=environment({"KERAS_HOME": str(tmp_path)}),
            capture_output=True,
            text=True,
            check=False,
        )

    plain = asked(floatx="float32", epsilon=1e-7, backend="jax", image_data_format="channels_last")
    assert (plain.stdout, plain.returncode) == ("0\n", 0)
    assert asked(image_data_format="channels_first").stdout != plain.stdout
    assert (
        "keras.json: floatx is float64: networks train with 'float32' here; set it there"
        in asked(floatx="float64").stderr
    )


@pytest.mark.proof
def test_a_command_trains_with_tensorflow_whatever_the_environment_says(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "xor_sweep", "steps=50", "logging=off", f"outputs={tmp_path}"]
    done = subprocess.run(
        command, env=environment({"KERAS_BACKEND": "jax"}), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_process_whose_keras_has_another_backend_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(ConfigError, match=r"backend\(\) is jax: a sweep trains with TensorFlow; set KERAS_BACKEND="):
        sweep({"steps": 5}, outputs=tmp_path, quiet=True)


@pytest.mark.proof
def test_a_script_that_imported_keras_first_sees_nothing_of_the_compile_cache(tmp_path: Path) -> None:
    script = (
        f"import keras\nfrom xor_sweep import sweep\nsweep({{'steps': 50}}, outputs={str(tmp_path)!r}, overwrite=True)"
    )

    def logged() -> str:
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=environment({"XOR_SWEEP_COMPILE_CACHE": str(tmp_path / "cache")}),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stderr

    first, second = logged(), logged()
    assert list((tmp_path / "cache").rglob("*.pb")), "the second process took its program from the cache"
    for told in (first, second):
        assert "text_format" not in told
        assert "cpu_aot_loader" not in told
        assert "XLA service" not in told
