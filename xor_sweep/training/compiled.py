"""What a built model was compiled with, read from Keras's objects."""

from __future__ import annotations

import inspect
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import keras
import numpy as np

from xor_sweep.calls import Call
from xor_sweep.compiled import Compiled, name_of_metric
from xor_sweep.config import schema
from xor_sweep.config.values import defaults
from xor_sweep.errors import SweepError
from xor_sweep.given import give_function, is_given
from xor_sweep.loss_facts import squeezed
from xor_sweep.training.fit import check_arguments
from xor_sweep.training.network import build_once
from xor_sweep.training.schedule import CLASSES

SCHEDULES = {kind: name for name, kind in CLASSES.items()}

ACCURACY = ("accuracy", "acc")
"""Names of the accuracy that fits the task."""

ACCURACIES = ("Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy")
"""Metrics that are the task's own accuracy when they have its name."""

NOT_ARGUMENTS = ("name", "dtype")


class NoMeaningError(ValueError):
    """Something that a model was compiled with has no meaning here."""


def compiled_with(network: Call, inputs: tuple[int, ...], outputs: int) -> Compiled | None:
    """Build a user's network and return what it was compiled with; None if it was not compiled.

    Args:
        network: the function with its arguments.
        inputs: shape of one point.
        outputs: units that the data asks for.

    Raises:
        ConfigError: if the function does not take its arguments, or returns no model.
        Exception: whatever the function raises.
    """
    check_arguments(network)
    model = build_once(network, inputs, outputs).model
    return read(model, given=is_given(network.target)) if getattr(model, "compiled", False) else None


def read(model: Any, *, given: bool = False) -> Compiled:
    """Return what a compiled model was compiled with.

    Args:
        model: of Keras.
        given: whether its builder was given from Python, so that functions of the user's are, too.
    """
    values: dict[str, Any] = {}
    refused: dict[str, str] = {}
    readers: tuple[tuple[tuple[str, ...], Callable[[], dict[str, Any]]], ...] = (
        (("optimizer",), lambda: optimizer_values(model.optimizer)),
        (("lr", "schedule"), lambda: rate_values(model.optimizer)),
        (("loss",), lambda: loss_values(model, given=given)),
        (("metrics",), lambda: metrics_values(model._compile_metrics, given=given)),
    )
    for parts, reader in readers:
        try:
            values |= reader()
        except NoMeaningError as error:
            remedy = " and ".join(f"{part}=…" for part in parts)
            refused |= dict.fromkeys(parts, f"it compiles {error}, which has no meaning here; give {remedy}")
    if model.run_eagerly:
        refused[""] = "it compiles run_eagerly=True, and training here is compiled; leave run_eagerly out"
    return Compiled(values, refused, 0 if model.optimizer is None else int(model.optimizer.iterations.numpy()))


def optimizer_values(optimizer: Any) -> dict[str, Any]:
    """The optimizer's option and those of its arguments that are not at their defaults."""
    if optimizer is None:
        return {}
    name = type(optimizer).__name__.lower()
    if not is_keras(optimizer) or name not in schema.OPTIMIZERS:
        raise NoMeaningError(f"the optimizer {type(optimizer).__name__}")
    if excluded(optimizer):
        raise NoMeaningError(f"{type(optimizer).__name__} with exclude_from_weight_decay")
    usual = defaults(conf := schema.OPTIMIZERS[name])
    arguments = [spec.name for spec in fields(conf) if spec.name not in ("name", "learning_rate")]
    values = {key: plain(key, getattr(optimizer, key)) for key in arguments}
    changed = {f"optimizer.{key}": value for key, value in values.items() if value not in (usual[key], [])}
    return {"optimizer": name, **changed}


def excluded(optimizer: Any) -> bool:
    """Whether some weights were taken out of the weight decay."""
    names = ("_exclude_from_weight_decay", "_exclude_from_weight_decay_pattern")
    return any(getattr(optimizer, name, None) for name in names)


def rate_values(optimizer: Any) -> dict[str, Any]:
    """The learning rate, and the schedule that changes it."""
    if optimizer is None:
        return {}
    rate = getattr(optimizer, "inner_optimizer", optimizer)._learning_rate
    if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
        return schedule_values(rate)
    if not hasattr(rate, "numpy"):
        raise NoMeaningError(f"the learning rate {getattr(rate, '__name__', type(rate).__name__)}")
    return {"lr": shortest(rate.numpy())}


def shortest(value: Any) -> float:
    """The number of the fewest digits that float32 holds as this one: 0.01 for 0.009999999776482582."""
    return float(str(np.float32(value)))


