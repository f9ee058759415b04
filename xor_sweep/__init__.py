"""A hyperparameter sweep for Keras that is one program.

Runs that differ only in numbers train as lanes of one compiled TensorFlow program, and each of them still ends as an
ordinary Hydra run directory with its own TensorBoard log. The command is `python -m xor_sweep`; from Python it is
`sweep`, and `load_results` and `load_history` read what a sweep left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xor_sweep.errors import ConfigError, SweepError

if TYPE_CHECKING:
    from xor_sweep.api import load_history, load_results, sweep

__all__ = ["ConfigError", "SweepError", "__version__", "load_history", "load_results", "sweep"]

__version__ = "0.2.0"


def __getattr__(name: str) -> Any:
    """What is public, imported when it is asked for: `import xor_sweep` takes no time."""
    if name not in __all__:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    from xor_sweep import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
