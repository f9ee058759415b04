"""What answers without TensorFlow, and which module may import which."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.command import TREE, run, succeed, without_tensorflow
from xor_sweep.commandline import read

HEAVY = {"tensorflow", "keras"}

LAYERS = [
    "visible",
    "spreadsheet",
    "amounts",
    "errors",
    "option_parser",
    "places",
    "durable",
    "stopping",
    "foreign",
    "caches",
    "sealed_cache",
    "compile_cache",
    "keras_settings",
    "quiet",
    "function_hash",
    "code",
    "given",
    "calls",
    "spelling",
    "compiled",
    "loss_facts",
    "metric_facts",
    "measure",
    "config",
    "data",
    "scored",
    "spread",
    "structure",
    "outputs",
    "plan",
    "shapes",
    "tags",
    "recorded_files",
    "model_facts",
    "names",
    "runs",
    "results",
    "sweep_functions",
    "grammar",
    "references",
    "naming",
    "fast_yaml",
    "hydra_node",
    "resolvers",
    "provenance",
    "manifest",
    "owner",
    "owner_file",
    "lock",
    "sections",
    "sweep_params",
    "primary",
    "given_keys",
    "jobs",
    "refusals",
    "unknown_keys",
    "value_checks",
    "checks",
    "metric_fit",
    "fit",
    "logs",
    "log_points",
    "named_arrays",
    "segment",
    "checkpoint",
    "training",
    "executors",
    "compiled_models",
    "prepare",
    "claims",
    "sources",
    "kept",
    "outcome",
    "checkpoint_file",
    "record",
    "size",
    "space",
    "open_chunk",
    "resume",
    "execute",
    "again",
    "summary",
    "rebuilt",
    "keep",
    "progress",
    "wording",
    "console",
    "orchestrate",
    "application",
    "commandline",
    "api",
    "predict",
    "board",
    "compare",
    "__main__",
]
"""The modules of xor_sweep in the order of the data: each imports from those before it, never from those after."""


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return without_tensorflow(tmp_path_factory.mktemp("blocker"))


@pytest.fixture(scope="module")
def help_text(light: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> str:
    empty = tmp_path_factory.mktemp("empty")
    text = succeed("--help", cwd=empty, env=light)
    assert list(empty.iterdir()) == []
    return text


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in which `COMMAND` was carried out."""
    directory = tmp_path_factory.mktemp("trained")
    succeed(*COMMAND, cwd=directory)
    return directory


COMMAND = ("-m", "lr=0.1,0.01", "steps=100")


def test_the_blocker_ends_a_command_that_trains(light: dict[str, str], tmp_path: Path) -> None:
    done = run("steps=10", cwd=tmp_path, env=light)
    assert done.returncode != 0
    assert "tensorflow was imported" in done.stderr or "keras was imported" in done.stderr


def test_help_says_what_the_project_is(help_text: str) -> None:
    first = help_text.splitlines()[0]
    assert first.startswith("xor_sweep trains")
    assert "outputs/" in help_text
    assert "python -m xor_sweep.board outputs" in help_text
    assert "powered by" not in help_text.lower()


def test_help_lists_every_group_with_its_options(help_text: str) -> None:
    for group in ("data", "logging", "network", "optimizer"):
        options = sorted(path.stem for path in (TREE / "conf" / group).glob("*.yaml"))
        assert f"\n{group}: {', '.join(options)}\n" in help_text
    sweeps = sorted(path.stem for path in (TREE / "sweeps").glob("*.yaml"))
    assert f"\nsweep: {', '.join(sweeps)}\n" in help_text
    assert "schema" not in help_text


def test_help_shows_every_key_with_its_value(help_text: str) -> None:
    keys = help_text[help_text.index("\nKeys") :]
    for line in (
        "lr: 0.01",
        "seed: 5",
        "steps: null",
        "epochs: null",
        "batch_size: auto",
        "outputs: outputs",
        "overwrite: false",
        "dry_run: false",
    ):
        assert f"\n{line}\n" in keys


def test_help_has_five_examples_and_each_is_a_command_that_can_be_carried_out(help_text: str) -> None:
    lines = re.findall(r"^ +(python -m xor_sweep(?: .*|))$", help_text, re.M)
    examples = [re.split(r"\s{2,}", line)[0] for line in lines]
    assert len(examples) >= 5
    for example in examples:
        assert read(shlex.split(example)[3:]).runs


