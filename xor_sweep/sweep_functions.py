"""The functions of Hydra's override grammar, such as `range` and `sort`, exact.

Hydra 1.3.8 has its own, which sort a range by moving its ends, count in binary fractions (`range(0.1,0.4,0.1)` holds
0.4), forget a shuffle or a tag where they cast, and take the quotes of `choice('1','2')` away. These take and return
Hydra's own sweeps, so whoever reads a parsed override has the right values from it. Pure, but for `shuffle`.

https://hydra.cc/docs/1.3/advanced/override_grammar/extended/ describes the functions.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hydra.core.override_parser.types import (
    ChoiceSweep,
    Glob,
    IntervalSweep,
    Quote,
    QuotedString,
    RangeSweep,
    Sweep,
)


class SweepFunctionError(ValueError):
    """What a function does not take, in words."""


@dataclass(frozen=True)
class Progression:
    """Equally spaced numbers: `(first + k * step) / unit` for each whole k from 0 to below `count`.

    Attributes:
        first, step, unit: whole numbers.
        count: how many numbers there are.
        whole: whether they are whole numbers; otherwise each is the float nearest to the exact quotient.
    """

    first: int
    step: int
    unit: int
    count: int
    whole: bool

    def __iter__(self) -> Iterator[int | float]:
        return map(self.at, range(self.count))

    def at(self, k: int) -> int | float:
        """The number with the index k, which may lie past the last one."""
        number = self.first + k * self.step
        try:
            return number if self.whole else number / self.unit  # Python rounds a quotient of whole numbers correctly
        except OverflowError:  # the end that no number of the range reaches
            return math.inf if number > 0 else -math.inf

    def backwards(self) -> Progression:
        """The same numbers in the opposite order."""
        return replace(self, first=self.first + max(0, self.count - 1) * self.step, step=-self.step)


@dataclass
class ExactRange(RangeSweep):
    """A range that knows its numbers; `start`, `stop` and `step` are those of the numbers as they are ordered.

    Attributes:
        numbers: the range's numbers, in their order.
    """

    numbers: Progression = Progression(0, 1, 1, 0, whole=True)

    def range(self) -> Any:
        """The numbers, for Hydra, which iterates over them once."""
        return iter(self.numbers)


def range_(start: Any, stop: Any = None, step: Any = 1) -> ExactRange:
    """`range(stop)`, `range(start,stop)` or `range(start,stop,step)`: the numbers from `start` to before `stop`."""
    start, stop = (0, start) if stop is None else (start, stop)
    for number in (start, stop, step):
        if type(number) not in (int, float, Decimal) or not math.isfinite(number):
            raise SweepFunctionError(f"range takes finite numbers; got {said(number)}")
    if step == 0:
        raise SweepFunctionError("range takes a step other than 0")
    whole = all(type(number) is int for number in (start, stop, step))
    first, end, by = map(exact, (start, stop, step))
    unit = math.lcm(first.denominator, by.denominator)
    count = max(0, math.ceil((end - first) / by))
    numbers = Progression(int(first * unit), int(by * unit), unit, count, whole)
    return ExactRange(start=plain(start), stop=plain(stop), step=plain(step), numbers=numbers)


def exact(number: float | Decimal) -> Fraction:
    """A number as the decimal that was written; of a float, the shortest one that reads back as it."""
    return Fraction(repr(number) if isinstance(number, float) else number)


def plain(number: float | Decimal) -> float:
    """A number as Hydra's sweeps hold it."""
    return float(number) if isinstance(number, Decimal) else number


def sort(*given: Any, reverse: Any = False, **named: Any) -> Any:
    """Values, a list or a sweep in ascending order; `reverse=true` is descending."""
    if not isinstance(reverse, bool):
        raise SweepFunctionError(f"sort takes reverse=true or reverse=false; got {said(reverse)}")
    value = one_of("sort", given, named, "list", "sweep")
    if isinstance(value, RangeSweep):
        return sorted_range(as_exact(value), reverse=reverse)
    if isinstance(value, ChoiceSweep):
        return replace(value, list=in_order(value.list, reverse=reverse), shuffle=False)
    if isinstance(value, Sweep | Glob):
        raise SweepFunctionError("sort takes values, a list, choice(…) or range(…)")
    return in_order(value, reverse=reverse) if isinstance(value, list) else value


def sorted_range(sweep: ExactRange, *, reverse: bool) -> ExactRange:
    """A range in ascending or descending order."""
    sweep = replace(sweep, shuffle=False)
    if (sweep.numbers.step < 0) == reverse:
        return sweep
    numbers = sweep.numbers.backwards()
    step = -sweep.step
    return replace(sweep, start=numbers.at(0), stop=numbers.at(numbers.count), step=step, numbers=numbers)


def in_order(values: list[Any], *, reverse: bool) -> list[Any]:
    """Numbers by size, or words by their characters, in or without quotes."""
    keys = [value.text if isinstance(value, QuotedString) else value for value in values]
    if not (all(isinstance(key, int | float) for key in keys) or all(isinstance(key, str) for key in keys)):
        raise SweepFunctionError("sort takes numbers alone or words alone")
    return [values[place] for place in sorted(range(len(keys)), key=keys.__getitem__, reverse=reverse)]


def shuffle(*given: Any, **named: Any) -> Any:
    """Values, a list or a sweep in random order."""
    value = one_of("shuffle", given, named, "list", "sweep")
    if isinstance(value, ChoiceSweep | RangeSweep):
        return replace(value, shuffle=True)
    if isinstance(value, Sweep | Glob):
        raise SweepFunctionError("shuffle takes values, a list, choice(…) or range(…)")
    return random.sample(value, len(value)) if isinstance(value, list) else value


