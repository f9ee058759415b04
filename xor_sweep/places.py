"""Where the package finds its own configuration: beside itself when installed, at the top of a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
HOME = PACKAGE if (PACKAGE / "conf").is_dir() else PACKAGE.parent

CONF = HOME / "conf"
"""What a run is: Hydra's config groups."""

SWEEPS = HOME / "sweeps"
"""Which runs: the config group `sweep`, one file a named sweep."""
