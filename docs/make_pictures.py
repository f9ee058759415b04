"""Make the pictures in docs/ anew: `python docs/make_pictures.py`, about two minutes.

It trains sweeps in a temporary directory, opens TensorBoard, by itself and as the board's link does, and a report in
Chromium, and leaves what they show beside itself, with the plots that the summaries drew.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlencode

TREE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TREE))

from playwright.sync_api import Page, expect  # noqa: E402  (the imports below need the tree on the path)

from tests.board.opened import opened  # noqa: E402
from tests.browser import page  # noqa: E402
from tests.tensorboard_server import serve  # noqa: E402

SMALL = 250_000  # bytes; a README should load at once

RATE_AND_MOMENTUM = ("lr=0.03,0.1,0.3,1,3", "optimizer=sgd", "optimizer.momentum=0,0.5,0.8,0.9,0.95", "seed=range(0,9)")

PLOTS = {
    "xor/cost.png": "cost.png",
    "seeds/cost.png": "cost_of_sixty.png",
    "seeds/final_cost_by_lr.png": "final_cost_by_lr.png",
    "map/final_cost_map_lr+optimizer.momentum.png": "final_cost_map.png",
}
"""Plots of the summaries, and what they are called in docs/."""


def main() -> None:
    """Train, open, photograph."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--into", type=Path, default=TREE / "docs", help="where the pictures go (default: docs/)")
    into = parser.parse_args().into.resolve()
    into.mkdir(parents=True, exist_ok=True)
    os.environ["XOR_SWEEP_CHROMIUM_REQUIRED"] = "1"  # there is nothing to skip here

    # From inside, so that TensorBoard shows the path that its user would see.
    with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):
        outputs = Path("outputs")
        _sweep("-m", "lr=0.1,0.01,0.001")
        _sweep("sweep=seeds")
        _sweep("-m", *RATE_AND_MOMENTUM, "experiment=map")
        for drawn, name in PLOTS.items():
            shutil.copyfile(outputs / drawn, into / name)
        medians(outputs / "seeds", into / "tensorboard_medians.png")
        with serve(outputs / "xor", load_fast=True) as url:
            time_series(url, into / "tensorboard.png")
            histograms(url, into / "tensorboard_histograms.png")
            graph(url, into / "tensorboard_graph.png")
        with serve(outputs / "seeds", load_fast=True) as url:
            hparams(url, into / "tensorboard_hparams.png")
        report(outputs / "seeds" / "report.html", into / "report.png")

    for picture in sorted(into.glob("*.png")):
        size = picture.stat().st_size
        print(f"{picture}  {size / 1000:.0f} kB{'  TOO LARGE' if size > SMALL else ''}")  # noqa: T201 (a script's answer)


def time_series(url: str, picture: Path) -> None:
    """Cost/Cost, its axis logarithmic, and accuracy of the three runs: side by side, unsmoothed, in full."""
    pins = json.dumps([{"plugin": "scalars", "tag": tag} for tag in ("Cost/Cost", "accuracy")])
    with page(1400, 500) as tab:
        tab.goto(f"{url}/?{urlencode({'smoothing': '0', 'pinnedCards': pins})}#timeseries")
        cards = tab.locator("scalar-card")
        expect(cards.nth(1).locator("tb-data-table-content-row")).to_have_count(3)
        # Its table rounds to four decimals: a cost of 3e-6 is "0".
        tab.get_by_label("Enable step selection and data table").uncheck()
        tab.get_by_label("Ignore outliers in chart scaling").uncheck()
        # Two cards fill the row.
        tab.locator(".card-width input[type=range]").fill("485")
        tab.wait_for_timeout(1000)  # milliseconds; the slider answers when it has come to rest
        tab.get_by_label("Toggle settings side pane").click()
        cards.first.get_by_label("More line chart options").click()
        tab.get_by_role("menuitem").filter(has_text="Y-axis log scale").click()
        _photograph(tab, picture)


def medians(directory: Path, picture: Path) -> None:
    """What the board's link opens."""
    with opened(str(directory), cwd=Path.cwd()) as board, page(1500, 760) as tab:
        board.wait("Ctrl-C stops it.")
        tab.goto(board.link)
        expect(tab.locator("scalar-card").nth(3).locator("tb-data-table-content-row")).to_have_count(1)
        _photograph(tab, picture)


def hparams(url: str, picture: Path) -> None:
    """Three rates, each of twenty seeds."""
    with page(1400, 420) as tab:
        tab.goto(f"{url}/#hparams")
        expect(tab.get_by_text("seeds/lr=0.01").first).to_be_visible()
        _photograph(tab, picture)


def report(path: Path, picture: Path) -> None:
    """The top of the report."""
    with page(1200, 900) as tab:
        tab.goto(path.resolve().as_uri())
        _photograph(tab, picture)


def histograms(url: str, picture: Path) -> None:
    """How the hidden layer's outputs and weights spread while the three runs train: a column each."""
    with page(1440, 640) as tab:
        tab.goto(f"{url}/#histograms")
        expect(tab.locator("tf-histogram-loader").nth(5).locator("g.histogram").first).to_be_visible()
        _photograph(tab, picture)


def graph(url: str, picture: Path) -> None:
    """The network and its training as name scopes."""
    with page(1080, 620) as tab:
        tab.goto(f"{url}/#graphs")
        expect(tab.locator("g.node[data-name='Layer1'] text.nodelabel").first).to_be_visible()
        tab.get_by_text("Fit to screen").click()
        _photograph(tab, picture)


def _sweep(*arguments: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(TREE)}
    subprocess.run([sys.executable, "-m", "xor_sweep", *arguments], env=environment, check=True)


def _photograph(tab: Page, picture: Path) -> None:
    tab.mouse.move(0, 0)  # no tooltip of what was last clicked
    tab.wait_for_timeout(2000)  # milliseconds, for animations to end
    tab.screenshot(path=picture)


if __name__ == "__main__":
    main()
