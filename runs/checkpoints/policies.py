"""Whose policy counts: a run's own before its sweep's, that before the project's; without any, everything is kept."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from runs.checkpoints.policy import Policy, policy_of_budget, read_policy
from runs.models import Checkpoint, Project, Retention, Run, Sweep

Owner = Project | Sweep | Run


def set_policy(owner: Owner, policy: Policy | None, user: Any = None) -> None:
    """Give a project, a sweep or a run its own policy; None takes it away again."""
    which = _which(owner)
    if policy is None:
        Retention.objects.filter(**which).delete()
        return
    changed = {"policy": policy.as_json(), "changed_by": user_name(user)}
    Retention.objects.update_or_create(**which, defaults=changed)


def own_policy(owner: Owner) -> Policy | None:
    """The policy that was set for exactly this owner."""
    row = Retention.objects.filter(**_which(owner)).first()
    if row is not None:
        return read_policy(row.policy)
    return _budget(owner) if isinstance(owner, Sweep) else None


def policies_of(project: Project, runs: Iterable[Run]) -> dict[str, tuple[Policy, str]]:
    """{run id: (policy, whose it is: "run", "sweep", "project" or "")}: one query."""
    rows = list(Retention.objects.filter(project=project).select_related("sweep"))
    by_run = {row.run_id: read_policy(row.policy) for row in rows if row.run_id}
    by_sweep = {row.sweep_id: read_policy(row.policy) for row in rows if row.sweep_id}
    default = next((read_policy(row.policy) for row in rows if not row.run_id and not row.sweep_id), None)
    found = {}
    for run in runs:
        if run.pk in by_run:
            found[run.pk] = by_run[run.pk], "run"
        elif run.sweep_id and (policy := by_sweep.get(run.sweep_id) or _budget(run.sweep)):
            found[run.pk] = policy, "sweep"
        else:
            found[run.pk] = default or Policy(), "project" if default else ""
    return found


def _budget(sweep: Sweep | None) -> Policy | None:
    return policy_of_budget(sweep.checkpoint_budget) if sweep and sweep.checkpoint_budget else None


def _which(owner: Owner) -> dict[str, Any]:
    if isinstance(owner, Project):
        return {"project": owner, "sweep": None, "run": None}
    is_run = isinstance(owner, Run)
    return {
        "project_id": owner.project_id,
        "sweep": None if is_run else owner,
        "run": owner if is_run else None,
    }


def limited_by_trainer(owner: Owner) -> int:
    """How many runs have ``save_total_limit``: there the Trainer removes checkpoints itself, before any policy."""
    runs = Run.objects.filter(spec__args__save_total_limit__isnull=False)
    if isinstance(owner, Run):
        return runs.filter(pk=owner.pk).count()
    return runs.filter(**{"project" if isinstance(owner, Project) else "sweep": owner}).count()


def projects_with_policies() -> QuerySet[Project]:
    """Those for which the background has anything to do."""
    has_policy = Q(pk__in=Retention.objects.values("project"))
    has_budget = Q(pk__in=Sweep.objects.exclude(checkpoint_budget={}).values("project"))
    is_due = Q(pk__in=Checkpoint.objects.filter(due_at__isnull=False).values("run__project"))
    return Project.objects.filter(has_policy | has_budget | is_due)


def user_name(user: Any) -> str:
    """Who did it; "" for nobody."""
    return user.get_username() if user is not None and user.is_authenticated else ""
