"""`python -m xor_sweep.predict`, as a person uses it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.command import run, without_tensorflow
from tests.data.made import CUSTOMERS, csv
from tests.models.kept import kept, run_of, untrained
from xor_sweep import predict
from xor_sweep.config.spec import Call, DataSpec

ROWS = "plan,member,age,id\ngold,True,31,a\nplatinum,False,22,b\n"


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep directory with runs that kept their models, and one that did not."""
    root = tmp_path_factory.mktemp("sweep")
    short = {"epochs": 1}
    kept(run_of(csv(root, CUSTOMERS), **short), root / "customers")
    kept(run_of(DataSpec("sklearn", "wine"), **short), root / "wine")
    kept(run_of(DataSpec("sklearn", "diabetes"), **short), root / "diabetes")
    kept(run_of(DataSpec("sklearn", "wine"), Call("tests.models.networks.subclassed"), **short), root / "own")
    (root / "forgotten").mkdir()
    (root / "forgotten" / "result.json").write_text("{}")
    return root


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table(directory: Path, text: str, name: str = "new.csv") -> str:
    (directory / name).write_text(text)
    return name


def wine(rows: int = 3) -> str:
    return ",".join(f"f{number}" for number in range(13)) + "\n" + (",".join(["1.5"] * 13) + "\n") * rows


