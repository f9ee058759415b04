"""Tensors -> the buckets of TensorBoard's v1 `HistogramProto`, and the proto's bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xor_sweep.logs.records import Part
from xor_sweep.logs.wire import items, prefixed

MOST_BUCKETS = 30  # what tf.summary.histogram makes, and how many bins the Histograms dashboard draws
MOST_SPIKES = 15  # tensors of so many values take fewer bytes with a bucket a value than with MOST_BUCKETS
SPIKE = 1e-3  # a value's bucket, as a share of the tensor's range: narrower than what a dashboard draws


@dataclass(frozen=True)
class Histogram:
    """Buckets of tensors `(...)`: `limits` and `counts` are float64 `(..., buckets)`, the others float64 `(...)`.

    A bucket reaches from the limit before it, or the minimum, to its own limit; the last limit is the maximum.
    """

    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    total: NDArray[np.float64]
    squares: NDArray[np.float64]
    limits: NDArray[np.float64]
    counts: NDArray[np.float64]


def histogram(values: NDArray[np.float32]) -> Histogram:
    """Buckets of each tensor in `values`, finite, `(..., size)` with size >= 1.

    Up to `MOST_SPIKES` values get a narrow bucket each, with empty buckets between them: the dashboards spread a count
    evenly over its bucket, and a wide one would show values where there are none. Larger tensors get equal-width
    buckets, as from tf.summary.histogram.
    """
    exact = values.astype(np.float64)
    total, squares = exact.sum(axis=-1), np.square(exact).sum(axis=-1)
    if exact.shape[-1] <= MOST_SPIKES:
        exact.sort(axis=-1)
        limits, counts = _spikes(exact)
        return Histogram(exact[..., 0], exact[..., -1], total, squares, limits, counts)
    minimum, maximum = exact.min(axis=-1), exact.max(axis=-1)
    # Not np.linspace: where one of many tensors is constant, it computes all of them in another way.
    width = (maximum - minimum) / MOST_BUCKETS
    limits = minimum[..., None] + np.arange(1.0, MOST_BUCKETS + 1) * width[..., None]
    limits[..., -1] = maximum
    return Histogram(minimum, maximum, total, squares, limits, _counts(exact, minimum, maximum))


def _spikes(exact: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Limits and counts `(..., 2 size - 1)` of sorted values: a bucket from the lowest up, one up to each other."""
    size = exact.shape[-1]
    width = SPIKE * (exact[..., -1:] - exact[..., :1])
    limits = np.empty((*exact.shape[:-1], 2 * size - 1))
    limits[..., 1::2] = np.maximum(exact[..., :-1], exact[..., 1:] - width)
    limits[..., 2::2] = exact[..., 1:]
    limits[..., :1] = np.minimum(exact[..., :1] + width, limits[..., 1:2]) if size > 1 else exact
    counts = np.zeros_like(limits)
    counts[..., ::2] = 1
    return limits, counts


def _counts(
    exact: NDArray[np.float64], minimum: NDArray[np.float64], maximum: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How many values fall into each of the equal-width buckets; equal values have no width and lie in the first."""
    width = (maximum - minimum)[..., None] / MOST_BUCKETS
    places = ((exact - minimum[..., None]) / np.where(width > 0, width, 1)).astype(np.int64)
    np.minimum(places, MOST_BUCKETS - 1, out=places)
    tensors = minimum.size
    places += MOST_BUCKETS * np.arange(tensors).reshape(*minimum.shape, 1)
    counts = np.bincount(places.ravel(), minlength=tensors * MOST_BUCKETS)
    return counts.reshape(*minimum.shape, MOST_BUCKETS).astype(np.float64)


def proto_length(size: int) -> int:
    """Bytes of the HistogramProto of a tensor of `size` values."""
    packed = 8 * (2 * size - 1 if size <= MOST_SPIKES else MOST_BUCKETS)
    return 5 * 9 + 2 * (len(prefixed(0x32, packed)) + packed)


def proto_parts(values: NDArray[np.float32]) -> list[Part]:
    """The HistogramProtos of tensors `(..., size)` as parts of a record; the arrays among them are `(...)`."""
    made = histogram(values)
    packed = 8 * made.limits.shape[-1]
    return [
        b"\x09", made.minimum.astype("<f8"),
        b"\x11", made.maximum.astype("<f8"),
        b"\x19" + np.array(values.shape[-1], dtype="<f8").tobytes() + b"\x21", made.total.astype("<f8"),
        b"\x29", made.squares.astype("<f8"),
        prefixed(0x32, packed), items(made.limits.astype("<f8")),
        prefixed(0x3A, packed), items(made.counts.astype("<f8")),
    ]  # fmt: skip
