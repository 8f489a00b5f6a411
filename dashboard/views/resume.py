"""Resume with changes: the settings a run goes on with, and before it does what differs and what that means."""

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dashboard.forms.fields import FormField, form_fields
from dashboard.forms.rows import html_id
from dashboard.forms.values import value_text
from dashboard.responses import SeeOther
from dashboard.views.access import run_or_404
from runs import catalog
from runs.errors import RunError, SpecError
from runs.launch import resumable_checkpoint, resume_run
from runs.models import Run
from runs.resume import Plan, ResumeDiffers, is_fixed, plan_resume
from runs.specs import effective_config, given_config
from trainer_bridge.arguments import COMMON


@dataclass
class Row:
    """One setting: its text as it stands, what the run has, and what is wrong with it."""

    field: FormField
    text: str
    now: str
    error: str = ""

    @property
    def id(self) -> str:
        return html_id(self.field.key)


@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest, run: str) -> HttpResponse:
    """GET: the form. POST: what would differ; with ``confirm`` it goes on."""
    owner = run_or_404(run)
    try:
        checkpoint = resumable_checkpoint(owner)
    except RunError as refused:
        return render(request, "runs/resume.html", {"run": owner, "refused": str(refused)}, status=409)
    rows = _rows(owner, request)
    context: dict[str, Any] = {"run": owner, "project": owner.project, "rows": rows, "checkpoint": checkpoint}
    if request.method != "POST":
        plan = plan_resume(owner, checkpoint)
        shown = {"plan": plan, "seen": seen(plan)} if plan.differences else {}
        return render(request, "runs/resume.html", context | shown)
    try:
        changes = _changes(rows)
        plan = plan_resume(owner, checkpoint, changes)
        # Only what was shown can be agreed to.
        agreed = "confirm" in request.POST and request.POST.get("seen") == seen(plan)
        resume_run(owner, request.user, changes, confirmed=agreed)
    except ResumeDiffers as asks:
        shown = {"plan": asks.plan, "asks": True, "seen": seen(asks.plan)}
        return render(request, "runs/resume.html", context | shown)
    except SpecError as wrong:
        _tell(rows, wrong.problems)
        return render(request, "runs/resume.html", context | {"problems": wrong.problems}, status=422)
    except RunError as refused:
        return render(request, "runs/resume.html", context | {"refused": str(refused)}, status=409)
    return SeeOther(reverse("run_charts", args=[owner.pk]))


def seen(plan: Plan) -> str:
    """The differences as one text, by which the page says what it showed."""
    return json.dumps([[one.key, one.after] for one in plan.differences])


def _rows(run: Run, request: HttpRequest) -> list[Row]:
    """The settings that can change: the common arguments, early stopping, and those that the run has set."""
    recipe = catalog.find(run.spec.get("recipe", ""))
    fields = form_fields(recipe) if recipe else {}
    config, given = effective_config(run.spec), given_config(run.spec)
    common = {f"args.{field.name}" for field in COMMON}
    if config.get("trainer.early_stopping"):
        common.add("trainer.early_stopping_patience")
    rows = []
    for key, field in fields.items():
        if (key in common or key in given) and not is_fixed(key):
            now = value_text(config.get(key))
            rows.append(Row(field, request.POST.get(key, now).strip(), now))
    # Arguments first: they are what people change.
    return sorted(rows, key=lambda row: not row.field.key.startswith("args."))


def _changes(rows: list[Row]) -> dict[str, Any]:
    """The settings whose text is another one. Raises SpecError for what cannot be read."""
    changes, problems = {}, {}
    for row in rows:
        if row.text != row.now:
            try:
                changes[row.field.key] = row.field.field.parse(row.text)
            except ValueError as problem:
                problems[row.field.key] = str(problem)
    if problems:
        raise SpecError(problems)
    return changes


def _tell(rows: list[Row], problems: dict[str, str]) -> None:
    for row in rows:
        row.error = problems.get(row.field.key, "")
