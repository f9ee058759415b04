"""A hyperparameter sweep for Keras that is one program.

Runs that differ only in numbers train as lanes of one compiled TensorFlow program, and each of them still ends as an
ordinary Hydra run directory with its own TensorBoard log. The command is `python -m xor_sweep`.
"""

__version__ = "0.1.0"
