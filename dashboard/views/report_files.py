"""A report without Trainboard around it: one HTML file, Markdown with its pictures, and the page of a shared link."""

import io
import zipfile

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from dashboard.reports.html_file import html_file
from dashboard.reports.render import markdown_of, parts_of
from dashboard.views.reports import report_or_404
from runs.models import Report
from runs.reports.store import shared_report


@require_safe
def report_html(request: HttpRequest, project: str, report: str) -> HttpResponse:
    """One HTML file that needs nothing else."""
    _, found = report_or_404(project, report)
    return _file(html_file(found).encode(), found, "html", "text/html; charset=utf-8")


@require_safe
def report_markdown(request: HttpRequest, project: str, report: str) -> HttpResponse:
    """A zip of ``report.md`` and ``images/``."""
    owner, found = report_or_404(project, report)
    text, pictures = markdown_of(found.title, parts_of(owner, found.text, links=False))
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.md", text)
        for path, picture in pictures.items():
            archive.writestr(path, picture)
    return _file(whole.getvalue(), found, "zip", "application/zip")


@login_not_required
@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The report of a link, for whoever has it. It tells nothing of Trainboard's other pages."""
    found = shared_report(token)
    if found is None:
        raise Http404("This link opens nothing. It was mistyped, or whoever shared the report has closed it.")
    response = HttpResponse(html_file(found))
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _file(content: bytes, report: Report, ending: str, kind: str) -> HttpResponse:
    name = slugify(report.title) or "report"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    return HttpResponse(content, content_type=kind, headers=headers)
