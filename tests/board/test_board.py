"""The board with a real TensorBoard, and the browser that opens its link."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.board.opened import PATIENCE, PYTHON_LOADER, opened
from tests.browser import page
from tests.command import TREE, environment
from tests.summary.sweeps import STEPS, make_sweep, result
from xor_sweep.board.__main__ import main
from xor_sweep.logs.append import append, new_event_file
from xor_sweep.logs.encode import opening, scalar_events
from xor_sweep.runs import RunPaths
from xor_sweep.summary import summarise

RATES, SEEDS = ("0.1", "0.01"), range(3)


def log(run: RunPaths, *tags: str) -> None:
    """An event file in which each tag falls in its own way."""
    curves = {tag: np.geomspace(1.0, 0.1 + place, len(STEPS))[:, None] for place, tag in enumerate(tags)}
    floats = {tag: curve.astype(np.float32) for tag, curve in curves.items()}
    data = opening(1.7e9, None) + scalar_events(STEPS, np.full(len(STEPS), 1.7e9), floats)[0]
    append(new_event_file(run.directory, 1.7e9), data)


def runs_of(url: str) -> list[str]:
    with urlopen(f"{url}/data/runs", timeout=30) as answer:
        return json.load(answer)


def coloured(tab: Page) -> dict[str, str]:
    """The runs of the list, each with the colour of its mark."""
    rows = tab.locator("runs-data-table tb-data-table-content-row")
    colour = "element => getComputedStyle(element).backgroundColor"
    return {row.inner_text().strip(): row.locator(".run-color-swatch").evaluate(colour) for row in rows.all()}


def test_the_link_opens_on_the_cost_alone_unsmoothed_with_a_colour_a_rate(tmp_path: Path) -> None:
    names = [f"seed={seed},lr={rate}" for rate in RATES for seed in SEEDS]
    sweep = make_sweep(tmp_path, *(result(name, train_cost=0.5) for name in names), swept=("seed", "lr"))
    for name in names:
        log(sweep.run(name), "Cost/validation", "accuracy/validation", "Cost/train", "accuracy/train", "My_Cost/train")
    with opened("xor", cwd=tmp_path, env={"SSH_CONNECTION": "192.0.2.1 4000 192.0.2.2 22"}) as board:
        board.wait("Ctrl-C stops it.")
        assert board.said.startswith("xor: 6 runs, coloured by lr\n")
        port = board.url.rpartition(":")[2]
        assert f"ssh -L {port}:localhost:{port} " in board.said
        assert "@192.0.2.2\n" in board.said
        assert all(len(line) < 80 for line in board.said.splitlines() if not line.startswith("http"))
        with page() as tab:
            tab.goto(board.link)
            cards = tab.locator("card-view").locator("visible=true")
            expect(cards.locator("tb-data-table-content-row")).to_have_count(len(names))
            expect(cards).to_have_count(1)
            expect(cards.get_by_title("Cost/validation", exact=True)).to_be_visible()
            expect(tab.locator(".scalars-smoothing input[type=number]")).to_have_value("0")
            colours = coloured(tab)
        assert sorted(colours) == sorted(names)
        of_rates = [{colours[f"seed={seed},lr={rate}"] for seed in SEEDS} for rate in RATES]
        assert list(map(len, of_rates)) == [1, 1]
        assert of_rates[0] != of_rates[1]
        assert (board.stop(signal.SIGINT, signal.SIGINT), board.err.read_text()) == (130, "")
        assert board.left() == []


@pytest.mark.parametrize(
    "env",
    [pytest.param({}, id="data_server", marks=pytest.mark.proof), pytest.param(PYTHON_LOADER, id="python_loader")],
)
def test_of_many_runs_the_best_and_a_spread_of_the_others_are_shown(env: dict[str, str], tmp_path: Path) -> None:
    results = [result(f"seed={seed},lr={rate}", seed + float(rate)) for seed in range(260) for rate in RATES]
    summarise(make_sweep(tmp_path, *results, swept=("lr", "seed"), logged=True), plots=False)
    with opened("xor", cwd=tmp_path, env=env) as board:
        board.wait("Ctrl-C stops it.")
        shown = set(runs_of(board.url))
        assert len(shown) == 500, "with more TensorBoard selects none"
        assert "." in shown
        of_rates = [sum(run.endswith(f"lr={rate}") for run in shown) for rate in RATES]
        assert sorted(of_rates) == [249, 250], "as many of each configuration"
        assert "520 runs" in board.said
        assert "--all" in board.said
        with socket.socket() as elsewhere:
            other = next(iter(addresses() - {"127.0.0.1"}), None)
            assert other is None or elsewhere.connect_ex((other, int(board.url.rpartition(":")[2]))) != 0
        assert len(board.left()) > 500
        assert (board.stop(signal.SIGTERM), board.err.read_text()) == (143, "")
        assert board.left() == []
    assert len(list((tmp_path / "xor").glob("seed=*"))) == len(results)


def addresses() -> set[str]:
    """The addresses of this machine that its name leads to."""
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    except OSError:
        return set()


@pytest.fixture
def acted(tmp_path: Path) -> dict[str, str]:
    """An environment with another TensorBoard, which does what `ACT` says."""
    package = tmp_path / "acted" / "tensorboard"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "main.py").write_text("import os\nexec(os.environ['ACT'])\n")
    return {"PYTHONPATH": os.pathsep.join([str(TREE), str(package.parent)])}


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return make_sweep(tmp_path, result("lr=0.1"), swept=("lr",), logged=True).directory


def test_where_tensorboard_dies_its_last_lines_are_shown(acted: dict[str, str], one: Path, tmp_path: Path) -> None:
    acted["ACT"] = "print(*(f'line {n}' for n in range(99)), '\\x1b[2J', sep='\\n'); raise SystemExit(3)"
    with opened(str(one), cwd=tmp_path, env=acted) as board:
        assert board.process.wait(timeout=60) == 1
        lines = board.err.read_text().splitlines()
        assert lines[-4:-1] == ["line 97", "line 98", "\\x1b[2J"]
        assert lines[-1] == "xor_sweep: TensorBoard ended with exit code 3; it said that above"
        assert len(lines) < 20
        assert "http" not in board.said
        assert board.left() == []


def test_a_run_that_holds_a_link_is_left_out(acted: dict[str, str], tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path, result("lr=0.1"), result("lr=0.2"), swept=("lr",), logged=True)
    (sweep.run("lr=0.1").directory / "root").symlink_to("/")
    acted["ACT"] = "import sys; print(os.listdir(sys.argv[sys.argv.index('--logdir') + 1]))"
    with opened("xor", cwd=tmp_path, env=acted) as board:
        board.process.wait(timeout=60)
        assert board.err.read_text().splitlines()[0] == "['lr=0.2']"
        assert board.said == "xor: 1 run\nLeft out, for there are links in them: 1 more\n"
    assert (sweep.run("lr=0.1").directory / "root").is_symlink()


def test_every_run_is_shown_where_that_is_asked_for(acted: dict[str, str], tmp_path: Path) -> None:
    sweep = make_sweep(tmp_path, *(result(f"seed={seed}") for seed in range(501)), swept=("seed",), logged=True)
    acted["ACT"] = "import sys; print(sys.argv[sys.argv.index('--logdir') + 1])"
    with opened("xor", "--all", cwd=tmp_path, env=acted) as board:
        board.process.wait(timeout=60)
        assert board.err.read_text().splitlines()[0] == str(sweep.directory)
        assert board.said.splitlines() == [
            "xor: 501 runs, coloured by run",
            "Of more than 500 runs TensorBoard selects none by itself: tick the box above",
            "its list.",
        ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_while_it_starts_ends_it_and_what_it_started(
    number: int, acted: dict[str, str], one: Path, tmp_path: Path
) -> None:
    acted["ACT"] = "import subprocess; subprocess.run(['sleep', '600'])"
    with opened(str(one), cwd=tmp_path, env=acted) as board:
        board.wait("1 run")
        assert (board.stop(number), board.err.read_text()) == (128 + number, "")
        assert board.left() == []


@pytest.mark.parametrize("deaf", ["", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "])
def test_whoever_kills_the_board_kills_what_it_started(
    deaf: str, acted: dict[str, str], one: Path, tmp_path: Path
) -> None:
    acted["ACT"] = f"{deaf}import subprocess; print('started', flush=True); subprocess.run(['sleep', '600'])"
    with opened(str(one), cwd=tmp_path, env=acted) as board:
        until(lambda: any("started" in path.read_text() for path in board.scratch.glob("*/printed")))
        assert board.left() != []
        board.process.kill()
        board.process.wait()
        until(lambda: board.left() == [])


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_may_open_as_many_files_as_the_system_lets_it(acted: dict[str, str], one: Path) -> None:
    acted["ACT"] = "import resource; print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
    few = ["bash", "-c", 'ulimit -Sn 100; exec "$@"', "-", sys.executable, "-m", "xor_sweep.board", str(one)]
    done = subprocess.run(few, env=environment(acted), capture_output=True, text=True, check=False, timeout=60)
    soft, hard = done.stderr.splitlines()[0].split()
    assert soft == hard != "100"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "nowhere: no such directory; make some with python -m xor_sweep -m lr="),
        ([], "outputs: no such directory; make some with python -m xor_sweep -m lr=0.1,0.01,0.001\n"),
        (["outputs/mine"], "make some with python -m xor_sweep -m lr=0.1,0.01,0.001 experiment=mine\n"),
        (["empty"], "empty: no TensorBoard log in it; make some with "),
        (["file"], "file: is no directory; name that of a sweep, such as outputs/xor\n"),
        (["--al"], "unrecognized arguments: --al; --help shows what there is\n"),
        (["--port", "65536"], "65536: takes a number from 1 to 65535"),
    ],
)
def test_a_mistake_is_one_line(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("file").touch()
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err


def test_a_port_that_is_taken_is_a_mistake(one: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main([str(one), "--port", str(port)]) == 2
    assert f"--port {port}: is taken" in capsys.readouterr().err
