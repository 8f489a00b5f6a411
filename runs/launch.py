"""From a specification to something queued: one run, or a run once more. Sweeps: runs/sweeps/launch.py."""

from typing import Any

from django.db import transaction
from django.db.models import F

from runs import dispatch, live
from runs.checkpoints.rank import resumable
from runs.commands import record_resume, send_command
from runs.errors import RunError, SpecError
from runs.labels import clean_tags, label_problems
from runs.models import Checkpoint, Project, Run
from runs.naming import default_name, unique_name
from runs.removal import delete_run
from runs.resume import ResumeDiffers, keep_changes, plan_resume
from runs.specs import Spec, check_spec, objective_of
from runs.states import State, sources_of, transition

__all__ = ["RunError", "SpecError", "delete_run", "launch_run", "rerun", "resume_run"]

Tags = list[str] | None


def launch_run(project: Project, spec: Spec, *, name: str = "", tags: Tags = None, user: Any = None) -> Run:
    """Queue one run of ``spec`` in ``project``. Raises SpecError and changes nothing when it cannot run."""
    if problems := check_spec(spec) | label_problems(name, tags):
        raise SpecError(problems)
    objective, greater_is_better = objective_of(spec)
    with transaction.atomic():
        mark = take_marks(project, 1)
        run = Run.objects.create(
            project=project,
            spec=spec,
            mark=mark,
            name=name.strip() or default_name(project.pk, spec, mark),
            tags=clean_tags(tags),
            objective=objective,
            greater_is_better=greater_is_better,
            created_by=user_name(user),
        )
        tell_queued(project.slug)
    return run


def resume_run(
    run: Run, user: Any = None, changes: dict[str, Any] | None = None, *, confirmed: bool = False
) -> None:
    """Queue a run again, to go on from its last complete checkpoint; a held one goes on.

    ``changes``: settings by key that are to be otherwise from there on. Raises RunError; SpecError for changes that
    cannot be; ResumeDiffers where settings differ from those of the checkpoint's attempt and nobody ``confirmed`` it.
    """
    if run.state == State.PAUSED and run.is_held and not changes:
        send_command(run, "go_on", user=user)  # its process stands still, wherever it was started
        return
    _refuse_external(run)
    if "adopted" in run.environment:
        raise RunError(
            f"{run.name} was adopted. Fork one of its checkpoints, and name the data it learned from."
        )
    if run.is_evaluation:
        raise RunError(f"{run.name} measures a checkpoint, which begins anew. Evaluate it again instead.")
    plan = plan_resume(run, resumable_checkpoint(run), changes)
    if plan.differences and not confirmed:
        raise ResumeDiffers(run, plan)
    with transaction.atomic():
        if not transition(run.pk, State.QUEUED, reason="", traceback="", ended_at=None):
            raise RunError(f"{run.name} changed its state just now. Look again.")
        if run.is_pruned:
            # A person wants it to train on: the pruner leaves it alone from now on.
            spared = run.trial_attrs | {"spared": True}
            Run.objects.filter(pk=run.pk).update(is_pruned=False, trial_attrs=spared)
        keep_changes(run, plan)
        record_resume(run, plan.checkpoint.step, {d.key: [d.before, d.after] for d in plan.differences}, user)
        tell_queued(run.project.slug)


def resumable_checkpoint(run: Run) -> Checkpoint:
    """The checkpoint that a run which is over would go on from. Raises RunError and says why there is none."""
    _refuse_external(run)
    if run.state not in sources_of(State.QUEUED) or run.is_held:
        raise RunError(
            f"{run.name} is {run.state}; only a paused, stopped, failed or crashed run can be resumed."
        )
    if (checkpoint := resumable(run)) is None:
        raise RunError(f"{run.name} has no complete checkpoint to go on from. Rerun it instead.")
    return checkpoint


def rerun(run: Run, user: Any = None) -> Run:
    """Queue a new run with the same specification and tags.

    Raises SpecError when the recipe changed, RunError for a run that was started elsewhere.
    """
    _refuse_external(run)
    if run.is_evaluation:
        raise RunError(
            f"{run.name} measured a checkpoint. Evaluate that again from its run's Evaluation tab."
        )
    name = unique_name(Run, run.project_id, run.name)
    return launch_run(run.project, run.spec, name=name, tags=run.tags, user=user)


def _refuse_external(run: Run) -> None:
    if run.is_external:
        raise RunError(
            f"{run.name} was started outside Trainboard, which has no recipe to start it again. Start it where it ran."
        )


def take_marks(project: Project, count: int) -> int:
    """Take ``count`` marks of the project and give back the first; the UPDATE keeps two launches apart."""
    Project.objects.filter(pk=project.pk).update(last_mark=F("last_mark") + count)
    return Project.objects.values_list("last_mark", flat=True).get(pk=project.pk) - count + 1


def tell_queued(slug: str) -> None:
    """Workers look for the new runs and open pages hear of them; both wait for the commit."""
    dispatch.announce()
    live.runs_changed(slug)


def user_name(user: Any) -> str:
    """Who it is; "" for nobody and for a person who is not logged in."""
    return user.get_username() if user is not None and user.is_authenticated else ""
