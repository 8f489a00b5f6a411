"""The data section of the New run page: the list of uploads, a preview begun, what came out of it."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from dashboard.errand_answers import ask
from dashboard.forms.draft import from_post
from dashboard.forms.preview import KIND, report
from dashboard.forms.reading import read
from dashboard.views.access import project_or_404
from runs import errands, uploads


@require_safe
def upload_list(request: HttpRequest) -> HttpResponse:
    """The uploads as a fragment of the page."""
    return render(request, "new_run/data_uploads.html", {"uploads": uploads.listed()})


@require_POST
def begin_preview(request: HttpRequest, project: str) -> JsonResponse:
    """Ask a worker to look at the data of the form as sent, whatever is wrong elsewhere in it."""
    project_or_404(project)
    spec = read(from_post(request.POST)).spec
    return ask(KIND, {"spec": spec}, request.user, spec["recipe"])


@require_safe
def preview(request: HttpRequest, project: str, errand: str) -> HttpResponse:
    """What came out of a preview, or why nothing did, as a fragment of the page."""
    project_or_404(project)
    found = errands.look_at(errand, request.user)
    if found is None or found.kind != KIND:
        raise Http404("This preview is not there any more.")
    shown = report(found.result) if found.result else None
    return render(request, "new_run/data_preview.html", {"errand": found, "report": shown})
