"""The checkpoints of a project, ranked by one metric."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard import export_sheet
from dashboard.checkpoint_page import page, sheet
from dashboard.views.access import project_or_404
from dashboard.views.exports import checkpoint_or_404


@require_safe
def project_checkpoints(request: HttpRequest, project: str) -> HttpResponse:
    """The ranking, and beside it the checkpoint named by ``ckpt``, with ``export`` its export sheet."""
    owner = project_or_404(project)
    context = page(owner, request.GET)
    if chosen := context["selected"]:
        if request.GET.get("export"):
            context |= export_sheet.sheet(checkpoint_or_404(chosen.pk), request.GET, request.user)
        else:
            context["details"] = sheet(chosen)
    return render(request, "checkpoints/list.html", {"project": owner, **context})
