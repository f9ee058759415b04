"""What a compiled program depends on, and which of a run's values are only numbers fed to it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.calls import Call
from xor_sweep.config.schema import OPTIMIZERS, SCHEDULES
from xor_sweep.config.spec import DIVIDE_ROWS, NetworkSpec, RunSpec, ScheduleSpec, Value
from xor_sweep.spread import spread

WIDEST = 128
"""Lanes of the narrowest networks; more of them cost as much a lane."""

LANES_STEP = 16
"""Widths are multiples of it: below 16 lanes XLA compiles some networks differently."""

WORK_OF_A_STEP = 64_000_000
"""Floating-point operations that one step of a program should do at most: about a millisecond of one core."""

WORK_OF_A_WIDE_LANE = 20_000_000
"""A network of more operations a step fills the machine by itself and trains alone: measured, 16 lanes of it are not
a fifth cheaper a run, and a sweep of few runs would train the idle ones too."""

MOST_CHECKS = 1_000
"""How often the validation part is looked at, at most; TensorBoard shows as many points."""

WATCHED = 32
"""Points of the training part whose activations are logged, of data that is no truth table."""

NORM_CLIPPING = ("clipnorm", "global_clipnorm")
"""Arguments under which an optimizer takes norms over whole variables, and so would mix lanes."""

ALONE = ("adafactor", "lamb", "muon")
"""Optimizers that take norms or factors of whole variables."""


@dataclass(frozen=True, slots=True)
class DataShape:
    """What a program knows of its data: shapes and kinds, no values.

    Attributes:
        inputs: shape of one point.
        whole: whether points are whole numbers, int32, and not float32.
        task: `binary`, `multiclass` or `regression`.
        outputs: units that a prediction has.
        train, validation: points of the two parts; 0 where there is no validation part.
        truth_table: whether the training part is all inputs of so many bits.
    """

    inputs: tuple[int, ...]
    whole: bool
    task: str
    outputs: int
    train: int
    validation: int
    truth_table: bool

    @property
    def classes(self) -> bool:
        """Whether there is something to be right about, and so an accuracy."""
        return self.task != "regression"


@dataclass(frozen=True, slots=True)
class NetworkFacts:
    """What planning needs to know of a network.

    Attributes:
        weights: tag and number of values of each trainable variable, in the model's order.
        widest: values that the largest output of a layer has for one point.
        alone_because: why it cannot train beside others in one program; None where it can.
        ends_in: the last activation of a network of the user's, in Keras's words; empty if it is unknown.
        looped: the places of metrics that do not vectorise, and so are computed for one lane after the other.
        looked_up: positions of the weights of which a batch looks up rows, as of an embedding.
    """

    weights: tuple[tuple[str, int], ...]
    widest: int
    alone_because: str | None
    ends_in: str = ""
    looped: tuple[int, ...] = ()
    looked_up: tuple[int, ...] = ()

    @property
    def parameters(self) -> int:
        """Trainable values of one lane."""
        return sum(size for _, size in self.weights)


@dataclass(frozen=True, slots=True)
class Structure:
    """What a compiled program depends on; runs of one structure train together.

    Attributes:
        network: the network, its lane numbers at 1 where they take part in the program and at 0 where they do not;
            or the user's own function.
        facts: what is known of it.
        optimizer: the name of the Keras optimizer.
        fixed: its arguments that are compiled in.
        schedule: the learning-rate schedule with what is compiled in; None is a constant rate.
        numbers: dotted keys of the numbers that each lane has its own value of; the learning rate is the first.
        data: shapes of what it learns.
        steps: updates.
        batch_size: points of an update; None is all of them.
        loss, metrics: as in the spec.
        weighted: whether points have weights.
        stops_early: the metric of early stopping; None trains to the last step.
        rows_apart: positions of the weights whose gradients the optimizer gets row by row, as many times as a batch
            looks a row up.
        adds_rows_because: why it gets the sums of such rows though Keras would hand them over one by one; None where
            it gets what Keras hands over.
    """

    network: NetworkSpec | Call
    facts: NetworkFacts
    optimizer: str
    fixed: tuple[tuple[str, Value], ...]
    schedule: ScheduleSpec | None
    numbers: tuple[str, ...]
    data: DataShape
    steps: int
    batch_size: int | None
    loss: str | Call | None
    metrics: tuple[str | Call, ...]
    weighted: bool
    stops_early: str | None
    rows_apart: tuple[int, ...] = ()
    adds_rows_because: str | None = None

    @property
    def lane_arguments(self) -> tuple[str, ...]:
        """The optimizer's arguments that each lane has its own value of."""
        return tuple(key.removeprefix("optimizer.") for key in self.numbers if key.startswith("optimizer."))

    @property
    def has_functions(self) -> bool:
        """Whether functions of the user's are part of it."""
        called = (self.network, self.loss, *self.metrics)
        return any(isinstance(each, Call) and each.source for each in called)

    @property
    def batch(self) -> int:
        """Points of one update."""
        return self.batch_size or self.data.train

    @property
    def watched(self) -> int:
        """Points whose activations are logged: the first ones of the training part."""
        return self.data.train if self.data.truth_table else min(WATCHED, self.data.train)

    @property
    def work(self) -> int:
        """Floating-point operations of one lane's step, about.

        A multiplication and an addition for each weight and point, forward once and backward twice.
        """
        return 6 * self.batch * self.facts.parameters

    @property
    def alone_because(self) -> str | None:
        """Why runs of this structure train one lane at a time; None where they train fused."""
        clipped = [name for name, value in self.fixed if name in NORM_CLIPPING and value is not None]
        if clipped:
            return f"optimizer.{clipped[0]} takes norms over whole variables"
        if self.optimizer in ALONE:
            return f"optimizer={self.optimizer} takes norms or factors of whole variables"
        if self.facts.alone_because:
            return self.facts.alone_because
        if self.rows_apart and self.optimizer in DIVIDE_ROWS:
            return f"optimizer={self.optimizer} divides the gradients of rows that a batch looks up"
        if self.work > WORK_OF_A_WIDE_LANE:
            return "the network fills the machine by itself"
        return None

    @property
    def width(self) -> int:
        """Lanes of the program: a function of the structure alone, so that a run's bits depend on its spec alone."""
        if self.alone_because:
            return 1
        lanes = WORK_OF_A_STEP // self.work // LANES_STEP * LANES_STEP
        return max(LANES_STEP, min(WIDEST, lanes))

    @property
    def checks(self) -> NDArray[np.int64]:
        """The steps at which the part that ranks runs is looked at: the ends of epochs, at most `MOST_CHECKS`.

        None of them depends on what is logged, so that neither the lowest cost nor an early stop does. A truth table
        needs none: every update sees all of it.
        """
        if self.data.truth_table:
            return np.array([], np.int64)
        return spread_over(self.epoch_ends, MOST_CHECKS)

    @property
    def epoch_ends(self) -> NDArray[np.int64]:
        """The first steps by which the training part was seen once, twice, …; the last step is always among them."""
        epochs = self.steps * self.batch // self.data.train
        ends = -(-np.arange(1, epochs + 1, dtype=np.int64) * self.data.train // self.batch)
        return np.union1d(ends[ends <= self.steps], [self.steps]).astype(np.int64)


def structure_of(spec: RunSpec, data: DataShape, facts: NetworkFacts | None = None) -> Structure:
    """The part of a spec that changes the compiled program.

    Args:
        spec: the run.
        data: the shape of its data.
        facts: what is known of a network of the user's own; a chain of dense layers speaks for itself, unless its loss
            or metrics are out of the ordinary.
    """
    numbers = lane_numbers(spec)
    network, schedule, early = spec.network, spec.schedule, spec.training.early_stopping
    if isinstance(network, NetworkSpec):
        facts = facts or chain_facts(network, data)
        network = replace(
            network,
            init_scale=1.0,
            dropout=float(network.dropout > 0),
            l1=float(network.l1 > 0),
            l2=float(network.l2 > 0),
        )
    assert facts is not None
    if schedule is not None:
        kept = [(key, value) for key, value in schedule.arguments if f"schedule.{key}" not in numbers]
        schedule = replace(schedule, arguments=tuple(kept))
    return Structure(
        network=network,
        facts=facts,
        optimizer=spec.optimizer.name,
        fixed=tuple((key, value) for key, value in spec.optimizer.arguments if f"optimizer.{key}" not in numbers),
        schedule=schedule,
        numbers=tuple(numbers),
        data=data,
        steps=steps_of(spec, data),
        batch_size=spec.training.batch_size,
        loss=spec.training.loss,
        metrics=spec.training.metrics,
        weighted=spec.training.class_weight is not None,
        stops_early=early.metric if early else None,
        rows_apart=facts.looked_up if spec.optimizer.rows_apart else (),
        adds_rows_because=spec.optimizer.adds_rows_because if facts.looked_up else None,
    )


def steps_of(spec: RunSpec, data: DataShape) -> int:
    """Updates of a run: as given, or as many as its epochs take.

    Batches are cut from one epoch after the other, so that each has its full size: the last one of an epoch goes on
    in the next, and so many epochs see every point so many times.
    """
    if spec.training.steps is not None:
        return spec.training.steps
    batch = spec.training.batch_size or data.train
    return -(-(spec.training.epochs or 1) * data.train // batch)


def lane_numbers(spec: RunSpec) -> dict[str, float]:
    """The numbers that a run feeds its program, by dotted key, the learning rate first.

    What is null, or a penalty or dropout of 0, changes the program instead.
    """
    numbers = {"lr": spec.optimizer.learning_rate}
    numbers |= _of_lanes("optimizer", OPTIMIZERS[spec.optimizer.name], spec.optimizer.arguments)
    if spec.schedule is not None:
        numbers |= _of_lanes("schedule", SCHEDULES[spec.schedule.name], spec.schedule.arguments)
    if isinstance(spec.network, NetworkSpec):
        penalties = {key: getattr(spec.network, key) for key in ("dropout", "l1", "l2")}
        numbers |= {f"network.{key}": value for key, value in penalties.items() if value > 0}
    if early := spec.training.early_stopping:
        numbers |= {"early_stopping.patience": float(early.patience), "early_stopping.min_delta": early.min_delta}
    return numbers


def _of_lanes(group: str, schema: type, arguments: Sequence[tuple[str, Any]]) -> dict[str, float]:
    """The arguments that the schema marks as numbers of a lane, by dotted key."""
    per_lane = {field.name for field in fields(schema) if field.metadata.get("lane")}
    return {f"{group}.{key}": float(v) for key, v in arguments if key in per_lane and v is not None}


def chain_facts(network: NetworkSpec, data: DataShape) -> NetworkFacts:
    """What is known of a chain of dense layers without building it."""
    units = (int(np.prod(data.inputs)), *network.hidden, network.output_units or data.outputs)
    weights: list[tuple[str, int]] = []
    for number, (n_in, n_out) in enumerate(pairwise(units), start=1):
        layer = f"Layer{number}"
        weights += [(f"{layer}/W{number}", n_in * n_out), (f"{layer}/b{number}", n_out)]
        if network.batch_normalization and number < len(units) - 1:
            weights += [(f"{layer}/gamma{number}", n_out), (f"{layer}/beta{number}", n_out)]
    return NetworkFacts(weights=tuple(weights), widest=max(units), alone_because=None)


def spread_over(steps: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most `most` of some ascending steps, evenly spread, the first and the last among them."""
    return steps if len(steps) <= most else steps[spread(len(steps) - 1, most)]
