"""Reports: list, read, make, change, delete, and their links."""

from datetime import datetime

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from ninja.responses import Status

from runs.models import Project, Report, ReportLink
from runs.reports.store import create_report, issue_link, report_mark, revoke_link, save_report
from runs.reports.syntax import Block, parse

router = Router(tags=["reports"])


class ProblemOut(Schema):
    line: int
    text: str


class ReportHead(Schema):
    id: str
    title: str
    created_by: str
    updated_by: str
    created_at: datetime
    updated_at: datetime


class ReportOut(ReportHead):
    """``base`` is the mark of this version, to be sent back with a change of it. ``problems``: blocks that cannot be
    read; what they ask for is looked up when the report is shown."""

    project: str
    text: str
    base: str
    problems: list[ProblemOut]


class ReportIn(Schema):
    """With ``base`` a change is refused (409) when somebody saved another version since."""

    title: str
    text: str = ""
    base: str | None = None


class LinkOut(Schema):
    id: int
    created_by: str
    created_at: datetime


class NewLinkOut(LinkOut):
    """``path`` opens the report without an account; it is told now and never again."""

    path: str


@router.get("/projects/{slug}/reports", response=list[ReportHead])
def list_reports(request: HttpRequest, slug: str) -> list[Report]:
    """The reports of a project, the one that was changed last first."""
    return list(get_object_or_404(Project, slug=slug).reports.defer("text"))


@router.post("/projects/{slug}/reports", response={201: ReportOut})
def make_report(request: HttpRequest, slug: str, body: ReportIn) -> Status:
    """Make a report of Markdown with blocks (docs/reports.md)."""
    project = get_object_or_404(Project, slug=slug)
    return Status(201, _out(create_report(project, body.title, body.text, request.user)))


@router.get("/reports/{report_id}", response=ReportOut)
def get_report(request: HttpRequest, report_id: str) -> ReportOut:
    """One report with its text."""
    return _out(_report(report_id))


@router.put("/reports/{report_id}", response=ReportOut)
def change_report(request: HttpRequest, report_id: str, body: ReportIn) -> ReportOut:
    """Replace title and text."""
    report = _report(report_id)
    save_report(report, body.title, body.text, body.base, request.user)
    return _out(report)


@router.delete("/reports/{report_id}", response={204: None})
def delete_report(request: HttpRequest, report_id: str) -> Status:
    """Delete a report with its links; the runs stay."""
    _report(report_id).delete()
    return Status(204, None)


@router.get("/reports/{report_id}/links", response=list[LinkOut])
def list_links(request: HttpRequest, report_id: str) -> list[ReportLink]:
    """The open links of a report, without their secrets."""
    return list(_report(report_id).links.filter(revoked_at=None))


@router.post("/reports/{report_id}/links", response={201: NewLinkOut})
def make_link(request: HttpRequest, report_id: str) -> Status:
    """Make a link for readers without an account."""
    report = _report(report_id)
    text = issue_link(report, request.user)
    link = report.links.latest("pk")
    told = NewLinkOut(
        id=link.pk, created_by=link.created_by, created_at=link.created_at, path=f"/shared/{text}"
    )
    return Status(201, told)


@router.delete("/reports/{report_id}/links/{link_id}", response={204: None})
def close_link(request: HttpRequest, report_id: str, link_id: int) -> Status:
    """Close a link at once."""
    revoke_link(_report(report_id), link_id)
    return Status(204, None)


def _report(pk: str) -> Report:
    return get_object_or_404(Report.objects.select_related("project"), pk=pk)


def _out(report: Report) -> ReportOut:
    problems = [
        problem for part in parse(report.text) if isinstance(part, Block) for problem in part.problems
    ]
    names = ("id", "title", "text", "created_by", "updated_by", "created_at", "updated_at")
    return ReportOut(
        **{name: getattr(report, name) for name in names},
        project=report.project.slug,
        base=report_mark(report),
        problems=[ProblemOut(line=problem.line, text=problem.text) for problem in problems],
    )
