"""How many runs a sweep comes to, in words, before it is launched."""

from itertools import islice

from runs.specs import Spec
from runs.sweeps.constraints import ConstraintError
from runs.sweeps.grid import MOST_POINTS, planned_points
from runs.sweeps.plan import SweepPlan
from runs.sweeps.search import Search
from runs.sweeps.space import Space, SpaceError


def size(space: Space, plan: SweepPlan | None = None, spec: Spec | None = None) -> tuple[int, str]:
    """(runs, "3 × 4 = 12 trials × 3 seeds = 36 runs"); (0, "") for a space or constraint that cannot be read."""
    plan = plan or SweepPlan()
    search = Search(spec or {}, space, plan)
    try:
        trials, text = _trials(search)
    except (SpaceError, ConstraintError):
        return 0, ""
    seeds = len(plan.seeds) or 1
    if seeds == 1:
        return trials, text
    return trials * seeds, f"{text} × {seeds} seeds = {trials * seeds} runs"


def _trials(search: Search) -> tuple[int, str]:
    plan = search.plan
    if not plan.is_grid:
        return _drawn(search)
    points = len(planned_points(search.drawer, plan.trials, plan.seed))
    factors = [len(found.points()) for found in search.distributions.values()]
    whole = not plan.constraints and all(found.when is None for found in search.distributions.values())
    if len(factors) > 1 and whole and plan.trials is None:
        return points, f"{' × '.join(map(str, factors))} = {_counted(points)}"
    return points, _counted(points)


def _drawn(search: Search) -> tuple[int, str]:
    """A sampler makes as many trials as it was asked for, but no point twice: a small space ends before."""
    trials = search.plan.trials or 0
    there = _points(search, trials)
    if there < trials:
        return there, f"all {_counted(there)} there are"
    return trials, _counted(trials) if trials else ""


def _points(search: Search, most: int) -> int:
    """How many points satisfy the constraints, at most ``most``; ``most`` of a space too large to be gone through."""
    if not search.drawer.is_finite:
        return most
    points = list(islice(search.drawer.listed(), MOST_POINTS + 1))
    if len(points) > MOST_POINTS:
        return most
    return min(most, sum(map(search.drawer.holds, points)))


def _counted(trials: int) -> str:
    return "1 trial" if trials == 1 else f"{trials} trials"
