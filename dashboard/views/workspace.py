"""The workspace of a project: its runs in a table beside their overlaid charts."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from dashboard import chart_means, run_charts, run_table, saved_views, table_choices
from dashboard.context import project_counts
from dashboard.responses import is_script
from dashboard.views.access import project_or_404
from runs.models import Checkpoint, Project
from runs.table.choose import with_archived
from runs.workspace import Asked, Workspace, workspace

#: Parameters of the address that links on the page change.
LINKED = ("sort", "q", "page", "open", "group", "cols", "view")
#: Sweeps, the newest, to which runs can be added.
MOST_SWEEPS = 100


@require_safe
def project_runs(request: HttpRequest, project: str) -> HttpResponse:
    """The whole page; a script that refreshes the rows gets only the table, or 422 and what is wrong."""
    owner = project_or_404(project)
    if target := _view_address(request, owner):
        return HttpResponseRedirect(target)
    with workspace(owner, asked(request)) as found:
        if is_script(request) and found.problems:
            problem = found.problems[0]
            return JsonResponse(problem.error.as_data(problem.text) | {"name": problem.name}, status=422)
        context = _context(request, owner, found)
        if not is_script(request):
            context |= _page_context(request, owner, found)
    return render(request, "workspace/_table.html" if is_script(request) else "workspace/page.html", context)


def _view_address(request: HttpRequest, owner: Project) -> str:
    """Where the bare link of a view leads, "" for any other address. A view that was edited down to nothing has at
    least an "&" more.
    """
    query = request.META["QUERY_STRING"]
    if query.endswith("&") or list(request.GET) != ["view"]:
        return ""
    view = saved_views.named(owner, request.GET["view"])
    if view is None or not view.query:
        return ""
    return f"{request.path}?{saved_views.link(view)}&{view.query}"


@require_safe
def columns(request: HttpRequest, project: str) -> HttpResponse:
    """The sheet that chooses columns: those of the table as it is asked for, then all others."""
    with workspace(project_or_404(project), asked(request)) as found:
        return render(request, "workspace/_columns.html", table_choices.columns(found))


@require_safe
def means(request: HttpRequest, project: str) -> JsonResponse:
    """How the charts draw the runs that are named when groups are drawn as one line: dashboard/chart_means.py."""
    ids = request.GET.get("runs", "").split(",")[: run_charts.MOST_SHOWN]
    return JsonResponse(chart_means.means(project_or_404(project), ids, request.GET.get("group", "")))


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


def asked(request: HttpRequest) -> Asked:
    """What the address asks of the table."""
    given = request.GET
    page, show = given.get("page", ""), given.get("show")
    return Asked(
        **{name: given.get(name, "") for name in ("q", "sort", "group", "cols", "pin")},
        page=int(page) if page.isdecimal() and len(page) < 9 else 1,
        opened={part for part in given.get("open", "").split(",") if part},
        show=None if show is None else tuple(show.split(",")[: run_charts.MOST_SHOWN]),
    )


def _context(request: HttpRequest, owner: Project, found: Workspace) -> dict[str, Any]:
    """What the table alone needs. Everything that reads the columns is computed here, while they hold still."""
    return {
        "project": owner,
        "found": found,
        "choice": found.choice,
        "address": {name: _without(request, name) for name in LINKED},
        "table": run_table.table(found),
        "charts": run_charts.project_data(found.chart_runs, found.chart_keys, found.drawn),
        "problems": {
            p.name: p.error.as_data(p.text) | {"link": _fixed(request, p.name, p.error.fixed(p.text))}
            for p in found.problems
        },
        "archived_link": _fixed(request, "q", with_archived(found.asked.q)),
    }


def _page_context(request: HttpRequest, owner: Project, found: Workspace) -> dict[str, Any]:
    """What stands around the table."""
    view = saved_views.named(owner, request.GET.get("view", ""))
    return {
        "any_run": found.columns.size > 0,
        "views": saved_views.listed(owner),
        "view": view,
        "is_edited": view is not None and saved_views.is_edited(view, request.GET),
        "page_path": reverse("project_runs", args=[owner.slug]),
        "keys": found.columns.known_keys,
        "tags": found.columns.tags,
        "sweeps": list(owner.sweeps.values_list("pk", "name")[:MOST_SWEEPS]),
        "exports": (("csv", "CSV"), ("json", "JSON"), ("parquet", "Parquet")),
        "export_query": _query_of(request, ("q", "sort")),
        **{f"kept_{name}": _kept(request, name) for name in ("q", "sort", "group")},
        **table_choices.menus(found),
    }


def _query_of(request: HttpRequest, names: tuple[str, ...]) -> str:
    return urlencode({name: request.GET[name] for name in names if request.GET.get(name)})


def _kept(request: HttpRequest, name: str) -> list[tuple[str, str]]:
    """The rest of the address, for a form that sets ``name``."""
    return [(key, str(text)) for key, text in request.GET.items() if key not in (name, "page", "open")]


def _fixed(request: HttpRequest, name: str, text: str) -> str:
    """The same page with another text in one parameter."""
    query = request.GET.copy()
    query[name] = text
    query.pop("page", None)
    return f"?{query.urlencode(safe='/,-')}" if text else ""


def _without(request: HttpRequest, name: str) -> str:
    """The query without one parameter and without the page, ready for a link that sets another one."""
    query = request.GET.copy()
    for gone in {name, "page"}:
        query.pop(gone, None)
    text = query.urlencode(safe="/,-")
    return f"?{text}&" if text else "?"
