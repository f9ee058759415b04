"""What a chunk does: lanes in, segments out. Writes nothing; the only package that imports TensorFlow."""

from xor_sweep.training.compiled import compiled_with
from xor_sweep.training.graph import graph_of
from xor_sweep.training.inspect import inspect
from xor_sweep.training.keep import keep_model, score
from xor_sweep.training.program import Program, compile_program

__all__ = ["Program", "compile_program", "compiled_with", "graph_of", "inspect", "keep_model", "score"]
