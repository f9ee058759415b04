"""Ctrl-C in a terminal reaches every process of a command; none of them answers with a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.command import begin, environment
from xor_sweep.stopping import Interrupted, held, unmasked


@pytest.mark.parametrize("seconds", [0.15, 0.5, 1.5, 3.0])
def test_whenever_it_comes_it_is_no_traceback(seconds: float, tmp_path: Path) -> None:
    process = begin("-m", "lr=0.1,0.01", "steps=1000000", "logging=off", cwd=tmp_path, group=True)
    try:
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, err) == (130, ""), out


def test_an_interrupt_stays_one_where_cleaning_up_fails() -> None:
    def work() -> None:
        with ExitStack() as stack:
            stack.callback({}.pop, "a flag")
            raise Interrupted(signal.SIGINT)

    with pytest.raises(Interrupted), unmasked():
        work()


def test_an_error_that_no_interrupt_led_to_stays_what_it_is() -> None:
    with pytest.raises(KeyError, match="a flag"), unmasked():
        {}.pop("a flag")


def test_what_is_ignored_stays_ignored(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "xor_sweep", "-m", "lr=0.1,0.01", "steps=20", "save=none"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),  # as nohup does
    )
    try:
        for _ in range(20):
            time.sleep(0.1)
            process.send_signal(signal.SIGHUP)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, err) == (0, ""), out


def test_a_signal_that_is_held_back_comes_afterwards() -> None:
    behind: list[str] = []

    def interrupted() -> None:
        with held():
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
            behind.append("the block")
        behind.append("more")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert behind == ["the block"]
