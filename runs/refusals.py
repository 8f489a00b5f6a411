"""Workers that the server turned away, and why: for the page where a person looks for them.

Anybody who reaches the server can cause such a row, so there are few of them, and they are rarely written.
"""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from runs.models import RefusedWorker
from runs.workers import announce_overview

MOST = 20
#: A worker tries every few seconds; it is written down less often, and shown until it was silent for a while.
NOTED_EVERY = timedelta(seconds=20)
SHOWN_FOR = timedelta(minutes=2)


def note_refusal(name: str, reason: str, address: str) -> None:
    """A worker that calls itself ``name`` was turned away for ``reason``."""
    now = timezone.now()
    known = RefusedWorker.objects.filter(name=name).first()
    if known is not None and known.reason == reason and now - known.heard_at < NOTED_EVERY:
        return
    values = {"reason": reason, "address": address, "heard_at": now}
    RefusedWorker.objects.update_or_create(name=name, defaults=values)
    kept = RefusedWorker.objects.order_by("-heard_at").values_list("pk", flat=True)[:MOST]
    RefusedWorker.objects.exclude(pk__in=list(kept)).delete()
    announce_overview()


def refused_workers() -> QuerySet[RefusedWorker]:
    """Those that still try."""
    return RefusedWorker.objects.filter(heard_at__gt=timezone.now() - SHOWN_FOR).order_by("name")
