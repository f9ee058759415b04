"""`sweep`: what the command does, called from Python."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra._internal.callbacks import Callbacks
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.hydra import Hydra
from hydra.core.config_loader import ConfigLoader
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.types import HydraContext, RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from xor_sweep.api.asked import Asked, asked, column, outside, word
from xor_sweep.api.hydra_apart import hydra_apart
from xor_sweep.api.model import arrays, builder, check_given
from xor_sweep.api.results import frame_of_call
from xor_sweep.api.spelling import plain
from xor_sweep.application import Application, launch_batches
from xor_sweep.checks import Checker, for_jobs
from xor_sweep.commandline import check_words
from xor_sweep.console import Console
from xor_sweep.errors import ConfigError, RunFailedError
from xor_sweep.executors.threads import Threads
from xor_sweep.grammar import Parser
from xor_sweep.orchestrate import Sweep
from xor_sweep.primary import serve
from xor_sweep.refusals import in_our_words
from xor_sweep.spelling import spelled
from xor_sweep.sweep_params import sweep_params

if TYPE_CHECKING:
    import pandas as pd

OURS = ("hydra_plugins.xor_sweep.", "hydra._internal.core_plugins.basic_sweeper.")
"""Sweepers that train the points of a grid and choose none of their own."""


ENGINE = Threads()
"""One for all calls, in this process: a function that was given cannot go to another one."""


def sweep(
    what: str | Mapping[str, Any] | Iterable[str] | Iterable[Mapping[str, Any]],
    /,
    *,
    model: Callable[..., Any] | None = None,
    data: tuple[Any, Any] | None = None,
    validation: tuple[Any, Any] | None = None,
    overrides: str | Sequence[str] = (),
    experiment: str | None = None,
    outputs: str | Path | None = None,
    config_dir: str | Path | None = None,
    objective: str | None = None,
    save: str | None = None,
    overwrite: bool = False,
    trusted_modules: Sequence[str] = (),
    quiet: bool = False,
) -> pd.DataFrame:
    """Train a Keras network at many settings and return the results, best first.

    Everything is as with `python -m xor_sweep -m …`: the keys, the checks, the run directories, the summary. Runs that
    are finished are not trained again, so a call that is repeated, or one that asks for some runs more, trains what is
    new; programs that were compiled stay compiled while the process lives. Nothing but the sweep directory is written.

    Args:
        what: which runs.
            Override strings, one or a list, exactly as on the command line: `["lr=0.1,0.01", "seed=range(0,20)"]`.
            A dict of lists is a grid, every value with every other: `{"lr": [0.1, 0.01], "seed": range(20)}`. A value
            that is no list is the same for all runs, NumPy's arrays and numbers are taken, a word is never split, and
            a key whose values are lists takes a list of them: `{"network.hidden": [[32], [64, 64]]}`.
            A list of dicts, or anything that yields dicts, is one run each, whose keys need not be the same:
            `[{"lr": 0.1}, {"optimizer": "sgd", "optimizer.momentum": 0.9}]`; here a list is a value.
            `{}` is one run as it is configured.
        model: a function that returns a Keras model, in place of the configured network. If it compiles the model, what
            it compiles trains, unless the call gives its own `optimizer`, `lr`, `schedule`, `loss` or `metrics`. Keys
            of `what` that are its
            parameters go to it, `input_shape` (of one point) and `outputs` (how many predictions) wherever it has
            parameters of these names; in the record and in the results they are called `network.units`, say, and may
            be written so. A run is known again by the function and all that it uses: functions, classes and values of
            your own modules and cells. Comments, formatting and docstrings do not count. What cannot be followed, such
            as an open file, is named; after a change of it, pass `overwrite=True`.
        data: inputs `(rows, *features)` and targets, as arrays or as a DataFrame and a Series; otherwise the
            configuration's data. `data.validation_fraction` and other keys of `data=arrays` can be set.
        validation: inputs and targets to check on, where they are not to be split off.
        overrides: more override strings, for every run.
        experiment: the name of the sweep directory; otherwise that of the data.
        outputs: where sweep directories go; otherwise `outputs`.
        config_dir: a directory with config groups of your own, as `--config-dir` has it.
        objective: what ranks the runs: `final_cost`, `best_cost` or `final_accuracy`; otherwise the final cost.
        save: of which runs the trained model is kept: `best`, `all` or `none`; otherwise the best configuration's.
        overwrite: whether finished runs are trained again.
        trusted_modules: modules of your own whose functions the configuration may name; a given model needs none.
        quiet: whether nothing is printed.

    Returns:
        A row a run that was asked for, ranked, with the columns of the summary: `run` (the name of its directory), the
        swept keys, `status` (`completed`, `diverged` or `failed`: a run that fails raises nothing), `final_cost`,
        `final_accuracy` and so on. `attrs["directory"]` is the sweep directory, and `attrs["model"]` the file
        of the best configuration's model, or None; both are words.

    Raises:
        ConfigError: where something that was asked for cannot be, in one line; nothing was trained or written.
        SweepError: where another process is sweeping into the directory.
        KeyboardInterrupt: after an interruption: what was under way is kept, what is finished was summarised, and the
            same call goes on from there. A second interruption ends the call at once.
    """
    wanted = asked(what)
    given = keyword_words(experiment, outputs, objective, save, overwrite=overwrite, trusted=trusted_modules)
    if config_dir is not None and not Path(config_dir).is_dir():
        raise ConfigError(f"config_dir={config_dir}: no such directory")
    more = (overrides,) if isinstance(overrides, str) else tuple(overrides)
    check_words([*wanted.words, *more])
    console = Console(quiet=quiet, python=True)
    if model is not None:
        made = builder(model)
        console.about_function(made.given)
        wanted, given = made.take(wanted), (*made.words, *given)
    given_data = arrays(data, validation)
    if given_data:
        check_given([*wanted.keys, *(key.partition("=")[0] for key in more)])
    words = (*given_data, *given, *more)
    directory = None if config_dir is None else str(config_dir)
    with hydra_apart(directory) as hydra:
        try:
            return _carried_out(hydra, wanted.settled(), words, directory, console)
        except (HydraException, OmegaConfBaseException) as error:
            raise ConfigError(in_our_words(error, directory)) from error


def keyword_words(
    experiment: str | None,
    outputs: str | Path | None,
    objective: str | None,
    save: str | None,
    *,
    overwrite: bool,
    trusted: Sequence[str],
) -> tuple[str, ...]:
    """The overrides that keywords stand for; of the accuracy, more is better."""
    values = {"experiment": experiment, "outputs": outputs, "objective": objective, "save": save}
    if objective == "final_accuracy":
        values["direction"] = "maximize"
    words = [word(key, plain(key, value)) for key, value in values.items() if value is not None]
    words += ["overwrite=true"] if overwrite else []
    trusted = [trusted] if isinstance(trusted, str) else list(trusted)
    return (*words, *([f"trusted_modules={spelled(trusted)}"] if trusted else []))


def _carried_out(
    hydra: Hydra, wanted: Asked, given: Sequence[str], config_dir: str | None, console: Console
) -> pd.DataFrame:
    serve(None)  # what a command line of this process named before
    words = [*given, *wanted.words]
    swept, waiting = _checked(hydra.config_loader, wanted, words, config_dir)
    words = [for_jobs(word) if word in waiting else word for word in words]
    master = hydra.compose_config("config", [*words, "hydra.mode=MULTIRUN"], RunMode.MULTIRUN, False)
    batches = _batches(hydra.config_loader, wanted, master)
    run = Sweep(swept, sum(map(len, batches)) == 1, console, ENGINE)
    context = HydraContext(config_loader=hydra.config_loader, callbacks=Callbacks(master))
    application = Application(run)
    launcher = Plugins.instance().instantiate_launcher(context, application, master)
    fused = type(launcher).__module__.startswith("hydra_plugins.xor_sweep.")
    context.callbacks.on_multirun_start(config=master, config_name="config")
    try:
        launch_batches(batches, launcher, context, master, one_by_one=not fused)
        context.callbacks.on_multirun_end(config=master, config_name="config")
        run.finish()
    except RunFailedError:  # failure.policy=stop
        run.finish()
    except KeyboardInterrupt:
        run.interrupted()
        raise
    finally:
        run.release()
    return frame_of_call(run)


def _checked(
    loader: ConfigLoader, wanted: Asked, words: Sequence[str], config_dir: str | None
) -> tuple[tuple[str, ...], set[str]]:
    """Hold everything against the configuration, as the command does.

    Returns the keys that tell the runs apart, and the words that are for the jobs alone.

    Where no key has several values, those that were given tell this run from others in its directory.
    """
    swept: dict[str, None] = {}
    waiting: set[str] = set()
    grid = wanted.given is None
    is_group = cache(lambda key: bool(loader.get_group_options(key, ObjectType.CONFIG)))
    for columns in wanted.groups(is_group):
        several = [column(k, v) if len(v) != 1 else word(k, v[0]) for k, v in columns.items()]
        args = argparse.Namespace(config_name=None, config_dir=config_dir, multirun=True, overrides=[*words, *several])
        checker = Checker(loader, args)
        swept |= dict.fromkeys(checker.check(grid=grid))
        waiting |= checker.waiting
    swept |= dict.fromkeys(key.lstrip("+") for key in wanted.swept if not outside(key))
    names = tuple(swept or (key.lstrip("+") for key in wanted.keys if not outside(key))) or ("seed",)
    return names, waiting


def _batches(loader: ConfigLoader, wanted: Asked, master: DictConfig) -> list[list[list[str]]]:
    """The overrides of every job: the product of the words, as Hydra's own sweeper has it, with the points."""
    sweeper = master.hydra.sweeper
    if not str(sweeper.get("_target_")).startswith(OURS):
        raise ConfigError(
            "hydra/sweeper: from Python the points are given; leave it out, and call sweep for each point"
        )
    params = sweep_params(master, lambda key: not loader.get_group_options(key, ObjectType.CONFIG))
    params = [param for param in params if param.partition("=")[0] not in wanted.keys]
    task: Any = OmegaConf.to_container(master.hydra.overrides.task, resolve=False)  # references are for the jobs
    words: list[Override] = Parser(loader).parse_overrides([*params, *task])
    [fixed] = BasicSweeper.split_arguments(words, None)
    points = [[word(key, value) for key, value in point.items()] for point in wanted.points]
    jobs = [[*job, *point] for job in fixed for point in points]
    size = sweeper.get("max_batch_size") or len(jobs)
    return [jobs[start : start + size] for start in range(0, len(jobs), size)]
