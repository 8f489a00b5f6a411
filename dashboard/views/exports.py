"""Exports: the sheet, its press, how far it is, and the downloads."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dashboard.export_sheet import sheet, state_of
from dashboard.responses import SeeOther, is_script, told
from dashboard.views.access import run_or_404
from runs.checkpoints.files import CheckpointRefused
from runs.checkpoints.rank import best, checkpoints_of
from runs.directions import greater_is_better, objectives_of
from runs.errors import ExportError
from runs.exports import begin
from runs.exports.options import Options, read
from runs.exports.plan import plan_export
from runs.exports.response import sent_home
from runs.exports.tokens import forget_token, save_token
from runs.models import Checkpoint, Export


@require_safe
def checkpoint_sheet(request: HttpRequest, checkpoint: str) -> HttpResponse:
    """The sheet with the options in the address: a fragment for a script, else a page of its own."""
    return _sheet(request, checkpoint_or_404(checkpoint), request.GET)


@require_POST
def checkpoint_export(request: HttpRequest, checkpoint: str) -> HttpResponse:
    """Begin the export that the form describes; 422 with what is wrong, the form as it was typed."""
    found = checkpoint_or_404(checkpoint)
    options, problems = read(request.POST)
    try:
        if problems:
            field, text = next(iter(problems.items()))
            raise ExportError(text, field)
        if options.to == "hub" and request.POST.get("token"):
            save_token(request.user, request.POST["token"])
        export = begin.begin(found, options, request.user)
    except ExportError as error:
        if is_script(request):
            return JsonResponse({"text": str(error), "field": error.field}, status=422)
        return _sheet(request, found, request.POST, error)
    address = reverse("export_state", args=[export.pk])
    return JsonResponse({"url": address}, status=201) if is_script(request) else SeeOther(address)


@require_safe
def export_state(request: HttpRequest, export: str) -> HttpResponse:
    """How far an export of one's own is: a fragment for a script, else a page."""
    found = begin.settle(export_or_404(request, export))
    template = "checkpoints/_export_state.html" if is_script(request) else "checkpoints/export.html"
    context = {
        "latest": state_of(found),
        "checkpoint": found.checkpoint,
        "project": found.checkpoint.run.project,
    }
    return render(request, template, context)


@require_POST
def export_cancel(request: HttpRequest, export: str) -> HttpResponse:
    found = export_or_404(request, export)
    begin.cancel(found)
    return told(request, "The export was given up.", reverse("export_state", args=[found.pk]))


@require_safe
def export_download(request: HttpRequest, export: str) -> HttpResponseBase:
    """The archive of an export that is ready; goes on where a download broke off."""
    found = export_or_404(request, export)
    if found.state != Export.State.READY:
        raise Http404(f"The export {found.filename} is {found.state}. Export the checkpoint again.")
    try:
        return sent_home(request, begin.archive_of(found), found.filename, found.checkpoint_id)
    except CheckpointRefused as refused:
        return _refused(request, found.checkpoint, str(refused))


@require_POST
def hub_token_forget(request: HttpRequest) -> HttpResponse:
    forget_token(request.user)
    return told(request, "Your token is forgotten.", "home")


@require_safe
def checkpoint_download(request: HttpRequest, checkpoint: str) -> HttpResponseBase:
    """One checkpoint as it was saved; ``contents`` is "inference" or "full", ``archive`` "zip" or "tar"."""
    return download(request, checkpoint_or_404(checkpoint))


@require_safe
def run_best_download(request: HttpRequest, run: str) -> HttpResponseBase:
    """A run's best checkpoint by ``metric``, else by its objective."""
    return download(request, _best_of(request, run))


@require_safe
def run_best_sheet(request: HttpRequest, run: str) -> HttpResponse:
    """Leads to the sheet of a run's best checkpoint, on the page of all checkpoints."""
    found = _best_of(request, run)
    page = reverse("project_checkpoints", args=[found.run.project.slug])
    return SeeOther(f"{page}?ckpt={found.pk}&export=1")


def checkpoint_or_404(checkpoint_id: str) -> Checkpoint:
    """The checkpoint with its run, project and sweep; Http404 with a sentence if there is none."""
    rows = Checkpoint.objects.select_related("run__project", "run__sweep")
    found = rows.filter(pk=checkpoint_id).first()
    if found is None:
        raise Http404(f"There is no checkpoint {checkpoint_id}. Its run may have been deleted.")
    return found


def export_or_404(request: HttpRequest, export_id: str) -> Export:
    """An export of one's own; Http404 with a sentence if there is none."""
    rows = Export.objects.select_related("checkpoint__run__project")
    found = rows.filter(pk=export_id).first()
    if found is None or found.user_id != request.user.pk:
        raise Http404(f"There is no export {export_id} of yours.")
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
        return sent_home(request, plan.archive(), plan.filename, checkpoint.pk)
    except CheckpointRefused as refused:
        return _refused(request, checkpoint, str(refused))


def _best_of(request: HttpRequest, run: str) -> Checkpoint:
    owner = run_or_404(run)
    metric = request.GET.get("metric") or owner.objective
    greater = greater_is_better(metric, objectives_of([owner]))
    found = best(checkpoints_of(owner).select_related("run__project", "run__sweep"), metric, greater)
    if found is None:
        raise Http404(f"{owner.name} has no complete checkpoint with a value of {metric or 'a metric'}.")
    return found


def _sheet(
    request: HttpRequest, found: Checkpoint, given: QueryDict, error: ExportError | None = None
) -> HttpResponse:
    context = sheet(found, given, request.user)
    context |= {"selected": found, "project": found.run.project, "error": error}
    template = "checkpoints/_sheet.html" if is_script(request) else "checkpoints/export.html"
    return render(request, template, context, status=422 if error else 200)


def _refused(request: HttpRequest, checkpoint: Checkpoint, reason: str) -> HttpResponse:
    context = {"checkpoint": checkpoint, "project": checkpoint.run.project, "reason": reason}
    return render(request, "checkpoints/refused.html", context, status=409)
