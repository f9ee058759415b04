"""The network: a chain of dense layers, or a function of the user's that builds one."""

from __future__ import annotations

from dataclasses import dataclass

from xor_sweep.config.limits import limited
from xor_sweep.config.schema.words import ACTIVATIONS, INITIALIZERS, OUTPUT_ACTIVATIONS


@dataclass
class NetworkConf:
    """A chain of dense layers and an output layer that follows the data's task."""

    hidden: list[int] = limited([2], at_least=1, at_most=65_536, example="[2]")
    activation: str = limited("sigmoid", choices=ACTIVATIONS)
    kernel_initializer: str = limited("random_normal", choices=INITIALIZERS)
    bias_initializer: str = limited("random_normal", choices=INITIALIZERS)
    init_scale: float = limited(1.0, above=0, example="1.0")
    dropout: float = limited(0.0, at_least=0, below=1, example="0.2")
    batch_normalization: bool = False
    l1: float = limited(0.0, at_least=0, example="1e-4")
    l2: float = limited(0.0, at_least=0, example="1e-4")
    output_units: int | None = limited(None, at_least=1, at_most=65_536, example="1")
    output_activation: str | None = limited(None, choices=OUTPUT_ACTIVATIONS)
