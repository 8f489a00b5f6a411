"""The rehearsal on the New run page: begin one, show what came out."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from dashboard.errand_answers import ask
from dashboard.forms.draft import from_post
from dashboard.forms.reading import read
from dashboard.forms.rehearsal import KIND, failure, largest_trial, report, spec_to_rehearse, trial_text
from dashboard.forms.rows import html_id
from dashboard.views.access import project_or_404
from runs import errands


@require_POST
def rehearse(request: HttpRequest, project: str) -> JsonResponse:
    """Ask a worker to rehearse the form as sent; 422 with the problems that are known without."""
    project_or_404(project)
    reading = read(from_post(request.POST))
    if reading.problems:
        count = len(reading.problems)
        error = f"Fix {count} problem{'s' if count > 1 else ''} to rehearse."
        problems = {html_id(key): sentence for key, sentence in reading.problems.items()}
        return JsonResponse({"error": error, "problems": problems}, status=422)
    spec = spec_to_rehearse(reading)
    payload = {"spec": spec, "swept": largest_trial(reading)}
    return ask(KIND, payload, request.user, spec["recipe"], problems={})


@require_safe
def rehearsal(request: HttpRequest, project: str, errand: str) -> HttpResponse:
    """What came out of a rehearsal, or why nothing did, as a fragment of the page."""
    project_or_404(project)
    found = errands.look_at(errand, request.user)
    if found is None or found.kind != KIND:
        raise Http404("This rehearsal is not there any more.")
    shown = report(found.result) if found.result else None
    context = {"errand": found, "report": shown, "trial": trial_text(found), "failure": failure(found)}
    return render(request, "new_run/rehearsal_result.html", context)
