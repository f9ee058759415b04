"""A configuration, parsed, validated, frozen and hashable: what every module below the edge works with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xor_sweep.calls import Call

Value = float | int | bool | str | None
"""A single setting of an optimizer or a schedule."""


ADD_ROWS = ("lion", "sgd")
"""Optimizers that do nothing with a gradient before they add up its rows."""

DIVIDE_ROWS = ("adadelta", "adagrad", "rmsprop")
"""Optimizers whose division of a gradient's rows is wrong, in Keras, once it divides by 0 or NaN."""


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A chain of dense layers and an output layer.

    Attributes:
        hidden: units of each hidden layer, first to last.
        activation: Keras's name of the hidden layers' activation.
        kernel_initializer, bias_initializer: the distributions that start weights are drawn from.
        init_scale: what the drawn start weights are multiplied by.
        dropout: share of each hidden layer's outputs that is dropped in training; 0 makes no dropout layer.
        batch_normalization: whether each hidden layer is normalised before its activation.
        l1, l2: penalties on the kernels, times their absolute and their squared values.
        output_units, output_activation: of the last layer; None follows the task.
    """

    hidden: tuple[int, ...]
    activation: str
    kernel_initializer: str
    bias_initializer: str
    init_scale: float
    dropout: float = 0.0
    batch_normalization: bool = False
    l1: float = 0.0
    l2: float = 0.0
    output_units: int | None = None
    output_activation: str | None = None


@dataclass(frozen=True, slots=True)
class OptimizerSpec:
    """A Keras optimizer and all its arguments.

    Attributes:
        name: the string that `keras.optimizers.get` takes.
        learning_rate: the step size, a schedule's first one.
        arguments: every other argument with its value, in the order of the schema.
    """

    name: str
    learning_rate: float
    arguments: tuple[tuple[str, Value], ...]

    @property
    def adds_rows_because(self) -> str | None:
        """Why rows that a batch looks up are added up first, though Keras would not: it cannot train that at all."""
        arguments = dict(self.arguments)
        if arguments["gradient_accumulation_steps"] is not None:
            return None  # Keras adds them up
        if arguments["loss_scale_factor"] is not None:
            return "Keras itself raises with optimizer.loss_scale_factor"
        if arguments.get("centered"):
            return "Keras itself raises with optimizer.centered"
        if self.name in DIVIDE_ROWS and arguments["epsilon"] == 0:
            return "Keras itself raises with optimizer.epsilon=0"
        return None

    @property
    def rows_apart(self) -> bool:
        """Whether it matters that Keras hands over the rows that a batch looks up one by one, and not their sum.

        Adam, say, squares each of them by itself.
        """
        arguments = dict(self.arguments)
        if arguments["gradient_accumulation_steps"] is not None or self.adds_rows_because:
            return False
        clips = any(arguments[name] is not None for name in ("clipnorm", "clipvalue", "global_clipnorm"))
        return clips or self.name not in ADD_ROWS


@dataclass(frozen=True, slots=True)
class ScheduleSpec:
    """A Keras learning-rate schedule.

    Attributes:
        name: its name in conf/schedule/, such as `cosine_decay`.
        arguments: every argument of Keras's class but the initial learning rate, in the order of the schema; lists
            are tuples.
    """

    name: str
    arguments: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class DataSpec:
    """What a run is trained on, and how it is split into a training, a validation and a test part.

    Attributes:
        kind: `xor`, `parity`, `csv`, `npz`, `sklearn`, `python` (a function of the user's) or `arrays` (given from
            Python).
        name: what the data is called.
        bits: of a truth table; it is not split.
        path: of a file, as it was given.
        target: the column to predict.
        ignore: columns that are left out.
        missing: what missing values are: `error`, `drop` (the rows) or `impute` (means; no word at all).
        separator, encoding: of a file; empty finds them.
        decimal, thousands: the marks of numbers in text; empty finds them.
        na_values: the texts that are missing values beside the empty one; None for the usual ones.
        dtype: what columns hold that are not to be found out, as pairs of name and kind.
        order: the words of columns that become a number, in their order, as pairs of name and words.
        levels: the number of words of a column, the most frequent ones, that have a feature each.
        dates: whether a date is `days`, or `parts`: year, month, weekday.
        reading: 1 if the columns are read as in release 0.2.0, otherwise 2; it follows from the content.
        task: `auto`, `binary`, `multiclass` or `regression`.
        standardize: whether numbers are standardised, on the training part, and a regression's target too.
        standardize_target: whether the latter is, where numbers are.
        validation_fraction, test_fraction: shares of all rows.
        folds, fold: where `fold` is given, the validation part is that one of so many.
        seed: of the split.
        call: the function of kind `python`.
        sha256: of the content: a file's bytes, the arrays' bytes, also of those that a function returns.
    """

    kind: str
    name: str
    bits: int = 0
    path: str = ""
    target: str = ""
    ignore: tuple[str, ...] = ()
    missing: str = "error"
    separator: str = ""
    encoding: str = ""
    decimal: str = ""
    thousands: str = ""
    na_values: tuple[str, ...] | None = None
    dtype: tuple[tuple[str, str], ...] = ()
    order: tuple[tuple[str, tuple[str, ...]], ...] = ()
    levels: int = 20
    dates: str = "days"
    reading: int = 1
    task: str = "auto"
    standardize: bool = True
    standardize_target: bool = True
    validation_fraction: float = 0.2
    test_fraction: float = 0.0
    folds: int = 5
    fold: int | None = None
    seed: int = 0
    call: Call | None = None
    sha256: str = ""

    @property
    def truth_table(self) -> bool:
        """Whether it is all inputs of so many bits, which are learnt whole and not split."""
        return self.kind in ("xor", "parity")


@dataclass(frozen=True, slots=True)
class EarlyStoppingSpec:
    """When a run ends before its last step.

    Attributes:
        metric: `cost` or `accuracy`, of the validation part.
        patience: checks, which are epochs, without an improvement.
        min_delta: what counts as one is more than this.
    """

    metric: str
    patience: int
    min_delta: float


@dataclass(frozen=True, slots=True)
class TrainingSpec:
    """How a network is trained.

    Attributes:
        steps, epochs: updates, or passes over the training part; one of the two is None.
        batch_size: points of an update; None is all of them.
        loss: Keras's name of a loss or a function of the user's; None follows the task.
        metrics: Keras's names or functions of the user's, logged beside cost and accuracy.
        class_weight: None, `balanced` (inverse to how often a class is seen), or a weight for each class.
        early_stopping: None trains to the last step.
    """

    steps: int | None
    epochs: int | None
    batch_size: int | None
    loss: str | Call | None = None
    metrics: tuple[str | Call, ...] = ()
    class_weight: str | tuple[float, ...] | None = None
    early_stopping: EarlyStoppingSpec | None = None


@dataclass(frozen=True, slots=True)
class RunSpec:
    """One run's configuration: everything that its numbers depend on, and nothing else."""

    network: NetworkSpec | Call
    optimizer: OptimizerSpec
    schedule: ScheduleSpec | None
    data: DataSpec
    training: TrainingSpec
    seed: int


