"""What a run is: the typed schema of conf/, the frozen `RunSpec` behind it, and its identity."""

from xor_sweep.config.identity import canonical, identity
from xor_sweep.config.parse import parse
from xor_sweep.config.spec import DataSpec, LoggingSpec, NetworkSpec, OptimizerSpec, RunSpec, Settings

__all__ = [
    "DataSpec",
    "LoggingSpec",
    "NetworkSpec",
    "OptimizerSpec",
    "RunSpec",
    "Settings",
    "canonical",
    "identity",
    "parse",
]
