"""The command that predicts with a kept model: `python -m xor_sweep.predict outputs/mine/lr=0.1 data.csv`."""

from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xor_sweep.durable import write_whole
from xor_sweep.errors import ConfigError
from xor_sweep.foreign import read_file
from xor_sweep.option_parser import Parser, end_with
from xor_sweep.quiet import quiet_start
from xor_sweep.runs import RunPaths, SweepPaths
from xor_sweep.spreadsheet import without_formula
from xor_sweep.visible import one_line, visible

if TYPE_CHECKING:
    import pandas as pd

    from xor_sweep.model_facts import ModelFacts
    from xor_sweep.training.opened import Opened

STANDARD_OUTPUT = "-"
SHOWN = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Predict the rows of a CSV file.

    Returns:
        the exit code: 0, or 2 where something stands in the way, with one line that says what to do.
    """
    parser = Parser(
        prog="python -m xor_sweep.predict",
        description="Predict the rows of a CSV file with the trained model that a run kept.",
        epilog="example: python -m xor_sweep.predict outputs/customers/lr=0.01 new_customers.csv",
    )
    parser.add_argument("run", type=Path, help="the run's directory, such as outputs/customers/lr=0.01")
    parser.add_argument("csv", type=Path, help="the rows, under the column names of training")
    parser.add_argument(
        "--output", help="where to write them with their predictions (default: NAME.predictions.csv; - prints)"
    )
    parser.add_argument(
        "--trusted-module",
        action="append",
        default=[],
        metavar="MODULE",
        help="import a module of your own that defines the model's classes, such as my_project.models",
    )
    try:
        options = parser.parse_args(arguments)
        facts = _facts(RunPaths(options.run))
        predicted, notes = _predict(RunPaths(options.run), facts, options.csv, options.trusted_module)
        target = options.output or f"{options.csv.name.removesuffix('.csv')}.predictions.csv"
        if target == STANDARD_OUTPUT:
            sys.stdout.write(visible(_as_csv(predicted)))
            sys.stderr.write("".join(f"{one_line(note)}\n" for note in notes))
        else:
            _write(Path(target), _as_csv(predicted))
            early = facts.weights is not None and facts.weights.step < facts.weights.steps
            by = f", by {facts.weights}" if early else ""
            sys.stdout.write(visible(f"{len(predicted):,} predictions: {target}{by}\n"))
            sys.stdout.write("".join(f"{one_line(note)}\n" for note in notes))
    except (ConfigError, OSError) as error:
        message = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
        sys.stderr.write(one_line(message) + "\n")
        return 2
    return 0


def _as_csv(predicted: pd.DataFrame) -> str:
    """The rows as CSV, in which no text of others is a formula."""
    words = [name for name in predicted.columns if predicted[name].dtype.kind not in "biuf"]
    safe = predicted.assign(**{name: predicted[name].map(_cell) for name in words}).rename(columns=_cell)
    content: str = safe.to_csv(index=False, lineterminator="\n")
    return content


def _cell(value: Any) -> Any:
    return without_formula(value) if isinstance(value, str) else value


def _write(path: Path, content: str) -> None:
    """Write a file whole; a pipe, a device or a link is written through."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        path.write_text(content, encoding="utf-8")
    else:
        write_whole(path, content)


