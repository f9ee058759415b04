"""The engine of tests that train in their own process."""

from __future__ import annotations

import atexit

from xor_sweep.executors.threads import Threads

ENGINE = Threads()
atexit.register(ENGINE.close)
