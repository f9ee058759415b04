"""Every test that a promise names is there."""

from __future__ import annotations

import ast
import re

import pytest

from tests.command import TREE


@pytest.mark.parametrize("page", ["docs/promises.md", "SECURITY.md"])
def test_the_tests_that_hold_a_promise_exist(page: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (TREE / page).read_text())
    assert len(named) > 10
    for file, test in named:
        tree = ast.parse((TREE / file).read_text())
        tests = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert not test or test in tests, f"{file} has no {test}"


def test_every_promise_names_a_test() -> None:
    rows = [line for line in (TREE / "docs/promises.md").read_text().splitlines() if line.startswith("| ")]
    promises = [row for row in rows if not row.startswith("| promise |")]
    assert len(promises) > 20
    assert [row for row in promises if "::test_" not in row] == []
