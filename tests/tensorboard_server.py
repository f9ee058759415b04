"""A real TensorBoard to ask, on localhost."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

_PATIENCE = 90.0  # seconds; a busy machine takes 15 to start TensorBoard


@contextmanager
def serve(logdir: Path, load_fast: bool) -> Iterator[str]:
    """The URL of a TensorBoard that has loaded `logdir`, e.g. `http://localhost:43211`; it reads the files once.

    `load_fast` chooses between its two loaders, the data server in Rust and the one in Python. On leaving, the
    process and the data server that it started have ended.

    Raises:
      TimeoutError: it does not answer or does not come to rest; the message holds what it printed.
    """
    options = ["--host", "localhost", "--port", "0", "--reload_interval", "0"]
    loader = ["--load_fast=true"] if load_fast else ["--load_fast=false", "--reload_task=blocking"]
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir), *options, *loader],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            address = re.compile(r"http://localhost:\d+")
            url = _until(lambda: address.search(_printed(output)), process, output)[0]
            _wait_until_loaded(url, logdir, process, output)
            yield url
        finally:
            _end(process)


def ask(url: str, route: str, **query: str) -> Any:
    """What TensorBoard answers, parsed: `ask(url, "plugin/scalars/scalars", run="lr=0.1", tag="cost")`."""
    with urlopen(f"{url}/data/{route}?{urlencode(query)}", timeout=_PATIENCE) as answer:
        return json.load(answer)


def _wait_until_loaded(url: str, logdir: Path, process: subprocess.Popen[bytes], output: Any) -> None:
    """Until every directory with an event file is a run, and then until two looks show the same tags and points."""
    wanted = {str(path.parent.relative_to(logdir)) for path in logdir.rglob("*tfevents*") if path.stat().st_size > 0}
    looks: list[Any] = [None]

    def at_rest() -> bool:
        if not wanted <= set(ask(url, "runs")):
            return False
        scalars = ask(url, "plugin/scalars/tags")
        points = [
            len(ask(url, "plugin/scalars/scalars", run=run, tag=tag)) for run, tags in scalars.items() for tag in tags
        ]
        looks.append((scalars, points, ask(url, "plugin/histograms/tags")))
        return bool(looks[-1] == looks[-2])

    _until(at_rest, process, output)


def _until(condition: Any, process: subprocess.Popen[bytes], output: Any) -> Any:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        if outcome := condition():
            return outcome
        time.sleep(0.2)
    raise TimeoutError(f"TensorBoard is not ready (exit code {process.poll()}); it printed:\n{_printed(output)}")


def _printed(output: Any) -> str:
    output.seek(0)
    return str(output.read())


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and its data server: they are a process group of their own."""
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal_number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
            break
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
