from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xor_sweep.spread import evenly, spread


@given(steps=st.integers(0, 20_000), most=st.integers(0, 2_000))
def test_points_are_evenly_spread_from_the_first_step_to_the_last(steps: int, most: int) -> None:
    points = spread(steps, most)
    assert points.dtype == np.int64
    assert len(points) == min(most, steps + 1)
    if most:
        assert points[-1] == steps
    if len(points) > 1:
        gaps = np.diff(points)
        assert points[0] == 0
        assert gaps.min() >= 1
        assert gaps.max() - gaps.min() <= 1


@given(steps=st.integers(2, 2**60), most=st.integers(2, 50))
def test_points_of_very_long_trainings_stay_exact(steps: int, most: int) -> None:
    points = spread(steps, most)
    assert (points[0], points[-1]) == (0, steps)
    assert np.ptp(np.diff(points)) <= 1


def test_points_are_the_rounded_even_division() -> None:
    assert spread(10_000, 1_000).tolist() == np.rint(np.linspace(0, 10_000, 1_000)).tolist()


def test_no_limit_means_every_step() -> None:
    assert spread(4, None).tolist() == [0, 1, 2, 3, 4]


def test_one_point_is_the_last_step() -> None:
    assert spread(100, 1).tolist() == [100]


def test_no_points_is_a_choice() -> None:
    assert spread(100, 0).tolist() == []


@pytest.mark.parametrize(("steps", "most"), [(-1, 3), (3, -1)])
def test_negative_numbers_are_refused(steps: int, most: int) -> None:
    with pytest.raises(ValueError, match="got steps="):
        spread(steps, most)


def test_items_are_chosen_evenly_with_the_first_and_the_last_among_them() -> None:
    items = list("abcdefghi")
    assert evenly(items, 3) == ["a", "e", "i"]
    assert evenly(items, 500) == items
    assert len(set(evenly(items, 8))) == 8
    assert evenly([], 3) == []
