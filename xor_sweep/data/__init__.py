"""The points that networks learn: read, split, and turned into numbers."""

from xor_sweep.data.columns import Column
from xor_sweep.data.dataset import Dataset, Part, dataset, remember
from xor_sweep.data.errors import DataError
from xor_sweep.data.function import begin_command
from xor_sweep.data.given import give
from xor_sweep.data.preprocessing import Preprocessing
from xor_sweep.data.read import content, with_content
from xor_sweep.data.truth_table import points

__all__ = [
    "Column",
    "DataError",
    "Dataset",
    "Part",
    "Preprocessing",
    "begin_command",
    "content",
    "dataset",
    "give",
    "points",
    "remember",
    "with_content",
]
