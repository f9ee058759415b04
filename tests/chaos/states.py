"""What a sweep came to, to compare one that was never interrupted with one that was."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event

from xor_sweep.logs.append import event_files

OF_THE_MOMENT = ("started_at", "wall_s", "program_s", "overrides", "files", "seal")
"""Fields of a result that say when it was made, or that hold the word which tells two sweeps' directories apart."""


def state_of(sweep: Path) -> dict[str, dict[str, Any]]:
    """By run: its result, every event that it logged, and its model's weights, to the last bit and without times."""
    return {
        path.name: {"result": result_of(path), "events": events_of(path), "weights": weights_of(path)}
        for path in sorted(sweep.iterdir())
        if path.is_dir() and not path.name.startswith(".")
    }


def result_of(run: Path) -> dict[str, Any]:
    content = json.loads((run / "result.json").read_text())
    return {key: value for key, value in content.items() if key not in OF_THE_MOMENT}


def events_of(run: Path) -> list[bytes]:
    """What was logged, by step; the marks of files and of restarts aside.

    Within a segment, scalars are written before histograms, and where segments end is up to the clock.
    """
    found: list[tuple[int, bytes]] = []
    for path in event_files(run):
        for raw in RawEventFileLoader(str(path)).Load():
            event = Event.FromString(raw)
            if event.WhichOneof("what") not in ("file_version", "session_log"):
                event.wall_time = 0.0
                found.append((event.step, event.SerializeToString(deterministic=True)))
    return [event for _, event in sorted(found)]


def weights_of(run: Path) -> dict[str, bytes]:
    """The arrays in a kept model; none where none is kept."""
    found: dict[str, bytes] = {}
    if not (run / "model.keras").exists():
        return found
    with zipfile.ZipFile(run / "model.keras") as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as h5:
        h5.visititems(
            lambda name, item: found.update({name: item[()].tobytes()}) if isinstance(item, h5py.Dataset) else None
        )
    return found
