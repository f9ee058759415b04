"""What a model of the user's was compiled with, as overrides that come before the job's own. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xor_sweep.calls import short_name
from xor_sweep.errors import ConfigError
from xor_sweep.given import PREFIX
from xor_sweep.spelling import spelled

PARTS = ("optimizer", "lr", "schedule", "loss", "metrics")
"""What `compile` says and a sweep may say instead, each by itself."""

SHOWN = 3
"""How many values of a part are named."""


@dataclass(frozen=True)
class Compiled:
    """What `compile` was called with.

    Attributes:
        values: by the key of the configuration that has the same meaning, such as `optimizer.momentum`; those that
            are at their defaults are left out.
        refused: why no key has the meaning of a part, with what to do, by the part.
        steps: how many its optimizer has taken, as that of a loaded model has.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    steps: int = 0


def overrides_of(compiled: Compiled, given: Collection[str], target: str) -> dict[str, str]:
    """Return the overrides that stand for what was compiled, by key, without what the sweep gives itself.

    Args:
        compiled: what the model was compiled with.
        given: the parts and the keys that the sweep gives.
        target: the function that built the model.

    Raises:
        ConfigError: if a part that the sweep does not give has no meaning here.
    """
    for part, reason in compiled.refused.items():
        if part not in given:
            raise ConfigError(f"network ({shown_target(target)}): {reason}")
    values = {key: value for key, value in compiled.values.items() if not {key, part_of(key)} & set(given)}
    return {key: f"{key}={spelled(value)}" for key, value in values.items()}


def part_of(key: str) -> str:
    """The part that a key belongs to: `optimizer` for `optimizer.momentum`."""
    return key.partition(".")[0]


def shown_target(target: str) -> str:
    """A function as a person knows it."""
    return target.removeprefix(PREFIX)


@dataclass(frozen=True, slots=True)
class Use:
    """Of one run: what came from its model's `compile`, and what the sweep gave instead.

    Attributes:
        target: the function that built the model.
        taken: the overrides that were taken, each with its key.
        given: the parts that `compile` names too, and the sweep gave.
        steps: how many the compiled optimizer has taken, if it is the one that trains.
    """

    target: str
    taken: tuple[tuple[str, str], ...]
    given: tuple[str, ...]
    steps: int = 0


def lines_of(uses: Iterable[Use]) -> tuple[str, ...]:
    """Return the lines that say what came from where, one for each function that built a model."""
    of_targets: dict[str, list[Use]] = {}
    for use in uses:
        of_targets.setdefault(use.target, []).append(use)
    return tuple(_line(target, of_one) for target, of_one in of_targets.items())


def _line(target: str, uses: Iterable[Use]) -> str:
    taken: dict[str, dict[str, None]] = {}
    given: dict[str, None] = {}
    steps = 0
    for use in uses:
        for key, override in use.taken:
            taken.setdefault(key, {})[override.partition("=")[2]] = None
        given.update(dict.fromkeys(use.given))
        steps = max(steps, use.steps)
    parts = ", ".join(f"{key}={_values(list(values))}" for key, values in taken.items())
    said = [
        f"{parts} from compile() in {shown_target(target)}" if parts else "",
        f"{', '.join(given)} from the sweep, and not from compile()" if given else "",
        f"its optimizer has taken {steps} steps, and each run starts with a new one" if steps else "",
    ]
    return "; ".join(filter(None, said))


def _values(values: list[str]) -> str:
    """One value as it is, several with `|` between them."""
    more = f"|… ({len(values)} values)" if len(values) > SHOWN else ""
    return "|".join(values[:SHOWN]) + more


def name_of_metric(asked: Any) -> str:
    """The name of a metric as a configuration holds it."""
    if isinstance(asked, str):
        return asked
    return str(asked.get("name", short_name(str(asked["_target_"]).rpartition(".")[2])))
