"""Adopting a folder that a Trainer wrote: first what is in it, then the run."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from dashboard.views.access import project_or_404
from runs.adopt.adopt import adopt, folder_to_read
from runs.adopt.look import AdoptError, look
from trainer_bridge.folders import open_folders


@require_http_methods(["GET", "HEAD", "POST"])
def adopt_folder(request: HttpRequest, project: str) -> HttpResponse:
    """GET with ``folder`` tells what is there; POST makes the run of it. What was typed stays."""
    owner = project_or_404(project)
    asked = request.POST if request.method == "POST" else request.GET
    text, name = asked.get("folder", "").strip(), asked.get("name", "").strip()
    context: dict[str, Any] = {"project": owner, "folder": text, "name": name, "open": open_folders("models")}
    try:
        if text and request.method == "POST":
            run = adopt(owner, folder_to_read(text), name=name, user=request.user)
            return redirect("run_charts", run.pk)
        if text:
            context["found"] = look(folder_to_read(text))
    except AdoptError as error:
        return render(request, "checkpoints/adopt.html", context | {"problem": str(error)}, status=422)
    return render(request, "checkpoints/adopt.html", context)
