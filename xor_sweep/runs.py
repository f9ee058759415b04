"""What a run and a sweep leave on disk: the one module that spells file names."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from xor_sweep.durable import partial
from xor_sweep.foreign import links_in
from xor_sweep.names import MOST_BYTES, key_name


@dataclass(frozen=True, slots=True)
class RunPaths:
    """The files of one run directory."""

    directory: Path

    @property
    def name(self) -> str:
        """The run's name, which TensorBoard shows."""
        return self.directory.name

    @property
    def hydra(self) -> Path:
        """Hydra's record of the run's configuration."""
        return self.directory / ".hydra"

    @property
    def config(self) -> Path:
        """The composed configuration."""
        return self.hydra / "config.yaml"

    @property
    def hydra_config(self) -> Path:
        """Hydra's own node of the configuration."""
        return self.hydra / "hydra.yaml"

    @property
    def overrides(self) -> Path:
        """The overrides that the run was asked for with."""
        return self.hydra / "overrides.yaml"

    @property
    def error(self) -> Path:
        """The traceback of a failed run."""
        return self.directory / "error.txt"

    @property
    def result(self) -> Path:
        """The result, written last; its presence says that the run is finished."""
        return self.directory / "result.json"

    @property
    def partial_result(self) -> Path:
        """The result while it is written."""
        return partial(self.result)

    @property
    def model(self) -> Path:
        """The trained network as a Keras model that takes raw rows."""
        return self.directory / "model.keras"

    @property
    def model_facts(self) -> Path:
        """What the model does not say itself: its columns, its classes."""
        return self.directory / "model.json"

    @property
    def links(self) -> list[Path]:
        """The links in place of the run directory, in it, and in its `.hydra/`."""
        found = links_in(self.directory)
        return found or links_in(self.hydra)

    @property
    def owned(self) -> tuple[Path, ...]:
        """What the run itself writes, event files aside; anything else in the directory is a person's."""
        files = (self.error, self.model, self.model_facts, self.result)
        return (self.hydra, *files, *map(partial, files))


@dataclass(frozen=True, slots=True)
class SweepPaths:
    """The files of one sweep directory."""

    directory: Path

    def run(self, name: str) -> RunPaths:
        """The paths of the run of that name."""
        return RunPaths(self.directory / name)

    @property
    def too_long(self) -> bool:
        """Whether the path, or that of what lies deepest below it, is longer than the system takes."""
        path = self.directory.absolute()
        longest = max(len(os.fsencode(part)) for part in path.parts)
        deepest = len(os.fsencode(path)) + 3 * (MOST_BYTES + 1)
        return longest > MOST_BYTES or deepest > os.pathconf("/", "PC_PATH_MAX")

    def entries(self) -> dict[str, bool]:
        """Every name in the directory, and whether it is that of a directory itself and not of a link to one."""
        if not self.directory.is_dir():
            return {}
        with os.scandir(self.directory) as entries:
            return {entry.name: _is_directory(entry) for entry in entries}

    def runs(self) -> list[RunPaths]:
        """Every run directory, finished or not, in the order of their names; a link to a directory is none.

        A link may lead anywhere, and what belongs to a run is written and removed.
        """
        names = (name for name, is_directory in self.entries().items() if is_directory)
        return [self.run(name) for name in sorted(names) if not name.startswith(".")]

    @property
    def state(self) -> Path:
        """What the sweep knows about itself; nothing that TensorBoard would read."""
        return self.directory / ".sweep"

    @property
    def manifest(self) -> Path:
        """The keys that were swept into this directory, as JSON."""
        return self.state / "manifest.json"

    @property
    def multirun(self) -> Path:
        """Hydra's record of the latest command."""
        return self.directory / "multirun.yaml"

    @property
    def lock(self) -> Path:
        """What the sweeping process holds, with its pid and host."""
        return self.state / "lock"

    def owner(self, number: int) -> Path:
        """What says which process sweeps, where the file system has no locks: the file of the latest number does."""
        return self.state / f"owner.{number}"

    def owners(self) -> list[int]:
        """The numbers of the owner files that are there, the latest last."""
        found = (re.fullmatch(r"owner\.(\d+)", path.name) for path in self.state.iterdir())
        return sorted(int(match[1]) for match in found if match)

    @property
    def clock(self) -> Path:
        """What is written to ask the file system what time it is."""
        return self.state / "clock"

    @property
    def checkpoints(self) -> Path:
        """Where training stands that has not come to its end, a file a chunk."""
        return self.state / "checkpoints"

    @property
    def replaced(self) -> Path:
        """Where run directories wait while the runs that replace them train."""
        return self.state / "replaced"

    @property
    def summary_csv(self) -> Path:
        """The ranked runs, a row each."""
        return self.directory / "summary.csv"

    @property
    def summary_json(self) -> Path:
        """The ranked runs, an object each."""
        return self.directory / "summary.json"

    @property
    def summary_md(self) -> Path:
        """The ranked runs as a Markdown table."""
        return self.directory / "summary.md"

    @property
    def report(self) -> Path:
        """The comparison as a page for a browser."""
        return self.directory / "report.html"

    @property
    def best(self) -> Path:
        """The configuration that trains the best configuration's run again."""
        return self.directory / "best.yaml"

    @property
    def cost_plot(self) -> Path:
        """Cost over steps."""
        return self.directory / "cost.png"

    def key_plot(self, key: str) -> Path:
        """Final cost over a swept numeric key."""
        return self.directory / f"final_cost_by_{key_name(key)}.png"

    def pair_plot(self, first: str, second: str) -> Path:
        """Median of the final cost over two swept numeric keys."""
        return self.directory / f"final_cost_map_{key_name(first)}+{key_name(second)}.png"

    def plots(self) -> set[Path]:
        """The pictures that are there, of this summary and of earlier ones."""
        named = (
            self.directory.glob(pattern) for pattern in ("cost.png", "final_cost_by_*.png", "final_cost_map_*.png")
        )
        return {path for found in named for path in found}


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:  # gone meanwhile
        return False


def links_below(sweep: SweepPaths) -> list[Path]:
    """Every link in a sweep directory in whose place a run, or the sweep itself, would write."""
    runs = [link for paths in sweep.runs() for link in paths.links]
    return [*links_in(sweep.state), *links_in(sweep.directory.resolve()), *runs]
