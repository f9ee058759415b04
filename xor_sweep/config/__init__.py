"""What a run is: the typed schema of conf/, the frozen `RunSpec` behind it, and its identity."""

from xor_sweep.calls import Call
from xor_sweep.config.identity import (
    batch_order,
    calls_of,
    canonical,
    codes_of,
    earlier_identity,
    file_identity,
    identity,
)
from xor_sweep.config.once import Once
from xor_sweep.config.parse import parse
from xor_sweep.config.spec import (
    DataSpec,
    EarlyStoppingSpec,
    LoggingSpec,
    NetworkSpec,
    OptimizerSpec,
    RunSpec,
    ScheduleSpec,
    Settings,
    TrainingSpec,
)

__all__ = [
    "Call",
    "DataSpec",
    "EarlyStoppingSpec",
    "LoggingSpec",
    "NetworkSpec",
    "Once",
    "OptimizerSpec",
    "RunSpec",
    "ScheduleSpec",
    "Settings",
    "TrainingSpec",
    "batch_order",
    "calls_of",
    "canonical",
    "codes_of",
    "earlier_identity",
    "file_identity",
    "identity",
    "parse",
]
