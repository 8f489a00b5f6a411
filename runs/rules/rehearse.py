"""What a rule would have done: it is put over runs that are there already, and nothing happens."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from operator import attrgetter

from runs.directions import greater_is_better
from runs.models import Project, Run
from runs.rules.check import Wish
from runs.rules.conditions import CONDITIONS, Memory, Sight, watches
from runs.rules.ended import concerns, said
from runs.series import keys, read

#: The newest runs that it is tried on, the points of each series that are looked at, and the firings told.
RUNS = 10
MOST_POINTS = 20_000
MOST_FIRINGS = 5


@dataclass(frozen=True)
class Tried:
    """One run: the first ``firings`` as (step, sentence), ``more`` beyond them. ``watched``: it has such values."""

    run: Run
    firings: list[tuple[int, str]]
    more: int
    watched: bool


def try_rule(project: Project, wish: Wish, run: Run | None = None) -> list[Tried]:
    """Put the rule over ``run`` or the newest runs of the project. The wish is one that ``settled`` gave."""
    runs = [run] if run else list(project.runs.defer("environment", "traceback", "spec")[:RUNS])
    return [_tried(one, wish) for one in runs]


def _tried(run: Run, wish: Wish) -> Tried:
    if CONDITIONS[wish.kind].at_end:
        return Tried(run, [(run.step, said(run))] if concerns(wish.options, run) else [], 0, watched=True)
    watched = [key for key in keys([run.pk]) if watches(wish.kind, wish.options, run.objective, key)]
    firings = list(_firings(wish, _sights(run, watched)))
    return Tried(run, firings[:MOST_FIRINGS], max(len(firings) - MOST_FIRINGS, 0), bool(watched))


def _firings(wish: Wish, sights: Iterator[Sight]) -> Iterator[tuple[int, str]]:
    judge, memory, before = CONDITIONS[wish.kind].judge, Memory(), ""
    for sight in sights:
        text = judge(wish.options, memory, sight) if judge else ""
        if text and not before:
            yield sight.step, text
        before = text


def _sights(run: Run, watched: list[str]) -> Iterator[Sight]:
    """The values of all watched series, in order of step."""
    objectives = {run.objective: run.greater_is_better}
    columns = []
    for data in read([run.pk], watched, max_points=MOST_POINTS) if watched else []:
        greater = greater_is_better(data.key, objectives)
        pairs = zip(data.step.tolist(), data.y.tolist(), strict=True)
        columns.append([Sight(data.key, step, value, greater) for step, value in pairs])
    yield from merge(*columns, key=attrgetter("step"))
