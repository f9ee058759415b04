"""The functions of a command line: the values that were meant, whatever Hydra 1.3.8 makes of them."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st

from tests.command import TREE, environment
from xor_sweep.commandline import hydra_here, read
from xor_sweep.errors import ConfigError
from xor_sweep.grammar import Parser
from xor_sweep.sweep_functions import ExactRange

VALUES: dict[str, list[str]] = {
    "range(5)": ["0", "1", "2", "3", "4"],
    "range(2,8,3)": ["2", "5"],
    "range(4,-1,-2)": ["4", "2", "0"],
    "range(start=1,stop=3)": ["1", "2"],
    "range(5,0)": [],
    "range(0.1,0.4,0.1)": ["0.1", "0.2", "0.3"],
    "range(0.1,1,0.3)": ["0.1", "0.4", "0.7"],
    "range(1e-4,5e-4,1e-4)": ["0.0001", "0.0002", "0.0003", "0.0004"],
    "range(0.3,0,-0.1)": ["0.3", "0.2", "0.1"],
    "range(1,2,0.25)": ["1.0", "1.25", "1.5", "1.75"],
    "range(1,1.0000000000000003,1.1e-16)": ["1.0", "1.0", "1.0000000000000002"],
    "range(0,1e-300,3e-301)": ["0.0", "3e-301", "6e-301", "9e-301"],
    "sort(range(4,-1,-2))": ["0", "2", "4"],
    "sort(range(0,5,2))": ["0", "2", "4"],
    "sort(range(0,5,2),reverse=true)": ["4", "2", "0"],
    "sort(range(4,-1,-2),reverse=true)": ["4", "2", "0"],
    "sort(range(1.3,0,-0.5))": ["0.3", "0.8", "1.3"],
    "sort(range(0.1,0.4,0.1),reverse=true)": ["0.3", "0.2", "0.1"],
    "sort(sort(range(1.3,0,-0.5)),reverse=true)": ["1.3", "0.8", "0.3"],
    "sort(range(5,0))": [],
    "sort(range(1.7e308,-1.7e308,-1e308))": ["-1.3e+308", "-3e+307", "7e+307", "1.7e+308"],
    "sort(shuffle(range(3)))": ["0", "1", "2"],
    "sort(sweep=range(2,-1,-1))": ["0", "1", "2"],
    "sort(3,1.5,2)": ["1.5", "2", "3"],
    "sort(b,a,reverse=true)": ["b", "a"],
    "sort('b',a)": ["a", "'b'"],
    "sort(choice(2,1))": ["1", "2"],
    "sort(shuffle(2,1,3))": ["1", "2", "3"],
    "choice(a,b)": ["a", "b"],
    "choice('1','true',1)": ["'1'", "'true'", "1"],
    "choice([1,2],{a:1})": ["[1,2]", "{a:1}"],
    "tag(x,y,range(2))": ["0", "1"],
    "tag(x,sweep=sort(range(1,-1,-1)))": ["0", "1"],
    "int(range(1.0,4.0))": ["1", "2", "3"],
    "int(range(4.9,0.2,-2.9))": ["4", "2"],
    "float(range(1,4))": ["1.0", "2.0", "3.0"],
    "float(sort(range(4,-1,-2)))": ["0.0", "2.0", "4.0"],
    "float(int(range(0.5,3.5)))": ["0.0", "1.0", "2.0"],
    "int(1.9,'2',true)": ["1", "2", "1"],
    "float(choice(1,2))": ["1.0", "2.0"],
    "str(1,0.50,true)": ["'1'", "'0.5'", "'true'"],
    "str(choice(a,1))": ["'a'", "'1'"],
    "bool(1,'false',0.0)": ["True", "False", "False"],
    "1e-1,'0.1',a\\,b": ["0.1", "'0.1'", "a\\,b"],
}


def values(text: str) -> list[str]:
    """The values of a sweep as a job is given them."""
    return list(Parser().parse_override(f"key={text}").sweep_string_iterator())


@pytest.mark.parametrize("text", VALUES)
def test_a_sweep_has_the_values_that_were_meant(text: str) -> None:
    assert values(text) == VALUES[text]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sort([3,1,2])", [1, 2, 3]),
        ("sort(['b',a])", ["a", "b"]),
        ("sort(list=[1,2],reverse=true)", [2, 1]),
        ("sort(1)", 1),
        ("shuffle(a)", "a"),
        ("shuffle([1])", [1]),
        ("int('3')", 3),
        ("float([1,[2]])", [1.0, [2.0]]),
        ("str({a:1,b:[0.5]})", {"a": "1", "b": ["0.5"]}),
        ("int(value=2.5)", 2),
        ("{a:1,b:{c:[d,'e']}}", {"a": 1, "b": {"c": ["d", "e"]}}),
    ],
)
def test_one_value_is_the_one_that_was_meant(text: str, value: Any) -> None:
    read_ = Parser().parse_override(f"key={text}")
    assert (read_.value(), type(read_.value()), read_.is_sweep_override()) == (value, type(value), False)


@pytest.mark.parametrize(
    "text", ["shuffle(range(50))", "shuffle(sort(range(49,-1,-1)))", "int(shuffle(range(0.0,50.0)))"]
)
def test_what_is_shuffled_has_all_values_in_another_order(text: str) -> None:
    assert sorted(values(text), key=int) == [str(number) for number in range(50)]
    assert values(text) != values(text)


def test_casts_keep_what_a_sweep_was_told_before() -> None:
    for text in ("float(tag(log,range(3)))", "float(tag(log,choice(1,2)))", "sort(tag(log,range(3)))"):
        assert Parser().parse_override(f"key={text}").value().tags == {"log"}  # type: ignore[union-attr]  # a sweep


REFUSED = {
    "seed=range(0,5,0)": "seed=range(0,5,0): range takes a step other than 0",
    "lr=int(range(0,3,0.5))": "range takes a step other than 0",
    "seed=range(0,${steps})": "range takes finite numbers; got ${steps}",
    "seed=range(a)": "range takes finite numbers; got a",
    "lr=range(0,inf)": "range takes finite numbers; got inf",
    "seed=range(true)": "range takes finite numbers; got True",
    "seed=range(1,2,3,4)": "range: too many positional arguments",
    "seed=range(0,1000000000)": "seed=range(0,1000000000): makes more than 1,000,000 runs",
    "seed=shuffle(range(0,1000000000))": "makes more than 1,000,000 runs",
    "lr=sort(range(0,1,1e-300))": "makes more than 1,000,000 runs",
    "seed=range(5,0)": "seed=range(5,0): makes no run",
    "seed=sort(1,a)": "sort takes numbers alone or words alone",
    "seed=sort(1,2,reverse=1)": "sort takes reverse=true or reverse=false; got 1",
    "seed=sort(1,2,key=1)": "sort takes no key=…",
    "seed=sort()": "sort takes values, a list or a sweep",
    "seed=choice()": "choice takes one value or more",
    "seed=choice(range(3))": "choice takes values and no sweeps",
    "seed=shuffle(range(3),4)": "shuffle takes values, or one sweep",
    "seed=str(range(3))": "str takes values and choice(…); ranges are cast with int or float",
    "seed=int(a)": "int does not take a",
    "seed=str(null)": "str does not take null",
    "seed=tag(x)": "tag takes words, and then choice(…), range(…) or interval(…)",
    "seed=steps(1)": "there is no steps(…); there are bool, choice, float, glob, int, interval, range",
    "network.hidden=[choice(2,4)]": "a sweep stands alone, and in no list, mapping or other sweep",
    "seed=range(3),7": "a sweep stands alone",
    "lr=interval(0,1)": "a grid takes lists and ranges",
}


@pytest.mark.parametrize("typed", REFUSED)
def test_what_a_function_does_not_take_is_one_line(typed: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(["-m", typed])
    assert str(refused.value).startswith(f"{typed}: ")
    assert REFUSED[typed] in str(refused.value)
    assert str(refused.value).endswith("a grid takes lists and ranges, such as lr=0.1,0.01 or seed=range(0,10)")


decimals = st.decimals(-1000, 1000, allow_nan=False, allow_infinity=False, places=4) | st.decimals(
    Decimal("-1e-12"), Decimal("1e-12"), allow_nan=False, allow_infinity=False, places=16
)


@given(decimals, st.integers(0, 200), decimals.filter(bool), st.booleans(), st.sampled_from(["", "e0"]))
def test_a_range_counts_in_decimals_and_leaves_its_end_out(
    start: Decimal, count: int, step: Decimal, reverse: bool, exponent: str
) -> None:
    with localcontext(prec=60):
        exact = [start + k * step for k in range(count)]
        stop = start + count * step
    text = ",".join(f"{number:f}{exponent}" for number in (start, stop, step))
    sweep = Parser().parse_override(f"lr=range({text})").value()
    assert isinstance(sweep, ExactRange)
    assert list(sweep.range()) == list(map(float, exact))
    assert [float(number) for number in values(f"sort(range({text}),reverse={str(reverse).lower()})")] == sorted(
        map(float, exact), reverse=reverse
    )


@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(-9, 9).filter(bool))
def test_whole_numbers_are_those_of_python(start: int, stop: int, step: int) -> None:
    assert values(f"range({start},{stop},{step})") == list(map(str, range(start, stop, step)))
    assert values(f"sort(range({start},{stop},{step}))") == list(map(str, sorted(range(start, stop, step))))


def test_hydra_and_sweepers_of_others_read_so_too_while_it_carries_out_a_command() -> None:
    def exact() -> list[float]:
        return list(OverridesParser.create().parse_override("lr=range(0.1,0.4,0.1)").sweep_iterator())  # type: ignore[arg-type]

    before = OverridesParser.__dict__["create"]
    with hydra_here():
        assert exact() == [0.1, 0.2, 0.3]
    assert OverridesParser.__dict__["create"] is before


WITHOUT_ASSERTS = """
from hydra import compose
from hydra.core.override_parser.overrides_parser import OverridesParser
from xor_sweep.commandline import hydra_here
assert False
with hydra_here():
    [read] = OverridesParser.create().parse_overrides(["lr=sort(range(1.3,0,-0.5))"])
    print(*read.sweep_iterator(), compose("config", ["early_stopping={patience:3}"]).early_stopping.patience)
"""


def test_functions_and_mappings_are_read_where_python_drops_asserts() -> None:
    words = [sys.executable, "-OO", "-c", WITHOUT_ASSERTS]
    done = subprocess.run(words, cwd=TREE, env=environment(), capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("0.3 0.8 1.3 3\n", "")
