"""Start weights: each lane's own, drawn from its own seed by Keras's initializers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from xor_sweep.plan import Structure
from xor_sweep.training.lanes import lanes_last

UNIT: dict[str, dict[str, float]] = {
    "random_normal": {"stddev": 1.0},
    "random_uniform": {"minval": -1.0, "maxval": 1.0},
    "truncated_normal": {"stddev": 1.0},
}
"""Keras's plain distributions at unit scale; `init_scale` multiplies whatever was drawn."""


class LaneSeed(keras.random.SeedGenerator):  # type: ignore[misc]  # keras has no types
    """A seed that is a tensor, so that one traced function draws for every lane."""

    def __init__(self, seed: tf.Tensor) -> None:
        self.lane_seed = seed  # without super().__init__, which would make a variable for each lane

    def next(self, ordered: bool = True) -> tf.Tensor:
        """The seed pair itself; each tensor of a lane is drawn once."""
        del ordered
        return self.lane_seed


def initializer(name: str, seed: tf.Tensor) -> Any:
    """Keras's initializer of that name, drawing from `seed`, int32 `(2,)`."""
    chosen = keras.initializers.get({"class_name": name, "config": UNIT.get(name, {})})
    if hasattr(chosen, "seed"):
        chosen.seed = LaneSeed(seed)
    return chosen


def start_weights(structure: Structure) -> Callable[[tf.Tensor, tf.Tensor], list[tf.Tensor]]:
    """A function that draws start weights: `draw(seeds, scales)`, int32 and float32 `(lanes,)`.

    It returns weights and biases in the model's order, each `(…, lanes)`. A lane's draw depends on its own seed
    alone: tensor number k of a network draws from the pair (seed, k).
    """
    shapes = list(itertools.pairwise(structure.units))

    def one_lane(lane: tuple[tf.Tensor, tf.Tensor]) -> list[tf.Tensor]:
        seed, scale = lane
        drawn = []
        for layer, (n_in, n_out) in enumerate(shapes):
            kernel = initializer(structure.kernel_initializer, tf.stack([seed, 2 * layer]))
            bias = initializer(structure.bias_initializer, tf.stack([seed, 2 * layer + 1]))
            drawn += [kernel((n_in, n_out), "float32") * scale, bias((n_out,), "float32") * scale]
        return drawn

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]  # tensorflow has no types
    def draw(seeds: tf.Tensor, scales: tf.Tensor) -> list[tf.Tensor]:
        stacked = tf.map_fn(one_lane, (seeds, scales), fn_output_signature=[tf.float32] * (2 * len(shapes)))
        return lanes_last(stacked)

    return draw  # type: ignore[no-any-return]
