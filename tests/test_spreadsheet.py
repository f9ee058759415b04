"""Texts in CSV files that people open in a spreadsheet."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xor_sweep.spreadsheet import without_formula

FORMULAS = [
    "=1+1",
    '=HYPERLINK("http://there.example")',
    "+1+2",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1+1",
]
TEXTS = ["", "red", "a=b", "-", "--", "-5", "+3.5", "-1,5", "-.5e-3", "'quoted'", "2024-01-01", "'tis"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_has_an_apostrophe_before_it(text: str) -> None:
    assert without_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", TEXTS)
def test_another_text_and_a_negative_number_stay_as_they_are(text: str) -> None:
    assert without_formula(text) == text


def brought_back(cell: str) -> str:
    """The text of a cell, as docs/your-data.md says it."""
    return re.sub(r"^'(?='*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])", "", cell)


@given(st.text(alphabet="'=+-@\t1.,x \uff1d", max_size=6))
def test_every_text_can_be_brought_back(text: str) -> None:
    cell = without_formula(text)
    assert brought_back(cell) == text
    assert not re.match(r"[=@\t\r\n]", cell)
