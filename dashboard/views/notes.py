"""Notes on runs and sweeps: saving, and what they would look like."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from dashboard.markdown import render as markdown
from dashboard.notes import notes_context
from dashboard.responses import is_script
from dashboard.views.access import run_or_404, sweep_or_404
from runs.errors import RunError
from runs.models import Run, Sweep
from runs.notes import NotesChangedError, save_notes


@require_POST
def run_notes(request: HttpRequest, run: str) -> HttpResponse:
    """Save the notes of a run."""
    return _save(request, run_or_404(run), "run_overview")


@require_POST
def sweep_notes(request: HttpRequest, sweep: str) -> HttpResponse:
    """Save the notes of a sweep."""
    return _save(request, sweep_or_404(sweep), "sweep")


def _save(request: HttpRequest, thing: Run | Sweep, page: str) -> HttpResponse:
    """The card anew for a script, else the page; where they cannot be saved the editor with all that was typed."""
    text = request.POST.get("text", "")
    try:
        save_notes(thing, text, request.POST.get("base"))
    except RunError as error:
        theirs = error.text if isinstance(error, NotesChangedError) else None
        if theirs is not None:
            thing.notes = theirs
        return _refused(request, thing, text, str(error), theirs, page)
    if is_script(request):
        return HttpResponse(render_to_string("notes/_notes.html", {"notes": notes_context(thing)}, request))
    return redirect(page, thing.pk)


def _refused(
    request: HttpRequest, thing: Run | Sweep, text: str, problem: str, theirs: str | None, page: str
) -> HttpResponse:
    context: dict[str, Any] = {
        "notes": notes_context(thing),
        "typed": text,
        "problem": problem,
        "theirs": theirs,
        "project": thing.project,
        "page": page,
        "thing": thing,
    }
    template = "notes/_notes.html" if is_script(request) else "notes/page.html"
    return render(request, template, context, status=422 if theirs is None else 409)


@require_POST
def preview(request: HttpRequest) -> JsonResponse:
    """{"html"} of a text."""
    return JsonResponse({"html": markdown(request.POST.get("text", ""))})
