from __future__ import annotations

import errno
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from tests.summary.sweeps import diverged, failed, make_sweep, result
from xor_sweep.manifest import extend_manifest
from xor_sweep.summary import rank_runs
from xor_sweep.summary.__main__ import main
from xor_sweep.summary.table import configurations_table, ranked_table


def plain(table, width=80):
    out = io.StringIO()
    Console(file=out, width=width).print(table)
    return out.getvalue()


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_the_summary_imports_nothing_heavy():
    heavy = ("tensorflow", "pandas", "matplotlib", "jinja2")
    code = f"import sys, xor_sweep.summary; print([n for n in {heavy} if n in sys.modules])"
    assert python(code).strip() == "[]"


def test_a_whole_summary_imports_no_tensorflow(tmp_path):
    sweep = make_sweep(tmp_path, result("lr=0.1"), result("lr=0.2"), swept=("lr",), logged=True)
    code = f"import sys; sys.argv[1:] = [{str(sweep.directory)!r}]\n"
    code += "from xor_sweep.summary.__main__ import main\nmain()\nprint('tensorflow' in sys.modules)"
    assert python(code).splitlines()[-1] == "False"


def test_the_command_prints_the_ranked_runs_and_where_the_files_are(tmp_path):
    sweep = make_sweep(tmp_path, result("lr=0.1", 0.5), result("lr=0.2", 0.25), swept=("lr",), logged=True)
    done = subprocess.run(
        [sys.executable, "-m", "xor_sweep.summary", str(sweep.directory)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.index("lr=0.2") < done.stdout.index("lr=0.1")
    lines = done.stdout.splitlines()
    tables = (sweep.summary_csv, sweep.summary_json, sweep.summary_md, sweep.report)
    for path in (*tables, sweep.cost_plot, sweep.key_plot("lr")):
        assert str(path) in lines
        assert path.exists()


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([result("a")], 0),
        ([result("a"), diverged("b")], 0),
        ([result("a"), failed("b")], 1),
        ([diverged("a")], 1),
    ],
)
def test_the_exit_code_says_how_the_runs_ended(tmp_path, results, code, capsys):
    assert main([str(make_sweep(tmp_path, *results).directory)]) == code
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (44, ["0.2"]),
        (45, ["3", "67%", "0.2"]),
        (60, ["3", "67%", "0.2", "0.123 to 0.3"]),
        (63, ["3", "67%", "0.2", "0.123457 to 0.3"]),
        (96, ["3", "67%", "0.2", "0.123 to 0.3", "0.208 ± 0.0885", "0.123457", "0.3"]),
        (105, ["3", "67%", "0.2", "0.123457 to 0.3", "0.207819 ± 0.0885309", "0.123457", "0.3"]),
    ],
)
def test_the_configurations_show_as_much_as_a_line_has_room_for(tmp_path, width, shown):
    runs = [result(f"lr=0.1,seed={seed}", cost) for seed, cost in enumerate((0.2, 0.123456789, 0.3))]
    runs[2] = replace(runs[2], final_accuracy=0.5)
    sweep = make_sweep(tmp_path, *runs, swept=("lr", "seed"))
    summary = rank_runs(sweep).summary
    printed = plain(configurations_table(summary, width=width), width)
    assert max(map(len, printed.splitlines())) <= width
    assert "1 configuration, by median final_cost" in " ".join(printed.split())
    row = next(line for line in printed.splitlines() if "lr=0.1" in line)
    assert re.split(r"\s{2,}", row.strip()) == ["1", "lr=0.1", *shown]


