"""Downloads of checkpoints as an archive."""

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.views.access import run_or_404
from runs.checkpoints.files import CheckpointRefused
from runs.checkpoints.rank import best, checkpoints_of
from runs.directions import greater_is_better, objectives_of
from runs.exports.options import Options
from runs.exports.plan import plan_export
from runs.exports.response import archive_response
from runs.models import Checkpoint


@require_safe
def checkpoint_download(request: HttpRequest, checkpoint: str) -> HttpResponseBase:
    """One checkpoint as it was saved; ``contents`` is "inference" or "full", ``archive`` "zip" or "tar"."""
    return download(request, checkpoint_or_404(checkpoint))


@require_safe
def run_best_download(request: HttpRequest, run: str) -> HttpResponseBase:
    """A run's best checkpoint by ``metric``, else by its objective."""
    owner = run_or_404(run)
    metric = request.GET.get("metric") or owner.objective
    greater = greater_is_better(metric, objectives_of([owner]))
    found = best(checkpoints_of(owner).select_related("run__project", "run__sweep"), metric, greater)
    if found is None:
        raise Http404(f"{owner.name} has no complete checkpoint with a value of {metric or 'a metric'}.")
    return download(request, found)


def checkpoint_or_404(checkpoint_id: str) -> Checkpoint:
    """The checkpoint with its run, project and sweep; Http404 with a sentence if there is none."""
    rows = Checkpoint.objects.select_related("run__project", "run__sweep")
    found = rows.filter(pk=checkpoint_id).first()
    if found is None:
        raise Http404(f"There is no checkpoint {checkpoint_id}. Its run may have been deleted.")
    return found


def download(request: HttpRequest, checkpoint: Checkpoint) -> HttpResponseBase:
    """The checkpoint's files as they are, at once. A word that is no choice is taken for the default."""
    options = Options(
        contents="full" if request.GET.get("contents") == "full" else "inference",
        archive="tar" if request.GET.get("archive") == "tar" else "zip",
    )
    try:
        plan = plan_export(checkpoint, options)
        if plan.worked:
            raise CheckpointRefused("it has to be prepared first, by Export… on its page")
        return archive_response(request, plan.archive(), plan.filename)
    except CheckpointRefused as refused:
        context = {"checkpoint": checkpoint, "project": checkpoint.run.project, "reason": str(refused)}
        return render(request, "checkpoints/refused.html", context, status=409)
