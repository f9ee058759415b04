"""Whether a user's own network fits the data that it is to learn: what does not is refused with what to do."""

from __future__ import annotations

import inspect
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from xor_sweep.calls import Call, keywords, load
from xor_sweep.config.limits import did_you_mean
from xor_sweep.errors import ConfigError
from xor_sweep.loss_facts import Kind, LossFacts
from xor_sweep.outputs import misfit
from xor_sweep.structure import DataShape
from xor_sweep.training.network import told

OFFERED = ("input_shape", "outputs")
"""Arguments that a user's function gets where it asks for them."""


def check_arguments(call: Call) -> None:
    """Refuse arguments that a user's function does not take, or lacks.

    Raises:
        ConfigError: where there are such.
    """
    try:
        parameters = inspect.signature(load(call)).parameters  # type: ignore[arg-type]  # what is not callable raises
    except TypeError as error:
        raise ConfigError(f"network._target_={call.target}: is no function; give one that returns a model") from error
    except ValueError:  # a callable without a signature
        return
    kinds = {parameter.kind for parameter in parameters.values()}
    given = keywords(call)
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        for name in given:
            if name not in parameters:
                close = did_you_mean(name, parameters) or ";"
                takes = ", ".join(parameters) or "nothing"
                raise ConfigError(f"network.{name}: {call.target} has no such argument{close} it takes {takes}")
    optional = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    for name, parameter in parameters.items():
        needed = parameter.default is inspect.Parameter.empty and parameter.kind not in optional
        if needed and name not in given and name not in OFFERED:
            raise ConfigError(f"network.{name}: {call.target} needs it; add +network.{name}=…")


def check_layers(model: Any, data: DataShape, where: str) -> None:
    """Refuse a model whose inputs, weights or number types cannot be trained here.

    Args:
        model: built.
        data: what it is to learn.
        where: what messages call it.

    Raises:
        ConfigError: where it has such.
    """
    for name in ("train_step", "compute_loss"):
        if getattr(type(model), name) is not getattr(keras.Model, name):
            what = f"{type(model).__name__} has a {name} of its own, which lanes do not call"
            raise ConfigError(f"{where}: {what}; give it a call, and its loss by loss={{_target_: …}}")
    for layer in model._flatten_layers():
        policy = layer.dtype_policy
        if not {policy.compute_dtype, policy.variable_dtype} <= {"float32", None} and _calculates(layer):
            raise ConfigError(
                f"{where}: layer {layer.name} has the dtype policy {policy.name}; networks train in float32 here"
            )
    for variable in model.trainable_variables:
        if variable.dtype != "float32":
            raise ConfigError(f"{where}: the weight {variable.path} is {variable.dtype}; weights are float32 here")
    if not model.trainable_variables:
        raise ConfigError(f"{where}: the model has no trainable weights; give it a layer that learns")
    inputs = getattr(model, "inputs", None)
    if inputs is None:
        return
    if len(inputs) != 1:
        raise ConfigError(f"{where}: the model has {len(inputs)} inputs; it gets one, of shape {_shown(data.inputs)}")
    shape = tuple(inputs[0].shape)[1:]
    fits = len(shape) == len(data.inputs) and all(a in (None, b) for a, b in zip(shape, data.inputs, strict=True))
    if not fits:
        remedy = "build it for the argument input_shape, which such a function is given"
        shapes = f"the model takes inputs of shape {_shown(shape)}, and the data has {_shown(data.inputs)}"
        raise ConfigError(f"{where}: {shapes}; {remedy}")
    if not data.whole and not str(inputs[0].dtype).startswith("float"):
        raise ConfigError(f"{where}: the model takes {inputs[0].dtype} inputs, and {_WHOLE}")


_WHOLE = "the data's numbers are not; give whole numbers, of an integer type, with data.standardize=false"


