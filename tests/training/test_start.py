from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from tests.specs import spec, structure
from tests.training.trained import train
from xor_sweep.calls import Call
from xor_sweep.config.schema import INITIALIZERS
from xor_sweep.tags import weight_tags
from xor_sweep.training.network import build_network, network_of
from xor_sweep.training.start import UNIT, start_weights

WIDE = {"data": "parity", "data.bits": 6, "network.hidden": [20]}


def drawn(seeds: list[int], scales: list[float] | None = None, **values: Any) -> list[NDArray[np.float32]]:
    """Weights and biases `(…, lanes)` of the default network, or of another one."""
    network = network_of(structure(spec({key.replace("__", "."): value for key, value in values.items()})))
    draw = start_weights(network.model, network.initializers, set(network.scaled))
    tensors = draw(tf.constant(seeds, tf.int32), tf.constant(scales or [1.0] * len(seeds), tf.float32))
    return [np.moveaxis(tensor.numpy(), 0, -1) for tensor in tensors]


def wide(initializer: str, seeds: int = 60) -> NDArray[np.float32]:
    """First-layer kernels `(6, 20, seeds)`."""
    values = {**WIDE, "network.kernel_initializer": initializer}
    return drawn(list(range(seeds)), **{key.replace(".", "__"): value for key, value in values.items()})[0]


def test_start_weights_and_biases_are_standard_normal_over_many_seeds() -> None:
    for tensor in drawn(list(range(2_000))):
        assert abs(tensor.mean()) < 0.08
        assert abs(tensor.std() - 1) < 0.05
        assert 0.6 < np.mean(np.abs(tensor) < 1) < 0.76


def test_neighbouring_seeds_are_not_correlated() -> None:
    for tensor in drawn(list(range(2_000))):
        flat = tensor.reshape(-1, 2_000)
        for row in flat:
            assert abs(np.corrcoef(row[1:], row[:-1])[0, 1]) < 0.1


def test_the_numbers_of_one_lane_are_not_correlated_with_each_other() -> None:
    flat = np.concatenate([tensor.reshape(-1, 2_000) for tensor in drawn(list(range(2_000)))])
    assert len(flat) == 9
    assert np.abs(np.corrcoef(flat) - np.eye(9)).max() < 0.1


def test_a_lanes_draw_does_not_depend_on_its_neighbours() -> None:
    alone = drawn([7])
    for seeds in ([7, 1, 2], [3, 9, 7], [7] * 16, list(range(50))):
        place = seeds.index(7)
        for mine, all_of_them in zip(alone, drawn(seeds), strict=True):
            assert np.array_equal(mine[..., 0], all_of_them[..., place])


def test_the_largest_seed_draws() -> None:
    first, second = drawn([2**31 - 1, 2**31 - 2])[0].reshape(4, 2).T
    assert np.isfinite(first).all()
    assert not np.array_equal(first, second)


def test_scale_multiplies_the_draw() -> None:
    for one, scaled in zip(drawn([3, 3]), drawn([3, 3], [0.5, 4.0]), strict=True):
        assert np.array_equal(scaled, one * np.array([0.5, 4.0], np.float32))


def test_a_program_starts_from_the_draw() -> None:
    runs = [spec({"network.init_scale": scale}, seed=seed, steps=1) for seed, scale in ((1, 1.0), (2, 0.25))]
    [first, *_], _ = train(runs, np.array([0]), np.array([0]))
    for tag, tensor in zip(weight_tags(structure(runs[0])), drawn([1, 2], [1.0, 0.25]), strict=True):
        assert np.array_equal(first.snapshots[tag][0], tensor.reshape(-1, 2).T)


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_weights_are_distributed_as_keras_draws_them(initializer: str) -> None:
    ours = np.sort(wide(initializer).ravel())
    config = UNIT.get(initializer, {})
    made = keras.initializers.get({"class_name": initializer, "config": config})
    if hasattr(made, "seed"):
        draws = [type(made)(**config, seed=seed)((6, 20)) for seed in range(60)]
    else:
        draws = [made((6, 20))] * 60
    theirs = np.sort(np.ravel(draws))
    assert ours.mean() == pytest.approx(theirs.mean(), abs=0.05)
    assert ours.std() == pytest.approx(theirs.std(), rel=0.05)
    assert kolmogorov_smirnov(ours, theirs) < 1.63 * np.sqrt(2 / ours.size)


def kolmogorov_smirnov(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """The largest distance between the distribution functions of two sorted samples."""
    both = np.concatenate([first, second])
    shares = [np.searchsorted(sample, both, side="right") / len(sample) for sample in (first, second)]
    return float(np.abs(shares[0] - shares[1]).max())


@pytest.mark.parametrize(
    ("initializer", "bound"),
    [
        ("glorot_uniform", np.sqrt(6 / 26)),
        ("he_uniform", np.sqrt(6 / 6)),
        ("lecun_uniform", np.sqrt(3 / 6)),
        ("random_uniform", 1.0),
        ("truncated_normal", 2.0),
    ],
)
def test_bounded_distributions_fill_their_bounds(initializer: str, bound: float) -> None:
    largest = np.abs(wide(initializer)).max()
    assert 0.95 * bound < largest <= bound * (1 + 1e-6)


def test_zeros_are_zeros_and_ones_are_ones() -> None:
    kernel, bias, *_ = drawn([1, 2], network__kernel_initializer="ones", network__bias_initializer="zeros")
    assert (kernel == 1).all()
    assert (bias == 0).all()


def test_weights_do_not_depend_on_how_biases_are_drawn() -> None:
    normal, zeros = drawn([5]), drawn([5], network__bias_initializer="zeros")
    assert np.array_equal(normal[0], zeros[0])
    assert np.array_equal(normal[2], zeros[2])


class Halves(keras.initializers.Initializer):  # type: ignore[misc]  # keras has no types
    """An initializer of the user's whose configuration leaves its state out."""

    def __init__(self, half: float = 1.0, seed: int | None = None) -> None:
        self.half, self.seed = half, seed

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        return keras.random.uniform(shape, -self.half, self.half, dtype=dtype, seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}


def halved(input_shape: tuple[int, ...], outputs: int) -> keras.Model:
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(outputs, kernel_initializer=Halves(0.125))])


def test_a_seeded_initializer_of_the_users_draws_as_it_was_made() -> None:
    network = build_network(Call(f"{__name__}.halved"), (500,), 1, "")
    draw = start_weights(network.model, network.initializers)
    kernels = np.asarray(draw(np.array([1, 2], np.int32), np.ones(2, np.float32))[0])
    assert 0.12 < np.abs(kernels).max() <= 0.125
    assert not np.array_equal(kernels[0], kernels[1])