def _predict(run: RunPaths, facts: ModelFacts, path: Path, modules: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """The rows of a file with their predictions, and what a person should know of them.

    Raises:
        ConfigError: where a file or a column is missing, or is not what the model was trained with.
    """
    rows, as_written = _rows(path, facts)
    prepared = _inputs(rows, path, facts)
    outputs = _outputs(_opened(run, facts, modules), prepared, path, facts)
    predicted = _with_predictions(as_written, outputs, facts)
    return predicted, [*_notes(rows, predicted, facts)]


def _facts(run: RunPaths) -> ModelFacts:
    """What stands beside the model of a run."""
    from xor_sweep.model_facts import DAMAGED, ModelFacts, is_whole_model  # late: --help needs no pandas

    directory = run.directory
    if not directory.is_dir():
        raise ConfigError(
            f"{directory}: no such directory; give the directory of a run, such as outputs/customers/lr=0.01"
        )
    if not run.model.is_file() or not run.model_facts.is_file():
        kept_inside = _kept_in(directory)
        if kept_inside:
            raise ConfigError(f"{directory}: not a run but a sweep; a model is kept by {_listed(kept_inside)}")
        if not run.result.is_file() and not run.hydra.is_dir():
            raise ConfigError(f"{directory}: no run; it has no result.json. Give a run's directory")
        others = _kept_in(directory.resolve().parent)
        beside = f"its sweep kept one of {_listed(others)}" if others else "no run of its sweep has one"
        raise ConfigError(f"{directory}: this run's model was not kept, {beside}; save=all keeps every run's")
    try:
        facts = ModelFacts.from_json(read_file(run.model_facts))
    except (OSError, *DAMAGED) as error:
        raise ConfigError(
            f"{run.model_facts}: damaged, or of another version ({error}); train the run again"
        ) from error
    if not is_whole_model(run.model, facts):
        raise ConfigError(f"{run.model}: damaged; the command that trained it writes it again")
    return facts


def _kept_in(directory: Path) -> list[str]:
    return [paths.name for paths in SweepPaths(directory).runs() if paths.model.is_file()]


def _listed(names: Sequence[str]) -> str:
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + rest


def _rows(path: Path, facts: ModelFacts) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of the file as the model reads them, and as they stand in the file.

    For the model columns of words, dates and the like are text.
    """
    from xor_sweep.data.csv_file import read_text_table
    from xor_sweep.data.parquet_file import is_parquet, read_parquet
    from xor_sweep.data.rules import Rules

    if not path.is_file():
        raise ConfigError(f"{path}: no such file; give a CSV file of rows to predict")
    if is_parquet(path):
        rows, _ = read_parquet(path)
        as_written = rows
    else:
        of = facts.preprocessing
        text = [column.name for column in of.columns or () if column.words is not None or column.form]
        rules = Rules(separator=of.separator, encoding=of.encoding)
        rows = read_text_table(path, rules, text).frame
        as_written = read_text_table(path, rules, rows.columns).frame
    if not len(rows):
        raise ConfigError(f"{path}: it has no rows; give at least one below the names of the columns")
    return rows, as_written


def _inputs(rows: pd.DataFrame, path: Path, facts: ModelFacts) -> Any:
    """What the model takes, of checked rows."""
    from xor_sweep.data import Column
    from xor_sweep.model_facts import raw_inputs

    preprocessing = facts.preprocessing
    if preprocessing.columns is not None:
        preprocessing.transform(rows, str(path))  # for what it refuses: the model prepares rows itself
        return raw_inputs(preprocessing.columns, rows)
    features = rows.drop(columns=[preprocessing.target], errors="ignore")
    # In the order of the columns. What is missing is refused: arrays have no column that says how to fill it.
    return np.concatenate([Column(name).features(features[name], str(path)) for name in features.columns], 1)


def _opened(run: RunPaths, facts: ModelFacts, modules: Sequence[str]) -> Opened:
    """The model, after the modules that a person trusts."""
    with quiet_start():
        from xor_sweep.training.opened import Opened
    for name in modules:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            missing = f"--trusted-module={name}: no module {error.name} is found from {Path.cwd()}"
            raise ConfigError(f"{missing}; start in the directory that holds it") from error
    try:
        return Opened(run.model)
    except Exception as error:  # whatever a file that somebody else made has Keras raise
        raise ConfigError(f"{run.model}: {_not_opened(error, facts)}") from error


def _not_opened(error: Exception, facts: ModelFacts) -> str:
    message = " ".join(str(error).split())
    if "safe_mode" in message or "unsafe" in message.lower():
        return "it holds a Lambda layer, which Keras does not open in safe mode; write it as a layer class"
    if "Could not locate" in message or "could not be deserialized" in message.lower():
        module = facts.target.rpartition(".")[0] or "the module that defines them"
        what = "its classes are not known to Keras"
        remedy = f"start where {module} can be imported, with --trusted-module {module}"
        return f"{what}; {remedy}, and register them with keras.saving.register_keras_serializable"
    return f"Keras cannot open it: {message[:300]}"


def _outputs(model: Opened, rows: Any, path: Path, facts: ModelFacts) -> NDArray[Any]:
    """The model's outputs `(rows, outputs)`."""
    preprocessing = facts.preprocessing
    if isinstance(rows, dict):
        return _predicted(model, rows, facts)
    wanted = int(np.prod(model.shape))
    if rows.shape[1] != wanted:
        what = f"{rows.shape[1]} columns of features, and the model takes {wanted}"
        raise ConfigError(f"{path}: {what}; give those of training, in their order")
    rows = rows.reshape(len(rows), *model.shape)
    if preprocessing.columns is None:
        preprocessing.transform(rows, str(path))  # for what it refuses, as above
    return _predicted(model, rows, facts)


def _predicted(model: Opened, rows: Any, facts: ModelFacts) -> NDArray[Any]:
    """What the model answers, as it was said to answer.

    Raises:
        ConfigError: where the model and what stands beside it are not of one training.
    """
    classes = facts.preprocessing.classes
    try:
        outputs = model.predict(rows)
    except Exception as error:
        raise ConfigError(f"the model raised {type(error).__name__}: {' '.join(str(error).split())[:300]}") from error
    wanted = 1 if facts.preprocessing.task == "binary" else len(classes or ())
    if outputs.ndim != 2 or (classes and outputs.shape[1] != wanted):
        raise ConfigError(f"the model answers {outputs.shape[1:]}, which is not what model.json says; train it again")
    return outputs


def _with_predictions(rows: pd.DataFrame, outputs: NDArray[Any], facts: ModelFacts) -> pd.DataFrame:
    """The rows with the columns `prediction`, and `probability_<label>` for classes."""
    preprocessing = facts.preprocessing
    found = rows.copy()
    if not preprocessing.classes:
        several = outputs.shape[1] > 1
        for number in range(outputs.shape[1]):
            found[_free(f"prediction_{number}" if several else "prediction", rows)] = outputs[:, number]
        return found
    if preprocessing.task == "binary":
        indices = (outputs[:, 0] > facts.threshold).astype(int)
        shares = np.stack([1 - outputs[:, 0], outputs[:, 0]], 1)
    else:
        indices, shares = outputs.argmax(1), outputs
    found[_free("prediction", rows)] = np.array(preprocessing.classes, object)[indices]
    if facts.probabilities:
        for number, label in enumerate(preprocessing.classes):
            found[_free(f"probability_{label}", rows)] = shares[:, number]
    return found


def _free(name: str, rows: pd.DataFrame) -> str:
    """A name for a column of ours: `prediction.1` where the rows have a `prediction` of their own."""
    names = (f"{name}.{number}" if number else name for number in itertools.count())
    return next(one for one in names if one not in rows.columns)


def _notes(rows: pd.DataFrame, predicted: pd.DataFrame, facts: ModelFacts) -> Iterator[str]:
    """What a person should know of the rows: words that training did not have, and columns that have a name of ours."""
    for column in facts.preprocessing.columns or ():
        if (unknown := column.unknown(rows[column.name])) is not None:
            yield f"column {column.name}: {unknown}"
    for name in predicted.columns:
        taken = str(name).rpartition(".")[0]
        if name not in rows.columns and taken in rows.columns:
            yield f"your column {taken} stays as it is; ours is called {name}"


if __name__ == "__main__":
    end_with(main)
