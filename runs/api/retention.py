"""Retention over REST: the policy of a project, a sweep or a run, what it would take away, and deletions by hand."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema
from ninja.errors import HttpError

from runs.api.checkpoints import DoneOut
from runs.checkpoints import retention
from runs.checkpoints.policy import read_policy
from runs.models import Project, Run, Sweep

router = Router(tags=["checkpoints"])


class Whose(Schema):
    """Exactly one of a project's slug, a sweep's id and a run's id."""

    project: str | None = None
    sweep: str | None = None
    run: str | None = None


class PolicyIn(Schema):
    """``policy``: {"full": {"best", "last", "every"} or {"all": true}, "weights": the same, "metric", "grace"}; null
    takes an own policy away.
    """

    policy: dict[str, Any] | None


class StepOut(Schema):
    """``action`` "delete" or "strip" (keep weights only)."""

    checkpoint: str
    run: str
    run_name: str
    step: int
    size: int
    action: str
    why: str
    due_at: datetime | None


class PlanOut(Schema):
    """``policy``: the owner's own, or null. ``freed`` bytes; ``elsewhere`` of the steps are for other
    machines."""

    policy: dict[str, Any] | None
    steps: list[StepOut]
    kept: int
    freed: int
    elsewhere: int


@router.get("/retention", response=PlanOut)
def read_retention(request: HttpRequest, whose: Query[Whose]) -> PlanOut:
    """The policy and exactly what it takes away now."""
    owner = _owner(whose)
    return _plan(owner, retention.plan(owner))


@router.post("/retention/preview", response=PlanOut)
def preview_retention(request: HttpRequest, whose: Query[Whose], body: PolicyIn) -> PlanOut:
    """What another policy would take away. Nothing is changed."""
    owner = _owner(whose)
    return _plan(owner, retention.plan(owner, retention.check_metric(owner, read_policy(body.policy or {}))))


@router.put("/retention", response=PlanOut)
def set_retention(request: HttpRequest, whose: Query[Whose], body: PolicyIn) -> PlanOut:
    """Keep the policy; it is applied in the background, two hours after it is announced on the rows."""
    owner = _owner(whose)
    policy = None if body.policy is None else retention.check_metric(owner, read_policy(body.policy))
    retention.set_policy(owner, policy, request.user)
    return _plan(owner, retention.plan(owner))


@router.post("/retention/clean", response=DoneOut)
def clean_now(request: HttpRequest, whose: Query[Whose]) -> DoneOut:
    """Take away at once what the policies want gone."""
    return DoneOut(**vars(retention.apply_now(_owner(whose), request.user)))


def _owner(whose: Whose) -> retention.Owner:
    given = [value for value in (whose.project, whose.sweep, whose.run) if value]
    if len(given) != 1:
        raise HttpError(422, "Name exactly one of project, sweep and run.")
    if whose.project:
        return get_object_or_404(Project, slug=whose.project)
    if whose.sweep:
        return get_object_or_404(Sweep.objects.select_related("project"), pk=whose.sweep)
    return get_object_or_404(Run.objects.select_related("project", "sweep"), pk=whose.run)


def _plan(owner: retention.Owner, plan: retention.Plan) -> PlanOut:
    policy = retention.own_policy(owner)
    steps = [
        StepOut(
            checkpoint=verdict.checkpoint.pk,
            run=verdict.checkpoint.run_id,
            run_name=verdict.checkpoint.run.name,
            step=verdict.checkpoint.step,
            size=verdict.checkpoint.size,
            action=verdict.action,
            why="; ".join([verdict.why, *verdict.kept]),
            due_at=verdict.checkpoint.due_at,
        )
        for verdict in plan.steps
    ]
    return PlanOut(
        policy=policy.as_json() if policy else None,
        steps=steps,
        kept=len(plan.verdicts) - len(steps),
        freed=plan.freed,
        elsewhere=plan.elsewhere,
    )
