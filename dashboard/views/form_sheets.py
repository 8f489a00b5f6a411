"""The sheets beside the New run form: its text, its script, how it differs from a run.

Each is asked for with the form as it stands and answers JSON: ``html`` is the sheet, ``text`` what was done,
``link`` the form that should be shown now.
"""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from dashboard.forms.difference import differences
from dashboard.forms.draft import to_query
from dashboard.forms.reading import read
from dashboard.forms.texts import read_yaml, to_yaml
from dashboard.views.access import project_or_404
from dashboard.views.new_start import draft_of_form
from runs.errors import RunError
from runs.models import Run
from runs.scripts import script_of
from runs.specs import spec_with
from runs.sweeps.grid import first_point

#: Runs that the sheet lists at once; the others are found by name.
MOST_RUNS = 20


@require_POST
def yaml_sheet(request: HttpRequest, project: str) -> JsonResponse:
    """The form as YAML; with ``yaml`` what is wrong with that text; with ``apply`` also the form that it describes."""
    draft = draft_of_form(request, project_or_404(project))
    if "yaml" not in request.POST:
        return sheet("yaml", {"yaml": to_yaml(draft, read(draft))})
    found = read_yaml(request.POST["yaml"].replace("\r\n", "\n"), draft)
    if "apply" in request.POST and found.draft:
        return JsonResponse({"link": to_query(found.draft).urlencode()})
    status = 422 if "apply" in request.POST else 200
    return sheet("yaml_problems", {"problems": found.problems, "shown": found.draft is not None}, status)


@require_POST
def python_sheet(request: HttpRequest, project: str) -> JsonResponse:
    """The form as a script of its own, or why there is none."""
    draft = draft_of_form(request, project_or_404(project))
    reading = read(draft)
    if reading.problems:
        return sheet("python", {"refused": "The form has problems to fix first.", "problems": True})
    first = first_point(reading.space) if reading.space else {}
    try:
        script = script_of(spec_with(reading.spec, first), draft.name)
    except RunError as refused:
        return sheet("python", {"refused": str(refused)})
    return sheet("python", {"script": script, "trials": reading.trials if reading.space else 0})


@require_POST
def difference_sheet(request: HttpRequest, project: str) -> JsonResponse:
    """Runs whose name holds ``q``, the newest first; how the form differs from the run ``against``."""
    here = project_or_404(project)
    context: dict[str, Any] = {"q": request.POST.get("q", "")[:100], "project": here}
    context["runs"] = here.runs.filter(name__icontains=context["q"])[: MOST_RUNS + 1]
    if against := request.POST.get("against"):
        context["against"] = run = Run.objects.filter(pk=against).first()
        draft = draft_of_form(request, here)
        context["rows"] = differences(draft, read(draft), run) if run else []
        context["gone"] = "" if run else against[:60]
    return sheet("difference", context | {"most": MOST_RUNS})


def sheet(name: str, context: dict[str, Any], status: int = 200, **beside: str) -> JsonResponse:
    """One sheet, and what else its script is told."""
    html = render_to_string(f"new_run/sheets/{name}.html", context)
    return JsonResponse({"html": html, **beside}, status=status)
