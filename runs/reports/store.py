"""Reports as they are kept: made, saved without overwriting somebody, shared by links that can be closed."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from runs.access import hash_token, new_report_token
from runs.errors import RunError
from runs.models import Project, Report, ReportLink
from runs.notes import NotesChangedError, clean, mark_of

MAX_TITLE = 120


class ReportChangedError(NotesChangedError):
    """Somebody else saved the report meanwhile; ``title`` and ``text`` are what there is now."""

    def __init__(self, report: Report) -> None:
        super().__init__(report.text)
        who = report.updated_by or "Somebody else"
        self.args = (f"{who} changed the report while you wrote. Nothing is saved yet.",)
        self.title = report.title


def create_report(project: Project, title: str, text: str = "", user: Any = None) -> Report:
    """A new report. Raises RunError on a title or a text that cannot be."""
    name = _name(user)
    return Report.objects.create(
        project=project, title=checked_title(title), text=clean(text), created_by=name, updated_by=name
    )


def report_mark(report: Report) -> str:
    """What an editor sends back to tell which version it began with."""
    return mark_of(f"{report.title}\n{report.text}")


def save_report(report: Report, title: str, text: str, base: str | None, user: Any = None) -> None:
    """Replace title and text of the version that ``base`` is the mark of; None: whatever there is.

    Raises ReportChangedError, and RunError on a title or a text that cannot be.
    """
    title, text = checked_title(title), clean(text)
    with transaction.atomic():
        now = Report.objects.select_for_update().get(pk=report.pk)
        if base is not None and base != report_mark(now) and (title, text) != (now.title, now.text):
            raise ReportChangedError(now)
        report.title, report.text, report.updated_by = title, text, _name(user)
        report.save(update_fields=["title", "text", "updated_by", "updated_at"])


def checked_title(title: str) -> str:
    """The title as it is kept. Raises RunError."""
    title = " ".join(title.split())
    if not title:
        raise RunError("Give the report a title.")
    if len(title) > MAX_TITLE:
        raise RunError(f"The title has {len(title)} characters; the most is {MAX_TITLE}.")
    if not title.isprintable():
        raise RunError("The title holds a control character. Take it out.")
    return title


def issue_link(report: Report, user: Any = None) -> str:
    """The secret of a link to read ``report``; it is shown now and never again."""
    text = new_report_token()
    ReportLink.objects.create(report=report, token_hash=hash_token(text), created_by=_name(user))
    return text


def shared_report(text: str) -> Report | None:
    """The report that this secret lets read; None for an unknown or a closed one."""
    rows = ReportLink.objects.select_related("report__project")
    link = rows.filter(token_hash=hash_token(text), revoked_at=None).first()
    return link.report if link else None


def revoke_link(report: Report, pk: int) -> bool:
    """Close a link at once; whether it was open."""
    return bool(report.links.filter(pk=pk, revoked_at=None).update(revoked_at=timezone.now()))


def _name(user: Any) -> str:
    return user.get_username() if user is not None else ""