def schedule_values(schedule: Any) -> dict[str, Any]:
    """A schedule of Keras's with its first rate."""
    name = SCHEDULES.get(type(schedule))
    if name is None:
        raise NoMeaningError(f"the learning-rate schedule {type(schedule).__name__}")
    config = {key: plain(key, value) for key, value in schedule.get_config().items() if key != "name"}
    rate, arguments = first_rate(name, config)
    if not rate > 0:
        raise NoMeaningError(f"the learning-rate schedule {type(schedule).__name__} with a first rate of {rate}")
    usual = defaults(schema.SCHEDULES[name])
    changed = {f"schedule.{key}": whole(key, arguments[key]) for key in arguments if arguments[key] != usual[key]}
    return {"schedule": name, "lr": float(rate), **changed}


def first_rate(name: str, config: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    """A schedule's first rate, and its other arguments as the configuration has them."""
    if name != "piecewise_constant_decay":
        return config.pop("initial_learning_rate"), config
    rates = [float(value) for value in config["values"]]
    first = rates[0]
    return first, {
        "boundaries": list(config["boundaries"]),
        "factors": [rate / first if first else rate for rate in rates],
    }


def whole(key: str, value: Any) -> Any:
    """A number of steps as a whole number: Keras takes 1000.0 as well."""
    if isinstance(value, list):
        return [whole(key, item) for item in value]
    steps = key.endswith("_steps") or key == "boundaries"
    if not steps or not isinstance(value, float):
        return value
    if not value.is_integer():
        raise NoMeaningError(f"{key}={value}")
    return int(value)


def loss_values(model: Any, *, given: bool) -> dict[str, Any]:
    """The loss, of a model of one output."""
    loss = model.loss
    if loss is None:
        return {}
    if model._compile_loss._user_loss_weights is not None:
        raise NoMeaningError("loss_weights")
    loss = only(loss, "losses of several outputs")
    return {"loss": loss if isinstance(loss, str) else asked(loss, "losses", schema.LOSSES, given=given)}


def metrics_values(compiled: Any, *, given: bool) -> dict[str, Any]:
    """The metrics, of a model of one output; `compiled` is what Keras makes of both lists of metrics."""
    if compiled is None:
        return {}
    if compiled._user_weighted_metrics:
        raise NoMeaningError("weighted_metrics")
    if (metrics := compiled._user_metrics) is None:
        return {}
    if isinstance(metrics, Mapping):
        metrics = only(metrics, "metrics of several outputs")
    items = list(metrics) if isinstance(metrics, list | tuple) else [metrics]
    if any(isinstance(item, list | tuple | dict) for item in items):
        items = list(only(items, "metrics of several outputs"))
    found = [metric_value(item, given=given) for item in items]
    names = Counter(name_of_metric(value) for value in found)
    made = [
        named(value, item) if names[name_of_metric(value)] > 1 else value
        for value, item in zip(found, items, strict=True)
    ]
    return {"metrics": [value for place, value in enumerate(made) if value not in made[:place]]}


def only(values: Any, several: str) -> Any:
    """The one item of a list or a dictionary; what is neither is itself."""
    if not isinstance(values, list | tuple | Mapping):
        return values
    items = list(values.values()) if isinstance(values, Mapping) else list(values)
    if len(items) != 1:
        raise NoMeaningError(several)
    return items[0]


def metric_value(metric: Any, *, given: bool) -> Any:
    """A metric as a configuration holds it."""
    if isinstance(metric, str):
        if metric.lower() in ("crossentropy", "ce"):
            raise NoMeaningError(f"the metric '{metric}', which Keras chooses by the shapes of the target,")
        return "accuracy" if metric.lower() in ACCURACY else metric
    if type(metric).__name__ in ACCURACIES and is_keras(metric) and metric.name in ACCURACY:
        return "accuracy"
    return asked(metric, "metrics", schema.METRICS, given=given)


def named(value: Any, metric: Any) -> Any:
    """A metric under the name that Keras gave it, if it has one."""
    if isinstance(value, str):
        if not isinstance(metric, keras.metrics.Metric):
            return value
        value = {"_target_": f"keras.metrics.{value}"}
    return {**value, "name": metric.name} if isinstance(metric, keras.metrics.Metric) else value


def asked(thing: Any, module: str, known: tuple[str, ...], *, given: bool) -> Any:
    """A loss or a metric as a configuration holds it: Keras's name, or a node with its arguments.

    Args:
        thing: a function, a class or an instance.
        module: of Keras.
        known: the names that need no node.
        given: whether functions of the user's are handed over.
    """
    if inspect.isclass(thing):
        thing = thing()
    if inspect.isroutine(thing) or not isinstance(thing, keras.losses.Loss | keras.metrics.Metric):
        name = getattr(thing, "__name__", "")
        if name in known and getattr(getattr(keras, module), name, None) is thing:
            return name
        return {"_target_": target_of(thing, given=given)}
    kind = type(thing)
    arguments = arguments_of(thing)
    if not is_keras(thing):
        check_rebuilt(thing, arguments)
        return {"_target_": target_of(kind, given=given), **arguments}
    if getattr(getattr(keras, module), kind.__name__, None) is not kind:
        raise NoMeaningError(f"{kind.__name__}")
    if isinstance(thing, keras.metrics.Metric) and not has_usual_name(thing):
        arguments["name"] = thing.name
    if not arguments and kind.__name__ in known:
        return kind.__name__
    return {"_target_": f"keras.{module}.{kind.__name__}", **arguments}


def arguments_of(thing: Any) -> dict[str, Any]:
    """The arguments of an instance's class that are not at their defaults, without its name.

    Keras's configuration leaves some out, which the function inside has.
    """
    config = thing.get_config()
    config = {**dict(getattr(thing, "_fn_kwargs", None) or {}), **config}
    found = {}
    for name, parameter in inspect.signature(type(thing)).parameters.items():
        if name in NOT_ARGUMENTS or name not in config:
            continue
        value = plain(name, config[name])
        if parameter.default is parameter.empty or value != plain(name, parameter.default):
            found[name] = value
    return found


def check_rebuilt(thing: Any, arguments: Mapping[str, Any]) -> None:
    """Refuse an instance of a class of the user's that its configuration does not make again.

    Two instances are made of the configuration: what these differ in, such as the names that Keras counts, is no part
    of what the class computes.
    """
    kind = type(thing)
    try:
        again, twice = kind(**arguments), kind(**arguments)
    except Exception as error:  # whatever the user's class raises
        raise NoMeaningError(f"an instance of {kind.__name__} whose get_config does not name its arguments") from error
    for name in sorted({*vars(thing), *vars(again)} - {"name"}):
        mine, its, other = (vars(one).get(name, MISSING) for one in (thing, again, twice))
        if same(its, other) and not same(mine, its):
            raise NoMeaningError(f"an instance of {kind.__name__} whose get_config does not name its {name}")


MISSING = object()
"""What an instance has that lacks an attribute."""


def same(one: Any, other: Any, around: tuple[int, ...] = ()) -> bool:
    """Whether two values are equal, those inside of containers, arrays, variables and functions too.

    Args:
        one, other: the values; objects are equal if they are of one class with equal attributes.
        around: the `id` of each value that `one` stands in.
    """
    if one is other or id(one) in around:
        return True
    if type(one) is not type(other):
        return False
    if hasattr(one, "__array__"):
        first, second = np.asarray(one), np.asarray(other)
        return first.dtype == second.dtype and np.array_equal(first, second, equal_nan=first.dtype.kind in "fc")
    if (parts := parts_of(one)) is None:
        return bool(one == other)
    others = parts_of(other) or []
    return len(parts) == len(others) and all(
        same(part, its, (*around, id(one))) for part, its in zip(parts, others, strict=True)
    )


def parts_of(value: Any) -> list[Any] | None:
    """What a value consists of; None if it is compared as a whole."""
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple):
        return [*value]
    if inspect.isfunction(value):
        return [value.__code__, value.__defaults__, value.__kwdefaults__, *inspect.getclosurevars(value)]
    return [vars(value)] if hasattr(value, "__dict__") else None


