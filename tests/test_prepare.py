"""A network of the user's own is built once before any run trains; where that raises, its runs alone fail."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine import ENGINE
from tests.models import raising
from tests.specs import spec
from xor_sweep.errors import ConfigError
from xor_sweep.prepare import prepare

TARGET = "tests.models.raising.build"


def own(units: int, **values: Any) -> Any:
    """A run whose network is the user's own."""
    network = {"_target_": TARGET, "units": units}
    return spec({"network": network, "trusted_modules": ["tests"], "data": "sklearn", "data.name": "wine"}, **values)


def test_a_function_that_raises_costs_its_own_runs_and_is_not_asked_again() -> None:
    raising.CALLS.clear()
    runs = [own(units, seed=seed) for units in (4, -1, 0) for seed in (1, 2)]
    prepared = prepare(runs, ENGINE)
    assert list(prepared.structures) == runs[:2]
    assert list(prepared.unbuilt) == runs[2:]
    errors = list(prepared.unbuilt.values())
    assert [f"{type(error).__name__}: {error}" for error in errors[::2]] == [
        "ValueError: no layer of -1 units",
        "ValueError: no layer of 0 units",
    ]
    assert (errors[0], errors[2]) == (errors[1], errors[3])
    assert (raising.CALLS.count(-1), raising.CALLS.count(0)) == (1, 1)
    assert errors[0].__traceback__ is not None


def test_runs_of_one_network_that_differ_in_numbers_have_one_structure() -> None:
    prepared = prepare([own(4, seed=seed, lr=lr) for seed in (1, 2) for lr in (0.1, 0.01)], ENGINE)
    [structure] = set(prepared.structures.values())
    assert structure.alone_because is None
    assert [size for _, size in structure.facts.weights] == [13 * 4, 4, 4 * 3, 3]


@pytest.mark.parametrize(
    ("network", "word"),
    [
        ({"unit": 4}, "network.unit: tests.models.raising.build has no such argument"),
        ({}, "network.units: tests.models.raising.build needs it; add +network.units="),
    ],
)
def test_arguments_that_a_function_does_not_take_are_a_mistake_and_no_failed_run(
    network: dict[str, Any], word: str
) -> None:
    run = spec(
        {"network": {"_target_": TARGET, **network}, "trusted_modules": ["tests"], "data": "sklearn"},
    )
    with pytest.raises(ConfigError) as refused:
        prepare([own(4), run], ENGINE)
    assert str(refused.value).startswith(word)


def test_what_was_prepared_in_two_batches_is_known_together() -> None:
    first, second = prepare([own(4)], ENGINE), prepare([own(-1), own(5)], ENGINE)
    together = first | second
    assert len(together.structures) == 2
    assert list(together.unbuilt) == [own(-1)]
