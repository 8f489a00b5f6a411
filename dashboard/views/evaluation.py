"""The Evaluation tab of a run, one row of it through all evaluations, and the pictures and sounds of rows."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.evaluation.again import again_section
from dashboard.evaluation.history import history
from dashboard.evaluation.page import page
from dashboard.evaluation.trying import try_section
from dashboard.views.access import run_or_404
from dashboard.views.runs import tab_page
from runs.models import EvaluationMedia, Run


@require_safe
def evaluation(request: HttpRequest, run: str) -> HttpResponse:
    """``at`` and ``vs`` name evaluations, ``over`` a run beside, ``cell`` filters the rows."""
    return show(request, run_or_404(run))


def show(request: HttpRequest, run: Run, problem: str = "", status: int = 200) -> HttpResponse:
    """The tab, with what keeps a checkpoint from being measured again."""
    form = again_section(run, request.GET.get("ckpt", ""), request.POST, problem)
    trying = try_section(run, request.GET.get("ckpt", ""))
    parts = {**page(run, request.GET), "again": form, "trying": trying}
    answer = tab_page(request, run, "evaluation", parts)
    answer.status_code = status
    return answer


@require_safe
def row(request: HttpRequest, run: str, row: int) -> HttpResponse:
    """One row in each evaluation that kept it, as a fragment."""
    owner = run_or_404(run)
    found = history(owner, row, request.GET.get("at", ""))
    if found is None:
        raise Http404(f"No evaluation of this run kept row {row}.")
    return render(request, "runs/evaluation/_history.html", {"run": owner, "row": row, **found})


@require_safe
def media(request: HttpRequest, run: str, digest: str) -> HttpResponse:
    """A picture or sound of a row, as the kind it was found to be when it came."""
    found = EvaluationMedia.objects.filter(run=run_or_404(run), digest=digest).first()
    if found is None:
        raise Http404("There is no such picture or sound.")
    return HttpResponse(
        bytes(found.data),
        content_type=found.content_type,
        headers={
            "Cache-Control": "private, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
