"""The workspace of a project: its runs in a table beside their overlaid charts."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from dashboard import run_charts, run_table
from dashboard.context import project_counts
from dashboard.csv_table import run_rows
from dashboard.views.access import project_or_404
from dashboard.views.console import stream
from runs.commands import CommandError, send_command
from runs.models import Checkpoint, Run
from runs.workspace import Workspace, workspace

#: Runs that are drawn when the address names none.
FIRST_SHOWN = 10
MOST_TO_STOP = 200


@require_safe
def project_runs(request: HttpRequest, project: str) -> HttpResponse:
    """The whole page; a script that refreshes the rows gets only the table."""
    owner = project_or_404(project)
    page = request.GET.get("page", "")
    found = workspace(
        owner,
        q=request.GET.get("q", ""),
        sort=request.GET.get("sort", ""),
        page=int(page) if page.isdecimal() else 1,
    )
    shown = _shown(request, found)
    context: dict[str, Any] = {"project": owner, "found": found, "shown": shown, "address": _address(request)}
    context["table"] = run_table.table(found, shown, opened=set(request.GET.get("open", "").split(",")))
    context["charts"] = run_charts.project_data(found.runs, found.chart_keys, shown)
    if request.headers.get("X-Requested-With") == "fetch":
        return render(request, "workspace/_table.html", context)
    return render(request, "workspace/page.html", context)


@require_safe
def counts(request: HttpRequest, project: str) -> JsonResponse:
    """The numbers beside the names of tabs, {tab: n}; with ``run`` also those of its tabs."""
    owner = project_or_404(project)
    found = project_counts(owner)
    if run := request.GET.get("run"):
        found["run_checkpoints"] = Checkpoint.objects.filter(
            run=run, run__project=owner, deleted_at=None
        ).count()
    return JsonResponse(found)


@require_safe
def runs_csv(request: HttpRequest, project: str) -> StreamingHttpResponse:
    """Every run that the filter lets through with every column, streamed."""
    owner = project_or_404(project)
    return StreamingHttpResponse(
        stream(_lines(run_rows(owner, request.GET.get("q", "")))),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{owner.slug}-runs.csv"'},
    )


@require_POST
def stop_runs(request: HttpRequest, project: str) -> HttpResponse:
    """Stop the ticked runs; those that cannot be stopped are named with the reason."""
    owner = project_or_404(project)
    runs = Run.objects.filter(project=owner, pk__in=request.POST.getlist("run")[:MOST_TO_STOP])
    stopped, refused = 0, []
    for run in runs:
        try:
            send_command(run, "stop", user=request.user)
            stopped += 1
        except CommandError as error:
            refused.append(f"{run.name}: {error}")
    text = " ".join([f"{stopped} {'run' if stopped == 1 else 'runs'} will stop.", *refused])
    if request.headers.get("X-Requested-With") == "fetch":
        return JsonResponse({"text": text}, status=409 if refused and not stopped else 200)
    messages.info(request, text)
    return redirect("project_runs", owner.slug)


def _shown(request: HttpRequest, found: Workspace) -> list[str]:
    """The runs drawn in the charts: those of the address, else the first of the table that have started."""
    if "show" in request.GET:
        return request.GET["show"].split(",")[: run_charts.MOST_SHOWN]
    return [run.pk for run in found.runs if run.state != "queued"][:FIRST_SHOWN]


def _address(request: HttpRequest) -> dict[str, str]:
    """The query without the sort and without the page, ready for a link that sets another one."""
    return {name: _without(request, name) for name in ("sort", "q", "page", "open")}


def _without(request: HttpRequest, name: str) -> str:
    query = request.GET.copy()
    for gone in {name, "page"}:
        query.pop(gone, None)
    text = query.urlencode(safe="/,-")
    return f"?{text}&" if text else "?"


def _lines(rows: Iterator[str]) -> Iterator[str]:
    """Some rows at a time: a part a row would be a thread switch a row."""
    part: list[str] = []
    for row in rows:
        part.append(row)
        if len(part) == 100:
            yield "".join(part)
            part.clear()
    yield "".join(part)