def test_a_model_of_which_a_byte_was_changed_is_damaged_in_a_line(
    sweep: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(sweep / "wine", tmp_path / "wine")
    model = tmp_path / "wine" / "model.keras"
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(content)
    assert predict.main(["wine", table(tmp_path, wine())]) == 2
    said = "wine/model.keras: damaged; the command that trained it writes it again\n"
    assert capsys.readouterr() == ("", said)


def test_each_row_gets_its_label_and_the_probabilities(
    sweep: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert predict.main([str(sweep / "customers"), table(tmp_path, ROWS)]) == 0
    said = "column plan: 1 row with words that training did not have, such as platinum: no feature of it is set there"
    assert capsys.readouterr().out == f"2 predictions: new.predictions.csv\n{said}\n"
    found = pd.read_csv("new.predictions.csv")
    assert list(found) == ["plan", "member", "age", "id", "prediction", "probability_no", "probability_yes"]
    assert found["id"].tolist() == ["a", "b"]
    shares = found[["probability_no", "probability_yes"]].to_numpy()
    assert np.allclose(shares.sum(1), 1)
    assert found["prediction"].tolist() == ["yes" if row[1] > 0.5 else "no" for row in shares]


def test_the_cells_of_the_file_stay_as_they_are_written(sweep: Path, tmp_path: Path) -> None:
    rows = "plan;member;age;price;share\ngold;True;30.50;1.234,50;-1,5%\nsilver;False;041;0,5;7%\n"
    assert predict.main([str(sweep / "customers"), table(tmp_path, rows)]) == 0
    found = pd.read_csv("new.predictions.csv", dtype=str)
    assert found.iloc[:, :5].to_numpy().tolist() == [line.split(";") for line in rows.splitlines()[1:]]


def test_the_target_may_be_among_the_columns_of_a_model_of_plain_arrays(sweep: Path, tmp_path: Path) -> None:
    assert predict.main([str(sweep / "wine"), table(tmp_path, wine())]) == 0
    plain = pd.read_csv("new.predictions.csv")
    rows = [f"9,{line}" for line in wine().splitlines()]
    table(tmp_path, "\n".join(["y" + rows[0][1:], *rows[1:]]))
    assert predict.main([str(sweep / "wine"), "new.csv", "--output", "again.csv"]) == 0
    again = pd.read_csv("again.csv")
    assert again.drop(columns=["y"]).equals(plain)
    assert list(plain)[-4:] == ["prediction", "probability_0", "probability_1", "probability_2"]


def test_a_number_is_predicted_in_its_own_unit_and_printed_where_asked(
    sweep: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ",".join(f"f{number}" for number in range(10)) + "\n" + ",".join(["0"] * 10) + "\n"
    assert predict.main([str(sweep / "diabetes"), table(tmp_path, rows), "--output", "-"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(",prediction")
    assert 50 < float(lines[1].rpartition(",")[2]) < 300
    assert list(tmp_path.iterdir()) == [tmp_path / "new.csv"]


@pytest.mark.parametrize(
    ("run_name", "text", "words"),
    [
        ("customers", "plan,member\ngold,True\n", "column age missing; it has plan, member"),
        ("customers", "plan,member,age\ngold,True,old\n", "column age holds words, such as old"),
        ("customers", "plan,member,age\ngold,True,\ngold,True,3\n", "column age has 1 missing value"),
        ("customers", "plan,member,age\n", "it has no rows"),
        ("customers", "", "the file is empty"),
        ("wine", "a,b\n1,2\n", "2 columns of features, and the model takes 13"),
        ("wine", wine().replace("1.5", "x", 1), "column f0 holds words"),
        ("wine", wine().replace("1.5", "", 1), "column f0 has 1 missing value"),
    ],
)
def test_rows_that_cannot_be_predicted_are_one_clear_line(
    run_name: str, text: str, words: str, sweep: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert predict.main([str(sweep / run_name), table(tmp_path, text)]) == 2
    line = capsys.readouterr().err
    assert words in line
    assert "new.csv" in line
    assert line.count("\n") == 1
    assert not Path("new.predictions.csv").exists()


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("nothing", "no such directory"),
        (".", "not a run but a sweep; a model is kept by customers, diabetes, own, wine"),
        ("forgotten", "was not kept, its sweep kept one of customers, diabetes, own, wine; save=all"),
    ],
)
def test_a_directory_without_a_model_is_told_where_there_is_one(
    place: str, words: str, sweep: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert predict.main([str(sweep / place), table(tmp_path, ROWS)]) == 2
    assert words in capsys.readouterr().err


def test_a_directory_that_is_no_run_and_a_file_that_is_not_there(
    sweep: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    assert predict.main(["folder", table(tmp_path, ROWS)]) == 2
    assert "folder: no run; it has no result.json" in capsys.readouterr().err
    assert predict.main([str(sweep / "wine"), "missing.csv"]) == 2
    assert "missing.csv: no such file" in capsys.readouterr().err


@pytest.mark.proof
def test_a_persons_own_class_needs_their_module_which_is_named(sweep: Path, tmp_path: Path) -> None:
    table(tmp_path, wine())
    without = run(str(sweep / "own"), "new.csv", cwd=tmp_path, module="xor_sweep.predict")
    assert (without.returncode, without.stdout) == (2, "")
    assert "--trusted-module tests.models.networks" in without.stderr
    assert without.stderr.count("\n") == 1
    words = (str(sweep / "own"), "new.csv", "--trusted-module", "tests.models.networks")
    done = run(*words, cwd=tmp_path, module="xor_sweep.predict")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(pd.read_csv(tmp_path / "new.predictions.csv")) == 3
    assert predict.main([str(sweep / "own"), "new.csv", "--trusted-module", "nowhere.models"]) == 2


def test_help_and_mistakes_answer_without_tensorflow(sweep: Path, tmp_path: Path) -> None:
    light = without_tensorflow(tmp_path)
    shown = run("--help", cwd=tmp_path, env=light, module="xor_sweep.predict")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "--trusted-module" in shown.stdout
    done = run(
        str(sweep / "customers"), table(tmp_path, "plan\ngold\n"), cwd=tmp_path, env=light, module="xor_sweep.predict"
    )
    assert done.returncode == 2
    assert "columns age, member missing" in done.stderr


LINK, SUM = '=HYPERLINK("http://there.example","here")', "-1+2"


def test_no_text_is_a_formula_or_steers_a_terminal_and_each_can_be_brought_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "age,churn\n" + "".join(
        f'{row},"{[LINK, SUM][row % 2].replace(chr(34), chr(34) * 2)}"\n' for row in range(20)
    )
    untrained(csv(tmp_path, text), tmp_path / "run")
    notes = pd.DataFrame({"age": [1.5, -2, 3], "=note": ["=1+1", "\x1b[31mred", "'=1"], "change": ["-5", "-", "x"]})
    notes.to_csv("new.csv", index=False)
    assert predict.main(["run", "new.csv"]) == 0
    found = pd.read_csv("new.predictions.csv")
    assert list(found)[:4] == ["age", "'=note", "change", "prediction"]
    assert found["'=note"].tolist() == ["'=1+1", "\x1b[31mred", "''=1"]
    assert found["change"].tolist() == ["-5", "-", "x"]
    assert found["age"].tolist() == [1.5, -2, 3]
    assert set(found["prediction"]) <= {f"'{LINK}", f"'{SUM}"}
    capsys.readouterr()
    assert predict.main(["run", "new.csv", "--output", "-"]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\\x1b[31mred" in shown
    assert not [line for line in shown.splitlines() if ",=" in line or ',"=' in line]


def test_predictions_are_written_whole_and_through_links_and_pipes(sweep: Path, tmp_path: Path) -> None:
    table(tmp_path, wine())
    (tmp_path / "elsewhere.csv").write_text("before")
    (tmp_path / "link.csv").symlink_to("elsewhere.csv")
    assert predict.main([str(sweep / "wine"), "new.csv", "--output", "link.csv"]) == 0
    assert (tmp_path / "link.csv").is_symlink()
    assert len(pd.read_csv("elsewhere.csv")) == 3
    assert predict.main([str(sweep / "wine"), "new.csv", "--output", "/dev/null"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere.csv", "link.csv", "new.csv"]