def _calculates(layer: Any) -> bool:
    """Whether a layer's policy matters: lookups of words have one of their own."""
    return str(layer.dtype_policy.compute_dtype).startswith(("float", "bfloat", "complex"))


def try_out(model: Any, points: NDArray[Any], data: DataShape, where: str) -> NDArray[np.float32]:
    """The model's outputs for some points, which have to have the shape that the data asks for.

    Raises:
        ConfigError: where they have another, or where an embedding gets numbers that are no indices of its own.
    """
    embeddings = [_Indices(layer, data) for layer in model._flatten_layers() if type(layer) is keras.layers.Embedding]
    for watched in embeddings:
        watched.layer.call = watched
    try:
        outputs = tf.nest.flatten(model(tf.constant(points), **told(model, training=False)))
    finally:
        for watched in embeddings:
            del watched.layer.call
    for watched in embeddings:
        if watched.wrong:
            raise ConfigError(f"{where}: layer {watched.layer.name}, an Embedding, {watched.wrong}")
    if len(outputs) != 1:
        raise ConfigError(f"{where}: the model has {len(outputs)} outputs; it has to have one, of predictions")
    shape = tuple(outputs[0].shape)
    if shape != (len(points), data.outputs):
        of = f"{data.task} data of {data.outputs} output{'s' * (data.outputs != 1)}"
        wanted = f"{of} wants {_shown((data.outputs,))}; its function is given the argument outputs"
        raise ConfigError(f"{where}: the model's output has the shape {_shown(shape[1:])}, and {wanted}")
    return np.asarray(outputs[0].numpy(), np.float32)


class _Indices:
    """An embedding's `call` that looks at its indices first.

    It raises nothing, as Keras would wrap the message in others.
    """

    def __init__(self, layer: Any, data: DataShape) -> None:
        self.layer, self.wrong = layer, ""
        self._whole = data.whole

    def __call__(self, inputs: Any) -> Any:
        last, values = self.layer.input_dim - 1, np.asarray(inputs)
        if not self._whole and np.issubdtype(values.dtype, np.floating):
            self.wrong = f"takes whole numbers, and {_WHOLE}"
        elif values.size and not 0 <= values.min() <= values.max() <= last:
            outside = values[(values < 0) | (values > last)]
            self.wrong = f"has input_dim={last + 1}, and so takes 0 to {last}; the data has {int(outside[0])}"
        return type(self.layer).call(self.layer, np.clip(values, 0, last))


def check_values(outputs: NDArray[np.float32], loss: LossFacts, data: DataShape, where: str) -> None:
    """Refuse outputs that a loss does not take, where the last operation of a network does not tell what they are.

    Args:
        outputs: of some points, `(points, outputs)`.
        loss: what it takes.
        data: the shape of the data.
        where: what messages call the network.

    Raises:
        ConfigError: where probabilities are asked for and a value is outside 0 to 1, or the classes of a point do not
            sum to 1; or where positive values are, and one is below 0.
    """
    if not np.isfinite(outputs).all():
        return
    rounding = 1e-6 * np.abs(outputs).max(initial=0)
    below, above = outputs < -rounding, outputs > 1 + rounding
    if loss.takes in (Kind.PROBABILITIES, Kind.SHARES) and (below | above).any():
        what = f"outputs such as {outputs[below | above][0]:.3g} are no probabilities"
    elif loss.takes is Kind.SHARES and (np.abs(outputs.sum(1) - 1) > 1e-3).any():
        what = f"the outputs of a point sum to {outputs.sum(1)[0]:.3g} and not to 1"
    elif loss.takes is Kind.POSITIVE and below.any():
        what = f"outputs such as {outputs[below][0]:.3g} have no logarithm, which {loss.name} takes"
    else:
        return
    linear = misfit("linear", loss, data.task, data.outputs, standardized=False)
    assert linear is not None
    raise ConfigError(f"{where}: {what}; {linear.remedy}")


def _shown(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join(map(str, (None, *shape)))})"
