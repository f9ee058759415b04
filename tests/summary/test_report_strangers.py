"""What strangers may do with the report: text of theirs is text, and it loads and runs nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser import page as blank
from tests.hostile import HOSTILE
from tests.summary.opened import opened, shown
from tests.summary.sweeps import failed, make_sweep, result
from xor_sweep.manifest import add_command
from xor_sweep.provenance import Asked
from xor_sweep.summary import summarise

ATTACKS = [
    "<script>window.owned=1</script>",
    "</script><script>window.owned=1</script>",
    '"><img src=x onerror="window.owned=1">',
    "' onmouseover='window.owned=1",
    "{{ 7 * 191 }}{% raw %}",
    "<!--<script>",
    "&lt;b&gt;",
    "javascript:window.owned=1",
    "\u2028window.owned=1//",
    "<img src=http://there.example/seen.png>",
    "x" * 5000,
]

PARTS = 9
"""So many sweeps share the hostile texts out: too few runs in each for importances, which take seconds."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Page]:
    with blank(1300) as page:
        yield page


@pytest.mark.parametrize("part", range(PARTS))
def test_text_of_others_is_shown_as_text_and_runs_nothing(part: int, chromium: Page, tmp_path: Path) -> None:
    texts = [*HOSTILE, *ATTACKS][part::PARTS]
    ended, configs = [], {}
    for number, text in enumerate(texts):
        hostile: dict[str, Any] = {
            "overrides": (f"lr={text}", f"{text}=1"),
            "reason": text,
            "cpu": text,
            "versions": {text: text, "keras": text},
            "metrics": ((text, 0.5),),
        }
        ended += [result(f"a{number}", 0.1, **hostile), failed(f"b{number}", **hostile)]
        configs[f"a{number}"] = json.dumps({"network": {"name": text}, text: {text: text}})
    made = make_sweep(tmp_path, *ended, swept=("lr", *texts), configs=configs, name="theirs")
    for number, text in enumerate(texts):
        typeable = text.encode(errors="replace").decode()
        name = typeable.replace("\0", "").replace("/", "_")[:60]
        made.run(f"b{number}").directory.rename(made.directory / f"b{number}{name}")
        add_command(made, Asked(typeable, {text: text}).command())
    summarise(made, plots=False)
    page = opened(chromium, made)
    for button in page.locator("#runs th button").all()[:4]:
        button.click()
    page.locator("#runs tbody tr").first.hover()
    assert page.evaluate("window.owned") is None
    assert page.evaluate("document.scripts.length") == 2
    assert page.locator("img, iframe, a, form, base, object, embed, link").count() == 0
    reasons = shown(page, "reason")
    plain = [text for text in texts if text.isprintable() and " ".join(text.split()) == text and 0 < len(text) < 2000]
    assert len(plain) > len(texts) / 2
    assert [text for text in plain if text not in reasons] == []
    assert len(made.report.read_bytes()) < 2_000_000


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """The address of a server on this machine, with the report and a plain page, and what it was asked for."""
    made = make_sweep(tmp_path, result("lr=0.1"), swept=("lr",))
    summarise(made, plots=False)
    asked: list[str] = []
    pages = {"/report": made.report.read_bytes(), "/plain": b"<!DOCTYPE html><title>plain</title>"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(pages.get(self.path, b""))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_the_browser_lets_it_neither_load_nor_run_anything_else(chromium: Page, served: tuple[str, list[str]]) -> None:
    address, asked = served
    attempt = """async () => {
        const script = document.createElement("script");
        script.textContent = "window.owned = 1";
        document.body.append(script);
        for (const html of ["<img src=image onerror='window.owned = 1'>", "<iframe src=frame></iframe>"])
            document.body.insertAdjacentHTML("beforeend", html);
        await fetch("fetched").catch(() => null);
        await new Promise((resume) => setTimeout(resume, 200));
        return window.owned ?? 0;
    }"""
    for path, owned, loaded in (("/plain", 1, {"/image", "/frame", "/fetched"}), ("/report", 0, set())):
        asked.clear()
        chromium.goto(address + path)
        assert chromium.evaluate(attempt) == owned
        assert set(asked) - {"/favicon.ico"} == {path} | loaded
