"""The winner of many trials, those that may be as good, and how much of its lead is expected to be luck."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from runs.fairness import OTHER_DATA
from runs.group_compare import GroupComparison
from runs.models import Run, Series, Sweep
from runs.more_seeds import MOST, free_seeds, why_not
from runs.optimism import Optimism, optimism
from runs.replicates import SEEDS, Group, group_replicates
from runs.states import State
from runs.stats import LEVEL, Mean, mean_of, welch
from runs.sweeps.checks import sweep_cautions
from trainer_bridge.json_values import json_text

#: More leaders than these are no longer a few.
MOST_LEADERS = 3
#: Seeds that a leader should have before it is believed, and how many are added to one that has as many already.
ENOUGH = 3
ADDED = 2
Values = Sequence[float]


@dataclass(frozen=True)
class Leaders:
    """By the objective: ``groups`` are the winner and those within noise of it, best first, three at most;
    ``optimism`` is that of the winner among all ``count``."""

    key: str
    greater_is_better: bool
    groups: list[Group]
    count: int
    optimism: Optimism

    @property
    def winner(self) -> Group:
        return self.groups[0]


def leaders(comparison: GroupComparison) -> Leaders | None:
    """By the first metric of a comparison; None where fewer than three have measured it, or all are equal."""
    if not comparison.metrics:
        return None
    row = comparison.metrics[0]
    values = [() if cell.verdict == OTHER_DATA else cell.values for cell in row.cells]
    found = optimism(values)
    if found is None:
        return None
    first = _first(values, row.greater_is_better, comparison.level)
    groups = [comparison.groups[place] for place in first]
    return Leaders(row.key, row.greater_is_better, groups, found.trials, found)


def leaders_of_sweep(sweep: Sweep, level: float = LEVEL) -> Leaders | None:
    """Among the points of a sweep, a point with several seeds being one: three queries, and light ones, since there
    may be thousands of trials. None where the trials were not measured on the same data."""
    points = [] if sweep_cautions(sweep.spec, sweep.space) else _points(sweep)
    values = [list(of_point.values()) for of_point in points]
    found = optimism(values)
    if found is None:
        return None
    chosen = [points[place] for place in _first(values, sweep.greater_is_better, level)]
    rows = Run.objects.filter(pk__in=[pk for point in chosen for pk in point]).select_related(
        "project", "sweep"
    )
    by_id = {run.pk: run for run in rows.defer("traceback")}
    groups = [group_replicates([by_id[pk] for pk in point if pk in by_id])[0] for point in chosen]
    return Leaders(sweep.objective, sweep.greater_is_better, groups, found.trials, found)


def _points(sweep: Sweep) -> list[dict[str, float]]:
    """{run: the best of its objective} of the finished runs of each point, those with the same values but seeds."""
    side = "max" if sweep.greater_is_better else "min"
    rows = Series.objects.filter(run__sweep=sweep, run__state=State.FINISHED, key=sweep.objective)
    best = {pk: value for pk, value in rows.values_list("run_id", side) if value is not None}
    points: dict[str, dict[str, float]] = {}
    trials = Run.objects.filter(sweep=sweep).order_by("trial", "created_at", "id")
    for pk, number, params in trials.values_list("pk", "trial", "trial_params"):
        if pk in best:
            rest = {name: value for name, value in params.items() if name not in SEEDS}
            points.setdefault(json_text(rest) if rest else str(pk if number is None else number), {})[pk] = (
                best[pk]
            )
    return list(points.values())


def _first(values: Sequence[Values], greater: bool, level: float) -> list[int]:
    """The places of the winner and of those within noise of it, best first."""
    sign = -1 if greater else 1
    means = {place: mean for place, each in enumerate(values) if (mean := mean_of(np.array(each), level))}
    ordered = sorted(means, key=lambda place: sign * means[place].mean)
    top = means[ordered[0]]
    return [place for place in ordered if _may_be_as_good(top, means[place], level)][:MOST_LEADERS]


def _may_be_as_good(top: Mean, mean: Mean, level: float) -> bool:
    """With one seed in either nobody knows."""
    difference = welch(top, mean, level)
    return mean is top or difference is None or difference.is_within_noise


def seeds_for(groups: Sequence[Group]) -> dict[str, list[int]]:
    """{first run of a group: seeds to queue for it}, the same new ones for all. Empty while some are on their way:
    what they find may change who leads."""
    if any(group.pending for group in groups):
        return {}
    wanted = {group.first.pk: 0 if why_not(group) else _wanted(group) for group in groups}
    if not wanted or max(wanted.values()) <= 0:
        return {}
    seeds = free_seeds(groups[0].first.project, max(wanted.values()))
    return {pk: seeds[:count] for pk, count in wanted.items() if count > 0}


def _wanted(group: Group) -> int:
    return min(MOST, max(ENOUGH - group.expected, ADDED))
