"""Resolvers in configuration files of others: what they read of the reader's stays with the reader."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from omegaconf.basecontainer import BaseContainer

from tests.command import in_this_process
from xor_sweep import ConfigError, sweep
from xor_sweep.__main__ import main
from xor_sweep.commandline import read
from xor_sweep.resolvers import called_outside

SECRET = "what nobody else is to see"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the command is given, by somebody whose environment holds a secret."""
    monkeypatch.setenv("SECRET_OF_MINE", SECRET)
    with in_this_process(tmp_path, monkeypatch):
        yield tmp_path


def write(directory: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def swept(params: str, more: str = "") -> dict[str, str]:
    text = f"# @package _global_\n{more}\nhydra:\n  mode: MULTIRUN\n  sweeper:\n    params:\n      {params}\n"
    return {"sweep/theirs.yaml": text}


CALL = "${oc.env:SECRET_OF_MINE}"
REFUSED: dict[str, tuple[dict[str, str], str, str]] = {
    "a value": (swept("lr: 0.1,0.2", f"experiment: leak-{CALL}"), "sweep=theirs", f"experiment=leak-{CALL}: "),
    "a swept value": (swept(f"experiment: leak-{CALL}"), "sweep=theirs", f"experiment=leak-{CALL}: "),
    "a value of several": (swept(f"lr: 0.1,{CALL}"), "sweep=theirs", f"lr=0.1,{CALL}: "),
    "a name of several parts": (
        swept("lr: 0.1", "experiment: ${oc.${objective}:SECRET_OF_MINE}"),
        "sweep=theirs",
        "experiment=${oc.${objective}:SECRET_OF_MINE}: ",
    ),
    "a swept value whose backslashes Hydra takes off": (
        swept("experiment: 'leak-$\\{oc.env:SECRET_OF_MINE\\}'"),
        "sweep=theirs",
        f"experiment=leak-{CALL}: ",
    ),
    "an escaped swept value": (
        swept("experiment: 'leak-\\${oc.env:SECRET_OF_MINE}'"),
        "sweep=theirs",
        f"experiment=leak-{CALL}: ",
    ),
    "an escaped directory, under a launcher that reads it as a reference": (
        swept("lr: 0.1", "outputs: 'leak-\\${oc.env:SECRET_OF_MINE}'"),
        "sweep=theirs hydra/launcher=basic",
        f"outputs=leak-{CALL}: Hydra would take",
    ),
    "the name of a group that may be absent": (
        {"network/theirs.yaml": f"defaults: [mlp, {{'optional /{CALL}': a}}, _self_]\n"},
        "network=theirs",
        "defaults: calls oc.env",
    ),
    "what separates the words of a job's name": (
        swept(f"lr: 0.1\n  job: {{config: {{override_dirname: {{kv_sep: '{CALL}'}}}}}}"),
        "sweep=theirs hydra/launcher=basic",
        f"hydra.job.config.override_dirname.kv_sep={CALL}: ",
    ),
    "the help": (swept(f"lr: 0.1\n  help: {{header: '{CALL}'}}"), "--help sweep=theirs", f"hydra.help.header={CALL}: "),
    "a key of a group": (
        {"network/theirs.yaml": f"defaults: [mlp, _self_]\nkernel_initializer: {CALL}\n"},
        "network=theirs",
        f"network.kernel_initializer={CALL}: ",
    ),
    "an argument in a list": (
        {"network/theirs.yaml": f"defaults: [mlp, _self_]\nhidden: [3, '{CALL}']\n"},
        "-m network=mlp,theirs data=parity",
        f"network.hidden.1={CALL}: ",
    ),
    "a call in a call": (
        swept("lr: 0.1", f"experiment: '${{oc.select:nope,{CALL}}}'"),
        "sweep=theirs",
        f"experiment=${{oc.select:nope,{CALL}}}: ",
    ),
    "text that is decoded": (
        swept("lr: 0.1", "experiment: \"${oc.decode:'\\\\${oc.env:SECRET_OF_MINE}'}\""),
        "sweep=theirs",
        "experiment=${oc.decode:'\\${oc.env:SECRET_OF_MINE}'}: a file calls oc.decode",
    ),
    "the directory of the reader": (
        swept("lr: 0.1", "experiment: x${hydra:runtime.cwd}"),
        "sweep=theirs",
        "experiment=x${hydra:runtime.cwd}: a file calls hydra",
    ),
    "a key of Hydra's that another names": (
        swept(f"experiment: leak-${{hydra.help.header}}\n  help:\n    header: {CALL}"),
        "sweep=theirs",
        f"hydra.help.header={CALL}: a file calls oc.env, which reads outside the configuration; leave it out",
    ),
    "an option of a defaults list": (
        {"network/theirs.yaml": f"defaults: ['{CALL}', _self_]\n"},
        "network=theirs",
        "defaults: calls oc.env",
    ),
    "an option of another group in it": (
        {"network/theirs.yaml": f"# @package _global_\ndefaults:\n- override /optimizer: '{CALL}'\n"},
        "network=theirs",
        "defaults: calls oc.env",
    ),
}


@pytest.mark.parametrize(("files", "typed", "line"), REFUSED.values(), ids=REFUSED)
def test_a_file_of_others_does_not_read_the_environment(
    files: dict[str, str], typed: str, line: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(here / "theirs", files)
    assert main(["--config-dir", "theirs", *typed.split()]) == 2
    said = "".join(capsys.readouterr())
    assert line in said
    assert said.count("\n") == 1
    assert SECRET not in said
    assert sorted(path.name for path in here.iterdir()) == ["theirs"]


def test_the_words_that_the_refusal_names_can_be_pasted_and_are_trusted(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_MINE", "shown")
    write(here / "theirs", swept("lr: 0.1,0.2", f"experiment: leak-{CALL}"))
    command = ["--config-dir", "theirs", "sweep=theirs", "dry_run=true"]
    with pytest.raises(ConfigError) as raised:
        read(command)
    found = re.search(r"; type (.*) on the command line if you mean it$", str(raised.value))
    assert found is not None
    assert main([*command, *shlex.split(found[1])]) == 0


@pytest.mark.parametrize("module", ["numpy", "mine"])
def test_params_do_not_say_whom_the_user_trusts(module: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here / "theirs", swept(f"trusted_modules: '[{module}]'\n      loss: '{{_target_: {module}.load}}'"))
    assert main(["--config-dir", "theirs", "sweep=theirs"]) == 2
    assert f"trusted_modules=[{module}]: is not for params to say" in "".join(capsys.readouterr())
    assert sorted(path.name for path in here.iterdir()) == ["theirs"]


def test_a_value_that_no_grammar_reads_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here / "theirs", swept("lr: 0.1", "experiment: '${lr${lr}}'"))
    assert main(["--config-dir", "theirs", "sweep=theirs"]) == 2
    assert "experiment: cannot be read: " in "".join(capsys.readouterr())


def test_what_is_typed_reads_the_environment(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(here / "theirs", swept("lr: 0.1,0.2", f"experiment: leak-{CALL}"))
    for words in (["experiment=a-${oc.env:USER_OF_MINE,nobody}"], ["--config-dir", "theirs", "experiment=a-nobody"]):
        assert main([*words, "lr=0.1", "dry_run=true"]) == 0
        assert "outputs/a-nobody" in capsys.readouterr().out


def test_a_directory_of_files_may_hold_the_sweeps_that_were_trained_with_them(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(here, swept("lr: 0.1,0.2", "experiment: mine"))
    for said in ("2 runs in 1 program", "2 runs finished already"):
        assert main(["--config-dir", ".", "sweep=theirs", "steps=5"]) == 0
        assert said in capsys.readouterr().out


def test_a_file_that_is_not_chosen_hinders_nobody(here: Path) -> None:
    write(here / "theirs", {"sweep/other.yaml": f"experiment: {CALL}\n", "network/mine.yaml": "defaults: [mlp]\n"})
    assert read(["--config-dir", "theirs", "network=mine"]).runs


def test_a_call_that_comes_with_two_choices_at_once_is_refused_in_the_job_of_both(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {f"both/{name}.yaml": "# @package _global_\n" for name in ("xor_adam", "xor_theirs", "mine_adam")}
    files["both/mine_theirs.yaml"] = f"# @package _global_\nnetwork: {{activation: '{CALL}'}}\n"
    files["network/mine.yaml"] = "defaults: [xor, {/both@_global_: '${network}_${optimizer}'}]\n"
    files["optimizer/theirs.yaml"] = "defaults: [adam, _self_]\n"
    write(here / "theirs", files)
    assert main(["--config-dir", "theirs", "-m", "network=xor,mine", "optimizer=adam,theirs"]) == 2
    said = "".join(capsys.readouterr())
    assert f"network.activation={CALL}: a file calls oc.env" in said
    assert SECRET not in said
    assert sorted(path.name for path in here.iterdir()) == ["theirs"]


def test_a_call_from_python_refuses_such_files_too(here: Path) -> None:
    write(here / "theirs", {"network/theirs.yaml": f"defaults: [mlp, _self_]\nactivation: {CALL}\n"})
    with pytest.raises(ConfigError, match=r"network.activation=.*: a file calls oc.env"):
        sweep({"network": ["mlp", "theirs"]}, config_dir="theirs", quiet=True)
    assert sorted(path.name for path in here.iterdir()) == ["theirs"]


def test_a_program_that_clears_all_resolvers_does_not_take_ours_away(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "points.csv").write_text("x,y\n" + "".join(f"{k},{k % 2}\n" for k in range(20)))
    monkeypatch.setattr(BaseContainer, "_resolvers", dict(BaseContainer._resolvers))  # put back afterwards
    words = ["data=csv", "data.path=points.csv", "data.target=y"]
    assert read(words).runs  # Hydra has imported its plugins, and does so once in a process
    OmegaConf.clear_resolvers()
    assert read(words).runs


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("plain", None),
        ("${lr}", None),
        ("a ${data.path} ${.b[0]}", None),
        ("\\${oc.env:HOME}", None),
        ("${xor_sweep.stem:${data.path}}", None),
        ("${oc.select:lr,0.1}", None),
        ("${oc.env:HOME", None),
        ("\\\\${oc.env:HOME}", "oc.env"),
        ("${ oc.env : HOME }", "oc.env"),
        ("${xor_sweep.stem:${oc.env:HOME}}", "oc.env"),
        ("${oc.dict.keys:'${now:%Y}'}", "now"),
        ("${oc.create:'{a: 1}'}", "oc.create"),
    ],
)
def test_which_resolvers_read_outside_the_configuration(text: str, name: str | None) -> None:
    assert called_outside(text) == called_outside({"a": [text]}) == name
