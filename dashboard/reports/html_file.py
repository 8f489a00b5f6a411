"""A report as one HTML file: styles and pictures inside, no script, nothing to fetch."""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from dashboard.reports.render import context_of, parts_of
from runs.models import Report

_STYLES = ("css/tokens.css", "css/report.css")


def html_file(report: Report) -> str:
    """The file's text. Names are no links: their pages ask for an account."""
    context = context_of(parts_of(report.project, report.text, links=False))
    told = {"report": report, "styles": "".join(map(_style, _STYLES)), "now": timezone.now()}
    return render_to_string("reports/file.html", {**context, **told})


def _style(name: str) -> str:
    return (settings.BASE_DIR / "static" / name).read_text(encoding="utf-8")
