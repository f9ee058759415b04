"""Debian's Chromium, driven by Playwright: a page to open TensorBoard or a report in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--headless",
    "--no-sandbox",  # root in a container has no other way
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PATIENCE = 60_000.0  # milliseconds; a busy machine takes 10 s to show a dashboard
_MISSING = f"No {', '.join(_NAMES[:-1])} or {_NAMES[-1]} on the PATH. Install it: apt-get install chromium"


@contextmanager
def page(width: int = 1400, height: int = 900) -> Iterator[Page]:
    """A blank page of that many pixels; Chromium has ended when this is left.

    Where there is no Chromium the test is skipped, or fails if XOR_SWEEP_CHROMIUM_REQUIRED is set.
    """
    chromium = next(filter(None, map(shutil.which, _NAMES)), None)
    if chromium is None:
        if os.environ.get("XOR_SWEEP_CHROMIUM_REQUIRED"):
            pytest.fail(_MISSING, pytrace=False)
        pytest.skip(_MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        try:
            # The times and numbers on a page read the same everywhere.
            page = browser.new_page(viewport={"width": width, "height": height}, locale="en-GB", timezone_id="UTC")
            page.set_default_timeout(_PATIENCE)
            yield page
        finally:
            browser.close()
