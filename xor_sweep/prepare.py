"""Runs made ready for planning: their data loaded, a network of the user's own built once, all held together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from xor_sweep.calls import Call
from xor_sweep.config.spec import RunSpec
from xor_sweep.data import dataset
from xor_sweep.errors import ConfigError
from xor_sweep.fit import check_fit
from xor_sweep.plan import DataShape, NetworkFacts, Structure, structure_of
from xor_sweep.quiet import quiet_start
from xor_sweep.shapes import shape_of


@dataclass(frozen=True)
class Prepared:
    """What can be said of runs before any of them trains.

    Attributes:
        structures: of the runs that can train.
        unbuilt: of the others, what the function that should have built their network raised.
    """

    structures: dict[RunSpec, Structure] = field(default_factory=dict)
    unbuilt: dict[RunSpec, Exception] = field(default_factory=dict)

    def __or__(self, other: Prepared) -> Prepared:
        return Prepared(self.structures | other.structures, self.unbuilt | other.unbuilt)


def prepare(specs: Iterable[RunSpec]) -> Prepared:
    """Find the structure of each run.

    Raises:
        ConfigError: where data cannot be read, or does not fit a network, a loss or a batch.
    """
    prepared = Prepared()
    raised: dict[object, Exception] = {}
    for spec in specs:
        data = dataset(spec.data)
        shape = shape_of(data)
        check_fit(spec, data)
        facts, training = None, spec.training
        # A chain under its task's own loss speaks for itself.
        if isinstance(spec.network, Call) or training.loss is not None or training.metrics:
            key = (spec.network, shape, training.loss, training.metrics)
            try:
                if key in raised:
                    raise raised[key]
                facts = _facts(spec, shape)
            except ConfigError:
                raise
            except Exception as error:  # noqa: BLE001  # whatever a user's function raises fails its runs
                raised[key] = prepared.unbuilt[spec] = error
                continue
        prepared.structures[spec] = structure_of(spec, shape, facts)
    return prepared


def _facts(spec: RunSpec, shape: DataShape) -> NetworkFacts:
    with quiet_start():
        from xor_sweep.training.inspect import inspect

    return inspect(spec, shape)
