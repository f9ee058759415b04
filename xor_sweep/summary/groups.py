"""The rankings of a sweep directory: runs that cannot be compared by the objective are not ranked together. Pure.

Runs belong together if their measures agree (`xor_sweep.measure`). Beside that:

- Runs of one version of the user's functions belong together: earlier versions are gone.
- Draws of a split (`data.seed`) belong together if at least one configuration was trained on both of them.
- A result without a measure, of release 0.2.0 or earlier, joins the first ranking that what is known of it agrees with.
- Runs of which none completed are no ranking of their own if another run completed: they join the most similar one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from xor_sweep.amounts import count, listed
from xor_sweep.measure import DATA_SEED, OF_COSTS, VERSION, Facts, Measure, agree, facts_for
from xor_sweep.results import RunResult

LABEL_KEYS = (VERSION, "data", "content", "target", "task", "loss", "split", "scale", "class_weight", DATA_SEED, "rows")
"""The facts that name a ranking, the most telling one first."""

KEYS_OF_COSTS = {"loss": "loss", "scale": "data.standardize_target", "class_weight": "class_weight"}
"""The keys that facts of costs follow from."""


@dataclass(eq=False)
class Group:
    """Runs that can be compared.

    Attributes:
        facts: what is known of their measure; of several draws of a split, that of the first.
        results: the runs.
        label: what tells it from the other rankings: `loss=mse`; empty if there is one ranking.
    """

    facts: dict[str, str]
    results: list[RunResult] = field(default_factory=list)
    label: str = ""

    @property
    def completed(self) -> bool:
        """Whether one of its runs completed."""
        return any(result.status == "completed" for result in self.results)


def groups(
    results: Sequence[RunResult],
    objective: str,
    first: Sequence[Measure],
    configuration: Callable[[RunResult], Hashable],
    recorded: Callable[[RunResult], Facts],
    version: Callable[[RunResult], Facts],
    named: Callable[[RunResult, str], str | None],
) -> list[Group]:
    """Return the rankings: those of the latest command's measures first, in its order, then the earliest.

    Args:
        results: the runs of a sweep directory; at least one.
        objective: what ranks them.
        first: the measures of the latest command's runs.
        configuration: of a run, what its replicates share.
        recorded: the facts that are known of a result without a measure.
        version: the fact of a run's version, `now` for that of the latest command; empty if there is one version.
        named: the value that the user knows a fact of a run by; None if there is none.
    """
    found = _by_measure(results, objective, recorded, version)
    found = [part for group in found for part in _paired(group, configuration, objective, recorded)]
    found = _with_a_completed_run(found)
    asked = [facts_for(measure, objective) | {VERSION: "now"} for measure in first]
    found.sort(key=lambda group: (_place(group, asked), min((r.started_at, r.run) for r in group.results)))
    if len(found) > 1:
        _label(found, named)
    return found


def _facts(result: RunResult, objective: str, recorded: Callable[[RunResult], Facts]) -> dict[str, str]:
    return facts_for(result.measure or recorded(result), objective)


def _by_measure(
    results: Sequence[RunResult],
    objective: str,
    recorded: Callable[[RunResult], Facts],
    version: Callable[[RunResult], Facts],
) -> list[Group]:
    of_measure: dict[Hashable, Group] = {}
    of_facts: dict[Hashable, Group] = {}
    for result in results:
        if result.measure:
            beside = version(result)
            measure = result.measure, *beside.items()
            if measure not in of_measure:
                facts = {**_without_draw(facts_for(result.measure, objective)), **beside}
                of_measure[measure] = of_facts.setdefault(tuple(sorted(facts.items())), Group(facts))
            of_measure[measure].results.append(result)
    found = list(of_facts.values())
    partly: list[Group] = []
    for result in results:
        if not result.measure:
            facts = _without_draw(_facts(result, objective, recorded))
            group = next((group for group in [*found, *partly] if agree(facts, _without_draw(group.facts))), None)
            if group is None:
                partly.append(group := Group({}))
            if group in partly:
                group.facts = facts | group.facts
            group.results.append(result)
    return [*found, *partly]


def _without_draw(facts: Facts) -> dict[str, str]:
    return {key: value for key, value in facts.items() if key != DATA_SEED}


def _paired(
    group: Group,
    configuration: Callable[[RunResult], Hashable],
    objective: str,
    recorded: Callable[[RunResult], Facts],
) -> list[Group]:
    """Take a group apart into draws of the split that no configuration connects."""
    draw_of = {result.run: _facts(result, objective, recorded).get(DATA_SEED) for result in group.results}
    draws = list(dict.fromkeys(draw for draw in draw_of.values() if draw is not None))
    if len(draws) < 2:
        return [_with_draw(group, draws)]
    of_configuration: dict[Hashable, list[str]] = {}
    for result in group.results:
        if (draw := draw_of[result.run]) is not None:
            of_configuration.setdefault(configuration(result), []).append(draw)
    root = {draw: draw for draw in draws}

    def find(draw: str) -> str:
        while root[draw] != draw:
            root[draw] = draw = root[root[draw]]
        return draw

    for connected in of_configuration.values():
        for draw in connected[1:]:
            root[find(draw)] = find(connected[0])
    parts: dict[str, Group] = {}
    for result in group.results:
        draw = draw_of[result.run]
        own = find(draws[0] if draw is None else draw)
        parts.setdefault(own, Group(group.facts | {DATA_SEED: draw or draws[0]})).results.append(result)
    return list(parts.values())


def _with_draw(group: Group, draws: Sequence[str]) -> Group:
    """Return a group with its only draw among its facts, if there is one."""
    return Group(_without_draw(group.facts) | ({DATA_SEED: draws[0]} if draws else {}), group.results)


def _with_a_completed_run(found: Sequence[Group]) -> list[Group]:
    usable = [group for group in found if group.completed]
    if not usable:
        return [Group(found[0].facts, [result for group in found for result in group.results])]
    for group in found:
        if not group.completed:
            usable[_nearest(group, usable)].results.extend(group.results)
    return usable


def _nearest(group: Group, others: Sequence[Group]) -> int:
    alike = [sum(other.facts.get(key) == value for key, value in group.facts.items()) for other in others]
    return alike.index(max(alike))


def _place(group: Group, asked: Sequence[Facts]) -> int:
    """The place of a group among the measures of a command; behind them if it has none of them."""
    measures = {result.measure for result in group.results if result.measure}
    version = {key: value for key, value in group.facts.items() if key == VERSION}
    known: list[Facts] = [dict(measure) | version for measure in measures] or [group.facts]
    return next((place for place, facts in enumerate(asked) if any(agree(facts, each) for each in known)), len(asked))


def _label(found: Sequence[Group], named: Callable[[RunResult, str], str | None]) -> None:
    """Name each group by the facts that tell it from the others, as few as do."""
    alike: list[list[Group]] = [list(found)]
    for key in LABEL_KEYS:
        parted = []
        for those in alike:
            by_value: dict[str | None, list[Group]] = {}
            for group in those:
                by_value.setdefault(group.facts.get(key), []).append(group)
            parted += list(by_value.values())
            if len(by_value) > 1:
                for group in those:
                    group.label = ", ".join(filter(None, [group.label, _said(group, key, named)]))
        alike = parted
    labels = [group.label for group in found]
    for place, group in enumerate(found, start=1):
        if labels.count(group.label) > 1 or not group.label:
            group.label = f"{group.label or 'runs'} ({place})"


def _said(group: Group, key: str, named: Callable[[RunResult, str], str | None]) -> str:
    value = group.facts.get(key, "unknown")
    if key == "split":
        return value
    name = "data.target" if key == "target" else key
    return next(filter(None, (named(result, key) for result in group.results)), None) or f"{name}={value}"


def why(found: Sequence[Group]) -> str | None:
    """Say in one line why there are several rankings and what to do; None if there is one."""
    if len(found) < 2:
        return None
    labels = [group.label for group in found]
    names = " and ".join(labels) if len(labels) == 2 else listed(labels, "; ")
    costs = " costs" if all(label.startswith("loss=") for label in labels) else ""
    apart = "are ranked apart" if _differ(found) == {VERSION} else "cannot be compared"
    return f"{count(len(found), 'ranking')}: {names}{costs} {apart}; {_remedy(found)}"


def _differ(found: Sequence[Group]) -> set[str]:
    """The facts in which a ranking differs from the first one."""
    return {
        key
        for key in LABEL_KEYS
        for group in found
        if group.facts.get(key) is not None and found[0].facts.get(key, group.facts[key]) != group.facts[key]
    }


def _remedy(found: Sequence[Group]) -> str:
    differ = _differ(found)
    if differ <= {VERSION, "loss"} and VERSION in differ:
        return "another experiment=… for each version keeps them apart"
    if differ <= {*OF_COSTS} and differ:
        accuracies = all(result.final_accuracy is not None for g in found for result in g.results if _ended(result))
        if accuracies:
            return "objective=final_accuracy direction=maximize ranks them together"
        keys = [KEYS_OF_COSTS[fact] for fact in OF_COSTS if fact in differ]
        return f"give all runs one {' and one '.join(keys)} to rank them together"
    if differ == {DATA_SEED}:
        return "train each configuration with the same values of data.seed to rank them together"
    return "another experiment=… for each keeps them apart"


def _ended(result: RunResult) -> bool:
    return result.status == "completed"
