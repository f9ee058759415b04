"""What is known of the measure of a result that has none: its recorded configuration says part of it.

Results up to release 0.2.0 have no measure. A fact that the record does not tell is missing, and agrees with any value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from xor_sweep.measure import DIGITS, loss_fact, task_loss
from xor_sweep.results import RunResult

if TYPE_CHECKING:
    from xor_sweep.manifest import Manifest
    from xor_sweep.summary.columns import Configs

SPLIT_KEYS = ("data.validation_fraction", "data.test_fraction", "data.folds", "data.fold", "data.seed")


def recorded_facts(result: RunResult, configs: Configs, manifest: Manifest) -> dict[str, str]:
    """Return the facts of a measure that a run's record and its result tell; none without a record.

    Args:
        result: of the run.
        configs: the recorded configurations.
        manifest: knows the content of files when the run began.
    """
    run = result.run
    kind = configs.value(run, "data.kind") or configs.value(run, "data.name")
    if not isinstance(kind, str):
        return {}
    return dict((*_data(result, kind, configs, manifest), *_loss(result, kind, configs)))


def _data(result: RunResult, kind: str, configs: Configs, manifest: Manifest) -> Iterator[tuple[str, str]]:
    run = result.run
    if kind in ("xor", "parity"):
        yield "data", kind if kind == "xor" else f"parity {configs.value(run, 'data.bits')}"
        yield "task", "binary"
        return
    yield "data", f"sklearn {configs.value(run, 'data.name')}" if kind == "sklearn" else kind
    if target := configs.value(run, "data.target"):
        yield "target", str(target)
    if content := configs.value(run, "data.sha256") or _file(result, configs, manifest):
        yield "content", str(content)[:DIGITS]
    yield from _split(run, kind, configs)


def _file(result: RunResult, configs: Configs, manifest: Manifest) -> str | None:
    """Return the hash that a run's file had when it started, if a command noted it."""
    path = configs.value(result.run, "data.path")
    if not isinstance(path, str) or path not in manifest.sources:
        return None
    changes = (each for each in manifest.changes if each.name == path and each.at > result.started_at)
    return next((each.before for each in changes), manifest.sources[path])


def _split(run: str, kind: str, configs: Configs) -> Iterator[tuple[str, str]]:
    """The part that scores a run; unknown of data that may bring its own validation part."""
    from xor_sweep.config.spec import DataSpec  # late: they bring Hydra and pandas
    from xor_sweep.scored import split_facts

    if kind not in ("csv", "sklearn"):
        return
    found = {key.removeprefix("data."): configs.value(run, key) for key in SPLIT_KEYS}
    values: dict[str, Any] = {name: value for name, value in found.items() if isinstance(value, int | float)}
    if found.keys() - values.keys() <= {"fold"}:
        yield from split_facts(DataSpec(kind, "recorded", **values), own_validation=False).items()


def _loss(result: RunResult, kind: str, configs: Configs) -> Iterator[tuple[str, str]]:
    """The loss; of a run that named none it is that of the task, which shows in what the run ended with."""
    task = "binary" if kind in ("xor", "parity") else _task(result)
    loss = configs.value(result.run, "loss")
    if isinstance(loss, str):
        classes = "multiclass" if "categorical" in loss.lower() else "binary"
        yield "loss", loss_fact(loss, "regression" if task == "regression" else classes)
    elif loss is None and configs.value(result.run, "loss._target_") is None and task:
        yield "loss", task_loss(task)


def _task(result: RunResult) -> str | None:
    """`regression`, or `binary` for classes, whose crossentropies are one fact; None if the run does not tell."""
    if result.final_accuracy is not None:
        return "binary"
    return "regression" if result.status == "completed" else None
