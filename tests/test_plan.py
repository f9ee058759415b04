from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.specs import spec, structure, work
from xor_sweep.config import RunSpec
from xor_sweep.config.schema import OPTIMIZERS
from xor_sweep.plan import lane_of, plan
from xor_sweep.structure import lane_numbers

NUMBERS = {
    "lr": st.floats(1e-6, 10),
    "seed": st.integers(0, 2**31 - 1),
    "network.init_scale": st.floats(1e-3, 10),
}
STRUCTURAL: dict[str, st.SearchStrategy[Any]] = {
    "optimizer": st.sampled_from(sorted(OPTIMIZERS)),
    "steps": st.sampled_from([1, 100, 10_001]),
    "network.hidden": st.sampled_from([[], [2], [3, 3], [64, 64], [200, 200], [1000, 1000]]),
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
    numbers = (key for key in lane_numbers(spec(optimizer=optimizer)) if key != "lr")
    per_lane = {key: st.floats(0.01, 0.99) for key in numbers}
    return st.fixed_dictionaries(NUMBERS | per_lane).map(lambda values: spec(values, optimizer=optimizer))


@given(sweeps)
def test_every_run_is_in_exactly_one_chunk(specs: list[RunSpec]) -> None:
    planned = [run for chunk in plan(work(specs)) for run in chunk.specs]
    assert len(planned) == len(specs)
    assert set(planned) == set(specs)


@given(sweeps)
def test_runs_of_one_structure_keep_their_order(specs: list[RunSpec]) -> None:
    chunks = plan(work(specs))
    for shared in {chunk.structure for chunk in chunks}:
        planned = [run for chunk in chunks if chunk.structure == shared for run in chunk.specs]
        assert planned == [run for run in specs if structure(run) == shared]


@given(sweeps)
def test_a_chunk_holds_runs_of_one_structure_and_no_more_than_its_width(specs: list[RunSpec]) -> None:
    for chunk in plan(work(specs)):
        assert {structure(run) for run in chunk.specs} == {chunk.structure}
        assert 1 <= len(chunk.specs) <= chunk.structure.width
        assert chunk.lanes == tuple(map(lane_of, chunk.specs))


@given(sweeps)
def test_only_the_last_chunk_of_a_structure_has_idle_lanes(specs: list[RunSpec]) -> None:
    chunks = plan(work(specs))
    for shared in {chunk.structure for chunk in chunks}:
        *full, _ = [chunk for chunk in chunks if chunk.structure == shared]
        assert all(len(chunk.specs) == shared.width for chunk in full)


@given(sweeps)
def test_structures_come_in_the_order_of_their_first_run(specs: list[RunSpec]) -> None:
    assert list(dict.fromkeys(chunk.structure for chunk in plan(work(specs)))) == list(
        dict.fromkeys(structure(run) for run in specs)
    )


@given(runs)
def test_a_width_is_one_or_a_multiple_of_16(run: RunSpec) -> None:
    width = structure(run).width
    assert width == 1 or (width % 16 == 0 and 16 <= width <= 128)
    assert (width == 1) == (structure(run).alone_because is not None)


@given(st.sampled_from(sorted(OPTIMIZERS)).flatmap(lambda name: st.tuples(*[same_but_for_numbers(name)] * 2)))
def test_numbers_never_change_the_structure(pair: tuple[RunSpec, RunSpec]) -> None:
    first, second = pair
    assert structure(first) == structure(second)
    assert hash(structure(first)) == hash(structure(second))
    assert (lane_of(first) == lane_of(second)) == (first == second)


@pytest.mark.parametrize("change", CHANGES_STRUCTURE, ids=lambda change: ",".join(map("=".join, text(change))))
def test_what_changes_the_program_changes_the_structure(change: dict[str, Any]) -> None:
    assert structure(spec(change)) != structure(spec())


def text(change: dict[str, Any]) -> list[tuple[str, str]]:
    return [(key, str(value)) for key, value in change.items()]


@pytest.mark.parametrize(
    ("optimizer", "argument"),
    [("sgd", "momentum"), ("rmsprop", "momentum"), ("nadam", "beta_1"), ("adagrad", "initial_accumulator_value")],
)
def test_numbers_that_keras_branches_on_change_the_structure(optimizer: str, argument: str) -> None:
    assert structure(spec({f"optimizer.{argument}": 0.5}, optimizer=optimizer)) != structure(spec(optimizer=optimizer))


@pytest.mark.parametrize("argument", ["clipnorm", "global_clipnorm"])
@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
def test_norm_clipping_trains_alone_and_says_why(optimizer: str, argument: str) -> None:
    alone = structure(spec({f"optimizer.{argument}": 1.0}, optimizer=optimizer))
    assert alone.width == 1
    assert alone.alone_because == f"optimizer.{argument} takes norms over whole variables"


def test_clipping_by_value_trains_fused() -> None:
    assert structure(spec({"optimizer.clipvalue": 1.0})).width == structure(spec()).width


@pytest.mark.parametrize(
    "values", [{"network.hidden": [1000, 1000]}, {"data": "parity", "data.bits": 16, "network.hidden": [3]}]
)
def test_a_large_network_trains_alone_and_says_why(values: dict[str, Any]) -> None:
    alone = structure(spec(values))
    assert alone.width == 1
    assert alone.alone_because == "the network fills the machine by itself"


def test_the_labs_network_trains_128_at_a_time() -> None:
    chunks = plan(work([spec(seed=seed) for seed in range(300)]))
    assert [len(chunk.specs) for chunk in chunks] == [128, 128, 44]


def test_the_larger_a_network_the_narrower_its_program() -> None:
    widths = [structure(spec({"network.hidden": [units, units]})).width for units in range(1, 1000, 3)]
    assert widths == sorted(widths, reverse=True)
    assert {1, 16, 128} < set(widths)


def test_no_runs_are_no_chunks() -> None:
    assert plan([]) == []


DIGITS: dict[str, Any] = {"data": "sklearn", "data.name": "digits"}
CANCER: dict[str, Any] = {"data": "sklearn", "data.name": "breast_cancer"}


def digits(**values: Any) -> RunSpec:
    """A run on scikit-learn's digits: 1,797 points, of which 1,438 train and 359 validate."""
    return spec(DIGITS | {key.replace("__", "."): value for key, value in values.items()})


def test_runs_that_see_other_data_train_in_chunks_of_their_own_though_their_program_is_one() -> None:
    folds = [digits(data__seed=fold, seed=seed) for fold in (0, 1) for seed in (0, 1)]
    assert len({structure(run) for run in folds}) == 1
    chunks = plan(work(folds))
    assert [(chunk.data, chunk.specs) for chunk in chunks] == [
        (folds[0].data, tuple(folds[:2])),
        (folds[2].data, tuple(folds[2:])),
    ]


def test_runs_that_weigh_classes_otherwise_train_in_chunks_of_their_own_though_their_program_is_one() -> None:
    weights = (None, "balanced", [1.0, 2.0], [2.0, 1.0])
    runs = [spec(CANCER | {"class_weight": weight}, seed=seed) for weight in weights for seed in (0, 1)]
    plain, *weighted = [structure(run) for run in runs[::2]]
    assert len(set(weighted)) == 1
    assert plain != weighted[0]
    chunks = plan(work(runs))
    assert [chunk.class_weight for chunk in chunks] == [None, "balanced", (1.0, 2.0), (2.0, 1.0)]
    assert [len(chunk.specs) for chunk in chunks] == [2, 2, 2, 2]


@pytest.mark.parametrize("key", ["dropout", "l1", "l2"])
def test_a_penalty_or_dropout_is_a_number_of_a_lane_unless_it_is_0(key: str) -> None:
    name = f"network.{key}"
    without, some, more = (spec({name: value}) for value in (0.0, 0.1, 0.2))
    assert structure(some) == structure(more) != structure(without)
    assert (lane_numbers(some)[name], lane_numbers(more)[name]) == (0.1, 0.2)
    assert name not in lane_numbers(without)


def test_a_schedules_numbers_are_lanes_and_what_keras_branches_on_is_compiled_in() -> None:
    def run(**values: Any) -> RunSpec:
        return spec({f"schedule.{key}": value for key, value in values.items()}, schedule="exponential_decay")

    assert structure(run(decay_rate=0.5)) == structure(run(decay_rate=0.25))
    assert lane_numbers(run(decay_rate=0.25))["schedule.decay_rate"] == 0.25
    assert structure(run(decay_rate=0.5, staircase=True)) != structure(run(decay_rate=0.5))
    assert structure(run(decay_rate=0.5)) != structure(spec())


def test_patience_is_a_number_of_a_lane_and_the_watched_metric_is_compiled_in() -> None:
    def run(**values: Any) -> RunSpec:
        return spec(DIGITS | {f"early_stopping.{key}": value for key, value in values.items()})

    assert structure(run(patience=2)) == structure(run(patience=3, min_delta=0.1))
    assert structure(run(patience=2)) != structure(run(patience=2, metric="accuracy"))
    assert structure(run(patience=2)) != structure(digits())


def test_batches_have_their_full_size_and_epochs_see_each_point_so_many_times() -> None:
    three = structure(digits(epochs=3, batch_size=100))
    assert (three.batch, three.steps) == (100, 44)  # 3 * 1,438 points are 43.14 batches
    assert three.epoch_ends.tolist() == [15, 29, 44]
    whole = structure(digits(epochs=3, batch_size=None))
    assert (whole.batch, whole.steps, whole.epoch_ends.tolist()) == (1438, 3, [1, 2, 3])
    given_steps = structure(digits(steps=40, batch_size=100))
    assert given_steps.epoch_ends.tolist() == [15, 29, 40], "the last step is looked at though its epoch goes on"
    short = structure(digits(steps=3, batch_size=100))
    assert (short.steps, short.epoch_ends.tolist()) == (3, [3])


@given(st.integers(1, 5_000), st.integers(1, 1_438))
def test_epochs_end_in_rising_order_with_the_last_step(steps: int, batch: int) -> None:
    run = structure(digits(steps=steps, batch_size=batch))
    ends = run.epoch_ends
    assert ends[-1] == steps
    assert (np.diff(ends) > 0).all()
    for epoch, end in enumerate(ends[:-1], start=1):
        assert end * batch >= epoch * 1438 > (end - 1) * batch


def test_checks_are_the_ends_of_epochs_and_at_most_a_thousand() -> None:
    few = structure(digits(epochs=30))
    assert few.checks.tolist() == few.epoch_ends.tolist()
    assert len(few.checks) == 30
    many = structure(digits(epochs=5_000, batch_size=1438))
    assert len(many.epoch_ends) == 5_000
    assert len(many.checks) == 1_000
    assert (many.checks[0], many.checks[-1]) == (1, 5_000)
    assert np.ptp(np.diff(many.checks)) <= 1
    assert structure(spec()).checks.tolist() == []


@pytest.mark.parametrize("change", [{"seed": 7}, {"lr": 0.5}, {"data.seed": 3}, {"data.fold": 1}, {"data.fold": 2}])
def test_a_width_depends_on_shapes_alone_and_not_on_numbers_seeds_or_values(change: dict[str, Any]) -> None:
    run = spec(DIGITS | change)
    assert structure(run).width == structure(digits()).width
    assert [structure(run) for run in (run, run)] == [structure(run)] * 2


def test_a_width_follows_the_batch_and_not_the_data() -> None:
    wide = {"network__hidden": [64]}
    widths = [structure(digits(batch_size=size, **wide)).width for size in (8, 32, 128, 512)]
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) > 1
    halves = [
        structure(spec(DIGITS | {"data.validation_fraction": share, "network.hidden": [64]})) for share in (0.1, 0.5)
    ]
    assert halves[0].data.train > halves[1].data.train
    assert halves[0].width == halves[1].width


@pytest.mark.parametrize("optimizer", ["adafactor", "lamb", "muon"])
def test_optimizers_that_mix_lanes_train_alone_and_say_why(optimizer: str) -> None:
    alone = structure(spec(optimizer=optimizer))
    assert alone.width == 1
    assert alone.alone_because == f"optimizer={optimizer} takes norms or factors of whole variables"