def choice(*given: Any) -> ChoiceSweep:
    """A sweep over the values."""
    if not given:
        raise SweepFunctionError("choice takes one value or more")
    if len(given) == 1 and isinstance(given[0], ChoiceSweep) and given[0].simple_form:
        return replace(given[0], simple_form=False)
    if any(isinstance(value, Sweep | Glob) for value in given):
        raise SweepFunctionError("choice takes values and no sweeps")
    return ChoiceSweep(list=[*given])


def interval(start: Any, end: Any) -> IntervalSweep:
    """All numbers from `start` to `end`, which a grid does not take."""
    return IntervalSweep(start=cast_float(start), end=cast_float(end))


def tag(*given: Any, sweep: Any = None) -> Any:
    """A sweep with words that a sweeper may read."""
    *tags, value = given if sweep is None else (*given, sweep)
    tags = [each.text if isinstance(each, QuotedString) else each for each in tags]
    if not isinstance(value, Sweep) or not all(isinstance(each, str) for each in tags):
        raise SweepFunctionError("tag takes words, and then choice(…), range(…) or interval(…)")
    return replace(value, tags={*tags})


def glob(include: Any, exclude: Any = ()) -> Glob:
    """All options of a group whose names match a pattern, such as `*`."""
    return Glob(include=patterns(include), exclude=patterns(exclude))


def patterns(given: Any) -> list[str]:
    """Patterns that were given as one word or as a list of words."""
    words = [*given] if isinstance(given, list | tuple) else [given]
    texts = [word.text if isinstance(word, QuotedString) else word for word in words]
    if not all(isinstance(text, str) for text in texts):
        raise SweepFunctionError("glob takes patterns, such as glob(*) or glob([a*,b*],exclude=ab)")
    return texts


def cast_int(*given: Any, **named: Any) -> Any:
    """Whole numbers; those of a range by its start, stop and step."""
    return cast("int", int, one_of("int", given, named, "value"))


def cast_float(*given: Any, **named: Any) -> Any:
    """Numbers with a point; those of a range by its start, stop and step."""
    return cast("float", float, one_of("float", given, named, "value"))


def cast_str(*given: Any, **named: Any) -> Any:
    """Words, in quotes so that `str(1)` stays one."""
    return cast("str", word, one_of("str", given, named, "value"))


def cast_bool(*given: Any, **named: Any) -> Any:
    """True and false."""
    return cast("bool", truth, one_of("bool", given, named, "value"))


def cast(name: str, convert: Callable[[Any], Any], value: Any) -> Any:
    """A value, or a list, mapping or sweep of values, with `convert` applied to each."""
    if isinstance(value, dict):
        return {key: cast(name, convert, item) for key, item in value.items()}
    if isinstance(value, list):
        return [cast(name, convert, item) for item in value]
    if isinstance(value, ChoiceSweep):
        return replace(value, list=[cast(name, convert, item) for item in value.list])
    if isinstance(value, RangeSweep | IntervalSweep):
        if name not in ("int", "float"):
            raise SweepFunctionError(f"{name} takes values and choice(…); ranges are cast with int or float")
        if isinstance(value, IntervalSweep):
            return replace(value, start=convert(value.start), end=convert(value.end))
        made = range_(convert(value.start), convert(value.stop), convert(value.step))
        return replace(made, tags={*value.tags}, shuffle=value.shuffle)
    bare = value.text if isinstance(value, QuotedString) else value
    try:
        if isinstance(bare, bool | int | float | str):
            return convert(bare)
    except (ValueError, OverflowError):
        pass
    raise SweepFunctionError(f"{name} does not take {said(value)}")


def word(value: Any) -> QuotedString:
    """A value as a word in quotes."""
    return QuotedString(str(value).lower() if isinstance(value, bool) else str(value), Quote.single)


def truth(value: Any) -> bool:
    """Whether a number is other than 0, or which of `true` and `false` a word is."""
    words = {"true": True, "false": False}
    if isinstance(value, str) and value.lower() not in words:
        raise ValueError(value)
    return words[value.lower()] if isinstance(value, str) else bool(value)


def one_of(function: str, given: Sequence[Any], named: Mapping[str, Any], *names: str) -> Any:
    """The one value that a function is given, by place or by one of its names; several ones are a choice of them."""
    if unknown := next((name for name in named if name not in names), None):
        raise SweepFunctionError(f"{function} takes no {unknown}=…")
    if bool(given) + len(named) != 1:
        raise SweepFunctionError(f"{function} takes values, a list or a sweep")
    if len(given) > 1:
        if any(isinstance(value, Sweep | Glob) for value in given):
            raise SweepFunctionError(f"{function} takes values, or one sweep")
        return ChoiceSweep(list=[*given], simple_form=True)
    return given[0] if given else next(iter(named.values()))


def as_exact(sweep: RangeSweep) -> ExactRange:
    """A range that one of these functions made."""
    if not isinstance(sweep, ExactRange):
        raise TypeError(f"{sweep} is a range of Hydra's own functions")
    return sweep


def said(value: Any) -> str:
    """A value as a message shows it."""
    return str(value.text if isinstance(value, QuotedString) else "null" if value is None else value)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "int": cast_int,
    "str": cast_str,
    "bool": cast_bool,
    "float": cast_float,
    "choice": choice,
    "range": range_,
    "interval": interval,
    "tag": tag,
    "sort": sort,
    "shuffle": shuffle,
    "glob": glob,
}
"""What a command line may call, by name."""
