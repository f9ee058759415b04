"""Keras's settings of a process on which networks depend: set by calls, or in the user's `keras.json`."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from xor_sweep.errors import ConfigError

BACKEND = "tensorflow"

DEFAULTS = {
    "dtype_policy": "float32",
    "floatx": "float32",
    "epsilon": 1e-7,
}
"""What networks train with here. `keras.json` has no `dtype_policy`."""

CHANNELS_LAST = "channels_last"


def check_settings() -> None:
    """Refuse settings with which Keras would train other numbers than those of the runs' identities.

    Raises:
        ConfigError: if the backend is not TensorFlow, or if the dtype policy, the float type or epsilon is not Keras's
            default.
    """
    keras = _keras()
    if keras is not None and (backend := keras.config.backend()) != BACKEND:
        raise ConfigError(
            f"keras.config.backend() is {backend}: a sweep trains with TensorFlow; "
            "set KERAS_BACKEND=tensorflow before Keras is imported"
        )
    settings = _of_file() if keras is None else _of_process(keras)
    for name, default in DEFAULTS.items():
        if (value := settings.get(name, default)) != default:
            where = f"keras.json: {name} is {value}" if keras is None else f"keras.config.{name}() is {value}"
            remedy = "set it there" if keras is None else f"call keras.config.set_{name}({default!r})"
            raise ConfigError(f"{where}: networks train with {default!r} here; {remedy}")


def with_settings(digest: str) -> str:
    """Return the hash of a function, in hex, with what else its network depends on.

    That is where pictures have their channels if a layer does not say it. Keras's default leaves the hash as it is.
    """
    keras = _keras()
    found = _of_file().get("image_data_format") if keras is None else keras.config.image_data_format()
    if found in (None, CHANNELS_LAST):
        return digest
    return hashlib.sha256(f"{digest} {found}".encode()).hexdigest()


def _keras() -> Any:
    """Keras, if something has imported it."""
    keras = sys.modules.get("keras")
    return keras if hasattr(keras, "config") else None


def _of_process(keras: Any) -> dict[str, Any]:
    config = keras.config
    return {"dtype_policy": config.dtype_policy().name, "floatx": config.floatx(), "epsilon": config.epsilon()}


def _of_file() -> dict[str, Any]:
    """What `keras.json` says, which Keras reads when it is imported; {} if there is none that it could read."""
    home = Path(os.environ.get("KERAS_HOME") or Path("~/.keras")).expanduser()
    try:
        found = json.loads((home / "keras.json").read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
