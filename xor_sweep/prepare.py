"""Runs made ready for planning: their data loaded, a network of the user's own built once, all held together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from xor_sweep.calls import Call
from xor_sweep.compiled_models import Built, built
from xor_sweep.config.spec import DataSpec, RunSpec
from xor_sweep.data import dataset
from xor_sweep.errors import SweepError
from xor_sweep.executors.engine import Engine
from xor_sweep.fit import check_fit
from xor_sweep.metric_fit import check_metrics
from xor_sweep.scored import data_facts
from xor_sweep.shapes import extremes, shape_of
from xor_sweep.structure import NetworkFacts, Structure, structure_of

UNKNOWN = NetworkFacts((), 1, None)

_found: dict[tuple[Structure, DataSpec | None], NetworkFacts] = {}
"""What was found of the networks that this process has asked about."""


def forget() -> None:
    """Look anew at the networks that functions of the user's build."""
    for key in [key for key in _found if key[0].has_functions]:
        del _found[key]


@dataclass(frozen=True)
class Prepared:
    """What can be said of runs before any of them trains.

    Attributes:
        structures: of the runs that can train.
        unbuilt: of the others, what the function that should have built their network raised.
        said: how their data was read, each a text of one or more lines.
    """

    structures: dict[RunSpec, Structure] = field(default_factory=dict)
    unbuilt: dict[RunSpec, Exception] = field(default_factory=dict)
    said: dict[tuple[str, ...], None] = field(default_factory=dict)

    def __or__(self, other: Prepared) -> Prepared:
        return Prepared(self.structures | other.structures, self.unbuilt | other.unbuilt, self.said | other.said)


def prepare(specs: Iterable[RunSpec], engine: Engine, failed: Mapping[Built, Exception] | None = None) -> Prepared:
    """Find the structure of each run.

    Args:
        specs: the runs.
        engine: asked about what has to be built to be known.
        failed: what functions have raised that were asked to build a network before.

    Raises:
        ConfigError: where data cannot be read, or does not fit a network, a loss or a batch.
    """
    prepared = Prepared()
    raised: dict[object, Exception] = {}
    alike: dict[Structure, Structure] = {}
    for spec in specs:
        data = dataset(spec.data)
        data_facts(spec.data)  # now that it is in memory: results name them
        prepared.said.update(dict.fromkeys([data.columns, *((line,) for line in data.said)]))
        shape = shape_of(data)
        check_fit(spec, data)
        facts, training = None, spec.training
        if training.metrics:
            check_metrics(structure_of(spec, shape, UNKNOWN), data)
        # A chain under its task's own loss speaks for itself.
        if isinstance(spec.network, Call) or training.loss is not None or training.metrics:
            # What is a lane's own number, a learning rate say, does not tell networks apart.
            key = (structure_of(spec, shape, UNKNOWN), spec.data if shape.whole else None)
            try:
                if failed and isinstance(spec.network, Call) and (error := failed.get(built(spec))):
                    raise error
                if key in raised:
                    raise raised[key]
                if key not in _found:
                    _found[key] = engine.call("inspect", spec, shape, extremes(data) if shape.whole else None)
                facts = _found[key]
            except SweepError:
                raise
            except Exception as error:  # noqa: BLE001  # whatever a user's function raises fails its runs
                raised[key] = prepared.unbuilt[spec] = error
                continue
        structure = structure_of(spec, shape, facts)
        if training.metrics and isinstance(spec.network, Call):  # now it is known what the network ends in
            check_metrics(structure, data)
        prepared.structures[spec] = alike.setdefault(structure, structure)  # one object for all runs of a structure
    return prepared
