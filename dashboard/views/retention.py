"""Retention of a project, a sweep or a run: the policy as a form, and exactly what it would take away now."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dashboard.numbers import bytes_size
from dashboard.responses import told
from dashboard.views.access import project_or_404
from runs.checkpoints import retention
from runs.checkpoints.judge import Verdict
from runs.checkpoints.policy import Policy, PolicyError, read_policy
from runs.checkpoints.rank import checkpoints_of, metric_keys
from runs.models import Checkpoint, Project, Run, Sweep

#: Checkpoints that the preview names; of more it says how many.
MOST = 300
#: Sweeps that the page of a project leads to.
SWEEPS = 20
_NUMBERS = ("best", "last", "every")
_LABELS = {
    "best": "best",
    "last": "last",
    "every": "one every (steps)",
    "trials": "all of the best (trials)",
}
_KINDS = ("full", "weights")


@require_safe
def page(request: HttpRequest, project: str) -> HttpResponse:
    """The policy of the project, of ``sweep`` or of ``run``; the form sends itself here to be looked at first."""
    owner = _owner(request.GET, project_or_404(project))
    set_one = retention.own_policy(owner)
    values = request.GET if "preview" in request.GET else form_of(set_one or inherited(owner))
    return render(request, "checkpoints/retention.html", _context(owner, values, set_one))


@require_POST
def save(request: HttpRequest, project: str) -> HttpResponse:
    """Keep the policy, or with ``forget`` take it away; with ``at_once`` also carry it out, without grace."""
    slug = project_or_404(project)
    owner = _owner(request.POST, slug)
    if request.POST.get("forget"):
        retention.set_policy(owner, None)
        return told(request, f"{_name(owner)} has no policy of its own any more", _address(owner))
    try:
        policy = retention.check_metric(owner, policy_of(request.POST))
    except PolicyError:
        return render(request, "checkpoints/retention.html", _context(owner, request.POST, None), status=422)
    retention.set_policy(owner, policy, request.user)
    if not request.POST.get("at_once"):
        count = retention.announce(slug)
        back = reverse("project_checkpoints", args=[slug.slug])
        return told(
            request, f"Policy saved. {_count(count)} will be taken away in 2 h; pin what shall stay", back
        )
    done = retention.apply_now(owner)
    text = f"{_count(done.count)} taken away, {bytes_size(done.freed)} are free again. {' '.join(done.refused[:3])}"
    return told(request, text.strip(), reverse("project_checkpoints", args=[slug.slug]))


def policy_of(form: QueryDict) -> Policy:
    """The policy of the form. Raises PolicyError."""
    value: dict[str, Any] = {"metric": form.get("metric", "")}
    problems: dict[str, str] = {}
    for kind in _KINDS:
        rule: dict[str, Any] = {"all": form.get(f"{kind}.keep") == "all"}
        if not rule["all"]:
            rule |= {name: _whole(form, f"{kind}.{name}", problems) for name in _LABELS}
        value[kind] = rule
    if problems:
        raise PolicyError(problems)
    return read_policy(value)


def form_of(policy: Policy) -> dict[str, str]:
    """What the form's fields hold for a policy."""
    found = {"metric": policy.metric}
    for kind in _KINDS:
        rule = getattr(policy, kind)
        found[f"{kind}.keep"] = "all" if rule.all else "some"
        found |= {f"{kind}.{name}": str(getattr(rule, name) or "") for name in _LABELS}
    return found


def inherited(owner: retention.Owner) -> Policy:
    """What counts where the owner has no policy of its own."""
    if isinstance(owner, Project):
        return Policy()
    sweep = owner.sweep if isinstance(owner, Run) else None
    return (retention.own_policy(sweep) if sweep else None) or retention.own_policy(owner.project) or Policy()


def _context(owner: retention.Owner, values: Any, set_one: Policy | None) -> dict[str, Any]:
    project = owner if isinstance(owner, Project) else owner.project
    problems: dict[str, str] = {}
    try:
        plan = retention.plan(owner, retention.check_metric(owner, policy_of(values)))
    except PolicyError as error:
        plan, problems = retention.plan(owner, Policy()), error.problems
    return {
        "project": project,
        "owner": owner,
        "owner_name": _name(owner),
        "owner_field": _field(owner),
        "values": values,
        "problems": problems,
        "set_one": set_one,
        "policy": plan.policies and next(iter(plan.policies.values())),
        **_preview(plan),
        "sweeps": project.sweeps.order_by("-created_at")[:SWEEPS] if owner is project else [],
        "limited": retention.limited_by_trainer(owner),
        "metrics": metric_keys(checkpoints_of(owner).only("metrics", "run")),
        "kinds": [
            _kind(name, title, values, isinstance(owner, Sweep))
            for name, title in (("full", "Full, can be resumed"), ("weights", "Weights only"))
        ],
    }


def _preview(plan: retention.Plan) -> dict[str, Any]:
    steps = plan.steps
    return {
        "steps": [_step(verdict) for verdict in steps[:MOST]],
        "hidden": max(0, len(steps) - MOST),
        "deleted": sum(step.action == Checkpoint.Due.DELETE for step in steps),
        "stripped": sum(step.action == Checkpoint.Due.STRIP for step in steps),
        "kept": len(plan.verdicts) - len(steps),
        "freed": plan.freed,
        "elsewhere": plan.elsewhere,
    }


def _kind(name: str, title: str, values: Any, is_sweep: bool) -> dict[str, Any]:
    fields = _NUMBERS if name == "weights" else (*_NUMBERS, "trials")
    numbers = [
        (f"{name}.{field}", _LABELS[field], values.get(f"{name}.{field}", ""))
        for field in fields
        if field != "trials" or is_sweep
    ]
    return {"name": name, "title": title, "all": values.get(f"{name}.keep") == "all", "numbers": numbers}


def _step(verdict: Verdict) -> dict[str, Any]:
    stripped = verdict.action == Checkpoint.Due.STRIP
    return {
        "checkpoint": verdict.checkpoint,
        "what": "keep weights only" if stripped else "delete",
        "why": "; ".join([verdict.why, *verdict.kept]),
    }


def _owner(asked: QueryDict, project: Project) -> retention.Owner:
    if run := asked.get("run"):
        return get_object_or_404(Run.objects.select_related("project", "sweep"), pk=run, project=project)
    if sweep := asked.get("sweep"):
        return get_object_or_404(Sweep.objects.select_related("project"), pk=sweep, project=project)
    return project


def _field(owner: retention.Owner) -> tuple[str, str]:
    if isinstance(owner, Project):
        return "", ""
    return ("run" if isinstance(owner, Run) else "sweep"), owner.pk


def _name(owner: retention.Owner) -> str:
    kind = {Project: "project", Sweep: "sweep", Run: "run"}[type(owner)]
    return f"The {kind} {owner.name}"


def _address(owner: retention.Owner) -> str:
    project = owner if isinstance(owner, Project) else owner.project
    name, value = _field(owner)
    query = f"?{urlencode({name: value})}" if name else ""
    return reverse("project_retention", args=[project.slug]) + query


def _whole(form: QueryDict, field: str, problems: dict[str, str]) -> int:
    text = form.get(field, "").strip()
    if text and not (text.isdecimal() and len(text) < 10):
        problems[field] = f"“{text}” is no whole number."
        return 0
    return int(text or 0)


def _count(count: int) -> str:
    return "1 checkpoint" if count == 1 else f"{count} checkpoints"
