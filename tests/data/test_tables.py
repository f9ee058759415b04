"""Small tables as people have them: what the command says of each, and what is learnt."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.command import environment, in_this_process
from tests.data.made import csv
from xor_sweep.__main__ import main
from xor_sweep.data import DataError, Dataset, dataset
from xor_sweep.naming import key_and_value

ROWS = range(60)
X = [round(np.sin(row), 2) for row in ROWS]


def table(names: str, row: Callable[[int], str], mark: str = ",") -> str:
    """60 rows, with a target of their own."""
    lines = [f"{row(k)}{mark}{k % 7 * 3 + 1}" for k in ROWS]
    return "\n".join([f"{names}{mark}churn", *lines]) + "\n"


def read(directory: Path, text: str, written: str = "utf-8", **keys: Any) -> Dataset:
    spec = csv(directory, "", "t.csv", standardize=False, **keys)
    Path(spec.path).write_bytes(text.encode(written))
    return dataset(spec)


def inputs(data: Dataset) -> np.ndarray[Any, Any]:
    """The features of all rows."""
    return np.asarray(data.preprocessing.transform(data.raw), np.float64)


READ: dict[str, tuple[str, dict[str, Any], list[str], Callable[[int], list[float]]]] = {
    "an index without a name": (
        table(",x", lambda k: f"{k},{X[k]}"),
        {},
        ["60 rows; 1 number", "Unnamed: 0  an index: left out; otherwise 'data.dtype=[[\"Unnamed: 0\",number]]'"],
        lambda k: [X[k]],
    ),
    "an identifier of many digits": (
        table("id,x", lambda k: f"{190338339476 + 1000 * k * k},{k % 7}"),
        {},
        ["60 rows; 1 number", "id  an identifier: left out; otherwise 'data.dtype={id:number}'"],
        lambda k: [k % 7],
    ),
    "dates": (
        table("day,x", lambda k: f"2024-01-{k % 20 + 1:02d},{X[k]}"),
        {},
        ["60 rows; 1 date, 1 number", "day  dates as days since 1970-01-01 (2024-01-01 to 2024-01-20)"],
        lambda k: [19723 + k % 20, X[k]],
    ),
    "times": (
        table("t", lambda k: f"{6 + k % 12:02d}:{k % 2 * 30:02d}"),
        {},
        ["60 rows; 1 time", "t  times as hours (06:00 to 17:30)"],
        lambda k: [6 + k % 12 + k % 2 / 2],
    ),
    "thousands": (
        table("price,x", lambda k: f'"{1200 * (k % 4 + 1):,}",{X[k]}'),
        {},
        ["60 rows; 2 numbers", "price  numbers: 1,200 is 1200; otherwise data.decimal=comma"],
        lambda k: [1200 * (k % 4 + 1), X[k]],
    ),
    "percentages": (
        table("x", lambda k: f"{k * 7 % 101}%"),
        {},
        ["60 rows; 1 number", "x  numbers: 99% is 99"],
        lambda k: [k * 7 % 101],
    ),
    "few percentages": (
        table("x", lambda k: f"{k % 10 * 10}%"),
        {},
        ["60 rows; 1 number", "x  numbers: 90% is 90"],
        lambda k: [k % 10 * 10],
    ),
    "decimal commas": (
        table("x;n", lambda k: f"{X[k]};{k}".replace(".", ","), ";"),
        {},
        ["60 rows, separated by semicolons, decimal commas; 2 numbers", "n  rises from row to row, as an index does"],
        lambda k: [X[k], k],
    ),
    "decimal commas in quotes": (
        table("x", lambda k: f'"0,{k % 4}"'),
        {},
        ["60 rows; 1 number", "x  numbers: 0,0 is 0"],
        lambda k: [k % 4 / 10],
    ),
    "semicolons": (
        table("x;n", lambda k: f"{X[k]};{k % 7}", ";"),
        {},
        ["60 rows, separated by semicolons; 2 numbers"],
        lambda k: [X[k], k % 7],
    ),
    "codes with leading zeros": (
        table("plz", lambda k: f"{1067 + 7 * (k % 3):05d}"),
        {},
        [
            "60 rows; 1 category",
            "plz  3 levels: 01067, 01074, 01081, codes with leading zeros; otherwise 'data.dtype={plz:number}'",
        ],
        lambda k: [float(k % 3 == place) for place in range(3)],
    ),
    "blanks around words": (
        table("c", lambda k: ("Yes", "Yes ", "No")[k % 3]),
        {},
        ["60 rows; 1 category", "c  2 levels: Yes, No, blanks around the text of 20 rows ignored"],
        lambda k: [float(k % 3 == 2), float(k % 3 != 2)],
    ),
    "None among words": (
        table("garage", lambda k: ("None", "Attached")[k % 2]),
        {},
        [
            "60 rows; 1 category",
            "garage  2 levels: Attached, None, None is a word; otherwise 'data.na_values=[\"None\"]'",
        ],
        lambda k: [float(k % 2), float(k % 2 == 0)],
    ),
    "NA among words": (
        table("country,x", lambda k: f"{('NA', 'DE', 'FR')[k % 3]},{X[k]}"),
        {"missing": "impute"},
        [
            "60 rows; 1 category, 1 number",
            "country  2 levels: DE, FR, NA taken as missing; otherwise 'data.na_values=[]'",
        ],
        lambda k: [float(k % 3 == 1), float(k % 3 == 2), X[k]],
    ),
    "a column without a value": (
        table("e,x", lambda k: f",{X[k]}"),
        {},
        ["60 rows; 1 number", "e  no value: left out"],
        lambda k: [X[k]],
    ),
    "a name in each row": (
        table("name,x", lambda k: f"n{k},{X[k]}"),
        {},
        ["60 rows; 1 number", "name  an identifier: left out; otherwise 'data.dtype={name:category}'"],
        lambda k: [X[k]],
    ),
    "many words": (
        table("name,x", lambda k: f"n{k % 30},{X[k]}"),
        {"levels": 2},
        ["60 rows; 1 category, 1 number", "name  30 levels: the 2 most frequent (n0, n1), and other"],
        lambda k: [float(k % 30 == 0), float(k % 30 == 1), float(k % 30 > 1), X[k]],
    ),
    "words in an order": (
        table("size", lambda k: ("S", "M", "L", "XL")[k % 4]),
        {"order": (("size", ("S", "M", "L", "XL")),)},
        ["60 rows; 1 category", "size  4 words in their order, as numbers: S, M, L, XL"],
        lambda k: [k % 4],
    ),
    "a constant": (
        table("c,x", lambda k: f"1,{X[k]}"),
        {},
        ["60 rows; 2 numbers", "c  the same in every row; otherwise 'data.ignore=[c]'"],
        lambda k: [1, X[k]],
    ),
    "two columns of one name": (
        table("x,x", lambda k: f"{X[k]},{k % 7}"),
        {},
        ["60 rows, 2 columns are called x: one of them is x.1 here; 2 numbers"],
        lambda k: [X[k], k % 7],
    ),
    "a mark that a key calls missing": (
        table("x", lambda k: "?" if k == 7 else str(k % 5)),
        {"na_values": ("?",), "missing": "impute"},
        ["60 rows; 1 number"],
        lambda k: [np.nan if k == 7 else k % 5],
    ),
    "a word in one row": (
        table("c", lambda k: "rare" if k == 7 else "ab"[k % 2]),
        {"validation_fraction": 0.0},
        ["60 rows; 1 category", "c  3 levels: a, b, rare, rare in one row"],
        lambda k: [float(k % 2 == 0), float(k % 2 == 1 and k != 7), float(k == 7)],
    ),
    "names with blanks, commas and brackets": (
        table('Body Mass (g),"Sex, m/f"', lambda k: f"{X[k]},{'mf'[k % 2]}"),
        {},
        ["60 rows; 1 number, 1 category", "Sex, m/f  2 levels: f, m"],
        lambda k: [X[k], float(k % 2), float(k % 2 == 0)],
    ),
}


@pytest.mark.parametrize(("text", "keys", "lines", "features"), READ.values(), ids=READ)
def test_a_table_is_read_as_a_person_reads_it_and_the_command_says_how(
    text: str, keys: dict[str, Any], lines: list[str], features: Callable[[int], list[float]], tmp_path: Path
) -> None:
    data = read(tmp_path, text, **keys)
    said = [line.strip().removeprefix("t.csv: ") for line in data.columns]
    assert [one[: len(two)] for one, two in zip(said, lines, strict=True)] == lines
    found, wanted = inputs(data), np.array([features(k) for k in ROWS])
    known = ~np.isnan(wanted)
    np.testing.assert_allclose(found[known], wanted[known], rtol=1e-6)


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-16", ", read as utf-16, such as Köln"),
        ("cp1252", ", read as cp1252, such as Köln"),
    ],
)
def test_a_file_is_read_in_its_encoding(encoding: str, note: str, tmp_path: Path) -> None:
    text = table("stadt,x", lambda k: f"{('Köln', 'Ulm')[k % 2]},{X[k]}")
    data = read(tmp_path, text, encoding)
    assert data.columns == (f"t.csv: 60 rows{note}; 1 category, 1 number", "  stadt  2 levels: Köln, Ulm")
    other = read(tmp_path, text.replace("ö", "ł"), "cp1250", encoding="cp1250")
    assert other.columns[1] == "  stadt  2 levels: Kłln, Ulm"


ODD = [
    "Name, full",
    "Owner's name",
    "a=b: [c] {d}",
    '"quoted"',
    "back\\slash",
    "${lr}",
    "Größe",
    "null",
    "a;b",
    "$HOME",
]


NAMES = ",".join('"' + name.replace('"', '""') + '"' for name in ODD)
COMMAND = ["data=csv", "data.path=t.csv", "data.target=churn", "data.missing=impute", "dry_run=true"]


def marked(directory: Path) -> str:
    """A table with such names, each of a column of numbers with one mark; returns the question about it."""
    spec = csv(directory, table(NAMES, lambda k: ",".join(["?" if k == 7 else str(k % 5)] * len(ODD)), ","), "t.csv")
    with pytest.raises(DataError) as raised:
        dataset(spec)
    return str(raised.value)


def test_advice_can_be_pasted_whatever_columns_are_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = re.search("; write (.*), or (.*)", marked(tmp_path))
    assert answers is not None
    with in_this_process(tmp_path, monkeypatch):
        for answer, noun in zip(answers.groups(), ("numbers", "categories"), strict=True):
            assert main([*COMMAND, *shlex.split(answer)]) == 0
            assert f"{len(ODD)} {noun}" in capsys.readouterr().out


def test_each_column_that_is_left_out_has_its_own_advice(tmp_path: Path) -> None:
    data = read(tmp_path, table(f"{NAMES},x", lambda k: ",".join([f"n{k}"] * len(ODD) + [str(k % 3)]), ","))
    advice = [line.partition("otherwise ")[2] for line in data.columns[1:]]
    assert [key_and_value(shlex.split(line)[0]) for line in advice] == [
        ("data.dtype", [[name.replace("${", "\\${"), "category"]])  # as OmegaConf takes it
        for name in ODD
    ]


@pytest.mark.proof
def test_a_shell_carries_out_the_advice(tmp_path: Path) -> None:
    answers = re.search("; write (.*), or (.*)", marked(tmp_path))
    assert answers is not None
    for answer in answers.groups():
        line = f"{shlex.quote(sys.executable)} -m xor_sweep {' '.join(COMMAND)} {answer}"
        done = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=environment(), capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
