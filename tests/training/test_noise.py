"""The noise of dropout: the published generator, and masks that meet their rate."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from xor_sweep.training.noise import mask, threefry


@pytest.mark.parametrize(
    ("key", "counter", "words"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_threefry_gives_the_published_words(
    key: tuple[int, int], counter: tuple[int, int], words: tuple[int, int]
) -> None:
    """The known answers of `threefry2x32` with 20 rounds in Random123's kat_vectors."""
    found = threefry(*((tf.constant(a, tf.uint32), tf.constant(b, tf.uint32)) for a, b in (key, counter)))
    assert tuple(int(word) for word in found) == words


def drawn(
    seed: int = 1, number: int = 0, step: int = 0, shape: tuple[int, ...] = (64, 100), rate: float = 0.3
) -> NDArray[np.float32]:
    values: NDArray[np.float32] = mask(tf.constant(seed), number, tf.constant(step), shape, tf.constant(rate)).numpy()
    return values


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.3, 0.5, 0.95])
def test_a_mask_meets_its_rate_and_keeps_the_mean(rate: float) -> None:
    values = np.stack([drawn(step=step, shape=(101, 99), rate=rate) for step in range(20)])
    deviation = np.sqrt(rate * (1 - rate) / values.size)
    assert abs(np.mean(values == 0) - rate) <= 4 * deviation + 1 / 65_536
    assert np.unique(values[values > 0]) == pytest.approx([1 / (1 - rate)], rel=1e-6)


def test_masks_differ_by_seed_number_and_step_and_by_nothing_else() -> None:
    masks = [drawn(), drawn(seed=2), drawn(seed=2**31 - 1), drawn(number=1), drawn(step=1), drawn(step=10**9)]
    assert len({values.tobytes() for values in masks}) == len(masks)
    assert drawn().tobytes() == masks[0].tobytes()
    for other in masks[1:]:
        assert abs(np.corrcoef(masks[0].ravel(), other.ravel())[0, 1]) < 0.06


def test_neighbouring_places_and_steps_are_not_correlated() -> None:
    values = np.stack([drawn(step=step, shape=(1, 400)).ravel() for step in range(200)])
    for first, second in (
        (values[1:], values[:-1]),
        (values[:, 1:], values[:, :-1]),
        (values[:, 100:], values[:, :-100]),
    ):
        assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.02
