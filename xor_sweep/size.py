"""How much a sweep will write: said before it starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xor_sweep.config.spec import LoggingSpec
from xor_sweep.log_points import log_points
from xor_sweep.logs.encode import event_bytes
from xor_sweep.plan import Chunk
from xor_sweep.structure import Structure
from xor_sweep.tags import histogram_sizes, ranking_tags, train_tags

FILES_OF_A_RUN = 4
"""`.hydra/config.yaml`, hydra.yaml and overrides.yaml, and result.json."""

EVENT_FILES = 2
"""That of the training, and that of the comparison with other runs, which is small."""

BYTES_OF_A_RUN = 5_500
"""What those take together, about; measured."""

MODEL_BYTES = 20_000
"""What `model.keras` and `model.json` take beside the weights, about; measured for a chain of dense layers."""

GRAPH_BYTES = 14_000
GRAPH_BYTES_OF_A_LAYER = 6_500
"""What a graph takes, about; measured for Adam."""


@dataclass(frozen=True, slots=True)
class Size:
    """What a set of chunks amounts to; `bytes` is an estimate, exact but for graph and configuration files."""

    runs: int
    structures: int
    chunks: int
    files: int
    bytes: int


def size_of(chunks: Sequence[Chunk], logging: LoggingSpec, save: str) -> Size:
    """What training these chunks will write into the runs' directories.

    Args:
        chunks: the runs.
        logging: theirs.
        save: `all` keeps a model a run; that of the best configuration is not counted.
    """
    runs = sum(len(chunk.specs) for chunk in chunks)
    structures = {chunk.structure for chunk in chunks}
    events = {structure: 0 if logging.off else event_file_bytes(structure, logging) for structure in structures}
    kept = [MODEL_BYTES + 4 * chunk.structure.facts.parameters for chunk in chunks for _ in chunk.specs]
    kept = kept if save == "all" else []
    return Size(
        runs=runs,
        structures=len(structures),
        chunks=len(chunks),
        files=runs * (FILES_OF_A_RUN + (0 if logging.off else EVENT_FILES)) + 2 * len(kept),
        bytes=sum(len(chunk.specs) * (events[chunk.structure] + BYTES_OF_A_RUN) for chunk in chunks) + sum(kept),
    )


def event_file_bytes(structure: Structure, logging: LoggingSpec) -> int:
    """The size of one run's event file."""
    layers = max(1, len(structure.facts.weights) // 2)
    graph = GRAPH_BYTES + GRAPH_BYTES_OF_A_LAYER * layers if logging.graph else 0
    points, sizes = log_points(logging, structure), histogram_sizes(structure)
    return event_bytes(points, ranking_tags(structure), train_tags(structure), sizes, graph)
