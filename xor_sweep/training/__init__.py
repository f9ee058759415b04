"""What a chunk does: lanes in, segments out. Writes nothing; the only package that imports TensorFlow."""

from xor_sweep.training.graph import graph_of
from xor_sweep.training.keep import keep_model, score
from xor_sweep.training.program import Ending, Program, Segment, compile_program

__all__ = ["Ending", "Program", "Segment", "compile_program", "graph_of", "keep_model", "score"]
