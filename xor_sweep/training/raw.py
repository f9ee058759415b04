"""A network with its preprocessing inside: a raw row in, a prediction in the target's own terms out.

It is made of Keras's own layers alone, so that Keras opens it without this package.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import keras
import numpy as np

from xor_sweep.data import Column, Preprocessing
from xor_sweep.model_facts import input_names
from xor_sweep.training.names import fresh_names

UNKNOWN = "[UNK]"


def with_preprocessing(network: keras.Model, preprocessing: Preprocessing, inputs: tuple[int, ...]) -> keras.Model:
    """The network as it is asked for predictions.

    Args:
        network: takes prepared points, and returns predictions alone.
        preprocessing: how raw rows are prepared, and what a prediction's unit is.
        inputs: shape of one point.

    Returns:
        a model of one input, `(rows, *features)`; where columns hold words, of a dictionary of inputs `(rows, 1)` under
        the names of `input_names`.
    """
    columns = preprocessing.columns
    worded = columns is not None and any(column.words is not None for column in columns)
    names = input_names(columns) if columns is not None and worded else ["row"]
    if network.name in names:
        network.name += "_"
    with fresh_names((*names, network.name)):
        return _wrapped(network, preprocessing, inputs, names)


def _wrapped(
    network: keras.Model, preprocessing: Preprocessing, inputs: tuple[int, ...], names: list[str]
) -> keras.Model:
    columns = preprocessing.columns
    if columns is not None and any(column.words is not None for column in columns):
        starts = {name: _column_input(column, name) for column, name in zip(columns, names, strict=True)}
        start: Any = starts
        point = _of_columns(columns, list(starts.values()))
    elif columns is not None:
        start = keras.Input((len(columns),), dtype="int32" if preprocessing.whole else "float64", name=names[0])
        point = _numbers(start, columns)
    else:
        start = keras.Input(inputs, dtype="int32" if preprocessing.whole else "float64", name=names[0])
        point = start
        if preprocessing.mean is not None and preprocessing.scale is not None:
            point = _standardized(start, preprocessing.mean, preprocessing.scale)
    prediction = network(point)
    if preprocessing.target_mean is not None and preprocessing.target_scale is not None:
        scale, mean = preprocessing.target_scale, preprocessing.target_mean
        prediction = keras.layers.Rescaling(scale, mean, dtype="float64", name="unit_of_the_target")(prediction)
    return keras.Model(start, prediction, name="model_of_raw_rows")


def _column_input(column: Column, name: str) -> Any:
    return keras.Input((1,), dtype="float64" if column.words is None else "string", name=name)


def _of_columns(columns: Sequence[Column], tensors: Sequence[Any]) -> Any:
    """The features of columns that each are a tensor, in the columns' order."""
    features = []
    pairs = zip(columns, tensors, strict=True)
    for worded, group in groupby(pairs, lambda pair: pair[0].words is not None and not pair[0].ordered):
        own = list(group)
        if worded:
            features += [_one_hot(tensor, column) for column, tensor in own if column.words]
        else:
            numbers = [_ranks(tensor, column) if column.ordered else tensor for column, tensor in own]
            features.append(_numbers(_side_by_side(numbers), [column for column, _ in own]))
    return _side_by_side(features)


def _side_by_side(tensors: Sequence[Any]) -> Any:
    return keras.ops.concatenate(tensors, axis=1) if len(tensors) > 1 else tensors[0]


def _one_hot(tensor: Any, column: Column) -> Any:
    """A feature for each word, and one for all others if the column has it; otherwise an unknown word is 0 in all."""
    # An empty text, which is a missing value, is 0 in all.
    lookup = _lookup(column, mask_token="", output_mode="one_hot")
    unknown, known = keras.ops.split(keras.ops.cast(lookup(tensor), "float64"), [1], axis=1)
    return _side_by_side([known, unknown]) if column.other else known


def _ranks(tensor: Any, column: Column) -> Any:
    """The place of each word in its order; NaN for another one."""
    place = keras.ops.cast(_lookup(column, output_mode="int", mask_token=None)(tensor), "float64") - 1
    return keras.ops.where(place < 0, np.nan, place)


def _lookup(column: Column, **options: Any) -> Any:
    unknown = UNKNOWN
    while unknown in (column.words or ()):
        unknown += "_"
    return keras.layers.StringLookup(vocabulary=list(column.words or ()), oov_token=unknown, **options)


def _numbers(tensor: Any, columns: Sequence[Column]) -> Any:
    """Columns of numbers side by side: gaps filled, and standardised."""
    fills = [column.fill for column in columns]
    if any(fill is not None for fill in fills):
        filled = np.array([[np.nan if fill is None else fill for fill in fills]])
        tensor = keras.ops.where(keras.ops.isnan(tensor), filled, tensor)
    if all(column.mean is None for column in columns):
        return tensor
    mean = np.array([0.0 if column.mean is None else column.mean for column in columns])
    scale = np.array([1.0 if column.scale is None else column.scale for column in columns])
    return _standardized(tensor, mean, scale)


def _standardized(tensor: Any, mean: np.ndarray[Any, Any], scale: np.ndarray[Any, Any]) -> Any:
    # Arrays and not lists, which Keras would read as float32; and in two steps, as a mean that is large beside the
    # deviation would take the last digits of a single product and sum.
    centered = keras.layers.Rescaling(np.ones_like(mean), -mean, dtype="float64")(tensor)
    return keras.layers.Rescaling(1 / scale, np.zeros_like(mean), dtype="float64")(centered)