def has_usual_name(metric: Any) -> bool:
    """Whether a metric has the name that Keras gives it."""
    usual = inspect.signature(type(metric)).parameters["name"].default
    if usual is not None:
        return bool(metric.name == usual)
    return squeezed(re.sub(r"_\d+$", "", metric.name)) == squeezed(type(metric).__name__)


def is_keras(thing: Any) -> bool:
    """Whether an instance's class is Keras's own."""
    return type(thing).__module__.split(".")[0] == "keras"


def target_of(thing: Any, *, given: bool) -> str:
    """The dotted name of a function or a class of the user's, which is handed over if its builder was."""
    name = getattr(thing, "__qualname__", type(thing).__name__)
    if given:
        try:
            return give_function(thing, apart=True).target
        except SweepError as error:
            raise NoMeaningError(f"{name}, which cannot be recognised when it is made again,") from error
    module = getattr(thing, "__module__", "")
    if getattr(sys.modules.get(module), name, None) is not thing:
        raise NoMeaningError(f"{name}, which is no function of a module,")
    return f"{module}.{name}"


def plain(name: str, value: Any) -> Any:
    """A value as a configuration holds it."""
    if isinstance(value, Mapping):
        return {str(key): plain(name, item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(name, item) for item in value]
    if hasattr(value, "tolist") and not hasattr(value, "assign"):
        return plain(name, value.tolist())
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise NoMeaningError(f"{name}={value!r}")
