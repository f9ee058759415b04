"""What the outputs of a network mean: it follows from the loss and from the last activation. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from xor_sweep.calls import Call
from xor_sweep.config.spec import NetworkSpec, RunSpec
from xor_sweep.loss_facts import LAST, Kind, LossFacts, from_logits, loss_facts, squeezed
from xor_sweep.structure import Structure

UNIT = ("hard_sigmoid", "sigmoid", "softmax")
"""Activations whose values lie from 0 to 1."""

NOT_BELOW_0 = ("exponential", "relu", "relu6", "softplus", "squareplus", *UNIT)
NOT_ABOVE_0 = ("log_sigmoid",)

WITHIN_1 = ("hard_tanh", "softsign", "tanh")
"""Activations whose values lie from -1 to 1."""

OF_EACH_CLASS = ("binary_crossentropy", "binary_focal_crossentropy")
"""Losses that take a probability of each class by itself."""

SIGNED = ("hinge", "squaredhinge")
"""A function of the user's with such a name is taken for what its name says."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the outputs of a network are.

    Attributes:
        kind: PROBABILITIES, LOGITS, SCORES or NUMBERS; None if that is unknown, under a loss of the user's.
        threshold: the output above which a binary prediction is the second class.
        link: the activation that makes logits probabilities.
    """

    kind: Kind | None
    threshold: float = 0.5
    link: str = "sigmoid"


class Misfit(NamedTuple):
    """Why a network cannot learn under a loss.

    Attributes:
        what: the reason.
        remedy: what to do about a network of the user's.
    """

    what: str
    remedy: str


def last_activation(network: NetworkSpec, loss: str | Call | None, task: str) -> str:
    """The activation that a chain ends in: the one that is asked for, or the one that the loss takes."""
    facts = loss_facts(loss, task)
    return network.output_activation or (LAST if facts is None else facts.ends).get(task, LAST[task])


def ends_in(structure: Structure) -> str:
    """The last activation of a structure's network, in Keras's words; empty if that is unknown."""
    if isinstance(structure.network, NetworkSpec):
        return last_activation(structure.network, structure.loss, structure.data.task)
    return structure.facts.ends_in


def outputs_of(structure: Structure, *, logits: bool = False) -> Outputs:
    """What the outputs of a structure's network are; `logits` as in `outputs_under`."""
    return outputs_under(structure.loss, structure.network, structure.data.task, ends_in(structure), logits=logits)


def outputs_under(
    loss: str | Call | None, network: NetworkSpec | Call, task: str, last: str, *, logits: bool = False
) -> Outputs:
    """What the outputs of a network are under a loss.

    Args:
        loss, network: as in the spec.
        task: the data's.
        last: the last activation; empty if it is unknown.
        logits: whether the loss, once it is made, says that it takes logits; as a class of the user's may.
    """
    facts = loss_facts(loss, task)
    if task == "regression":
        return Outputs(Kind.NUMBERS)
    if logits or from_logits(loss):
        each = task == "binary" or (facts is not None and facts.name in OF_EACH_CLASS)
        return Outputs(Kind.LOGITS, 0.0, "sigmoid" if each else "softmax")
    if facts is not None and facts.takes is Kind.SCORES:
        return Outputs(Kind.SCORES, 0.0)
    if last in UNIT or (facts is not None and facts.takes in (Kind.PROBABILITIES, Kind.SHARES)):
        return Outputs(Kind.PROBABILITIES)
    if facts is not None:
        return Outputs(Kind.NUMBERS)
    own = isinstance(network, NetworkSpec) and last in ("linear", "tanh")
    named = isinstance(loss, Call) and squeezed(loss.target.rpartition(".")[2]) in SIGNED
    return Outputs(None, 0.0 if own or named else 0.5)


def threshold_of(spec: RunSpec) -> float:
    """The output above which a run predicts the second of two classes, as far as its spec tells."""
    network, loss = spec.network, spec.training.loss
    last = last_activation(network, loss, "binary") if isinstance(network, NetworkSpec) else ""
    return outputs_under(loss, network, "binary", last).threshold


def misfit(last: str, loss: LossFacts | None, task: str, units: int, *, standardized: bool) -> Misfit | None:
    """Why a network with a last activation cannot learn under a loss; None if it can, or if that is unknown.

    Args:
        last: the activation, in Keras's words; empty if it is unknown.
        loss: None for one that is not Keras's.
        task: the data's.
        units: of the last layer.
        standardized: whether it is a regression whose target is standardised.
    """
    if last == "softmax" and units == 1:
        end = "softmax" if loss is None else loss.ends.get(task, LAST[task])
        return Misfit("a softmax of one unit is always 1", _end(LAST[task] if end == "softmax" else end))
    if standardized and last in (*NOT_BELOW_0, *NOT_ABOVE_0):
        remedy = f"{_end('linear')}, or write data.standardize_target=false"
        return Misfit(f"{_side(last)}, and a standardised target has values on both sides of 0", remedy)
    if standardized and last in WITHIN_1:
        remedy = f"{_end('linear')}, or write data.standardize_target=false"
        return Misfit(f"{last} stays between -1 and 1, and a standardised target goes beyond", remedy)
    if loss is None or task not in loss.ends or not last:
        return None
    name, end = loss.name, _end(loss.ends[task])
    each = task == "multiclass" and name in OF_EACH_CLASS
    if each and last == "softmax":
        what = f"under a softmax, {name} is that of other probabilities than the network puts out"
        return Misfit(what, "end it with sigmoid, or write loss=categorical_crossentropy")
    if loss.takes in (Kind.PROBABILITIES, Kind.SHARES) and last not in UNIT:
        remedy = _end("sigmoid") if each else _or_logits(end, loss, task)
        return Misfit(f"{name} takes probabilities, and its outputs are no probabilities", remedy)
    if loss.takes is Kind.SHARES and last != "softmax":
        return Misfit(f"the outputs of a point do not sum to 1, as {name} takes them to", end)
    if loss.takes is Kind.LOGITS and last in UNIT:
        return Misfit(f"{last} makes probabilities, and {name} takes logits", f"{end}, or leave from_logits out")
    if loss.takes in (Kind.LOGITS, Kind.SCORES) and task == "binary" and last in (*NOT_BELOW_0, *NOT_ABOVE_0):
        return Misfit(f"{_side(last)}, and {name} separates two classes at 0", end)
    if loss.takes is Kind.POSITIVE and last not in NOT_BELOW_0:
        return Misfit(f"its outputs fall below 0, and {name} takes their logarithm", _end("softplus"))
    return None


def _or_logits(end: str, loss: LossFacts, task: str) -> str:
    """The remedy, and for crossentropies the other one."""
    if not loss.name.endswith("crossentropy"):
        return end
    plain = "SparseCategoricalCrossentropy" if task == "multiclass" else "BinaryCrossentropy"
    kind = loss.name.title().replace("_", "") if "focal" in loss.name else plain
    return f"{end}, or say loss={{_target_: keras.losses.{kind}, from_logits: true}}"


def _side(last: str) -> str:
    return f"{last} is never {'above' if last in NOT_ABOVE_0 else 'below'} 0"


def _end(activation: str) -> str:
    return "end it without an activation" if activation == "linear" else f"end it with {activation}"
