"""What changed behind a name that stayed is named, and the runs of before stay comparable."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from tests.stopped import run
from xor_sweep.runs import SweepPaths
from xor_sweep.summary import rank_runs

WORDS = ("-m", "data=csv", "data.path=customers.csv", "data.target=kind", "lr=0.1,0.01", "epochs=2", "save=none")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory with a table."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["xor_sweep"])
    write_table(seed=1)


def write_table(seed: int) -> None:
    numbers = np.random.default_rng(seed).normal(size=(80, 2))
    rows = [f"{a:.4f},{b:.4f},{'high' if a + b > 0 else 'low'}" for a, b in numbers]
    Path("customers.csv").write_text("\n".join(["first,second,kind", *rows]) + "\n")


def test_a_file_that_changed_is_named_and_its_runs_go_beside_the_old_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*WORDS) == 0
    assert "changed" not in capsys.readouterr().out
    write_table(seed=2)
    assert run(*WORDS) == 0
    assert "customers.csv changed: 2 runs train again, beside the old ones" in capsys.readouterr().out
    runs = sorted(path.parent.name for path in Path("outputs/customers").glob("*/result.json"))
    assert [name.partition("~")[0] for name in runs] == ["lr=0.01", "lr=0.01", "lr=0.1", "lr=0.1"]
    assert run(*WORDS) == 0
    again = capsys.readouterr().out
    assert "changed" not in again
    assert "2 runs finished already" in again
    write_table(seed=1)
    assert run(*WORDS) == 0
    assert "2 runs finished already" in capsys.readouterr().out, "what it was before is known too"


def found(name: str) -> list[tuple[str, int, set[str]]]:
    """The configurations of a sweep's rankings: their rate, how many runs they have, and the seeds of these."""
    ranked = rank_runs(SweepPaths(Path("outputs") / name))
    seeds = {row["run"]: str(row["seed"]) for table in (ranked.table, *ranked.others) for row in table}
    return sorted(
        (str(each.values.get("lr")), each.n, {seeds[run] for run in each.runs})
        for ranking in ranked.summary.rankings
        for each in ranking.configurations
    )


@pytest.mark.parametrize(
    "seeds",
    [pytest.param("3,4", id="other seeds"), pytest.param("1,2", id="the same seeds", marks=pytest.mark.proof)],
)
def test_runs_of_before_and_after_a_change_are_configurations_of_their_own(
    seeds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*WORDS, "seed=1,2") == 0
    assert run(*WORDS, "seed=5") == 0
    assert "changed" not in capsys.readouterr().out
    before = [("0.01", 3, {"1", "2", "5"}), ("0.1", 3, {"1", "2", "5"})]
    assert found("customers") == before, "of two commands, and nothing changed between them"
    write_table(seed=2)
    assert run(*WORDS, f"seed={seeds}") == 0
    assert "customers.csv changed" in capsys.readouterr().out
    after = [(lr, 2, set(seeds.split(","))) for lr in ("0.01", "0.1")]
    assert found("customers") == sorted([*before, *after])
    write_table(seed=1)
    assert run(*WORDS, "seed=7") == 0
    grown = [(lr, 4, {"1", "2", "5", "7"}) for lr in ("0.01", "0.1")]
    assert found("customers") == sorted([*grown, *after]), "it is again what it was"


def test_a_configuration_file_that_changed_between_commands_tells_its_runs_apart() -> None:
    write_network(3)
    words = ("--config-dir", "mine", "-m", "network=own", "lr=0.1", "steps=20", "save=none")
    assert run(*words, "seed=1,2") == 0
    write_network(4)
    assert run(*words, "seed=3,4,5") == 0
    assert found("xor") == [("None", 2, {"1", "2"}), ("None", 3, {"3", "4", "5"})]


def write_network(units: int) -> None:
    Path("mine/network").mkdir(parents=True, exist_ok=True)
    text = f"# @package _global_\ndefaults: [/network/mlp@network]\nnetwork: {{hidden: [{units}]}}\n"
    Path("mine/network/own.yaml").write_text(text)


def test_a_file_that_only_moved_is_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*WORDS) == 0
    Path("other").mkdir()
    Path("customers.csv").rename("other/customers.csv")
    assert run(*(word.replace("path=", "path=other/") for word in WORDS)) == 0
    out = capsys.readouterr().out
    assert "changed" not in out
    assert "2 runs finished already" in out


def test_a_module_that_changed_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path.cwd()))
    module = Path("my_losses_of_a_test.py")
    loss = "import keras\ndef loss(y, p):\n    return keras.ops.mean(keras.ops.square(y - p), -1)\n"
    module.write_text(loss)
    words = (*WORDS, "loss={_target_: my_losses_of_a_test.loss}", "trusted_modules=[my_losses_of_a_test]")
    assert run(*words) == 0
    module.write_text(f"# a remark\n\n{loss}")
    assert run(*words) == 0
    assert "2 runs finished already" in capsys.readouterr().out
    module.write_text(loss.replace("square", "abs"))
    assert run(*words) == 2, "this process has the old one"
    assert "my_losses_of_a_test.loss: has changed since it was imported; import its module" in capsys.readouterr().err
    del sys.modules["my_losses_of_a_test"]
    assert run(*words) == 0
    assert "my_losses_of_a_test changed: 2 runs train again, beside the old ones" in capsys.readouterr().out


DATA = """import numpy as np


def load():
    x = np.loadtxt("numbers.txt")
    return x, x.sum(1) > 0
"""


def test_what_a_data_function_reads_counts(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path.cwd()))
    Path("my_data_of_a_test.py").write_text(DATA)
    numbers = np.random.default_rng(0).normal(size=(60, 2))
    np.savetxt("numbers.txt", numbers)
    words = ("-m", "data=python", "data._target_=my_data_of_a_test.load", "trusted_modules=[my_data_of_a_test]")
    words = (*words, "lr=0.1,0.01", "epochs=2", "save=none", "experiment=numbers")
    assert run(*words) == 0
    assert "changed" not in capsys.readouterr().out
    np.savetxt("numbers.txt", -2 * numbers + 1)
    assert run(*words) == 0
    says = "What my_data_of_a_test.load returns changed: 2 runs train again, beside the old ones; if it draws random"
    assert says in capsys.readouterr().out
    rankings = rank_runs(SweepPaths(Path("outputs/numbers"))).summary.rankings
    assert [[each.n for each in ranking.configurations] for ranking in rankings] == [[1, 1], [1, 1]]
    assert run(*words) == 0
    assert "2 runs finished already" in capsys.readouterr().out
    np.savetxt("numbers.txt", numbers)
    Path("my_data_of_a_test.py").write_text(f"# a remark\n{DATA}")
    assert run(*words) == 0
    assert "2 runs finished already" in capsys.readouterr().out, "what it was before is known too"
