"""The command line, read and checked before Hydra acts: a mistake is one line, and nothing was written.

Hydra checks types while it composes a job, in several lines and with exit code 1, after it wrote multirun.yaml. Here
its own parser and composition are asked first, and every swept value is held against the schema.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hydra import initialize_config_dir
from hydra._internal.utils import get_args_parser
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra

from xor_sweep.checks import Checker, for_jobs
from xor_sweep.config import schema
from xor_sweep.config.limits import did_you_mean, is_text
from xor_sweep.errors import ConfigError
from xor_sweep.foreign import refuse_links
from xor_sweep.grammar import read_by_hydra
from xor_sweep.option_parser import complain
from xor_sweep.places import CONF
from xor_sweep.primary import OPTION, read_primary, serve
from xor_sweep.refusals import among_results
from xor_sweep.runs import SweepPaths, links_below


@dataclass(frozen=True)
class Command:
    """A command line that can be carried out.

    Attributes:
        words: the arguments for Hydra.
        runs: whether it trains; otherwise Hydra shows help or a configuration.
        single: whether it asks for one run and not for a sweep.
        swept: the keys that it sweeps, in their order.
    """

    words: tuple[str, ...]
    runs: bool
    single: bool = False
    swept: tuple[str, ...] = ()


class Parser:
    """Hydra's argument parser, whose complaints are ours."""

    def __init__(self) -> None:
        self._parser = get_args_parser()
        self._parser.error = complain  # type: ignore[method-assign]  # argparse exits with its usage otherwise
        self.flags = {flag for action in self._parser._actions for flag in action.option_strings}

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse; raises ConfigError where a flag is unknown or lacks its value."""
        for word in words:
            flag, equals, value = word.partition("=")
            if word.startswith("--") and flag not in self.flags:
                key = flag.removeprefix("--").replace("-", "_")
                if equals:
                    raise ConfigError(f"{word}: keys are written without dashes; write {key}={value}")
                raise ConfigError(f"{word}: no such flag{did_you_mean(flag, self.flags)}; keys are written key=value")
        return self._parser.parse_intermixed_args(list(words))

    def spelled(self, args: argparse.Namespace) -> tuple[str, ...]:
        """The words that `parse` makes these arguments of, flags first."""
        flags: list[str] = []
        for action in self._parser._actions:
            value = getattr(args, action.dest, None)
            if action.option_strings and value:
                flags += [action.option_strings[0], *([] if value is True else [value])]
        return (*flags, *args.overrides)


def read(words: Sequence[str]) -> Command:
    """Check a command line.

    Raises:
        ConfigError: where something in it cannot be; the line names what, what was expected, and the remedy.
    """
    for word in words:
        if not is_text(word):
            raise ConfigError(f"{word}: is no text; leave out zero bytes and bytes that are no UTF-8")
    parser = Parser()
    args = parser.parse(words)
    if args.experimental_rerun is not None:
        raise ConfigError("--experimental-rerun: refused, it would run code from a file; repeat the command instead")
    if args.config_path is not None:
        raise ConfigError("--config-path: would replace xor_sweep's own configuration; use --config-dir to add to it")
    if args.multirun and args.run:
        raise ConfigError("-m and --run: one or the other; -m trains a sweep, without it one run is trained")
    if args.resolve and not args.cfg:
        raise ConfigError("--resolve: goes with --cfg, as in --cfg job --resolve")
    if args.cfg and (args.multirun or args.run):
        raise ConfigError(f"--cfg {args.cfg}: shows a configuration and trains nothing; leave out -m and --run")
    if args.config_dir is not None and not is_directory(args.config_dir):
        raise ConfigError(f"--config-dir {args.config_dir}: no such directory")
    take_primary(args)
    if args.help or args.hydra_help or args.shell_completion or args.info:
        check_shown(args)
        return Command(parser.spelled(args), runs=False)
    check_words(args.overrides)
    with hydra_here() as loader:
        checker = Checker(loader, args)
        swept = checker.check()
    if not checker.own_sweeper:
        for place in checker.places:
            refuse_links(links_below(SweepPaths(place)))
    if args.cfg:
        return Command(parser.spelled(args), runs=False)
    single = not (args.multirun or checker.named_sweep)
    flags = [] if checker.named_sweep and not args.multirun else ["--multirun"]
    for flag, value in (("--config-dir", args.config_dir), ("--config-name", args.config_name)):
        flags += [] if value is None else [flag, value]
    # Hydra takes flags before overrides only.
    words = [for_jobs(word) if word in checker.waiting else word for word in args.overrides]
    return Command((*flags, *words), runs=True, single=single, swept=swept)


def take_primary(args: argparse.Namespace) -> None:
    """Read the primary configuration where it is none of ours, for Hydra to find what it may say.

    Of a directory among results nothing else is read: it is no directory of configuration files from here on.

    Raises:
        ConfigError: where there is no such file, or where it says what such a file may not.
    """
    serve(None)
    if args.config_name is None or is_file(Path(CONF, f"{args.config_name.removesuffix('.yaml')}.yaml")):
        return
    name = args.config_name.removesuffix(".yaml")
    path = Path(args.config_dir or ".", f"{name}.yaml")
    if args.config_dir is None or not OPTION.fullmatch(name) or not is_there(path):
        where = "name its directory with --config-dir" if args.config_dir is None else f"{args.config_dir} has none"
        raise ConfigError(f"--config-name {args.config_name}: there is no such file; {where}")
    typed = (word.removeprefix("outputs=").strip("'\"") for word in args.overrides if word.startswith("outputs="))
    among = any(among_results(Path(args.config_dir), Path(outputs)) for outputs in ("outputs", *typed))
    serve(read_primary(path, among_results=among))
    args.config_name = name
    args.config_dir = None if among else args.config_dir


def check_shown(args: argparse.Namespace) -> None:
    """Check a command line that shows help, whose words and files Hydra acts on nonetheless.

    Raises:
        ConfigError: where something in them cannot be.
    """
    words = [] if args.shell_completion else args.overrides  # there they are no overrides
    if not words and args.config_dir is None and args.config_name is None:
        return
    args = argparse.Namespace(**(vars(args) | {"overrides": words}))
    check_words(words)
    with hydra_here() as loader:
        Checker(loader, args).check_shown()


def is_file(path: Path) -> bool:
    """Whether a path is that of a file; one that no path can be is not."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_there(path: Path) -> bool:
    """Whether something is there, be it a link that leads nowhere; what no path can be is not."""
    try:
        return os.path.lexists(path)
    except (OSError, ValueError):
        return False


def is_directory(path: str) -> bool:
    """Whether a path is that of a directory; one that no path can be is not."""
    try:
        return Path(path).is_dir()
    except OSError:
        return False


@contextmanager
def hydra_here() -> Iterator[ConfigLoader]:
    """Hydra with our configuration, and without a trace of it afterwards."""
    from hydra_plugins.xor_sweep.launcher import register_resolvers

    schema.register()
    register_resolvers()
    with read_by_hydra(), initialize_config_dir(config_dir=str(CONF), job_name="xor_sweep", version_base="1.3"):
        yield GlobalHydra.instance().config_loader()


def check_words(words: Sequence[str]) -> None:
    """Refuse words that are no `key=value`, with the likely remedy."""
    for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False):
        if "=" in word or word.startswith("~"):
            continue
        if before.endswith(","):
            raise ConfigError(f"{before} {word}: a space splits the list; write {before}{word}")
        if after and "=" not in after:
            raise ConfigError(f"{word} {after}: takes an equals sign; write {word}={after}")
        raise ConfigError(f"{word}: takes key=value, such as lr=0.1; --help lists the keys")
    for word in words:
        if word.endswith(","):
            raise ConfigError(f"{word}: a value is missing after the last comma; write {word.rstrip(',')}")
