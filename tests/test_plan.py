from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.specs import spec
from xor_sweep.config import RunSpec
from xor_sweep.config.schema import OPTIMIZERS
from xor_sweep.plan import lane_arguments, lane_of, plan, structure_of

NUMBERS = {
    "lr": st.floats(1e-6, 10),
    "seed": st.integers(0, 2**31 - 1),
    "network.init_scale": st.floats(1e-3, 10),
}
STRUCTURAL: dict[str, st.SearchStrategy[Any]] = {
    "optimizer": st.sampled_from(sorted(OPTIMIZERS)),
    "steps": st.sampled_from([1, 100, 10_001]),
    "network.hidden": st.sampled_from([[], [2], [3, 3], [64, 64], [200, 200]]),
    "network.activation": st.sampled_from(["sigmoid", "tanh"]),
    "data": st.sampled_from(["xor", "parity"]),
    "optimizer.clipnorm": st.sampled_from([None, 1.0, 2.0]),
}
CHANGES_STRUCTURE: list[dict[str, Any]] = [
    {"steps": 7},
    {"optimizer": "adamax"},
    {"optimizer.clipnorm": 1.0},
    {"optimizer.global_clipnorm": 1.0},
    {"optimizer.clipvalue": 1.0},
    {"optimizer.use_ema": True},
    {"optimizer.ema_momentum": 0.5},
    {"optimizer.ema_overwrite_frequency": 5},
    {"optimizer.loss_scale_factor": 2.0},
    {"optimizer.gradient_accumulation_steps": 2},
    {"optimizer.amsgrad": True},
    {"optimizer.weight_decay": 0.1},
    {"network.hidden": [3]},
    {"network.activation": "tanh"},
    {"network.kernel_initializer": "zeros"},
    {"network.bias_initializer": "zeros"},
    {"data": "parity"},
    {"data": "parity", "data.bits": 4},
]

runs = st.fixed_dictionaries(NUMBERS | STRUCTURAL).map(spec)
sweeps = st.lists(runs, max_size=40, unique=True)


def same_but_for_numbers(optimizer: str) -> st.SearchStrategy[RunSpec]:
    per_lane = {f"optimizer.{name}": st.floats(0.01, 0.99) for name in lane_arguments(spec(optimizer=optimizer))}
    return st.fixed_dictionaries(NUMBERS | per_lane).map(lambda values: spec(values, optimizer=optimizer))


@given(sweeps)
def test_every_run_is_in_exactly_one_chunk(specs: list[RunSpec]) -> None:
    planned = [run for chunk in plan(specs) for run in chunk.specs]
    assert len(planned) == len(specs)
    assert set(planned) == set(specs)


@given(sweeps)
def test_runs_of_one_structure_keep_their_order(specs: list[RunSpec]) -> None:
    chunks = plan(specs)
    for structure in {chunk.structure for chunk in chunks}:
        planned = [run for chunk in chunks if chunk.structure == structure for run in chunk.specs]
        assert planned == [run for run in specs if structure_of(run) == structure]


@given(sweeps)
def test_a_chunk_holds_runs_of_one_structure_and_no_more_than_its_width(specs: list[RunSpec]) -> None:
    for chunk in plan(specs):
        assert {structure_of(run) for run in chunk.specs} == {chunk.structure}
        assert 1 <= len(chunk.specs) <= chunk.structure.width
        assert chunk.lanes == tuple(map(lane_of, chunk.specs))


@given(sweeps)
def test_only_the_last_chunk_of_a_structure_has_idle_lanes(specs: list[RunSpec]) -> None:
    chunks = plan(specs)
    for structure in {chunk.structure for chunk in chunks}:
        *full, _ = [chunk for chunk in chunks if chunk.structure == structure]
        assert all(len(chunk.specs) == structure.width for chunk in full)


@given(sweeps)
def test_structures_come_in_the_order_of_their_first_run(specs: list[RunSpec]) -> None:
    assert list(dict.fromkeys(chunk.structure for chunk in plan(specs))) == list(
        dict.fromkeys(structure_of(run) for run in specs)
    )


@given(runs)
def test_a_width_is_one_or_a_multiple_of_16(run: RunSpec) -> None:
    width = structure_of(run).width
    assert width == 1 or (width % 16 == 0 and 16 <= width <= 128)
    assert (width == 1) == (structure_of(run).alone_because is not None)


@given(st.sampled_from(sorted(OPTIMIZERS)).flatmap(lambda name: st.tuples(*[same_but_for_numbers(name)] * 2)))
def test_numbers_never_change_the_structure(pair: tuple[RunSpec, RunSpec]) -> None:
    first, second = pair
    assert structure_of(first) == structure_of(second)
    assert hash(structure_of(first)) == hash(structure_of(second))
    assert (lane_of(first) == lane_of(second)) == (first == second)


@pytest.mark.parametrize("change", CHANGES_STRUCTURE, ids=lambda change: ",".join(map("=".join, text(change))))
def test_what_changes_the_program_changes_the_structure(change: dict[str, Any]) -> None:
    assert structure_of(spec(change)) != structure_of(spec())


def text(change: dict[str, Any]) -> list[tuple[str, str]]:
    return [(key, str(value)) for key, value in change.items()]


@pytest.mark.parametrize(
    ("optimizer", "argument"),
    [("sgd", "momentum"), ("rmsprop", "momentum"), ("nadam", "beta_1"), ("adagrad", "initial_accumulator_value")],
)
def test_numbers_that_keras_branches_on_change_the_structure(optimizer: str, argument: str) -> None:
    assert structure_of(spec({f"optimizer.{argument}": 0.5}, optimizer=optimizer)) != structure_of(
        spec(optimizer=optimizer)
    )


@pytest.mark.parametrize("argument", ["clipnorm", "global_clipnorm"])
@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
def test_norm_clipping_trains_alone_and_says_why(optimizer: str, argument: str) -> None:
    structure = structure_of(spec({f"optimizer.{argument}": 1.0}, optimizer=optimizer))
    assert structure.width == 1
    assert structure.alone_because == f"optimizer.{argument} takes norms over whole variables"


def test_clipping_by_value_trains_fused() -> None:
    assert structure_of(spec({"optimizer.clipvalue": 1.0})).width == structure_of(spec()).width


@pytest.mark.parametrize("values", [{"network.hidden": [300, 300]}, {"data": "parity", "data.bits": 16}])
def test_a_large_network_trains_alone_and_says_why(values: dict[str, Any]) -> None:
    structure = structure_of(spec(values))
    assert structure.width == 1
    assert structure.alone_because == "the network fills the machine by itself"


def test_the_labs_network_trains_128_at_a_time() -> None:
    chunks = plan([spec(seed=seed) for seed in range(300)])
    assert [len(chunk.specs) for chunk in chunks] == [128, 128, 44]


def test_the_larger_a_network_the_narrower_its_program() -> None:
    widths = [structure_of(spec({"network.hidden": [units, units]})).width for units in range(1, 400)]
    assert widths == sorted(widths, reverse=True)
    assert {1, 16, 128} < set(widths)


def test_no_runs_are_no_chunks() -> None:
    assert plan([]) == []
