"""Reports of a project: list, page, editor with preview, files, links for readers without an account."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dashboard.reports.render import context_of, parts_of
from dashboard.reports.starts import first_text, offered_blocks
from dashboard.views.access import project_or_404
from runs.errors import RunError
from runs.models import Project, Report
from runs.reports.store import (
    MAX_TITLE,
    ReportChangedError,
    create_report,
    issue_link,
    report_mark,
    revoke_link,
    save_report,
)


def report_or_404(project: str, report: str) -> tuple[Project, Report]:
    """The project and its report; Http404 with a sentence if there is none."""
    owner = project_or_404(project)
    found = owner.reports.filter(pk=report).first()
    if found is None:
        raise Http404(f"There is no report {report} in {owner.name}. It may have been deleted.")
    found.project = owner
    return owner, found


@require_safe
def project_reports(request: HttpRequest, project: str) -> HttpResponse:
    """The reports of a project, the one that was changed last first."""
    owner = project_or_404(project)
    rows = owner.reports.only("id", "title", "created_by", "updated_by", "updated_at", "project_id")
    return render(request, "reports/list.html", {"project": owner, "reports": rows, "max_title": MAX_TITLE})


@require_POST
def new_report(request: HttpRequest, project: str) -> HttpResponse:
    """Make a report that shows the project's best runs, and open it in the editor."""
    owner = project_or_404(project)
    try:
        report = create_report(owner, request.POST.get("title", ""), first_text(owner), request.user)
    except RunError as error:
        messages.error(request, str(error))
        return redirect("project_reports", owner.slug)
    return redirect("report_edit", owner.slug, report.pk)


@require_safe
def report(request: HttpRequest, project: str, report: str) -> HttpResponse:
    """The report; a script that refreshes it gets the body alone."""
    owner, found = report_or_404(project, report)
    context = context_of(parts_of(owner, found.text))
    if request.headers.get("X-Requested-With") == "fetch":
        return render(request, "reports/_body.html", context)
    return render(request, "reports/page.html", {**_page(owner, found), **context})


def _page(owner: Project, found: Report) -> dict[str, Any]:
    return {"project": owner, "report": found, "links": list(found.links.filter(revoked_at=None))}


@require_safe
def edit_report(request: HttpRequest, project: str, report: str) -> HttpResponse:
    """The editor with its preview."""
    owner, found = report_or_404(project, report)
    return render(request, "reports/edit.html", _editor(owner, found, found.title, found.text))


def _editor(owner: Project, found: Report, title: str, text: str) -> dict[str, Any]:
    return {
        "project": owner,
        "report": found,
        "title": title,
        "text": text,
        "base": report_mark(found),
        "max_title": MAX_TITLE,
        "offered": offered_blocks(owner),
        **context_of(parts_of(owner, text)),
    }


@require_POST
def save(request: HttpRequest, project: str, report: str) -> HttpResponse:
    """Keep title and text; where that cannot be, the editor again with all that was typed."""
    owner, found = report_or_404(project, report)
    title, text = request.POST.get("title", ""), request.POST.get("text", "")
    try:
        save_report(found, title, text, request.POST.get("base"), request.user)
    except ReportChangedError as error:
        found.refresh_from_db()
        theirs = {"problem": str(error), "theirs": {"title": error.title, "text": error.text}}
        return render(
            request, "reports/edit.html", {**_editor(owner, found, title, text), **theirs}, status=409
        )
    except RunError as error:
        context = {
            **_editor(owner, found, title, text),
            "problem": str(error),
            "base": request.POST.get("base"),
        }
        return render(request, "reports/edit.html", context, status=422)
    return redirect("report", owner.slug, found.pk)


@require_POST
def preview(request: HttpRequest, project: str) -> JsonResponse:
    """A text as it would look: {"html", "problems": [{"line", "text"}]}."""
    owner = project_or_404(project)
    context = context_of(parts_of(owner, request.POST.get("text", "")))
    body = render(request, "reports/_body.html", context).content.decode()
    problems = [{"line": problem.line, "text": problem.text} for problem in context["problems"]]
    return JsonResponse({"html": body, "problems": problems})


@require_POST
def delete(request: HttpRequest, project: str, report: str) -> HttpResponse:
    """Delete a report with its links; the runs stay."""
    owner, found = report_or_404(project, report)
    found.delete()
    messages.info(request, f"The report “{found.title}” is deleted. The runs in it stay.")
    return redirect("project_reports", owner.slug)


@require_POST
def share(request: HttpRequest, project: str, report: str) -> HttpResponse:
    """Make a link for readers without an account. It is shown in this answer only: its hash is all that is kept."""
    owner, found = report_or_404(project, report)
    address = request.build_absolute_uri(reverse("shared_report", args=[issue_link(found, request.user)]))
    context = {**_page(owner, found), **context_of(parts_of(owner, found.text)), "address": address}
    return render(request, "reports/page.html", context)


@require_POST
def revoke(request: HttpRequest, project: str, report: str, link: int) -> HttpResponse:
    """Close a link at once."""
    owner, found = report_or_404(project, report)
    is_closed = revoke_link(found, link)
    messages.info(
        request,
        "The link is closed: it opens nothing any more." if is_closed else "The link was closed before.",
    )
    return redirect("report", owner.slug, found.pk)
