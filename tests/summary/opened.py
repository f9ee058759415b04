"""The report of a sweep, opened in a browser from the disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page

from xor_sweep.runs import SweepPaths


@contextmanager
def watched(page: Page) -> Iterator[list[str]]:
    """What a page asks of the world, and what it complains about."""
    seen: list[str] = []
    handlers: dict[str, Any] = {
        "request": lambda request: seen.append(request.url) if not request.url.startswith("data:") else None,
        "console": lambda message: seen.append(message.text),
        "pageerror": lambda error: seen.append(str(error)),
        "dialog": lambda dialog: seen.append(dialog.message),
    }
    for event, handler in handlers.items():
        page.on(event, handler)  # type: ignore[call-overload]
    yield seen
    for event, handler in handlers.items():
        page.remove_listener(event, handler)


def opened(page: Page, sweep: SweepPaths) -> Page:
    """The report, opened from the disk, which asked for nothing but itself and complained about nothing."""
    address = sweep.report.resolve().as_uri()
    with watched(page) as seen:
        page.goto(address)
        page.wait_for_selector("#runs")
    assert seen == [address]
    return page


def shown(page: Page, column: str) -> list[str]:
    """The column of the rows that are visible, in their order; numbers with all of their digits."""
    return page.evaluate(
        """(column) => {
            const table = document.getElementById("runs");
            const heads = [...table.tHead.rows[0].cells].map((head) => head.textContent);
            const rows = [...table.tBodies[0].rows].filter((row) => row.checkVisibility());
            return rows.map((row) => row.cells[heads.indexOf(column)]).map((cell) => cell.title || cell.textContent);
        }""",
        column,
    )
