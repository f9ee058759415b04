"""Which runs the link gives one colour, and what it asks TensorBoard for."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from xor_sweep.board.link import address, colours
from xor_sweep.board.sweeps import Sweep

RATES = ("lr=0.1,seed=0", "lr=0.1,seed=1", "lr=0.01,seed=0")


def sweep(*runs: str, key: str | None = "lr", name: str = ".", cost: str | None = "Cost/Cost") -> Sweep:
    return Sweep(name, tuple(runs if name == "." else (f"{name}/{run}" for run in runs)), key, cost)


def groups(*sweeps: Sweep) -> list[list[str]]:
    """The runs that have one colour, as TensorBoard finds them; those of no colour last."""
    expression = re.compile(colours(sweeps).removeprefix("regex:"))
    found: dict[object, list[str]] = {}
    runs = [run for each in sweeps for run in each.runs]
    for run in sorted(runs, key=lambda run: not expression.search(run)):
        match = expression.search(run)
        found.setdefault(match and match.groups(), []).append(run)
    return list(found.values())


def test_the_link_says_what_it_opens_and_can_be_read() -> None:
    link = address(6006, [sweep(*RATES)])
    start = "http://localhost:6006/?tagFilter=%5E(Cost/Cost)%24%7C%5E(medians/%7Cranked/)&smoothing=0&runColorGroup=regex:lr="
    assert link == f"{start}(%5B%5E,%5D*)%7C%5E(%5B%5E=%5D*)%24#timeseries"
    parts = urlsplit(link)
    assert parse_qs(parts.query) == {
        "tagFilter": ["^(Cost/Cost)$|^(medians/|ranked/)"],
        "smoothing": ["0"],
        "runColorGroup": ["regex:lr=([^,]*)|^([^=]*)$"],
    }
    assert (parts.netloc, parts.fragment) == ("localhost:6006", "timeseries")


def test_several_costs_are_asked_for_and_none_where_none_is_known() -> None:
    link = address(6006, [sweep("a", cost="Cost/validation"), sweep("b", name="b"), sweep("c", name="c")])
    assert parse_qs(urlsplit(link).query)["tagFilter"] == ["^(Cost/validation|Cost/Cost)$|^(medians/|ranked/)"]
    assert "tagFilter" not in address(6006, [sweep("a", cost=None)])


def test_a_sweep_of_seeds_alone_has_a_colour_a_run() -> None:
    assert colours([sweep("seed=0", "seed=1", key=None)]) == "run"


@pytest.mark.parametrize(
    ("key", "runs"),
    [
        ("lr", [["lr=0.1,seed=0", "lr=0.1,seed=1"], ["lr=0.01,seed=0"]]),
        ("lr", [["schedule.lr=3,lr=0.1", "lr=0.1~1a2b3c4d"], ["schedule.lr=3,lr=0.2"]]),
        ("network.hidden", [["network.hidden=[8,8],lr=1", "lr=2,network.hidden=[8,8]"], ["network.hidden=[8,4],lr=1"]]),
        ("optimizer", [["optimizer=adam,optimizer.beta_1=0.9", "optimizer=adam"], ["optimizer=sgd"], ["seed=1"]]),
        ("lr", [["lr=0.1"], ["lr=0.1a"], ["lr="]]),
        ("lr", [["x=1,lr=1,seed=2"], ["x=1,seed=1", "x=1,seed=2"], ["x=2"], ["schedule.lr=1"], ["schedule.lr=2"]]),
    ],
)
def test_runs_of_one_value_have_one_colour(key: str, runs: list[list[str]]) -> None:
    found = groups(sweep(*(run for group in runs for run in group), key=key))
    assert sorted(map(sorted, found)) == sorted(map(sorted, runs))


def test_runs_whose_names_do_not_have_the_key_are_not_without_a_colour() -> None:
    expression = re.compile(colours([sweep("lr=0.1", "optimizer=sgd,seed=1")]).removeprefix("regex:"))
    assert all(expression.search(run) for run in ("lr=0.1", "optimizer=sgd,seed=1", ".", "xor"))


def test_each_of_several_sweeps_is_coloured_by_its_own_key() -> None:
    found = groups(
        sweep("lr=1,seed=0", "lr=1,seed=1", name="xor"),
        sweep("units=1,seed=0", "units=1,seed=1", "units=2,seed=0", key="units", name="wine"),
        sweep("seed=0", "seed=1", key=None, name="se.eds"),
    )
    assert found == [
        ["xor/lr=1,seed=0", "xor/lr=1,seed=1"],
        ["wine/units=1,seed=0", "wine/units=1,seed=1"],
        ["wine/units=2,seed=0"],
        ["se.eds/seed=0"],
        ["se.eds/seed=1"],
    ]
