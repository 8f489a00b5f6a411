"""Batches that stood out: their rows, shown as the model saw them."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from dashboard.errand_answers import ask
from dashboard.views.access import run_or_404
from runs import errands

KIND = "rows"
#: Rows that are shown of a batch.
MOST_ROWS = 4


@require_POST
def begin(request: HttpRequest, run: str, warning: int) -> JsonResponse:
    """Ask a worker for the first rows of the batch: {"errand"}, or 422 and why not."""
    owner = run_or_404(run)
    found = owner.warnings.filter(pk=warning, details__kind="batch").first()
    if found is None:
        raise Http404("This batch is not kept any more.")
    if owner.is_external:
        return JsonResponse(
            {"error": "The run was started elsewhere: its data is not known here."}, status=422
        )
    if "times_read" in found.details:
        return JsonResponse(
            {"error": "The rows were streamed: they cannot be fetched by number."}, status=422
        )
    payload = {"spec": owner.spec, "rows": found.details["rows"][:MOST_ROWS]}
    return ask(KIND, payload, request.user, owner.spec["recipe"])


@require_safe
def rows(request: HttpRequest, run: str, errand: str) -> HttpResponse:
    """What came of it, as a fragment."""
    run_or_404(run)
    found = errands.look_at(errand, request.user)
    if found is None or found.kind != KIND:
        raise Http404("These rows are not there any more.")
    batch = (found.result or {}).get("batch")
    return render(request, "runs/_batch_rows.html", {"errand": found, "batch": batch})
