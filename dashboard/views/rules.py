"""The rules of a project: list, add, edit, switch, delete, try; and what they sent to the outside."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Max, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.forms import rules as forms
from dashboard.responses import SeeOther, told
from dashboard.views.access import project_or_404, run_or_404
from runs.models import Delivery, Project, Rule, Run
from runs.rules.actions import ACTIONS
from runs.rules.check import Wish
from runs.rules.conditions import CONDITIONS
from runs.rules.deliver import send_test, try_again
from runs.rules.edit import add_rule, change_rule, delete_rule, switch_rule
from runs.rules.rehearse import try_rule
from runs.rules.webhook import secret_of

#: Deliveries that the page lists, the newest first.
MOST_DELIVERIES = 30


@require_safe
def project_rules(request: HttpRequest, project: str) -> HttpResponse:
    """Every rule with what it watches and when it last fired, and the newest deliveries: four queries."""
    owner = project_or_404(project)
    context = {
        "project": owner,
        "rules": rule_rows(owner.rules.all()),
        "deliveries": owner.deliveries.select_related("firing__run")[:MOST_DELIVERIES],
        "secret": secret_of(owner.pk),
    }
    return render(request, "rules/list.html", context)


def rule_rows(rules: Any) -> list[dict[str, Any]]:
    """Rules as a table shows them; one query."""
    found = rules.select_related("run").annotate(fired_at=Max("firings__created_at"))
    return [
        {
            "rule": rule,
            "condition": CONDITIONS[rule.kind].words(rule.options),
            "then": [ACTIONS[action].title for action in rule.actions],
        }
        for rule in found
    ]


def rules_of_run(run: Run) -> list[dict[str, Any]]:
    """The rules that watch a run: its project's and its own."""
    return rule_rows(Rule.objects.filter(Q(run=None) | Q(run=run), project=run.project_id))


@require_http_methods(["GET", "HEAD", "POST"])
def rule_new(request: HttpRequest, project: str) -> HttpResponse:
    """A new rule; ``kind`` of the address is its condition, ``run`` the only run it is for."""
    owner = project_or_404(project)
    run = _only_run(request, owner)
    if request.method != "POST":
        return _form(request, owner, forms.empty(request.GET.get("kind", "")), run=run)
    form, wish = forms.read(_kind(request), request.POST)
    if wish is None or "try" in request.POST:
        return _form(request, owner, form, run=run, wish=wish)
    rule = add_rule(owner, wish, run=run, user=request.user)
    return _saved(request, rule, f"Rule “{rule.name}” added")


@require_http_methods(["GET", "HEAD", "POST"])
def rule_edit(request: HttpRequest, project: str, rule: int) -> HttpResponse:
    owner = project_or_404(project)
    found = _rule(owner, rule)
    if request.method != "POST":
        return _form(request, owner, forms.of_rule(found), rule=found, run=found.run)
    form, wish = forms.read(found.kind, request.POST, found.enabled)
    if wish is None or "try" in request.POST:
        return _form(request, owner, form, rule=found, run=found.run, wish=wish)
    change_rule(found, wish, request.user)
    return _saved(request, found, f"Rule “{found.name}” saved")


@require_POST
def rule_do(request: HttpRequest, project: str, rule: int, verb: str) -> HttpResponse:
    """Switch a rule on or off, delete it, or send a test of it to the outside."""
    found = _rule(project_or_404(project), rule)
    if verb not in VERBS:
        raise Http404(f"A rule cannot be asked to “{verb}”.")
    text, status = VERBS[verb](request, found)
    return told(request, text, reverse("project_rules", args=[project]), status=status)


@require_POST
def delivery_again(request: HttpRequest, project: str, delivery: int) -> HttpResponse:
    found = get_object_or_404(Delivery, pk=delivery, project=project_or_404(project))
    done = try_again(found)
    text = f"{found.target} is tried again now" if done else "It has been delivered already."
    return told(request, text, reverse("project_rules", args=[project]), status=200 if done else 409)


def _delete(request: HttpRequest, rule: Rule) -> tuple[str, int]:
    delete_rule(rule)
    return f"Rule “{rule.name}” deleted", 200


def _switch(request: HttpRequest, rule: Rule) -> tuple[str, int]:
    switch_rule(rule, not rule.enabled, request.user)
    return f"Rule “{rule.name}” is {'on' if rule.enabled else 'off'}", 200


def _test(request: HttpRequest, rule: Rule) -> tuple[str, int]:
    sent = send_test(rule)
    if not sent:
        return f"“{rule.name}” sends nothing to the outside: it has no e-mail and no webhook.", 409
    return f"A test is on its way to {', '.join(one.target for one in sent)}", 200


VERBS: dict[str, Callable[[HttpRequest, Rule], tuple[str, int]]] = {
    "switch": _switch,
    "delete": _delete,
    "test": _test,
}


def _rule(project: Project, rule: int) -> Rule:
    found = project.rules.select_related("run").filter(pk=rule).first()
    if found is None:
        raise Http404("There is no such rule in this project. It may have been deleted.")
    return found


def _only_run(request: HttpRequest, project: Project) -> Run | None:
    wanted = request.POST.get("run") or request.GET.get("run")
    if not wanted:
        return None
    run = run_or_404(wanted)
    if run.project_id != project.pk:
        raise Http404(f"Run {run.name} is not in this project.")
    return run


def _kind(request: HttpRequest) -> str:
    kind = request.POST.get("kind", "")
    if kind not in CONDITIONS:
        raise Http404(f"There is no condition “{kind}”.")
    return kind


def _form(
    request: HttpRequest,
    project: Project,
    form: forms.RuleForm,
    *,
    rule: Rule | None = None,
    run: Run | None = None,
    wish: Wish | None = None,
) -> HttpResponse:
    """The form, with its problems, or with what the rule would have done where that was asked."""
    context = {
        "project": project,
        "form": form,
        "rule": rule,
        "run": run,
        "tried": try_rule(project, wish, run) if wish else None,
        "can_email": settings.EMAIL_READY,
    }
    return render(request, "rules/form.html", context, status=422 if form.problems else 200)


def _saved(request: HttpRequest, rule: Rule, text: str) -> HttpResponse:
    messages.info(request, text)
    if rule.run_id:
        return SeeOther(reverse("run_events", args=[rule.run_id]))
    return SeeOther(reverse("project_rules", args=[rule.project.slug]))