def test_the_configuration_is_shown_as_yaml(light: dict[str, str], tmp_path: Path) -> None:
    shown = yaml.safe_load(succeed("--cfg", "job", "lr=0.3", "optimizer=sgd", cwd=tmp_path, env=light))
    assert (shown["lr"], shown["optimizer"]["name"], shown["network"]["hidden"]) == (0.3, "sgd", [2])
    assert list(tmp_path.iterdir()) == []


def test_a_mistake_is_found_without_tensorflow(light: dict[str, str], tmp_path: Path) -> None:
    done = run("sweep=smoke", "steps=0", cwd=tmp_path, env=light)
    assert (done.returncode, done.stdout) == (2, "")
    assert "steps=0" in done.stderr


def test_the_plan_is_shown_without_tensorflow(light: dict[str, str], tmp_path: Path) -> None:
    assert "runs to train" in succeed(*COMMAND, "dry_run=true", cwd=tmp_path, env=light)


def test_an_old_sweep_is_summarised_without_tensorflow(light: dict[str, str], trained: Path) -> None:
    sweep = trained / "outputs" / "xor"
    rows = json.loads((sweep / "summary.json").read_text())
    (sweep / "summary.json").unlink()
    done = run("outputs/xor", cwd=trained, env=light, module="xor_sweep.summary")
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 runs in outputs/xor" in done.stdout
    assert json.loads((sweep / "summary.json").read_text()) == rows


def test_a_command_whose_runs_are_all_finished_answers_without_tensorflow(light: dict[str, str], trained: Path) -> None:
    output = succeed(*COMMAND, cwd=trained, env=light)
    assert "2 runs finished already in outputs/xor" in output
    assert "2 runs of this command, 2 in outputs/xor" in output


def sources() -> list[Path]:
    found = [*(TREE / "xor_sweep").rglob("*.py"), *(TREE / "hydra_plugins").rglob("*.py")]
    assert len(found) > 30
    return sorted(found)


def imports(path: Path, *, late: bool) -> Iterator[str]:
    """The modules that a file imports at its top, dotted; with `late` those of its functions and types too."""

    def walk(node: ast.AST) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            types_only = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            if isinstance(child, ast.Import):
                yield from (alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path}: relative import"
                yield from (f"{child.module}.{alias.name}" for alias in child.names)
            elif late or not (types_only or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)):
                yield from walk(child)

    yield from walk(ast.parse(path.read_text()))


def layer(module: str) -> str | None:
    """The layer of a dotted module of ours; None for others' and for xor_sweep itself."""
    package, _, rest = module.partition(".")
    name = rest.split(".")[0]
    return name if package == "xor_sweep" and name and not name.startswith("__version") else None


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(TREE).with_suffix("").parts)


@pytest.mark.parametrize("path", sources(), ids=dotted)
def test_only_the_training_package_imports_tensorflow_or_keras(path: Path) -> None:
    heavy = {module for module in imports(path, late=True) if module.split(".")[0] in HEAVY}
    # The process that trains says how many cores TensorFlow has.
    assert heavy == set() or layer(dotted(path)) == "training" or dotted(path) == "xor_sweep.executors.serve"


def test_the_training_package_is_imported_late_and_by_the_executor_alone() -> None:
    outside = [path for path in sources() if layer(dotted(path)) != "training"]
    early = [dotted(path) for path in outside if "training" in map(layer, imports(path, late=False))]
    assert early == []
    late = {dotted(path) for path in outside if "training" in map(layer, imports(path, late=True))}
    assert late == {
        f"xor_sweep.{name}" for name in ("executors.ahead", "executors.serve", "executors.threads", "predict")
    }


@pytest.mark.parametrize("path", [path for path in sources() if layer(dotted(path))], ids=dotted)
def test_imports_go_one_way(path: Path) -> None:
    own = layer(dotted(path))
    if own == "__init__":
        return
    assert own in LAYERS, f"{own}: give it its place among the layers"
    below = LAYERS[: LAYERS.index(own) + 1]
    ahead = {module for module in imports(path, late=True) if (name := layer(module)) and name not in below}
    assert ahead == set()


@pytest.mark.parametrize("path", sorted((TREE / "hydra_plugins").rglob("*.py")), ids=dotted)
def test_the_plugins_import_nothing_at_their_top_but_hydra_and_what_is_light(path: Path) -> None:
    allowed = {"collections", "dataclasses", "functools", "hydra", "hydra_plugins", "omegaconf", "pathlib", "typing"}
    for module in imports(path, late=False):
        assert module.split(".")[0] in allowed or layer(module) in ("errors", "places")
    assert len(path.read_text().splitlines()) <= 80
