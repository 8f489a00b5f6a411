"""From a specification and a search space to a sweep."""

from typing import Any

from django.db import transaction

from runs.errors import SpecError
from runs.labels import clean_tags, label_problems
from runs.launch import Tags, tell_queued, user_name
from runs.models import Project, Sweep
from runs.naming import default_sweep_name
from runs.specs import Spec, objective_of
from runs.sweeps import bell
from runs.sweeps.checks import makes_all_at_once, sweep_problems
from runs.sweeps.grid import planned_points
from runs.sweeps.plan import SweepPlan
from runs.sweeps.search import Search
from runs.sweeps.space import Space
from runs.sweeps.trials import Suggestion, make_trials


def launch_sweep(
    project: Project,
    spec: Spec,
    space: Space,
    *,
    plan: SweepPlan | None = None,
    name: str = "",
    tags: Tags = None,
    user: Any = None,
) -> Sweep:
    """Search ``space`` as ``plan`` says. Raises SpecError, and changes nothing, when one trial cannot run.

    A grid that nothing holds back is queued whole; other trials are made while the sweep runs (runs/sweeps/engine.py).
    """
    plan = plan or SweepPlan()
    if problems := sweep_problems(spec, space, plan) | label_problems(name, tags):
        raise SpecError(problems)
    search = Search(spec, space, plan)
    points = planned_points(search.drawer, plan.trials, plan.seed) if plan.is_grid else []
    at_once = makes_all_at_once(plan)
    with transaction.atomic():
        sweep = Sweep.objects.create(
            project=project,
            name=name.strip() or default_sweep_name(project.pk, spec),
            tags=clean_tags(tags),
            spec=spec,
            space=space,
            points=[] if at_once else points,
            created_by=user_name(user),
            **plan.columns() | _objectives(spec, plan),
        )
        if at_once:
            make_trials(sweep, [Suggestion(point) for point in points])
        tell_queued(project.slug)
        bell.ring_after_commit()
    return sweep


def _objectives(spec: Spec, plan: SweepPlan) -> dict[str, Any]:
    """The columns of the objectives: those of the plan, else the specification's own."""
    metric, greater = objective_of(spec)
    objectives = plan.objectives or [{"metric": metric, "greater_is_better": greater}]
    first = objectives[0]
    return {
        "objectives": objectives,
        "objective": first["metric"],
        "greater_is_better": first["greater_is_better"],
    }
