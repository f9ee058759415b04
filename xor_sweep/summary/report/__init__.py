"""`report.html`: a sweep in one page that needs nothing else, no network and no script to be read."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from xor_sweep.durable import write_whole
from xor_sweep.manifest import Manifest
from xor_sweep.runs import SweepPaths
from xor_sweep.summary.columns import Configs
from xor_sweep.summary.frame import Row
from xor_sweep.summary.importance import together
from xor_sweep.summary.markdown import BY_ITSELF, replicates
from xor_sweep.summary.report import facts
from xor_sweep.summary.report.cells import cell

if TYPE_CHECKING:
    from xor_sweep.summary import Summary

HERE = Path(__file__).parent


def write_report(
    sweep: SweepPaths,
    table: Sequence[Row],
    summary: Summary,
    configs: Configs,
    manifest: Manifest,
    others: Sequence[Sequence[Row]] = (),
) -> None:
    """Write `report.html`, whole.

    Args:
        sweep: where to.
        table: the rows of the runs, best first.
        summary: what they say together; its pictures are in the page.
        configs: the runs' configurations, of which one is read.
        manifest: what the sweep directory knows beside its runs.
        others: the rows of the other rankings.
    """
    write_whole(sweep.report, as_html(sweep, table, summary, configs, manifest, others))


def as_html(
    sweep: SweepPaths,
    table: Sequence[Row],
    summary: Summary,
    configs: Configs,
    manifest: Manifest,
    others: Sequence[Sequence[Row]] = (),
) -> str:
    """The page. Text of others is escaped wherever it stands, and no address leads out of the page.

    A browser is told to load nothing and to run no script but the page's own, which is known by its hash.
    """
    places = facts.shown_places(table, summary.best_run)
    shared, own = facts.settings(summary, configs)
    return _environment().get_template("report.html.jinja").render(
        title=cell(sweep.directory.resolve().name).words,
        style=_own("report.css"),
        script=_own("report.js"),
        style_hash=_hash("report.css"),
        script_hash=_hash("report.js"),
        ended=facts.ended(summary),
        best=facts.best(summary, table),
        again=facts.again(sweep, summary),
        needs=summary.best_needs,
        test=facts.scored(manifest),
        about_replicates=replicates(summary),
        about_keys=BY_ITSELF,
        together=together(summary.importance),
        configurations=facts.configurations_table(summary),
        keys=facts.keys_table(table, summary),
        runs=facts.runs_table(table, places, summary),
        others=facts.other_rankings(summary, others),
        lines=facts.lines(table, places, summary),
        pictures=facts.pictures(summary.pictures),
        undrawn=len(summary.pictures) - facts.MOST_PICTURES,
        failures=facts.failures(summary.everything),
        shared=shared,
        own=own,
        environment=facts.environment(summary.everything),
        commands=facts.commands(manifest.commands),
    )  # fmt: skip


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # `tojson` escapes <, >, & and ', and what is no ASCII, so that no text ends the element that holds it.
    made.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    return made


@cache
def _own(name: str) -> Markup:
    """A file of this package, which is no text of others."""
    return Markup(HERE.joinpath(name).read_text(encoding="utf-8"))


@cache
def _hash(name: str) -> str:
    """A file's SHA-256, as Content-Security-Policy has it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(_own(name).encode()).digest()).decode()
