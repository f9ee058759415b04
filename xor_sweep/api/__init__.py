"""Use from Python: sweep, and read back what a sweep left."""

from xor_sweep.api.history import load_history
from xor_sweep.api.results import load_results
from xor_sweep.api.sweeping import sweep

__all__ = ["load_history", "load_results", "sweep"]
