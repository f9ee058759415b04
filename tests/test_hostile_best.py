"""A `best.yaml` whose author means harm: it chooses options of ours and gives plain values, or is refused."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks import (
    ATTACKS,
    GLOBAL,
    LAUGHS,
    assert_refused,
    beside_a_canary,
    written,
)
from xor_sweep.__main__ import main


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with beside_a_canary(tmp_path, monkeypatch) as empty:
        yield empty


OF_HYDRA = {
    what: attack for what, attack in ATTACKS.items() if any("hydra:" in content for content in attack.files.values())
}


@pytest.mark.parametrize("words", ["", "--help", "--cfg all"])
def test_a_best_yaml_of_others_says_nothing_of_hydras(
    words: str, here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(OF_HYDRA) > 30
    for attack in OF_HYDRA.values():
        [content] = [content for content in attack.files.values() if "hydra:" in content]
        theirs = {"summary.csv": "", "summary.json": "", **attack.files}
        first = "" if "defaults:" in content else "defaults: [config, _self_]\n"
        theirs |= {"best.yaml": first + content.removeprefix(GLOBAL)}
        directory = written(tmp_path / "theirs", theirs)
        code = main(["--config-dir", directory, "--config-name", "best", *words.split()])
        assert_refused(code, *capsys.readouterr(), ["--config-name best", "hydra"], here)


THEIRS = {
    "hydra with a capital": ("Hydra: {searchpath: [a]}", ["no key Hydra"]),
    "hydra as a package": ("hydra.searchpath: ['pkg://canary']", ["no key hydra.searchpath"]),
    "another package": ("'lr@hydra': 1", ["no key lr@hydra"]),
    "a sweep": ("sweep: {a: 1}", ["no key sweep"]),
    "a place": ("outputs: ../../written", ["outputs", "on the command line"]),
    "what is to be replaced": ("overwrite: true", ["overwrite", "on the command line"]),
    "trust": ("trusted_modules: [canary]", ["trusted_modules", "on the command line"]),
    "a function": ("network: {_target_: canary.run}", ["network._target_"]),
    "a loss": ("loss: {_target_: canary.run}", ["loss._target_=canary.run", "not trusted"]),
    "a metric": ("metrics: [{_target_: canary.run}]", ["metrics.0._target_=canary.run", "not trusted"]),
    "a metric of Python's": ("metrics: [{_target_: os.system}]", ["metrics.0._target_=os.system", "not trusted"]),
    "a function elsewhere": ("optimizer: {_target_: os.system}", ["optimizer._target_"]),
    "a function in an argument": ("loss: {_target_: keras.losses.Huber, a: {_target_: os.system}}", ["os.system"]),
    "an experiment elsewhere": ("experiment: ../written", ["experiment=../written"]),
    "a resolver": ("lr: ${oc.env:HOME}", ["lr=${oc.env:HOME}", "plain values"]),
    "a resolver of ours": ("experiment: '${xor_sweep.stem:${oc.env:HOME}}'", ["experiment", "plain values"]),
    "a made node": ("loss: '${oc.create:{_target_:os.system}}'", ["loss", "plain values"]),
    "a resolver in a list": ("metrics: ['${oc.env:HOME}']", ["metrics.0", "plain values"]),
    "a resolver as a key": ("network: {'${oc.env:HOME}': 1}", ["is no key"]),
    "a reference": ("experiment: ${hydra.runtime.cwd}", ["experiment", "plain values"]),
    "a tag": ("lr: !!python/object/apply:os.system [touch written]", ["is no configuration"]),
    "bytes": ("experiment: !!binary aGk=", ["experiment", "takes numbers, words"]),
    "laughs": (LAUGHS, ["100,000 values"]),
    "brackets": ("lr: " + "[" * 100_000, ["levels"]),
    "a list": (None, ["takes keys with values"]),
}
DEFAULTS = [
    *("[theirs, _self_]", "[_self_, config]", "[config, theirs]", "[config, network: mlp]", "[config, optional x: y]"),
    *("[config, override network: theirs]", "[config, override /network: ../network/theirs]", "config", "3", "[]"),
    *("[config, override hydra/launcher: basic]", "[config, override /hydra/job_logging: default]", "{config: 1}"),
    *("[config, override /sweep: smoke]", "[config, override network@hydra: mlp]", "[config, {a: 1, b: 2}]"),
    *("[config, override /network: '${oc.env:HOME}']", "[config, override /network: [mlp, xor]]", "[config, config]"),
    *("[config, /hydra/launcher@x: basic]", "[config, override network: mlp, override /network: xor]", "[[config]]"),
]


@pytest.mark.parametrize("what", [*THEIRS, *DEFAULTS])
def test_a_best_yaml_of_others_chooses_our_options_and_gives_plain_values(
    what: str, here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, expected = THEIRS.get(what, ("", ["--config-name best", "defaults" if "network" not in what else ""]))
    content = "[1]" if content is None else f"defaults: {what if what in DEFAULTS else '[config, _self_]'}\n{content}\n"
    theirs = {"theirs.yaml": "hydra: {searchpath: ['pkg://canary']}\n", "network/theirs.yaml": "defaults: [mlp]\n"}
    directory = written(tmp_path / "theirs", {".sweep/lock": "", "best.yaml": content, **theirs})
    code = main(["--config-dir", directory, "--config-name", "best"])
    assert_refused(code, *capsys.readouterr(), expected, here)


@pytest.mark.parametrize("kind", ["a pipe", "a link", "a directory", "nothing"])
def test_a_best_yaml_that_is_no_file_is_not_read(
    kind: str, here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.yaml").write_text("defaults: [config, _self_]\n")
    (tmp_path / "theirs" / ".sweep").mkdir(parents=True)
    best = tmp_path / "theirs" / "best.yaml"
    if kind != "nothing":
        {"a pipe": os.mkfifo, "a link": lambda p: p.symlink_to(tmp_path / "mine.yaml"), "a directory": Path.mkdir}[
            kind
        ](best)
    code = main(["--config-dir", str(tmp_path / "theirs"), "--config-name", "best"])
    assert_refused(code, *capsys.readouterr(), ["--config-name best", "best.yaml" if kind != "nothing" else "no"], here)


def test_of_a_sweep_directory_nothing_but_the_named_file_is_read(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = {
        ".sweep/lock": "",
        "best.yaml": "defaults: [config, _self_, override /network: mlp]\n",
        "config.yaml": "hydra: {searchpath: ['pkg://canary']}\n",
        "network/theirs.yaml": f"{GLOBAL}hydra: {{callbacks: {{x: {{_target_: canary.run}}}}}}\n",
        "run/.hydra/config.yaml": LAUGHS,
    }
    words = ["--config-dir", written(tmp_path / "theirs", theirs), "--config-name", "best"]
    assert main([*words, "dry_run=true"]) == 0
    assert main([*words, "--help"]) == 0
    assert "theirs" not in capsys.readouterr().out
    assert_refused(main([*words, "network=theirs"]), *capsys.readouterr(), ["network=theirs: takes one of"], here)
