"""From a specification to something queued: one run, a sweep of runs, or a run once more."""

from typing import Any

from django.db import transaction
from django.db.models import F

from runs import dispatch, live
from runs.checkpoints.rank import resumable
from runs.commands import send_command
from runs.errors import RunError, SpecError
from runs.labels import clean_tags, label_problems
from runs.models import Project, Run, Sweep
from runs.naming import default_name, default_sweep_name, unique_name
from runs.removal import delete_run
from runs.specs import Spec, check_points, check_spec, objective_of, shape_problems, spec_with
from runs.states import State, sources_of, transition
from runs.sweeps.grid import Space, grid, space_problems

__all__ = ["RunError", "SpecError", "delete_run", "launch_run", "launch_sweep", "rerun", "resume_run"]

Tags = list[str] | None


def launch_run(project: Project, spec: Spec, *, name: str = "", tags: Tags = None, user: Any = None) -> Run:
    """Queue one run of ``spec`` in ``project``. Raises SpecError and changes nothing when it cannot run."""
    if problems := check_spec(spec) | label_problems(name, tags):
        raise SpecError(problems)
    objective, greater_is_better = objective_of(spec)
    with transaction.atomic():
        mark = _take_marks(project, 1)
        run = Run.objects.create(
            project=project,
            spec=spec,
            mark=mark,
            name=name.strip() or default_name(project.pk, spec, mark),
            tags=clean_tags(tags),
            objective=objective,
            greater_is_better=greater_is_better,
            created_by=_user_name(user),
        )
        _tell_queued(project.slug)
    return run


def launch_sweep(
    project: Project, spec: Spec, space: Space, *, name: str = "", tags: Tags = None, user: Any = None
) -> Sweep:
    """Queue one run for each point of the grid over ``space``. Raises SpecError when one cannot run."""
    if problems := sweep_problems(spec, space) | label_problems(name, tags):
        raise SpecError(problems)
    objective, greater_is_better = objective_of(spec)
    points = grid(space)
    with transaction.atomic():
        mark = _take_marks(project, len(points))
        sweep = Sweep.objects.create(
            project=project,
            name=name.strip() or default_sweep_name(project.pk, spec),
            tags=clean_tags(tags),
            spec=spec,
            space=space,
            objective=objective,
            greater_is_better=greater_is_better,
            created_by=_user_name(user),
        )
        Run.objects.bulk_create(
            _trial(sweep, number, point, mark + number) for number, point in enumerate(points)
        )
        _tell_queued(project.slug)
    return sweep


def sweep_problems(spec: Spec, space: Space) -> dict[str, str]:
    """Field → sentence for the space and for the first trial at fault; empty when all can run."""
    if problems := shape_problems(spec):
        return problems
    if problems := space_problems(space):
        return check_spec(spec) | problems
    return check_points(spec, grid(space))


def resume_run(run: Run, user: Any = None) -> None:
    """Queue a run again, to go on from its last complete checkpoint; a held one goes on. Raises RunError."""
    _refuse_external(run)
    if run.state == State.PAUSED and run.is_held:
        send_command(run, "go_on", user=user)
        return
    if run.state not in sources_of(State.QUEUED):
        raise RunError(
            f"{run.name} is {run.state}; only a paused, stopped, failed or crashed run can be resumed."
        )
    if resumable(run) is None:
        raise RunError(f"{run.name} has no complete checkpoint to go on from. Rerun it instead.")
    with transaction.atomic():
        if not transition(run.pk, State.QUEUED, reason="", traceback="", ended_at=None):
            raise RunError(f"{run.name} changed its state just now. Look again.")
        _tell_queued(run.project.slug)


def rerun(run: Run, user: Any = None) -> Run:
    """Queue a new run with the same specification and tags.

    Raises SpecError when the recipe changed, RunError for a run that was started elsewhere.
    """
    _refuse_external(run)
    name = unique_name(Run, run.project_id, run.name)
    return launch_run(run.project, run.spec, name=name, tags=run.tags, user=user)


def _refuse_external(run: Run) -> None:
    if run.is_external:
        raise RunError(
            f"{run.name} was started outside Trainboard, which has no recipe to start it again. Start it where it ran."
        )


def _trial(sweep: Sweep, number: int, point: dict[str, Any], mark: int) -> Run:
    return Run(
        project=sweep.project,
        sweep=sweep,
        trial=number,
        trial_params=point,
        name=f"{sweep.name}-t{number:03}",
        tags=sweep.tags,
        spec=spec_with(sweep.spec, point),
        mark=mark,
        objective=sweep.objective,
        greater_is_better=sweep.greater_is_better,
        created_by=sweep.created_by,
    )


def _take_marks(project: Project, count: int) -> int:
    """Take ``count`` marks of the project and give back the first; the UPDATE keeps two launches apart."""
    Project.objects.filter(pk=project.pk).update(last_mark=F("last_mark") + count)
    return Project.objects.values_list("last_mark", flat=True).get(pk=project.pk) - count + 1


def _tell_queued(slug: str) -> None:
    """Workers look for the new runs and open pages hear of them; both wait for the commit."""
    dispatch.announce()
    live.runs_changed(slug)


def _user_name(user: Any) -> str:
    return user.get_username() if user is not None and user.is_authenticated else ""
