"""What changed behind a name that stayed is named, and the runs of before stay comparable."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.stopped import run

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
    module.write_text(f"{loss}\n# a remark\n")
    assert run(*words) == 0
    assert "my_losses_of_a_test changed: 2 runs train again, beside the old ones" in capsys.readouterr().out
