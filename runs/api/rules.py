"""Rules: list, make, change, delete, try; what they found, what they sent; and the notifications of a person."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema
from ninja.responses import Status

from runs import notifications
from runs.models import Delivery, Firing, Notification, Project, Rule, Run
from runs.rules.check import Wish, settled
from runs.rules.conditions import CONDITIONS
from runs.rules.deliver import send_test, try_again
from runs.rules.edit import add_rule, change_rule, delete_rule, wish_of
from runs.rules.rehearse import try_rule

router = Router(tags=["rules"])
MOST = 200


class RuleIn(Schema):
    """``options`` are those of the condition ``kind``, defaults where one is missing; ``run``: for that run alone."""

    project: str
    kind: str
    options: dict[str, Any] = Field(default_factory=dict)
    actions: list[str] = Field(default_factory=list)
    email_to: list[str] = Field(default_factory=list)
    webhook: str = ""
    name: str = ""
    enabled: bool = True
    run: str | None = None


class RuleChange(Schema):
    """What is to be otherwise; the rest stays. ``options`` replaces those that it names."""

    options: dict[str, Any] | None = None
    actions: list[str] | None = None
    email_to: list[str] | None = None
    webhook: str | None = None
    name: str | None = None
    enabled: bool | None = None


class RuleOut(Schema):
    id: int
    project: str
    run: str | None
    name: str
    kind: str
    condition: str
    options: dict[str, Any]
    actions: list[str]
    email_to: list[str]
    webhook: str
    enabled: bool
    created_by: str
    created_at: datetime
    updated_by: str
    updated_at: datetime


class FiringOut(Schema):
    id: int
    rule_id: int | None
    run_id: str
    name: str
    condition: str
    text: str
    step: int | None
    results: dict[str, str]
    created_at: datetime


class TriedOut(Schema):
    """``firings``: the first, each [step, sentence]; ``watched``: the run measures something that the rule looks at."""

    run: str
    firings: list[tuple[int, str]]
    more: int
    watched: bool


class DeliveryOut(Schema):
    id: int
    channel: str
    target: str
    state: str
    tries: int
    next_at: datetime
    last_error: str
    created_at: datetime
    delivered_at: datetime | None


class NotificationOut(Schema):
    id: int
    firing: FiringOut
    created_at: datetime
    read_at: datetime | None


class Read(Schema):
    """Which notifications; without ``ids`` all."""

    ids: list[int] | None = None


@router.get("/rules", response=list[RuleOut])
def list_rules(request: HttpRequest, project: str, run: str | None = None) -> list[dict[str, Any]]:
    """The rules of a project by name; with ``run`` only those of that run alone."""
    rows = get_object_or_404(Project, slug=project).rules.select_related("project")
    return [_out(rule) for rule in (rows.filter(run=run) if run else rows)]


@router.post("/rules", response={201: RuleOut})
def create_rule(request: HttpRequest, body: RuleIn) -> Status:
    """Make a rule. It looks at what is measured from now on."""
    project, run = _place(body)
    return Status(201, _out(add_rule(project, _wish(body), run=run, user=request.user)))


@router.post("/rules/try", response=list[TriedOut])
def try_new_rule(request: HttpRequest, body: RuleIn) -> list[TriedOut]:
    """What such a rule would have done with the newest runs; nothing happens to them."""
    project, run = _place(body)
    found = try_rule(project, settled(_wish(body)), run)
    return [
        TriedOut(run=one.run.pk, firings=one.firings, more=one.more, watched=one.watched) for one in found
    ]


@router.get("/rules/{rule_id}", response=RuleOut)
def read_rule(request: HttpRequest, rule_id: int) -> dict[str, Any]:
    return _out(_rule(rule_id))


@router.patch("/rules/{rule_id}", response=RuleOut)
def update_rule(request: HttpRequest, rule_id: int, body: RuleChange) -> dict[str, Any]:
    """Change a rule, or switch it off or on. A changed condition begins anew with every run."""
    rule = _rule(rule_id)
    wish = wish_of(rule)
    for name, value in body.dict(exclude_none=True).items():
        setattr(wish, name, wish.options | value if name == "options" else value)
    return _out(change_rule(rule, wish, request.user))


@router.delete("/rules/{rule_id}", response={204: None})
def remove_rule(request: HttpRequest, rule_id: int) -> Status:
    """Delete a rule; what it did stays in the events of the runs."""
    delete_rule(_rule(rule_id))
    return Status(204, None)


@router.post("/rules/{rule_id}/test", response=list[DeliveryOut])
def test_rule(request: HttpRequest, rule_id: int) -> list[Delivery]:
    """Send a test e-mail or webhook call; the answer says what was queued."""
    return send_test(_rule(rule_id))


@router.get("/runs/{run_id}/firings", response=list[FiringOut])
def run_firings(request: HttpRequest, run_id: str) -> list[Firing]:
    """What rules found in a run, the newest first."""
    return list(get_object_or_404(Run, pk=run_id).firings.all()[:MOST])


@router.get("/deliveries", response=list[DeliveryOut])
def deliveries(request: HttpRequest, project: str) -> list[Delivery]:
    """The newest e-mails and webhook calls of a project's rules."""
    return list(get_object_or_404(Project, slug=project).deliveries.all()[:MOST])


@router.post("/deliveries/{delivery_id}/again", response=DeliveryOut)
def delivery_again(request: HttpRequest, delivery_id: int) -> Delivery:
    """Try a delivery that failed or waits at once."""
    row = get_object_or_404(Delivery, pk=delivery_id)
    try_again(row)
    row.refresh_from_db()
    return row


@router.get("/notifications", response=list[NotificationOut])
def my_notifications(request: HttpRequest, unread: bool = False) -> list[Notification]:
    """What rules had to tell you, the newest first."""
    rows = notifications.inbox(request.user)  # type: ignore[arg-type]
    return list((rows.filter(read_at=None) if unread else rows)[:MOST])


@router.post("/notifications/read", response={200: dict[str, int]})
def read_notifications(request: HttpRequest, body: Read) -> dict[str, int]:
    """Mark them as read; how many were new."""
    return {"read": notifications.mark_read(request.user, body.ids)}  # type: ignore[arg-type]


def _place(body: RuleIn) -> tuple[Project, Run | None]:
    project = get_object_or_404(Project, slug=body.project)
    return project, get_object_or_404(Run, pk=body.run, project=project) if body.run else None


def _wish(body: RuleIn) -> Wish:
    return Wish(**body.dict(exclude={"project", "run"}))


def _rule(rule_id: int) -> Rule:
    return get_object_or_404(Rule.objects.select_related("project"), pk=rule_id)


def _out(rule: Rule) -> dict[str, Any]:
    same = RuleOut.model_fields.keys() - {"project", "run", "condition"}
    condition = CONDITIONS[rule.kind].words(rule.options)
    own = {"project": rule.project.slug, "run": rule.run_id, "condition": condition}
    return own | {name: getattr(rule, name) for name in same}
