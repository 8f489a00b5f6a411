"""The inbox: what rules had to tell this person."""

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from dashboard.responses import told
from runs.notifications import MOST_LISTED, inbox, mark_read


def _person(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    """The newest notifications, read ones too: one query beside those of the frame."""
    rows = list(inbox(_person(request))[:MOST_LISTED])
    unread = sum(row.read_at is None for row in rows)
    return render(request, "notifications.html", {"rows": rows, "unread": unread, "most": MOST_LISTED})


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark as read: those named by ``id``, else all."""
    ids = [int(one) for one in request.POST.getlist("id") if one.isdecimal() and len(one) < 19]
    count = mark_read(_person(request), ids or None)
    text = f"{count} marked as read" if count else "Nothing was unread"
    return told(request, text, "notifications")
