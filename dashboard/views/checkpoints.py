"""The checkpoints of a project, ranked by one metric."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.checkpoint_page import page, sheet
from dashboard.views.access import project_or_404
from runs.checkpoints.files import CheckpointRefused
from runs.exports.options import Options
from runs.exports.plan import Plan, plan_export
from runs.models import Checkpoint


@require_safe
def project_checkpoints(request: HttpRequest, project: str) -> HttpResponse:
    """The ranking, and beside it the checkpoint named by ``ckpt``, with ``export`` its export sheet."""
    owner = project_or_404(project)
    context = page(owner, request.GET)
    if chosen := context["selected"]:
        exports = bool(request.GET.get("export"))
        context |= _sheet(chosen) if exports else {"details": sheet(chosen)}
    return render(request, "checkpoints/list.html", {"project": owner, **context})


def _sheet(checkpoint: Checkpoint) -> dict[str, Any]:
    """Both contents with their exact files, or why there are none."""
    whole = Checkpoint.objects.select_related("run__project", "run__sweep").get(pk=checkpoint.pk)
    try:
        exports = {
            "inference": plan_export(whole, Options()),
            "full": plan_export(whole, Options(contents="full")),
        }
    except CheckpointRefused as refused:
        return {"refused": str(refused)}
    return {"exports": exports, "files": _files(exports)}


def _files(exports: dict[str, Plan]) -> list[dict[str, Any]]:
    """Every file of the full zip, marked whether the smaller one has it too."""
    small = {file.name for file in exports["inference"].files}
    return [
        {"name": file.name, "size": file.size, "only_full": file.name not in small}
        for file in exports["full"].files
    ]
