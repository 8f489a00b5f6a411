"""A checkpoint measured again: the form's post."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from dashboard.views.access import run_or_404
from dashboard.views.evaluation import show
from runs.errors import RunError, SpecError
from runs.evaluations.again import evaluate_again
from runs.models import Checkpoint


@require_POST
def again(request: HttpRequest, run: str) -> HttpResponse:
    """Queue it and go there; what keeps it from being measured stands above the form, which keeps what was typed."""
    owner = run_or_404(run)
    rows = Checkpoint.objects.select_related("run__project").filter(run=owner)
    checkpoint = rows.filter(pk=request.POST.get("checkpoint", "")).first()
    if checkpoint is None:
        raise Http404("There is no such checkpoint of this run.")
    source = request.POST.get("source", "") if request.POST.get("data") == "other" else ""
    try:
        made = evaluate_again(checkpoint, request.POST.get("part", "test"), source, user=request.user)
    except SpecError as error:
        return show(request, owner, problem=" ".join(error.problems.values()), status=422)
    except RunError as error:
        return show(request, owner, problem=str(error), status=409)
    return redirect("run_evaluation", made.pk)
