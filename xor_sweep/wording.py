"""Words for a console: names listed, reasons with the runs that have them, commands to paste."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from xor_sweep.calls import Call
from xor_sweep.claims import Claim
from xor_sweep.outcome import reason_of
from xor_sweep.prepare import Prepared
from xor_sweep.structure import Structure


def logging_in(overrides: Sequence[str]) -> set[str]:
    """What overrides say about logging."""
    return {override for override in overrides if override.startswith("logging")}


def alone(claims: Sequence[Claim], prepared: Prepared) -> dict[str, list[str]]:
    """Why runs train one lane at a time, and the names of those for each reason."""
    return _for_each_reason(claims, prepared, lambda structure: structure.alone_because)


def adding_rows(claims: Sequence[Claim], prepared: Prepared) -> dict[str, list[str]]:
    """Why the gradients of looked-up rows are added up, unlike Keras, and the names of the runs for each reason."""
    return _for_each_reason(claims, prepared, lambda structure: structure.adds_rows_because)


def _for_each_reason(
    claims: Sequence[Claim], prepared: Prepared, reason_of_a: Callable[[Structure], str | None]
) -> dict[str, list[str]]:
    """The names of the runs that train, for each reason that their structures give."""
    reasons: dict[str, list[str]] = {}
    for claim in claims:
        structure = None if claim.finished else prepared.structures.get(claim.job.spec)
        if structure and (reason := reason_of_a(structure)):
            reasons.setdefault(reason, []).append(claim.paths.name)
    return reasons


def unbuilt(claims: Sequence[Claim], prepared: Prepared) -> dict[str, list[Claim]]:
    """What functions raised that should have built a network, and the runs for each."""
    reasons: dict[str, list[Claim]] = {}
    for claim in claims:
        if error := prepared.unbuilt.get(claim.job.spec):
            network = claim.job.spec.network
            training = claim.job.spec.training
            scores = [score.target for score in (training.loss, *training.metrics) if isinstance(score, Call)]
            what = (
                " or ".join([*([network.target] if isinstance(network, Call) else []), *scores]) or "a loss or metric"
            )
            reasons.setdefault(f"{what} raised {reason_of(error)}", []).append(claim)
    return reasons


def tensorboard(directory: Path) -> str:
    """The command that shows a directory in TensorBoard, as it works when pasted here."""
    own = Path(sys.executable)
    found = shutil.which("python")
    # Two environments may have links to one Python.
    plain = found is not None and Path(found).absolute().parent == own.absolute().parent
    return shlex.join(["python" if plain else str(own), "-m", "xor_sweep.board", str(directory)])
