"""Dates, time stamps and times of day as people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

ISO = "ISO8601"
"""The format of `2024-01-31` and of `2024-01-31T12:00:00Z`, in pandas' words."""

COMPACT = "%Y%m%d"
"""The format of `20240131`, which is a whole number too."""

FIRST_COMPACT, LAST_COMPACT = 19000101, 21001231

ISO_LIKE = re.compile(r"\d{4}-\d\d?(?:-\d\d?(?:[T ]\d.*)?)?", re.ASCII)
DATE_LIKE = re.compile(
    r"(?:\w{3,9},? )?(?:\d{1,4}|[A-Za-z]{3,9})[-/. ]+(?:\d\d?|[A-Za-z]{3,9})[-/., ]+\d{1,4}(?:\D.*)?", re.ASCII
)
TIME = re.compile(
    r"(?:(\d{1,5}) days? )?(\d{1,3}):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?(?: ?([AaPp])\.?[Mm]\.?)?", re.ASCII
)

DAY_FIRST = ("%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "%d-%m-%y")
MONTH_FIRST = ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y", "%m-%d-%y")
UNAMBIGUOUS = (
    *("%Y/%m/%d", "%Y.%m.%d", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%d/%b/%Y"),
    *("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y"),
)
ISO_ZONED = tuple(f"%Y-%m-%d %H:%M{rest} {zone}" for rest in (":%S", ":%S.%f", "") for zone in ("UTC", "GMT"))
"""Time stamps with the name of universal time, which no ISO format has."""

TIMES = (" %H:%M:%S.%f", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", ", %H:%M:%S", ", %H:%M")
MARKS = re.compile("[-/.:,]|%p")

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

SAMPLE = 50
ENOUGH = 0.5
"""The share of different texts that have to be dates of one form, for that form to count."""


@dataclass(frozen=True, slots=True)
class DateForm:
    """How the dates of one column are written.

    Attributes:
        format: as `pandas.to_datetime` takes it.
    """

    format: str = ISO

    @property
    def iso(self) -> bool:
        """Whether dates are written as `2024-01-31`."""
        return self.format == ISO

    @property
    def example(self) -> str:
        """A date in this form."""
        return "2024-01-31" if self.format == ISO else datetime(2024, 1, 31).strftime(self.format)

    def numbers(self, texts: Sequence[str]) -> Floats:
        """Days since 1970-01-01, `(texts,)`; NaN if a text is no such date."""
        import pandas as pd  # late: it takes long to import

        found = pd.to_datetime(pd.Series(list(texts), dtype=object), format=self.format, errors="coerce", utc=True)
        return days(found)

    def of_numbers(self, numbers: Floats) -> Floats:
        """Days since 1970-01-01 of numbers that are such days, or dates such as 20240131 if that is the format."""
        if self.format != COMPACT or not (compact := numbers >= FIRST_COMPACT).any():
            return numbers
        found = numbers.copy()
        found[compact] = self.numbers([f"{number:.0f}" for number in numbers[compact]])
        return found


def compact_dates(numbers: Floats, fewest: int = 3) -> bool:
    """Whether numbers are all dates such as 20240131, and of so many days at least."""
    known = numbers[~np.isnan(numbers)]
    if not len(known) or known.min() < FIRST_COMPACT or known.max() > LAST_COMPACT or (known % 1).any():
        return False
    month, day = known // 100 % 100, known % 100
    return bool(((month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)).all()) and len(np.unique(known)) >= fewest


@dataclass(frozen=True, slots=True)
class TimeForm:
    """Times such as `12:30`, `12:30:05` and `1:30 PM`."""

    @property
    def example(self) -> str:
        """A time in this form."""
        return "12:30"

    def numbers(self, texts: Sequence[str]) -> Floats:
        """Hours, `(texts,)`; NaN if a text is no time."""
        return np.fromiter(map(_hours, texts), np.float64, len(texts))


def _hours(text: str) -> float:
    found = TIME.fullmatch(text)
    if found is None:
        return np.nan
    whole, hour, minute, second, half = found.groups()
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            return np.nan
        hours = hours % 12 + 12 * (half in "pP")
    return 24 * int(whole or 0) + hours + int(minute) / 60 + float(second or 0) / 3600


def days(dates: pd.Series[Any]) -> Floats:
    """Days since 1970-01-01 of a column of pandas' dates, in universal time; NaN if one is missing."""
    universal = dates if dates.dt.tz is None else dates.dt.tz_convert(None)
    moments = universal.to_numpy()  # in their own unit: nanoseconds end in the year 2262
    return np.asarray((moments - np.datetime64("1970-01-01").astype(moments.dtype)) / np.timedelta64(1, "D"))


def part_of(dates: Floats, part: str) -> NDArray[Any]:
    """A part of dates that are days since 1970-01-01.

    Args:
        dates: NaN if one is missing.
        part: `year`, a number; `month` or `weekday`, a word.

    Returns:
        `(dates,)`; NaN, or None for a word, if a date is missing.
    """
    known = ~np.isnan(dates)
    whole = np.floor(np.where(known, dates, 0)).astype("datetime64[D]")
    months = whole.astype("datetime64[M]").astype(np.int64)
    if part == "year":
        return np.where(known, 1970.0 + months // 12, np.nan)
    if part == "month":
        words = np.array(MONTHS, object)[months % 12]
    else:
        words = np.array(WEEKDAYS, object)[(whole.astype(np.int64) + 3) % 7]  # 1970 began on a Thursday
    words[~known] = None
    return words


def date_forms(texts: Sequence[str], first: str = "") -> list[DateForm]:
    """The forms that most of the texts have as dates.

    Args:
        texts: the different texts of a column.
        first: `day` or `month`, if it is known which comes first.

    Returns:
        the forms that fit the most texts; none for a column of something else.
    """
    sample = texts[:: max(1, len(texts) // SAMPLE)][:SAMPLE]
    iso = [text for text in sample if ISO_LIKE.fullmatch(text)]
    other = [text for text in sample if DATE_LIKE.fullmatch(text)]
    if max(len(iso), len(other)) < ENOUGH * len(sample):
        return []
    candidates = [ISO, *ISO_ZONED] if len(iso) >= ENOUGH * len(sample) else _formats(other[0], first)
    likely = [form for form in map(DateForm, candidates) if _share(form, sample) >= ENOUGH]
    shares = {form: _share(form, texts) for form in likely}
    best = max(shares.values(), default=0.0)
    return [form for form, share in shares.items() if share == best >= ENOUGH]


def _formats(text: str, first: str) -> list[str]:
    """The formats whose marks are those of a text."""
    days = (*UNAMBIGUOUS, *(DAY_FIRST if first != "month" else ()), *(MONTH_FIRST if first != "day" else ()))
    times = TIMES if ":" in text else ("",)
    return [f"{day}{time}" for day in days for time in times if _has_marks(text, f"{day}{time}")]


def _has_marks(text: str, wanted: str) -> bool:
    marks = MARKS.findall(wanted)
    return all(mark in text for mark in marks if mark != "%p") and ("%p" in marks) == text.lower().endswith("m")


def _share(form: DateForm, texts: Sequence[str]) -> float:
    return float(np.mean(~np.isnan(form.numbers(texts)))) if len(texts) else 0.0
