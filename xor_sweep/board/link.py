"""The address that opens TensorBoard on the cost that ranks the runs, unsmoothed, a colour for each value of a key.

Beside the cost stand the best configurations, in their order.

What its parameters are called: `webapp/routes/dashboard_deeplink_provider.ts` in TensorBoard 2.21. Expressions are
JavaScript's, and are kept to what Python reads the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from xor_sweep.board.sweeps import Sweep
from xor_sweep.summary.columns import REPLICATES
from xor_sweep.tags import MEDIANS, RANKED

BY_RUN = "run"

ROOT = "|^([^=]*)$"
"""A sweep's root, which has the medians of configurations: without a group of its own it would be a pale grey."""

START = "(?:^|[,/])"
"""Before a key in a run's name."""

REPEATED = f"(?:,(?:{'|'.join(map(re.escape, REPLICATES))})=[^,]*)*"
"""Seeds and folds at the end of a run's name."""

END = r"(?:,[^,=]+=|~|$)"
"""Behind a value in a run's name: the next key, a hash that tells it from a run of the same name, or nothing."""


def address(port: int, sweeps: Sequence[Sweep]) -> str:
    """The deep link to a TensorBoard on this machine that shows some sweeps."""
    costs = list(dict.fromkeys(sweep.cost for sweep in sweeps if sweep.cost))
    parameters = {"smoothing": "0", "runColorGroup": colours(sweeps)}
    if costs:
        parameters = {"tagFilter": f"^({'|'.join(costs)})$|^({MEDIANS}|{RANKED})"} | parameters
    query = "&".join(f"{name}={quote(value, safe='/:=,()*', errors='replace')}" for name, value in parameters.items())
    return f"http://localhost:{port}/?{query}#timeseries"


def keys(sweeps: Iterable[Sweep]) -> list[str]:
    """The keys that colour the runs, each once."""
    return list(dict.fromkeys(sweep.key for sweep in sweeps if sweep.key))


def colours(sweeps: Sequence[Sweep]) -> str:
    """What `runColorGroup` takes: runs with the same value of their sweep's key have one colour.

    TensorBoard groups runs by what an expression captures in their names. Of two expressions it is the one that a
    person can read, unless it would group these runs in another way. Where names do not have the key, as in a sweep
    that grew by another one, or of seeds alone, each configuration has a colour.
    """
    names = keys(sweeps)
    if not names:
        return BY_RUN
    key = _one_of(map(re.escape, names), capture=False)
    opened = f"({key}=" if len(names) > 1 else f"{key}=("
    runs = [run for sweep in sweeps for run in sweep.runs]
    named = all(re.search(f"{START}{key}=", run) for run in runs)

    def others(before: str) -> str:
        return ROOT if named else f"|^((?!.*{before}{key}=).*?){REPEATED}$"

    plain = f"{opened}[^,]*){others('')}"
    exact = f"{START}{opened}.*?){END}{others(START)}"
    return f"regex:{plain if _groups(plain, runs) == _groups(exact, runs) else exact}"


def _one_of(words: Iterable[str], *, capture: bool = True) -> str:
    several = list(words)
    return several[0] if len(several) == 1 else f"({'' if capture else '?:'}{'|'.join(several)})"


def _groups(expression: str, runs: Sequence[str]) -> list[int]:
    """For each run the number of its group, groups counted in the order of the runs; runs without one are one."""
    compiled = re.compile(expression)
    numbers: dict[tuple[str | None, ...] | None, int] = {}
    found = (compiled.search(run) for run in runs)
    return [numbers.setdefault(match and match.groups(), len(numbers)) for match in found]
