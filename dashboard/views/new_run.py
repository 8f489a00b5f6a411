"""New run: the form, its check while typing, and Launch."""

from dataclasses import replace
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.forms.draft import Draft, from_query, switch_recipe, to_query
from dashboard.forms.fields import link_name
from dashboard.forms.plan import at_rows
from dashboard.forms.reading import Reading, read
from dashboard.forms.recipe_groups import grouped
from dashboard.forms.rehearsal import rehearsed, went_wrong
from dashboard.forms.rows import html_id, launch_rows, section_states, sections, shown_plan
from dashboard.forms.summary import summarise
from dashboard.responses import SeeOther
from dashboard.views.access import project_or_404
from dashboard.views.new_start import draft_of_form, draft_of_link
from runs import catalog
from runs.errors import RunError
from runs.fork import fork, fork_problem
from runs.launch import SpecError, launch_run
from runs.models import Checkpoint, Project, Run
from runs.projects import ProjectError, create_project
from runs.sweeps.launch import launch_sweep
from runs.workers import slots_overview


@require_http_methods(["GET", "HEAD", "POST"])
def project_new(request: HttpRequest, project: str) -> HttpResponse:
    """The form; POST launches it, or shows it again with its problems (422) and all that was typed.

    POST with ``continue``, a link too long for an address, shows the form that the link describes.
    """
    here = project_or_404(project)
    if request.method != "POST":
        return _page(request, here, draft_of_link(request))
    if "continue" in request.POST:
        return _page(request, here, from_query(QueryDict(request.POST["continue"])))
    draft = draft_of_form(request, here)
    if wanted := request.POST.get("switch_recipe"):
        return SeeOther(f"{request.path}?{switch_recipe(draft, wanted).urlencode()}")
    reading = read(draft)
    if reading.problems:
        return _page(request, here, draft, reading, status=422)
    try:
        return SeeOther(_launch(here, draft, reading, request.user))
    except SpecError as error:
        return _page(request, here, draft, replace(reading, problems=at_rows(error.problems)), status=422)


@require_POST
def project_new_check(request: HttpRequest, project: str) -> JsonResponse:
    """What the form as sent would launch, as JSON: the summary as HTML, errors by the id of their field."""
    draft = draft_of_form(request, project_or_404(project))
    reading = read(draft)
    state, rehearsal = rehearsed(request.POST.get("rehearsal", ""), request.user, reading)
    now = rehearsal if state == "fresh" else None
    summary = summarise(draft, reading, slots_overview(), now)
    anyway = " anyway" if now and went_wrong(now) and not reading.problems else ""
    states = section_states(draft, reading)
    return JsonResponse(
        {
            "summary": render_to_string("new_run/summary.html", {"draft": draft, "summary": summary}),
            "launch": f"{summary.launch_label}{anyway}",
            "schedule": summary.schedule.line if summary.schedule else "",
            "errors": {html_id(key): sentence for key, sentence in reading.problems.items()},
            "cautions": {html_id(key): sentence for key, sentence in reading.cautions.items()},
            "changed": [html_id(key) for key in draft.fields if draft.changed(key)],
            "sections": {name: vars(state) for name, state in states.items()},
            "link": to_query(draft).urlencode(),
            "rehearsal": state,
            "recipes": catalog.version(),
            "sweep": bool(reading.space),
        }
    )


def _launch(here: Project, draft: Draft, reading: Reading, user: AbstractBaseUser | Any) -> str:
    """Queue what was read; the address of the page that shows it. Raises SpecError, then nothing was made."""
    with transaction.atomic():
        project = _project_of(here, draft)
        labels: dict[str, Any] = {"name": draft.name, "tags": draft.tag_list(), "user": user}
        if draft.ckpt:
            return f"/r/{_fork(project, draft, reading, labels).pk}/charts"
        if reading.space:
            sweep = launch_sweep(project, reading.spec, reading.space, plan=reading.plan, **labels)
            return f"/s/{sweep.pk}"
        return f"/r/{launch_run(project, reading.spec, **labels).pk}/charts"


def _fork(project: Project, draft: Draft, reading: Reading, labels: dict[str, Any]) -> Run:
    if reading.space:
        raise SpecError(
            {"sweep": "A fork is one run: turn Sweep off, or start the sweep without the checkpoint."}
        )
    checkpoint = checkpoint_of(draft)
    if checkpoint is None:
        raise SpecError(
            {"ckpt": "The checkpoint is not there any more. Start without it, or choose another one."}
        )
    try:
        return fork(checkpoint, reading.spec, project=project, **labels)
    except RunError as error:
        raise SpecError({"ckpt": str(error)}) from error


def checkpoint_of(draft: Draft) -> Checkpoint | None:
    """The checkpoint that the draft goes on from."""
    return (
        Checkpoint.objects.select_related("run__project").filter(pk=draft.ckpt).first()
        if draft.ckpt
        else None
    )


def _project_of(here: Project, draft: Draft) -> Project:
    if name := draft.new_project.strip():
        try:
            return create_project(name)
        except ProjectError as error:
            raise SpecError({"new_project": str(error)}) from error
    if draft.project in ("", here.slug):
        return here
    found = Project.objects.filter(slug=draft.project).first()
    if found is None:
        raise SpecError({"project": f"There is no project “{draft.project}” any more. Choose another one."})
    return found


def _page(
    request: HttpRequest, project: Project, draft: Draft, reading: Reading | None = None, status: int = 200
) -> HttpResponse:
    reading = reading or read(draft)
    context = {
        "project": project,
        "projects": Project.objects.all(),
        "chosen_project": draft.project or project.slug,
        "recipe_groups": grouped(catalog.catalog().values()),
        "own_problems": catalog.problems(),
        "own_folders": catalog.folders(),
        "recipes_version": catalog.version(),
        "draft": draft,
        "forked": (forked := checkpoint_of(draft)),
        "fork_problem": fork_problem(forked) if forked else "",
        "problems": reading.problems,
        "sections": sections(draft, reading),
        "field_names": [link_name(draft.fields, key) for key in draft.fields],
        "plan_rows": shown_plan(draft, reading),
        "launch_rows": launch_rows(draft, reading),
        "states": section_states(draft, reading),
        "summary": summarise(draft, reading, slots_overview()),
        "link": to_query(draft).urlencode(),
        "check_url": reverse("project_new_check", args=[project.slug]),
        "refused": status == 422,
        "continued": "continue" in request.POST,
    }
    return render(request, "new_run/page.html", context, status=status)