@dataclass(frozen=True, slots=True)
class LoggingSpec:
    """What a run's event file holds.

    Attributes:
        scalars, histograms: at most so many points, evenly spread; None means every step, 0 means none.
        graph: whether the network's graph is written.
    """

    scalars: int | None
    histograms: int | None
    graph: bool

    @property
    def off(self) -> bool:
        """Whether there is nothing to write, so that a run has no event file."""
        return self.scalars == 0 and self.histograms == 0 and not self.graph


@dataclass(frozen=True, slots=True)
class Settings:
    """What a command asks for beside the runs themselves: where results go, what is kept and how runs are ranked.

    Attributes:
        objective, direction: what ranks the runs.
        solved_accuracy: the accuracy from which on a run counts as solved.
        save: `best`, `all` or `none`: of which runs the trained model is kept.
        checkpoint_seconds: how often, at least, what has been trained of a chunk is written down.
        failure_policy: `continue` or `stop`: what a run that fails means for the others.
        trusted_modules: modules whose functions a configuration may name; a name stands for what is below it too.
    """

    outputs: Path
    experiment: str
    objective: str
    direction: str
    overwrite: bool
    dry_run: bool
    logging: LoggingSpec
    solved_accuracy: float = 1.0
    save: str = "best"
    checkpoint_seconds: float = 60.0
    failure_policy: str = "continue"
    trusted_modules: tuple[str, ...] = ()

    @property
    def sweep_dir(self) -> Path:
        """The sweep directory: sibling run directories and their summary."""
        return self.outputs / self.experiment