def test_a_full_disk_is_one_line_and_exit_code_1(tmp_path, monkeypatch, capsys):
    sweep = make_sweep(tmp_path, result("lr=0.1", 0.1), swept=("lr",))

    def full(*_args, **_options):
        raise OSError(errno.ENOSPC, "No space left on device", "outputs/xor/cost.png")

    monkeypatch.setattr("xor_sweep.summary.__main__.summarise", full)
    assert main([str(sweep.directory)]) == 1
    line = "outputs/xor/cost.png: No space left on device; the same command writes the rest when there is room\n"
    assert capsys.readouterr() == ("", line)


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, Path.absolute], ids=["empty", "a file", "missing"])
def test_a_wrong_directory_is_one_line_and_exit_code_2(tmp_path, make, capsys):
    wrong = tmp_path / "wrong"
    make(wrong)
    assert main([str(wrong)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"{wrong}: no ")
    assert err.endswith(f"train one with python -m xor_sweep experiment=wrong outputs={tmp_path}\n")
    assert err.count("\n") == 1


def test_the_objective_is_the_manifests_unless_another_is_asked_for(tmp_path, capsys):
    sweep = make_sweep(tmp_path, result("a", 0.1, final_accuracy=0.5), result("b", 0.2, final_accuracy=1.0))

    def ranked(*options):
        assert main([str(sweep.directory), *options]) == 0
        content = json.loads(sweep.summary_json.read_text())
        return content["objective"], content["direction"], [run["run"] for run in content["runs"]]

    assert ranked() == ("final_cost", "minimize", ["a", "b"])
    assert ranked("--objective", "final_accuracy") == ("final_accuracy", "maximize", ["b", "a"])
    extend_manifest(sweep, (), "final_accuracy", "maximize", {})
    assert ranked() == ("final_accuracy", "maximize", ["b", "a"])
    assert ranked("--objective", "best_cost", "--direction", "minimize") == ("best_cost", "minimize", ["a", "b"])
    capsys.readouterr()
    assert main([str(sweep.directory), "--direction", "minimize"]) == 2
    assert capsys.readouterr().err == "direction=minimize: a larger final_accuracy is better; use direction=maximize\n"


def test_what_counts_as_solved_is_the_manifests_unless_another_is_asked_for(tmp_path, capsys):
    accuracies = [result(f"lr=1,seed={seed}", final_accuracy=seed / 4) for seed in range(5)]
    sweep = make_sweep(tmp_path, *accuracies, swept=("lr", "seed"))
    extend_manifest(sweep, (), "final_cost", "minimize", {}, 0.5)
    for options, share in (((), 0.6), (("--target", "0.75"), 0.4)):
        assert main([str(sweep.directory), *options]) == 0
        assert json.loads(sweep.summary_json.read_text())["configurations"][0]["solved"] == share
    assert main([str(sweep.directory), "--target", "1.5"]) == 2
    said = capsys.readouterr().err
    assert "takes a number above 0 and at most 1" in said
    assert said.count("\n") == 1


def test_help_shows_an_example(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "python -m xor_sweep.summary outputs/xor" in capsys.readouterr().out


def test_the_table_shows_twenty_rows_and_where_the_others_are():
    ranked = [result(f"lr=0.1,seed={seed}") for seed in range(1002)]
    text = plain(ranked_table(ranked, [each.run for each in ranked], Path("outputs/xor")))
    assert "1,002 runs of this command, 1,002 in outputs/xor" in text
    assert "… and 982 more in outputs/xor/summary.csv" in text
    assert "seed=19 " in text
    assert "seed=20 " not in text
    assert "*" not in text


def test_runs_of_this_command_are_marked_where_others_are_beside_them():
    text = plain(ranked_table([result("lr=0.1"), result("lr=0.2")], ["lr=0.2"], Path("outputs/xor")))
    assert "1 run of this command, 2 in outputs/xor" in text
    marked = [line for line in text.splitlines() if line.strip().startswith("*")]
    assert [line.split()[:3] for line in marked] == [["*", "2", "lr=0.2"], ["*", "of", "this"]]


def test_the_table_fits_80_columns_with_whole_numbers_brackets_and_reasons():
    ranked = [result("network.hidden=[2,4],lr=0.001,seed=11", 1.23456789e-7), diverged("lr=10"), failed("[bold]x")]
    text = plain(ranked_table(ranked, (), Path("outputs/xor")))
    assert max(map(len, text.splitlines())) <= 80
    assert "1.23457e-07" in text
    assert "network.hidden=[2,4]" in text
    assert "[bold]x" in text
    words = " ".join(text.split())
    assert "the cost was not finite" in words
    assert "no | such" in words


def test_a_narrow_terminal_has_fewer_numbers_and_whole_names():
    ranked = [result("network.kind=functional"), result("network.kind=subclassed")]
    text = plain(ranked_table(ranked, (), Path("outputs/xor"), width=60), width=60)
    assert "final cost" in text
    assert "best cost" not in text
    assert all(each.run in text for each in ranked)


def test_a_reason_that_runs_share_is_said_once():
    ended = [result(f"seed={seed}", status="failed", reason="RuntimeError: no way") for seed in range(3)]
    lines = plain(ranked_table(ended, (), Path("outputs/xor"))).splitlines()
    assert [line.split()[1] for line in lines if "seed=" in line] == ["seed=0", "seed=1", "seed=2"]
    assert sum("no way" in line for line in lines) == 1
    assert "no way" in lines[next(k for k, line in enumerate(lines) if "seed=2" in line) + 1]


def test_a_name_without_room_is_folded_and_not_cut():
    name = "lr=0.001,seed=11,optimizer.beta_1=0.95,optimizer.beta_2=0.999,network.init_scale=0.5"
    text = plain(ranked_table([result(name)], (), Path("outputs/xor")))
    assert name in "".join(line[6:32].strip() for line in text.splitlines()[3:])
