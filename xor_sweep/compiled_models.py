"""What the models of one command were compiled with: each builder is called once before runs have identities."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from xor_sweep.calls import Call
from xor_sweep.compiled import PARTS, Compiled, Use, lines_of, overrides_of
from xor_sweep.config.spec import RunSpec
from xor_sweep.data import dataset
from xor_sweep.errors import SweepError
from xor_sweep.executors.engine import Engine
from xor_sweep.shapes import shape_of

Built = tuple[Call, tuple[int, ...], int]
"""A function with its arguments, and the shapes that it is offered."""


@dataclass
class CompiledModels:
    """What is known of the models of one command.

    Attributes:
        engine: builds them.
        raised: what builders raised; runs of these networks have failed.
    """

    engine: Engine
    raised: dict[Built, Exception] = field(default_factory=dict)
    _found: dict[Built, Compiled | None] = field(default_factory=dict)
    _uses: dict[Use, bool] = field(default_factory=dict)

    def __reduce__(self) -> tuple[type[CompiledModels], tuple[Engine]]:
        """Begin anew in another process, to which a launcher takes a sweep: what was raised may not go there."""
        return type(self), (self.engine,)

    def told(self) -> tuple[str, ...]:
        """Return the lines that say what came from where, each use once."""
        lines = lines_of(use for use, told in self._uses.items() if not told)
        self._uses = dict.fromkeys(self._uses, True)
        return lines

    def overrides(self, spec: RunSpec, given: Collection[str]) -> tuple[str, ...]:
        """Return the overrides that stand for what the model of a run was compiled with.

        Args:
            spec: the run as it is without them.
            given: the parts and keys that the sweep gives itself.

        Raises:
            ConfigError: if something in it has no meaning here, or the network or its data cannot be.
        """
        if not isinstance(spec.network, Call) or spec.network.target.startswith("keras.") or set(PARTS) <= set(given):
            return ()
        compiled = self._compiled(built(spec))
        if compiled is None:
            return ()
        target = spec.network.target
        taken = overrides_of(compiled, given, target)
        named = {key.partition(".")[0] for key in compiled.values}
        kept = tuple(part for part in PARTS if part in named and part in given)
        steps = 0 if "optimizer" in given else compiled.steps
        self._uses.setdefault(Use(target, tuple(taken.items()), kept, steps), False)
        return tuple(taken.values())

    def _compiled(self, network: Built) -> Compiled | None:
        if network not in self._found and network not in self.raised:
            try:
                self._found[network] = self.engine.call("compiled_with", *network)
            except SweepError:
                raise
            except Exception as error:  # noqa: BLE001  # whatever a user's function raises fails its runs
                self.raised[network] = error
        return self._found.get(network)


def built(spec: RunSpec) -> Built:
    """Return what decides what a user's function builds."""
    assert isinstance(spec.network, Call)
    shape = shape_of(dataset(spec.data))
    return spec.network, shape.inputs, shape.outputs
